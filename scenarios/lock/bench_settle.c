/*
 * bench_settle.c - from what seats and sections say after a batch to figures.
 */
#include "scenarios/lock/bench.h"

#include "core/clock.h"
#include "core/stat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STUCK_NS (100 * NS_PER_US) /* below, it was the way from loop to loop */

/*
 * Who still waited for its last round before all were there, and had to wait on, is one
 * whose wait nobody timed: what lies in the time that counts is a wait, too, and its
 * share of what it cost until then counts.
 */
static void
add_stuck(const struct contest *c, struct bench_state *b, int i,
	  struct measure_did *did)
{
	const struct arena_seat *s = &b->arena.seat[i];
	const uint64_t all_in_ns = c->shared->all_in_ns;
	const uint64_t begin_ns = c->shared->seat[i].begin_ns;
	double share;

	if (c->time_ns == 0 || c->n == 1 || begin_ns < all_in_ns + STUCK_NS)
		return;
	if (b->sampled)
		hist_add(b->arena.stuck, begin_ns - all_in_ns);
	share = (double)(begin_ns - all_in_ns) / (double)(begin_ns - s->before_ns);
	did->cpu_ns += (uint64_t)(share * (double)s->before_cpu_ns);
	did->voluntary += (int64_t)(share * (double)s->before_voluntary);
	did->involuntary += (int64_t)(share * (double)s->before_involuntary);
}

/* The contenders: what they did, and when. */
static void
add_seats(const struct contest *c, struct bench_state *b, struct measure_did *did)
{
	uint64_t begin_ns = UINT64_MAX, end_ns = 0, all_in_ns = 0;
	uint64_t first_out_ns = UINT64_MAX, span_ns = 0;

	for (int i = 0; i < c->n; i++) {
		const struct contest_seat *s = &c->shared->seat[i];

		begin_ns = s->begin_ns < begin_ns ? s->begin_ns : begin_ns;
		end_ns = s->end_ns > end_ns ? s->end_ns : end_ns;
		all_in_ns = s->begin_ns > all_in_ns ? s->begin_ns : all_in_ns;
		first_out_ns = s->end_ns < first_out_ns ? s->end_ns : first_out_ns;
		span_ns += s->end_ns -
			   (c->time_ns > 0 ? c->shared->all_in_ns : s->begin_ns);
		add_stuck(c, b, i, did);
		b->worker_ops[i] += s->rounds;
		b->last_ops[i] = s->rounds;
		did->ops += s->rounds;
		did->cpu_ns += s->cpu_ns;
		did->has_switches = true;
		did->voluntary += s->voluntary;
		did->involuntary += s->involuntary;
	}
	/* With a time, all are at it from that moment on, waiting for the lock or not.
	 */
	did->ns = c->time_ns > 0 ? span_ns / (uint64_t)c->n : end_ns - begin_ns;
	did->worker_ops = b->last_ops;
	did->workers = c->n;
	b->span_ns += span_ns;
	b->rounds += did->ops;
	b->wall_ns += did->ns;
	if (c->time_ns > 0)
		b->together_ns += (double)did->ns;
	else if (first_out_ns > all_in_ns)
		b->together_ns += (double)(first_out_ns - all_in_ns);
}

/* What was read and changed; that the numbers agree is for later. */
static void
add_changes(const struct contest *c, struct bench_state *b)
{
	const uint64_t nest = (uint64_t)c->o->nest;

	for (int i = 0; i < c->n; i++) {
		const struct arena_seat *s = &b->arena.seat[i];

		b->all_done +=
			(c->shared->seat[i].rounds + s->before - s->reads) * nest;
		b->reads_done += s->reads - s->before_reads;
		b->all_reads += s->reads;
		b->changes +=
			(c->shared->seat[i].rounds + s->before_reads - s->reads) * nest;
		b->handovers += s->handovers;
		b->longest = s->longest > b->longest ? s->longest : b->longest;
		b->retries += s->retries;
		b->torn += s->torn;
	}
	for (int i = 0; i < b->arena.nlocks; i++) {
		const struct lock_section *s = &b->arena.lock[i].section;

		b->all_value += s->value + atom_load_rlx(&s->loose);
	}
}

