/*
 * verify.c - the explorer: tasks as coroutines, one schedule after the other.
 *
 * A schedule is the list of who went on at each step. The next one keeps its
 * beginning up to the last step at which another choice is left, takes that, and
 * follows the rule from there.
 */
#include "core/verify.h"

#include "core/coro.h"
#include "core/futex.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Loads in a row after which a task is taken for one that waits in a loop. */
	LOOKS_IN_A_ROW = 64,
	/* Pauses of all, without any write, after which nobody gets on. */
	LAPS_MAX = 5000,
	STACK_BYTES = 32 << 10,
	STEP_NS = 100, /* what the clock advances by */
};

enum phase {
	TASK_READY,
	TASK_PAUSED,   /* goes on when another has written */
	TASK_SLEEPING, /* on a futex */
	TASK_ENDED,
};

struct task {
	struct coro *co;
	enum phase phase;
	const void *word;  /* TASK_SLEEPING: the futex */
	uint64_t since;	   /* ... and from which step on, for the order of waking */
	uint64_t version;  /* TASK_PAUSED: what it had seen */
	uint64_t last_ran; /* step */
	unsigned looks;	   /* in a row */
	const struct verify_site *next; /* what it does when it goes on */
};

struct decision {
	uint8_t chosen, rule, enabled; /* enabled: a bit each */
};

struct explorer {
	const struct verify_program *p;
	void *state;
	struct task task[VERIFY_TASKS_MAX];
	struct decision *choice; /* VERIFY_STEPS_MAX */
	struct verify_event *event;
	size_t nsteps;	  /* of the present schedule */
	size_t nprefix;	  /* choices that are given */
	uint64_t version; /* writes so far */
	uint64_t now_ns;
	uint64_t lap_version;
	unsigned laps;
	int running; /* task; -1: none */
	bool bad;
	char why[160];
};

static struct explorer *here; /* one at a time */

/* --- what algorithms call -------------------------------------------------- */

static struct task *
running_task(void)
{
	return here != NULL && here->running >= 0 ? &here->task[here->running] : NULL;
}

static void
announce(struct task *t, const struct verify_site *site)
{
	t->next = site;
	coro_yield(0, NULL);
}

void
verify_look(const struct verify_site *site)
{
	struct task *t = running_task();

	if (t == NULL)
		return;
	if (++t->looks > LOOKS_IN_A_ROW) {
		t->phase = TASK_PAUSED;
		t->version = here->version;
	}
	announce(t, site);
}

void
verify_write(const struct verify_site *site)
{
	struct task *t = running_task();

	if (t == NULL)
		return;
	announce(t, site);
	verify_wrote(true);
}

bool
verify_wrote(bool did)
{
	struct task *t = running_task();

	if (did && t != NULL) {
		t->looks = 0;
		here->version++;
	}
	return did;
}

void
verify_pause(void)
{
	static const struct verify_site site = { "pause", "", NULL, 0 };
	struct task *t = running_task();

	if (t == NULL)
		return;
	t->phase = TASK_PAUSED;
	t->version = here->version;
	announce(t, &site);
}

uint64_t
verify_clock_ns(void)
{
	return here == NULL ? 0 : (here->now_ns += STEP_NS);
}

int
verify_futex_wait(const struct verify_site *site, atom_u32 *word, uint32_t expected,
		  uint64_t deadline_ns)
{
	static const struct verify_site woken = { "woken", "", NULL, 0 };
	struct task *t = running_task();

	if (t == NULL)
		return 0;
	verify_look(site);
	if (atom_load_rlx(word) != expected)
		return 0;
	if (deadline_ns != FUTEX_FOREVER) {
		verify_pause();
		return 0;
	}
	t->phase = TASK_SLEEPING;
	t->word = word;
	t->since = here->nsteps;
	announce(t, &woken);
	return 0;
}

int
verify_futex_wake(const struct verify_site *site, atom_u32 *word, int n)
{
	int count = 0;

	if (running_task() == NULL)
		return 0;
	verify_look(site);
	while (count < n) {
		struct task *first = NULL;

		for (int i = 0; i < here->p->tasks; i++) {
			struct task *t = &here->task[i];

			if (t->phase == TASK_SLEEPING && t->word == word &&
			    (first == NULL || t->since < first->since))
				first = t;
		}
		if (first == NULL)
			break;
		first->phase = TASK_READY;
		verify_wrote(true);
		count++;
	}
	return count;
}

int
verify_mutex_lock(pthread_mutex_t *m)
{
	int rc;

	if (running_task() == NULL)
		return pthread_mutex_lock(m);
	while ((rc = pthread_mutex_trylock(m)) == EBUSY)
		verify_pause();
	return rc;
}

static void
found_bad(const char *fmt, va_list ap)
{
	here->bad = true;
	vsnprintf(here->why, sizeof(here->why), fmt, ap);
}

