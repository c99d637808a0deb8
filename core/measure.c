/*
 * measure.c - the engine: open, warm up, rounds in shuffled order, when to end.
 */
#include "core/measure.h"

#include "core/clock.h"
#include "core/human.h"
#include "core/rng.h"
#include "core/stat.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	ROUNDS_MIN = 20,  /* before an interval may end it */
	ROUNDS_LEAST = 6, /* what a figure needs at all */
	WARM_BATCHES = 5, /* that must agree */
};

/* Short ones fit between the turns that the scheduler gives to others; workers that
 * meet need several such turns. */
#define BATCH_MAX_NS NS_PER_MS
#define BATCH_MIN_NS (100 * NS_PER_US)
#define PARALLEL_MAX_NS (5 * NS_PER_MS)
#define QUANTUM_NS (4 * NS_PER_MS) /* of the kernel's scheduler, at most */
#define WARM_SPREAD 0.05
#define WARM_AUTO_NS (200 * NS_PER_MS)
/* Making ready and cleaning up may take so many times as long as what is timed. */
#define REAL_MAX 20
#define TIMED_APART 100		/* readings of the clock: two are 2 % of an operation */
#define BODY_IS_NOTHING_NS 0.02 /* less than any instruction */

int
measure_add(struct measure *m, const struct measure_subject *s, struct err *e)
{
	struct measure_subject **all, *one = malloc(sizeof(*one));

	all = reallocarray(m->subject, m->n + 1, sizeof(*all));
	if (all != NULL)
		m->subject = all;
	if (one == NULL || all == NULL) {
		free(one);
		return err_set(e, ENOMEM, "no memory for what is measured");
	}
	*one = *s;
	m->subject[m->n++] = one;
	return 0;
}

static void
close_subject(const struct measure *m, struct measure_subject *s)
{
	struct rusage before, after;

	if (!s->is_open)
		return;
	measure_enter(m, s);
	/* What children used is known when they have been reaped. */
	getrusage(RUSAGE_CHILDREN, &before);
	if (s->body->close != NULL)
		s->body->close(s);
	getrusage(RUSAGE_CHILDREN, &after);
	s->children_cpu_ns += (after.ru_utime.tv_sec - before.ru_utime.tv_sec +
			       after.ru_stime.tv_sec - before.ru_stime.tv_sec) *
				      (int64_t)NS_PER_S +
			      (after.ru_utime.tv_usec - before.ru_utime.tv_usec +
			       after.ru_stime.tv_usec - before.ru_stime.tv_usec) *
				      (int64_t)NS_PER_US;
	s->is_open = false;
}

void
measure_fini(struct measure *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct measure_subject *s = m->subject[i];

		close_subject(m, s);
		free(s->timed);
		free(s->hist);
		free(s->round);
		free(s->value);
		free(s->jain);
		free(s);
	}
	free(m->subject);
	*m = (struct measure){ 0 };
}

void
measure_again(struct measure *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct measure_subject *s = m->subject[i];

		s->attempt++;
		s->nrounds = 0;
		s->ntimed = 0;
		s->all_ops = s->all_cpu_ns = 0;
		s->children_cpu_ns = 0;
	}
	m->rounds = 0;
	m->widest = 0;
	m->spent_ns = 0;
	/* Another order, not that of before. */
	m->config.seed++;
}

static void
give_up(struct measure_subject *s, enum result_status status, const struct err *e)
{
	s->status = status;
	err_text(e, s->why, sizeof(s->why));
}

static bool
is_stopped(const struct measure *m)
{
	return stop_reason(m->config.stop) != STOP_NONE;
}

/* One batch whose failure makes the subject broken; false then, or when stopped. */
static bool
try_batch(struct measure *m, struct measure_subject *s, uint64_t iterations,
	  struct measure_round *rd, struct measure_did *did)
{
	struct err e = { 0 };
	int rc;

	measure_enter(m, s);
	rc = measure_batch(m, s, iterations, rd, did, &e);

