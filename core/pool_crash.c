/*
 * pool_crash.c - workers that end: retired, killed, too slow; and their tasks.
 *
 * The owner alone runs this, woken by the worker's pidfd (or the crew's event).
 * A state word names who holds a task, so after a death a look at the tasks in
 * flight tells what was lost: at most one task a worker.
 *
 * Edge S: a task that is put back is stored READY -> claim() in core/pool_worker.c.
 * Edge P: then the hint, before parked is loaded -> idle() in core/pool_worker.c.
 */
#include "core/pool_ring.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/proc.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>

/* Deaths in a row of workers that began no task: then we give up. */
#define BARREN_MAX 3

/* The same, while others are at work: many may be killed before we hear of one. */
#define BARREN_AMONG_OTHERS 50

/* The task that worker `number` holds; UINT64_MAX when none. */
static uint64_t
held_task(const struct pool *p, int number)
{
	for (uint64_t task = p->floor; task < p->tail; task++) {
		uint64_t state = atom_load_rlx(&p->slot[task & p->mask].state);

		if (state == pool_state(task, number, PHASE_CLAIMED))
			return task;
	}
	return UINT64_MAX;
}

/* Lets workers look again from the first task that nobody has begun. */
static void
rewind_hint(struct pool *p)
{
	uint64_t task = p->floor;

	for (; task < p->tail; task++)
		if (atom_load_rlx(&p->slot[task & p->mask].state) ==
		    pool_state(task, 0, PHASE_READY))
			break;
	if (task < atom_load_rlx(&p->shared->hint))
		atom_store_sc(&p->shared->hint, task); /* P */
	pool_wake_one(p);
}

/* A worker died with this task: again, or never. */
static void
recover_task(struct pool *p, uint64_t task, int number)
{
	const uint64_t i = task & p->mask;
	const struct pool_config *f = &p->config;

	if (p->overdue[i]) {
		pool_settle(p, task, PHASE_OVERDUE);
		return;
	}
	/* If we shot it, we meant the task before, which was over by then. */
	if (!p->desk[number].shot && p->deaths[i] < UCHAR_MAX)
		p->deaths[i]++;
	if (!p->desk[number].shot &&
	    (f->on_crash == POOL_CRASH_FAIL || p->deaths[i] >= f->crashes)) {
		trace_emit(&pool_event_lost, (int64_t)task, p->crew.role0 + number,
			   NULL);
		pool_settle(p, task, PHASE_LOST);
		return;
	}
	trace_emit(&pool_event_retry, (int64_t)task, p->deaths[i] + 1, NULL);
	if (p->stamp != NULL) /* or it would seem to have run since then */
		atom_store_rlx(&p->stamp[i].begin_ns, 0);
	atom_store_rel(&p->slot[i].state, pool_state(task, 0, PHASE_READY)); /* S */
}

/* Tells what the end was, and whether the worker did well. */
static bool
report_end(struct pool *p, const struct crew_worker *w)
{
	const int role = p->crew.role0 + w->number;
	const int32_t tid = atom_load_rlx(&p->crew.block[w->number].tid);
	char words[64];

	if (w->exit == 0 || w->exit == POOL_EXIT_RETIRED) {
		p->stats.retired += w->exit == POOL_EXIT_RETIRED;
		trace_emit(&pool_event_joined, role, tid,
			   w->exit == 0 ? "exit 0" : "retired");
		return true;
	}
	p->stats.deaths++;
	trace_emit(&pool_event_died, role, tid ? tid : w->pid,
		   proc_exit_words(w->exit, words, sizeof(words)));
	return false;
}

/* True when a worker that lives has begun a task. */
static bool
others_have_begun(const struct pool *p)
{
	for (int i = 0; i < p->config.workers; i++)
		if (p->crew.worker[i].state == WORKER_RUNNING &&
		    atom_load_rlx(&p->desk[i].claims) != 0)
			return true;
	return false;
}