void
verify_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!here->bad)
		found_bad(fmt, ap);
	va_end(ap);
	/* Nobody goes on after that; its stack is given back as it is. */
	while (running_task() != NULL)
		coro_yield(0, NULL);
}

/* --- one schedule ---------------------------------------------------------- */

static void __attribute__((format(printf, 1, 2))) say_bad(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	found_bad(fmt, ap);
	va_end(ap);
}

static intptr_t
body(struct coro *self, void *arg)
{
	const int number = (int)(intptr_t)arg;

	(void)self;
	here->p->task(here->state, here->p->arg, number);
	return 0;
}

static bool
is_enabled(const struct explorer *x, const struct task *t)
{
	return t->phase == TASK_READY ||
	       (t->phase == TASK_PAUSED && t->version != x->version);
}

/* Of those in the set that which has waited longest. */
static int
longest_waiting(const struct explorer *x, unsigned set)
{
	int best = -1;

	for (int i = 0; i < x->p->tasks; i++)
		if (set & 1u << i &&
		    (best < 0 || x->task[i].last_ran < x->task[best].last_ran))
			best = i;
	return best;
}

/* Nobody is enabled: those that pause look again. -1: nobody ever will. */
static int
look_again(struct explorer *x)
{
	unsigned paused = 0, sleeping = 0;

	for (int i = 0; i < x->p->tasks; i++) {
		paused |= x->task[i].phase == TASK_PAUSED ? 1u << i : 0;
		sleeping |= x->task[i].phase == TASK_SLEEPING ? 1u << i : 0;
	}
	if (paused == 0) {
		if (sleeping != 0)
			say_bad("deadlock: all that have not ended sleep, and nobody "
				"is left to wake them");
		return -1;
	}
	if (x->lap_version != x->version) {
		x->lap_version = x->version;
		x->laps = 0;
	}
	if (++x->laps > LAPS_MAX) {
		say_bad("livelock: all that have not ended wait in a loop, and nobody "
			"writes what they wait for");
		return -1;
	}
	return longest_waiting(x, paused);
}

/* Who goes on at this step; -1: the schedule is over. */
static int
choose(struct explorer *x, int last)
{
	struct decision *c = &x->choice[x->nsteps];
	unsigned enabled = 0;
	int rule;

	if (x->nsteps == VERIFY_STEPS_MAX) {
		say_bad("no end after %d steps", VERIFY_STEPS_MAX);
		return -1;
	}
	for (int i = 0; i < x->p->tasks; i++)
		enabled |= is_enabled(x, &x->task[i]) ? 1u << i : 0;
	if (enabled == 0) {
		rule = look_again(x);
		if (rule < 0)
			return -1;
		*c = (struct decision){ (uint8_t)rule, (uint8_t)rule,
					(uint8_t)(1u << rule) };
		return rule;
	}
	rule = last >= 0 && x->task[last].phase == TASK_READY
		       ? last
		       : longest_waiting(x, enabled);
	c->rule = (uint8_t)rule;
	c->enabled = (uint8_t)enabled;
	/* Within the prefix all is as it was, hence so is who is enabled. */
	if (x->nsteps >= x->nprefix)
		c->chosen = (uint8_t)rule;
	return c->chosen;
}