	if (rc == 0 && did->ops == 0)
		rc = err_set(&e, 0, "the body did nothing");
	else if (rc == 0 &&
		 (double)rd->wall_ns < BODY_IS_NOTHING_NS * (double)did->ops &&
		 did->ops > 1000)
		rc = err_set(&e, EINVAL,
			     "%.4f ns for one: the body does nothing that takes time",
			     (double)rd->wall_ns / (double)did->ops);
	else if (rc == 0)
		return !is_stopped(m);
	if (rc != -EINTR && rc != -ECANCELED && !is_stopped(m))
		give_up(s, rc == -ENOTSUP ? RESULT_SKIPPED : RESULT_BROKEN, &e);
	return false;
}

/* How long a batch shall take: clock, scheduler, and 100 rounds in the time. */
static uint64_t
batch_ns(const struct measure *m, const struct measure_subject *s)
{
	const uint64_t clock_100_ns = (uint64_t)(2 * 100 * clock_info()->read_ns);
	const int cpus = sys_cpus_allowed();
	const bool parallel = s->body->flags & MEASURE_PARALLEL;
	const uint64_t most_ns = parallel ? PARALLEL_MAX_NS : BATCH_MAX_NS;
	uint64_t ns = m->config.time_ns / (m->n * 100);

	if (s->batch_ns > 0)
		return s->batch_ns;
	ns = ns > most_ns ? most_ns : ns < BATCH_MIN_NS ? BATCH_MIN_NS : ns;
	ns = ns < clock_100_ns ? clock_100_ns : ns;
	if (parallel && s->workers > cpus) {
		/* Each worker has its turn at least twice. */
		uint64_t turns =
			2 * QUANTUM_NS * (uint64_t)((s->workers + cpus - 1) / cpus);

		ns = ns < turns ? turns : ns;
	}
	return ns;
}

/* What to multiply the batch by, that its window be want_ns long; less where the whole
 * would take too long for that. */
static double
growth(uint64_t want_ns, uint64_t window_ns, uint64_t real_ns)
{
	const double by_window = (double)want_ns / ((double)window_ns + 1);
	const double by_real = REAL_MAX * (double)want_ns / ((double)real_ns + 1);

	return by_window < by_real ? by_window : by_real;
}

/* Finds the number of iterations that takes so long; rd is the last try. */
static bool
size_batch(struct measure *m, struct measure_subject *s, struct measure_round *rd)
{
	const uint64_t want_ns = batch_ns(m, s);
	struct measure_did did;
	double grow;

	s->batch = s->fixed > 0 ? s->fixed : 1;
	while (s->fixed == 0) {
		uint64_t least_ns = UINT64_MAX, real_ns = UINT64_MAX;

		/* One that was displaced looks long: the shortest of three counts. */
		for (int i = 0; i < 3; i++) {
			if (!try_batch(m, s, s->batch, rd, &did))
				return false;
			least_ns = rd->wall_ns < least_ns ? rd->wall_ns : least_ns;
			real_ns = rd->real_ns < real_ns ? rd->real_ns : real_ns;
			if (least_ns > want_ns * 4 || least_ns < want_ns / 4)
				break;
		}
		grow = growth(want_ns, least_ns, real_ns);
		if (grow < 1.5 || m->config.rate > 0)
			break;
		/* The first, cold ones mislead: not more than tenfold at once. */
		s->batch = (uint64_t)((double)s->batch * (grow > 10 ? 10 : grow)) + 1;
	}
	if (m->config.rate > 0) {
		s->batch = (uint64_t)(m->config.rate * (double)want_ns * 10 / 1e9);
		s->batch = s->batch < 20 ? 20 : s->batch;
	}
	return true;
}

static void
reset_peak_rss(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "5", 1) != 1) {
		/* An older kernel: the peak is that of all so far. */
	}
	close(fd);
}

