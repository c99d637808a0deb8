/*
 * play.c - starts the contenders of one lock together and waits for their end.
 */
#include "scenarios/lock/contest.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/proc.h"
#include "core/sys.h"
#include "core/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* How long the others may take after one of them was killed. */
#define GRACE_NS NS_PER_S

static const struct event_type started_event = {
	.name = "started",
	.say = "├─ {s} started ({a})",
	.key_a = "worker_tid",
	.key_s = "worker",
	.unit_a = EVENT_PID,
};
static const struct event_type gone_event = {
	.name = "gone",
	.say = "├─ {s} was killed by signal {a}",
	.key_a = "signal",
	.key_s = "worker",
};

const char *
contest_name(const struct contest *c, int number, char *buf)
{
	const bool many = c->o->kinds.n > 1;

	snprintf(buf, TRACE_NAME, "%s%s%s-%d", many ? c->kind->kind.name : "",
		 many ? "/" : "",
		 c->o->between == BETWEEN_PROCESS ? "Process" : "Thread", number + 1);
	return buf;
}

int
contest_map(struct contest *c, struct err *e)
{
	void *map;

	c->bytes = sizeof(*c->shared) + (size_t)c->n * sizeof(c->shared->seat[0]);
	map = mmap(NULL, c->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		   -1, 0);
	if (map == MAP_FAILED)
		return err_set(e, errno, "cannot map shared memory for a lock");
	c->shared = map;
	c->shared->section.last = -1;
	return 0;
}

int
contest_open(struct contest *c, struct err *e)
{
	int rc = contest_map(c, e);

	if (rc != 0)
		return rc;
	rc = c->kind->init(c->shared->state, c->o->between == BETWEEN_PROCESS);
	if (rc == 0)
		return 0;
	munmap(c->shared, c->bytes);
	c->shared = NULL;
	return err_set(e, -rc, "cannot make a lock '%s'", c->kind->kind.name);
}

void
contest_close(struct contest *c)
{
	if (c->shared == NULL)
		return;
	if (c->kind->destroy != NULL && c->bench == NULL)
		c->kind->destroy(c->shared->state);
	munmap(c->shared, c->bytes);
	c->shared = NULL;
}

static int
start_all(struct contest *c, struct err *e)
{
	char name[TRACE_NAME];
	int rc = 0;

	for (int i = 0; i < c->n && rc == 0; i++) {
		if (stop_reason(c->run->stop) != STOP_NONE)
			return -ECANCELED;
		trace_name(c->run->trace, c->role0 + i, contest_name(c, i, name));
		rc = crew_start(&c->crew, i, e);
	}
	if (rc != 0)
		return rc;
	crew_wait_up(&c->crew, clock_deadline_ns(GRACE_NS));
	for (int i = 0; i < c->n; i++)
		trace_emit(&started_event, atom_load_rlx(&c->crew.block[i].tid), 0,
			   contest_name(c, i, name));
	return 0;
}

static void
open_gate(struct contest *c)
{
	atom_store_rlx(&c->shared->gate, 1);
	futex_wake(&c->shared->gate, INT_MAX);
}

/* Notes how contender i ended; true when somebody killed it. */
static bool
note_end(struct contest *c, int i)
{
	const struct crew_worker *w = &c->crew.worker[i];
	char words[64], name[TRACE_NAME];

	if (w->exit >= 0)
		return false;
	trace_emit(&gone_event, -w->exit, 0, contest_name(c, i, name));
	if (c->o->kill_holder && i == 0)
		return false;
	if (c->killed++ == 0)
		snprintf(c->victim, sizeof(c->victim), "%s (%d) was %s", name,
			 (int)w->pid, proc_exit_words(w->exit, words, sizeof(words)));
	return true;
}

static void
tell_all(atom_u32 *word)
{
	atom_store_rlx(word, 1);
	futex_wake(word, INT_MAX);
}