/* Too many deaths without a task begun: no storm of restarts. */
static int
check_barren(struct pool *p, const struct crew_worker *w, struct err *e)
{
	const bool unfit = w->exit == POOL_EXIT_UNFIT;
	const bool others_work = p->floor != p->barren_floor;
	char words[64];

	p->barren_floor = p->floor;
	if (atom_load_rlx(&p->desk[w->number].claims) != 0 ||
	    (w->exit == 0 && p->closed)) {
		p->barren = 0;
		return 0;
	}
	p->barren = others_work && !unfit ? 1 : p->barren + 1;
	/* Killed at random, some die before their first task while others work: that
	 * is no storm yet. */
	if (p->barren <
	    (!unfit && others_have_begun(p) ? BARREN_AMONG_OTHERS : BARREN_MAX))
		return 0;
	return err_set(e, ECHILD, "workers keep dying before their first task: %s",
		       unfit ? "the initializer failed"
			     : proc_exit_words(w->exit, words, sizeof(words)));
}

/*
 * A worker may have been killed as it woke another: then the bit that says "it looks
 * for work" stands for one that sleeps, and would keep all others asleep, too.
 */
static void
wake_after_death(struct pool *p)
{
	for (int i = 0; i < p->words; i++)
		atom_store_sc(&p->shared->spinning[i], 0); /* P */
	pool_wake_all(p);
}

static int
deal_with_end(struct pool *p, int number, struct err *e)
{
	const struct crew_worker *w = &p->crew.worker[number];
	bool well = report_end(p, w);
	uint64_t task = held_task(p, number);
	int rc;

	pool_forget(p, number);
	if (task != UINT64_MAX)
		recover_task(p, task, number);
	pool_collect(p);
	rewind_hint(p);
	if (!well)
		wake_after_death(p);
	p->desk[number].shot = false;
	rc = check_barren(p, w, e);
	/* While tasks are left, or may still come, n workers there shall be. */
	if (rc == 0 && (p->floor < p->tail || (!p->closed && !p->terminated))) {
		atom_store_rlx(&p->desk[number].claims, 0);
		rc = pool_start_worker(p, number, e);
	}
	return rc;
}

/* The earliest moment at which a task may have run too long. */
uint64_t
pool_next_overdue_ns(const struct pool *p)
{
	const uint64_t timeout_ns = p->config.task_timeout_ns;
	uint64_t next_ns = UINT64_MAX;

	if (timeout_ns == 0)
		return UINT64_MAX;
	for (uint64_t task = p->floor; task < p->tail; task++) {
		const uint64_t i = task & p->mask;
		const enum pool_phase phase =
			pool_phase_of(atom_load_rlx(&p->slot[i].state));
		uint64_t begin_ns = 0;

		if (phase >= PHASE_DONE)
			continue;
		if (phase == PHASE_CLAIMED && !p->overdue[i])
			begin_ns = atom_load_rlx(&p->stamp[i].begin_ns);
		/* Not begun, it may begin the moment we sleep; told to end, it may not
		 * have heard. */
		if (begin_ns == 0)
			begin_ns = clock_ns();
		if (begin_ns + timeout_ns < next_ns)
			next_ns = begin_ns + timeout_ns;
		if (phase == PHASE_READY)
			break; /* those behind it begin no sooner */
	}
	return next_ns;
}

/* Ends the task that worker `number` holds: with its process, or by its cancel word. */
static void
end_task(struct pool *p, int number)
{
	struct crew_block *block = &p->crew.block[number];

	p->desk[number].shot = true;
	if (p->crew.kind->signal(&p->crew.worker[number], SIGKILL) != -ENOTSUP)
		return;
	atom_store_rlx(&block->cancel, 1);
	futex_wake(&block->cancel, INT_MAX);
}

static void
end_overdue(struct pool *p)
{
	const uint64_t now_ns = clock_ns();

	for (uint64_t task = p->floor; task < p->tail; task++) {
		const uint64_t i = task & p->mask;
		const uint64_t state = atom_load_rlx(&p->slot[i].state);
		const uint64_t begin_ns = atom_load_rlx(&p->stamp[i].begin_ns);
		const int number = pool_worker_of(state);

		if (pool_phase_of(state) != PHASE_CLAIMED || begin_ns == 0 ||
		    now_ns < begin_ns + p->config.task_timeout_ns ||
		    number >= p->config.workers)
			continue;
		if (!p->overdue[i])
			trace_emit(&pool_event_overdue, (int64_t)task,
				   p->crew.role0 + number, NULL);
		p->overdue[i] = true;
		end_task(p, number);
	}
}

int
pool_attend(struct pool *p, struct err *e)
{
	int number, rc = 0;

	if (p->config.task_timeout_ns != 0)
		end_overdue(p);
	while (rc == 0 && (number = crew_reap(&p->crew)) >= 0)
		rc = deal_with_end(p, number, e);
	return rc;
}