void
bench_add_up(const struct contest *c, struct bench_state *b, struct measure_did *did)
{
	const uint64_t window = UINT64_C(1) << lock_sample_shift(c->n);

	add_seats(c, b, did);
	add_changes(c, b);
	for (int i = 0; i < b->arena.nlocks; i++) {
		const struct lock_section *s = &b->arena.lock[i].section;
		const uint64_t turns = atom_load_rlx(&s->turn), rest = turns % window;

		b->free_ns = s->longest_free_ns > b->free_ns ? s->longest_free_ns
							     : b->free_ns;
		b->window_square +=
			(double)(turns / window) * (double)window * (double)window +
			(double)rest * (double)rest;
	}
}

/* The unsampled half: how fast, how shared, how often it was handed on. */
void
bench_settle_plain(const struct bench_state *b, struct lock_figures *f)
{
	double ops[b->arena.contenders], most = 0, least = 1;
	const double writes = (double)b->changes;

	for (int i = 0; i < b->arena.contenders; i++) {
		ops[i] = (double)b->worker_ops[i];
		most = ops[i] / (double)b->rounds > most ? ops[i] / (double)b->rounds
							 : most;
		least = ops[i] / (double)b->rounds < least ? ops[i] / (double)b->rounds
							   : least;
	}
	f->ops = malloc((size_t)b->arena.contenders * sizeof(f->ops[0]));
	if (f->ops != NULL)
		memcpy(f->ops, b->worker_ops,
		       (size_t)b->arena.contenders * sizeof(f->ops[0]));
	f->rate = (double)b->rounds * 1e9 / (double)b->wall_ns;
	f->together = b->together_ns / (double)b->wall_ns;
	f->jain = stat_jain(ops, (size_t)b->arena.contenders);
	f->most = most;
	f->least = least;
	if (f->traits & LOCK_EXCLUDES && writes > 0) {
		f->handover = (double)b->handovers / writes;
		f->run = writes / (double)(b->handovers + 1);
		f->longest_run = (double)b->longest;
	}
	if (b->all_reads > 0)
		f->retries = (double)b->retries / (double)b->all_reads;
}

/* One timed wait stands for `weight` of them. */
static void
add_weighed(struct hist *into, const struct hist *from, uint64_t weight)
{
	hist_merge(into, from);
	for (size_t i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i] * (weight - 1);
	into->count += from->count * (weight - 1);
}

/* What all contenders waited, as time: the timed waits for all of their kind. */
static void
settle_arrivals(const struct bench_state *b, struct lock_figures *f)
{
	const uint64_t timed = f->wait->count + f->read_wait->count;
	const uint64_t weight = timed > 0 ? (b->rounds + timed / 2) / timed : 1;
	double waited;

	add_weighed(f->arrivals, f->wait, weight > 0 ? weight : 1);
	add_weighed(f->arrivals, f->read_wait, weight > 0 ? weight : 1);
	hist_merge(f->arrivals, b->arena.stuck);
	waited = lock_waiting_sum(f->arrivals);
	f->waiting = waited < (double)b->span_ns ? waited / (double)b->span_ns : 1;
	/* The longest wait is one, whoever saw it. */
	if (b->arena.stuck->max > f->wait->max)
		f->wait->max = b->arena.stuck->max;
}

/* The sampled half: waiting, and fairness in short. */
int
bench_settle_sampled(const struct bench_state *b, struct lock_figures *f)
{
	double square = 0;

	f->wait = malloc(sizeof(*f->wait));
	f->read_wait = malloc(sizeof(*f->read_wait));
	f->arrivals = malloc(sizeof(*f->arrivals));
	if (f->wait == NULL || f->read_wait == NULL || f->arrivals == NULL) {
		free(f->wait);
		f->wait = NULL;
		return -ENOMEM;
	}
	hist_init(f->wait);
	hist_init(f->read_wait);
	hist_init(f->arrivals);
	for (int i = 0; i < b->arena.contenders; i++) {
		const struct arena_seat *s = &b->arena.seat[i];

		hist_merge(f->wait, &s->wait);
		hist_merge(f->read_wait, &s->read_wait);
		square += s->sampler.square;
		f->passed = (double)s->sampler.passed > f->passed
				    ? (double)s->sampler.passed
				    : f->passed;
	}
	f->stride = b->stride;
	f->free_ns = (double)b->free_ns;
	settle_arrivals(b, f);
	if (b->arena.nlocks == 1 && f->traits & LOCK_EXCLUDES && square > 0) {
		f->window = UINT64_C(1) << lock_sample_shift(b->arena.contenders);
		f->jain_windows =
			lock_window_jain(b->window_square, square, b->arena.contenders);
	}
	return 0;
}