static int64_t
peak_rss_bytes(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	long long kib = -1;
	char line[128];

	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmHWM: %lld", &kib) == 1)
			break;
	fclose(f);
	return kib < 0 ? -1 : kib * 1024;
}

/* Runs batches until the last ones agree, or the time for it is spent. */
static bool
warm_up(struct measure *m, struct measure_subject *s)
{
	const uint64_t asked_ns = m->config.warmup_ns;
	const uint64_t auto_ns = m->config.time_ns / (5 * m->n);
	const bool until_stable = asked_ns == UINT64_MAX;
	const uint64_t end_ns =
		clock_deadline_ns(!until_stable		   ? asked_ns
				  : auto_ns < WARM_AUTO_NS ? auto_ns
							   : WARM_AUTO_NS);
	double last[WARM_BATCHES];
	uint64_t least_ns = UINT64_MAX, real_ns = UINT64_MAX;
	struct measure_round rd;
	struct measure_did did;
	double grow;

	reset_peak_rss();
	if (!size_batch(m, s, &rd))
		return false;
	s->warm_spread = -1;
	for (size_t i = 0; clock_ns() < end_ns; i++) {
		if (!try_batch(m, s, s->batch, &rd, &did))
			return false;
		last[i % WARM_BATCHES] = (double)rd.wall_ns / (double)did.ops;
		least_ns = rd.wall_ns < least_ns ? rd.wall_ns : least_ns;
		real_ns = rd.real_ns < real_ns ? rd.real_ns : real_ns;
		if (i + 1 < WARM_BATCHES)
			continue;
		s->warm_spread =
			(stat_max(last, WARM_BATCHES) - stat_min(last, WARM_BATCHES)) /
			stat_median(last, WARM_BATCHES);
		if (until_stable && s->warm_spread < WARM_SPREAD)
			break;
	}
	/* Warm, it may be much faster than when the batch was sized. */
	grow = growth(batch_ns(m, s), least_ns, real_ns);
	if (m->config.rate <= 0 && s->fixed == 0 && grow > 2)
		s->batch = (uint64_t)((double)s->batch * grow);
	s->rss_bytes = peak_rss_bytes();
	s->apart = s->hist != NULL && m->config.rate <= 0 &&
		   (double)rd.wall_ns / (double)rd.ops <
			   TIMED_APART * clock_info()->read_ns;
	if (s->hist != NULL)
		hist_init(s->hist);
	return true;
}

static bool
make_room(struct measure_subject *s)
{
	const size_t more = s->max_rounds == 0 ? 256 : 2 * s->max_rounds;
	void *p;

	if (s->nrounds < s->max_rounds)
		return true;
	p = reallocarray(s->round, more, sizeof(*s->round));
	if (p == NULL)
		return false;
	s->round = p;
	p = reallocarray(s->value, more, sizeof(*s->value));
	if (p == NULL)
		return false;
	s->value = p;
	p = reallocarray(s->jain, more, sizeof(*s->jain));
	if (p == NULL)
		return false;
	s->jain = p;
	s->max_rounds = more;
	return true;
}

static double
fairness(const struct measure_did *did)
{
	double square = 0, sum = 0;

	for (int i = 0; i < did->workers; i++) {
		sum += (double)did->worker_ops[i];
		square += (double)did->worker_ops[i] * (double)did->worker_ops[i];
	}
	return square > 0 ? sum * sum / (square * did->workers) : 1;
}

/* One batch of s as a round. False when it is broken now, or stopped. */
static bool
one_round(struct measure *m, struct measure_subject *s)
{
	struct measure_round rd;
	struct measure_did did;
	struct hist *hist = s->hist;
	struct err e;
	bool went;

	if (!make_room(s)) {
		err_set(&e, ENOMEM, "no memory for the rounds");
		give_up(s, RESULT_BROKEN, &e);
		return false;
	}
	s->hist = s->apart ? NULL : hist;
	went = try_batch(m, s, s->batch, &rd, &did);
	s->hist = hist;
	if (!went)
		return false;
	s->round[s->nrounds] = rd;
	s->value[s->nrounds] = (double)rd.wall_ns / (double)did.ops;
	s->fair = did.worker_ops != NULL && did.workers > 1;
	s->jain[s->nrounds] = s->fair ? fairness(&did) : 1;
	s->nrounds++;
	if (measure_time_apart(m, s, &rd, &e) == 0 || is_stopped(m))
		return true;
	give_up(s, RESULT_BROKEN, &e);
	return false;
}