/* All shall leave. */
static void
halt(struct contest *c)
{
	crew_cancel(&c->crew);
	tell_all(&c->shared->all_in);
	tell_all(&c->shared->halt);
}

/* Waits until deadline_ns, a contender has ended, or there is a stop; true: it came. */
static bool
pass_time(struct contest *c, uint64_t deadline_ns)
{
	return watch_fd(c->run->trace, c->run->stop, c->crew.end_fd, deadline_ns) ==
	       -ETIMEDOUT;
}

/* Lets them measure: when all have come, rounds count, until the time is over. */
static void
keep_time(struct contest *c)
{
	struct contest_shared *sh = c->shared;
	uint32_t arrived;
	bool goes = true;

	while ((arrived = atom_load_rlx(&sh->arrived)) < (uint32_t)c->n && goes) {
		futex_wait(&sh->arrived, arrived, clock_deadline_ns(GRACE_NS / 50));
		goes = pass_time(c, clock_ns());
	}
	if (goes && c->n > sys_cpus_allowed())
		goes = pass_time(c, clock_deadline_ns(c->time_ns / 2));
	sh->all_in_ns = clock_ns();
	tell_all(&sh->all_in);
	if (goes)
		pass_time(c, clock_deadline_ns(c->time_ns));
	tell_all(&sh->halt);
}

/* Until nobody runs. A killed contender may have left the lock held: then the rest
 * gets a while, and is ended. */
static void
await_all(struct contest *c)
{
	uint64_t deadline_ns = UINT64_MAX;
	int i;

	while (crew_running(&c->crew) > 0) {
		const int rc =
			watch_fd(c->run->trace, c->cancelled ? NULL : c->run->stop,
				 c->crew.end_fd, deadline_ns);

		if (rc == 1) {
			while ((i = crew_reap(&c->crew)) >= 0)
				if (note_end(c, i))
					deadline_ns = clock_deadline_ns(GRACE_NS);
		} else if (rc == -ECANCELED) {
			c->cancelled = true;
			halt(c);
			deadline_ns = clock_deadline_ns(GRACE_NS);
		} else {
			crew_terminate(&c->crew, GRACE_NS / 5);
		}
	}
}

static int
judge_ends(const struct contest *c, struct err *e)
{
	char name[TRACE_NAME];

	if (c->cancelled)
		return -ECANCELED;
	if (c->killed > 0) {
		err_set(e, EINVAL, "%s", c->victim);
		if (!(c->kind->traits & LOCK_ROBUST))
			err_hint(e, "the others were ended, for it may have held the "
				    "lock; '-k robust' outlives that");
		return -EINVAL;
	}
	for (int i = 0; i < c->n; i++)
		if (c->shared->seat[i].error != 0)
			return err_set(e, c->shared->seat[i].error,
				       "'%s' of %s failed in round %llu",
				       c->kind->kind.name, contest_name(c, i, name),
				       (unsigned long long)c->shared->seat[i].rounds);
	return 0;
}

int
contest_play(struct contest *c, crew_body *body, struct err *e)
{
	const char *crew_name = c->o->between == BETWEEN_PROCESS ? "process" : "thread";
	int rc;

	sys_pin_cpu(c->run->pin, 0); /* the CPUs are those of the main thread */
	rc = crew_init(&c->crew, crew_kind_find(crew_name), c->n, body, c, c->run->pin,
		       e);
	if (rc != 0)
		return rc;
	c->crew.trace = c->run->trace;
	c->crew.role0 = c->role0;
	rc = start_all(c, e);
	if (rc != 0)
		halt(c);
	open_gate(c);
	if (rc == 0 && c->time_ns > 0)
		keep_time(c);
	await_all(c);
	for (int i = 0; i < c->n; i++)
		c->inexact |=
			c->crew.worker[i].exit < 0 && !(c->o->kill_holder && i == 0);
	crew_fini(&c->crew);
	return rc != 0 ? rc : judge_ends(c, e);
}