static int
start_tasks(struct explorer *x, struct err *e)
{
	for (int i = 0; i < x->p->tasks; i++) {
		x->task[i] = (struct task){ .co = coro_new(NULL, body,
							   (void *)(intptr_t)i, e) };
		if (x->task[i].co == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int
step(struct explorer *x, int number, struct err *e)
{
	struct task *t = &x->task[number];
	int rc;

	x->event[x->nsteps] =
		(struct verify_event){ .task = number,
				       .site = t->next,
				       .deviates = x->choice[x->nsteps].chosen !=
						   x->choice[x->nsteps].rule };
	t->last_ran = ++x->nsteps;
	t->phase = TASK_READY;
	x->running = number;
	rc = coro_resume(t->co, 0, NULL, e);
	x->running = -1;
	if (rc == CORO_RETURNED)
		t->phase = TASK_ENDED;
	return rc < 0 ? rc : 0;
}

/* Runs one schedule to its end or until it is bad. */
static int
run_schedule(struct explorer *x, struct err *e)
{
	const struct verify_program *p = x->p;
	int last = -1, rc;

	memset(x->state, 0, p->state_bytes);
	x->nsteps = 0;
	x->version = x->lap_version = x->now_ns = 0;
	x->laps = 0;
	x->bad = false;
	x->running = -1;
	rc = p->setup(x->state, p->arg, e);
	if (rc != 0)
		return rc;
	rc = start_tasks(x, e);
	while (rc == 0 && !x->bad && (last = choose(x, last)) >= 0)
		rc = step(x, last, e);
	if (rc == 0 && !x->bad)
		p->finish(x->state, p->arg);
	if (p->clear != NULL)
		p->clear(x->state, p->arg);
	/* Those of a bad schedule are in the middle of something. */
	for (int i = 0; i < p->tasks && rc == 0 && !x->bad; i++)
		coro_free(x->task[i].co);
	return rc;
}

/* --- all schedules --------------------------------------------------------- */

/* The next one at this step after what was chosen: the rule's, then by number. */
static int
alternative(const struct decision *c)
{
	int from = c->chosen == c->rule ? 0 : c->chosen + 1;

	for (int i = from; i < VERIFY_TASKS_MAX; i++)
		if (c->enabled & 1u << i && i != c->rule)
			return i;
	return -1;
}

/* Sets up the prefix of the next schedule with at most so many deviations; false when
 * there is none. */
static bool
next_schedule(struct explorer *x, unsigned deviations)
{
	unsigned used = 0;

	for (size_t i = 0; i < x->nsteps; i++)
		used += x->choice[i].chosen != x->choice[i].rule;
	for (size_t i = x->nsteps; i-- > 0;) {
		struct decision *c = &x->choice[i];
		const int other = alternative(c);

		used -= c->chosen != c->rule;
		if (other < 0 || used >= deviations)
			continue;
		c->chosen = (uint8_t)other;
		x->nprefix = i + 1;
		return true;
	}
	return false;
}

static int
explore_within(struct explorer *x, unsigned deviations,
	       const struct verify_limits *limits, struct verify_found *found,
	       struct err *e)
{
	int rc;

	x->nprefix = 0;
	do {
		if (found->schedules >= limits->schedules ||
		    stop_reason(limits->stop) != STOP_NONE)
			return 0;
		rc = run_schedule(x, e);
		found->schedules++;
		found->steps += x->nsteps;
	} while (rc == 0 && !x->bad && next_schedule(x, deviations));
	found->complete = rc == 0 && !x->bad;
	return rc;
}

static void
explorer_fini(struct explorer *x, struct coro_domain *domain)
{
	coro_domain_fini(domain);
	free(x->state);
	free(x->choice);
	free(x->event);
	here = NULL;
}

static int
explorer_init(struct explorer *x, struct coro_domain *domain,
	      const struct verify_program *p, struct err *e)
{
	const struct coro_config config = { .stack_bytes = STACK_BYTES };
	const size_t bytes =
		(p->state_bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	int rc = coro_domain_init(domain, &config, e);

	if (rc != 0)
		return rc;
	*x = (struct explorer){ .p = p, .running = -1 };
	x->state = aligned_alloc(CACHE_LINE, bytes);
	x->choice = calloc(VERIFY_STEPS_MAX + 1, sizeof(*x->choice));
	x->event = calloc(VERIFY_STEPS_MAX, sizeof(*x->event));
	here = x;
	if (x->state != NULL && x->choice != NULL && x->event != NULL)
		return 0;
	explorer_fini(x, domain);
	err_set(e, ENOMEM, "no memory to explore");
	return -ENOMEM;
}

int
verify_explore(const struct verify_program *p, const struct verify_limits *limits,
	       struct verify_found *found, struct err *e)
{
	struct coro_domain domain = { .free = NULL };
	struct explorer x;
	int rc = explorer_init(&x, &domain, p, e);

	*found = (struct verify_found){ .schedules = 0 };
	if (rc != 0)
		return rc;
	for (unsigned d = 0; rc == 0 && d <= limits->deviations; d++) {
		found->deviations = d;
		found->complete = false;
		rc = explore_within(&x, d, limits, found, e);
		if (x.bad || !found->complete)
			break;
	}
	if (rc == 0 && x.bad) {
		found->bad = true;
		memcpy(found->why, x.why, sizeof(found->why));
		found->event = x.event;
		found->nevents = x.nsteps;
		x.event = NULL;
	}
	explorer_fini(&x, &domain);
	return rc;
}

void
verify_clear(struct verify_found *found)
{
	free(found->event);
	*found = (struct verify_found){ .schedules = 0 };
}

static bool
is_in(const struct verify_site *site, const char *file)
{
	size_t n, path;

	if (site == NULL || site->file == NULL)
		return false;
	n = strlen(file);
	path = strlen(site->file);
	return path >= n && strcmp(site->file + path - n, file) == 0;
}

int64_t
verify_steps(const struct verify_program *p, const char *file, struct err *e)
{
	struct verify_program alone = *p;
	struct coro_domain domain = { .free = NULL };
	struct explorer x;
	int64_t n = 0;
	int rc;

	alone.tasks = 1;
	rc = explorer_init(&x, &domain, &alone, e);
	if (rc != 0)
		return rc;
	rc = run_schedule(&x, e);
	for (size_t i = 0; rc == 0 && i < x.nsteps; i++)
		n += is_in(x.event[i].site, file);
	explorer_fini(&x, &domain);
	return rc != 0 ? rc : n;
}