bool
measure_is_rival(const struct measure_subject *a, const struct measure_subject *b)
{
	return a->body == b->body && a->workers == b->workers &&
	       strcmp(a->params, b->params) == 0;
}

const struct measure_subject *
measure_base(const struct measure *m, const struct measure_subject *s)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct measure_subject *b = m->subject[i];

		if (measure_is_rival(b, s) && b->status == RESULT_OK && b->nrounds > 0)
			return b;
	}
	return NULL;
}

/* Half of the interval of the median, relative. */
static double
half_width(const double *x, size_t n)
{
	struct stat_interval i = stat_median_series(x, n, 0.95);
	double median = stat_median(x, n);

	return median > 0 ? (i.high - i.low) / 2 / median : 1;
}

/* The same of the ratio to the base, round by round. */
static double
half_width_of_ratio(const struct measure_subject *s, const struct measure_subject *b)
{
	const size_t n = s->nrounds < b->nrounds ? s->nrounds : b->nrounds;
	double *ratio = calloc(n == 0 ? 1 : n, sizeof(*ratio)), half = 1;

	for (size_t i = 0; ratio != NULL && i < n; i++)
		ratio[i] = s->value[i] / b->value[i];
	if (ratio != NULL)
		half = half_width(ratio, n);
	free(ratio);
	return half;
}

static double
widest(const struct measure *m)
{
	double most = 0, half;

	for (size_t i = 0; i < m->n; i++) {
		const struct measure_subject *s = m->subject[i];

		if (s->status != RESULT_OK || s->nrounds == 0 ||
		    s->body->flags & MEASURE_BESIDE)
			continue;
		if (s->body->flags & MEASURE_PAIRED)
			half = half_width_of_ratio(s, measure_base(m, s));
		else
			half = half_width(s->value, s->nrounds);
		most = half > most ? half : most;
	}
	return most;
}

static size_t
count_ok(const struct measure *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += m->subject[i]->status == RESULT_OK;
	return n;
}

static void
tell(const struct measure *m, const struct measure_subject *s)
{
	struct measure_progress p = { .rounds = m->rounds,
				      .spent_ns = m->spent_ns,
				      .time_ns = m->config.time_ns,
				      .widest = m->widest,
				      .subject = s };

	if (m->config.progress != NULL)
		m->config.progress(m->config.progress_arg, &p);
}

/* Subtracts what the other subject took in the round that has just been. */
static void
take_off(struct measure_subject *s)
{
	const struct measure_subject *by = s->subtract;

	if (by != NULL && s->nrounds > 0 && s->nrounds == by->nrounds)
		s->value[s->nrounds - 1] -= by->value[by->nrounds - 1];
}

/* A round of all, in an order of its own. One that was stopped does not count. */
static void
round_of_all(struct measure *m, struct rng *rng, size_t *order)
{
	rng_shuffle(rng, order, m->n);
	for (size_t i = 0; i < m->n; i++) {
		struct measure_subject *s = m->subject[order[i]];

		if (s->status == RESULT_OK)
			one_round(m, s);
		if (is_stopped(m))
			break;
	}
	for (size_t i = 0; !is_stopped(m) && i < m->n; i++)
		take_off(m->subject[i]);
	for (size_t i = 0; is_stopped(m) && i < m->n; i++) {
		if (m->subject[i]->nrounds > m->rounds)
			m->subject[i]->nrounds = m->rounds;
	}
	m->rounds += !is_stopped(m);
}

static void
all_rounds(struct measure *m, size_t *order)
{
	const uint64_t begin_ns = clock_ns();
	size_t look = ROUNDS_MIN;
	struct rng rng;

	rng_init(&rng, m->config.seed, UINT64_C(0x6d656173));
	m->end = MEASURE_TIME;
	/* Stopped while they warmed up, some have not been opened. */
	while (count_ok(m) > 0 && !is_stopped(m)) {
		round_of_all(m, &rng, order);
		m->spent_ns = clock_ns() - begin_ns;
		if (is_stopped(m))
			break;
		/* Looking seldom keeps the chance small to stop at a lucky moment. */
		if (m->rounds >= look) {
			look += 1 + look / 4;
			m->widest = widest(m);
			if (m->config.precision > 0 &&
			    m->widest <= m->config.precision) {
				m->end = MEASURE_PRECISE;
				break;
			}
		}
		if (m->config.rounds > 0 && m->rounds >= m->config.rounds) {
			m->end = MEASURE_ROUNDS;
			break;
		}
		if (m->spent_ns >= m->config.time_ns && m->rounds >= ROUNDS_LEAST)
			break;
		tell(m, NULL);
	}
	if (is_stopped(m))
		m->end = MEASURE_STOPPED;
	m->widest = widest(m);
}

int
measure_check(struct measure *m, struct err *e)
{
	char time[HUMAN_TEXT], need[HUMAN_TEXT];
	uint64_t need_ns = 0, time_ns;

	if (m->config.time_ns == 0)
		m->config.time_ns = m->n * NS_PER_S;
	time_ns = m->config.time_ns;
	/* Six rounds of everything must fit. */
	for (size_t i = 0; i < m->n; i++)
		if (m->subject[i]->status == RESULT_OK)
			need_ns += ROUNDS_LEAST * batch_ns(m, m->subject[i]);
	if (need_ns <= time_ns || m->config.rounds > 0)
		return 0;
	return err_set(e, EINVAL,
		       "--time %s is too short for %zu subjects: the clock and the "
		       "scheduler need %s",
		       human_ns(time, (double)time_ns), m->n,
		       human_ns(need, (double)need_ns));
}

static void
check_subject(const struct measure *m, struct measure_subject *s)
{
	char detail[sizeof(s->why)] = "";

	if (s->status != RESULT_OK || s->body->check == NULL || !s->is_open)
		return;
	measure_enter(m, s);
	if (s->body->check(s, detail, sizeof(detail)))
		return;
	s->status = RESULT_BROKEN;
	memcpy(s->why, detail, sizeof(s->why));
}

int
measure_run(struct measure *m, struct err *e)
{
	size_t *order = calloc(m->n == 0 ? 1 : m->n, sizeof(*order));
	struct err why = { 0 };

	if (order == NULL)
		return err_set(e, ENOMEM, "no memory for the order of rounds");
	for (size_t i = 0; i < m->n && !is_stopped(m); i++) {
		struct measure_subject *s = m->subject[i];
		int opened;

		if (s->status != RESULT_OK)
			continue; /* the scenario knows that it cannot */
		tell(m, s);
		if (s->body->flags & MEASURE_SINGLE && s->hist == NULL &&
		    s->subtract == NULL)
			s->hist = malloc(sizeof(*s->hist));
		if (s->hist != NULL)
			hist_init(s->hist);
		measure_enter(m, s);
		opened = s->body->open != NULL ? s->body->open(s, &why) : 0;
		s->is_open = opened == 0;
		if (opened != 0)
			give_up(s, opened == -ENOTSUP ? RESULT_SKIPPED : RESULT_BROKEN,
				&why);
		else
			warm_up(m, s);
	}
	all_rounds(m, order);
	for (size_t i = 0; i < m->n; i++) {
		check_subject(m, m->subject[i]);
		close_subject(m, m->subject[i]);
	}
	measure_enter(m, NULL);
	free(order);
	return 0;
}
