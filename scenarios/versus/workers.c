/*
 * workers.c - tasks done by a crew or by a pool, for the models that have one.
 */
#include "scenarios/versus/model.h"

#include "core/crew.h"
#include "core/futex.h"
#include "core/pool.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>

enum { EXIT_FAILED = 1 };

struct team {
	struct versus_job *job;
	versus_share *share;
	int n;
};

static int
team_body(struct crew *crew, int number, void *arg)
{
	const struct team *t = arg;
	struct versus_failure *failure = t->job->failure;
	struct err e;

	(void)crew;
	if (t->share(t->job, number, t->n, &e) == 0)
		return 0;
	if (atom_add_rlx(&failure->taken, 1) == 0)
		failure->err = e;
	return EXIT_FAILED;
}

/* Waits until all that were started have ended; 0, or -ECHILD when one died. */
static int
wait_all(struct versus_job *job, struct crew *c, struct err *e)
{
	struct pollfd p = { .fd = c->end_fd, .events = POLLIN };
	const struct versus_failure *failure = job->failure;
	int number, rc = 0;

	while (crew_running(c) > 0) {
		number = crew_reap(c);
		if (number < 0)
			poll(&p, 1, -1);
		else if (c->worker[number].exit == EXIT_FAILED)
			rc = err_set(e, failure->err.code, "%s", failure->err.msg);
		else if (c->worker[number].exit != 0)
			rc = err_set(e, ECHILD, "%s %d of %d died", c->kind->noun,
				     number + 1, c->n);
	}
	return rc;
}

int
versus_crew_by(struct versus_job *job, const char *kind, int n, versus_share *share,
	       struct err *e)
{
	struct team team = { .job = job, .share = share, .n = n };
	struct crew c;
	int rc = crew_init(&c, crew_kind_find(kind), n, team_body, &team, job->pin, e);

	if (rc != 0)
		return rc;
	for (int i = 0; i < n && rc == 0; i++)
		rc = crew_start(&c, i, e);
	if (rc == 0) {
		rc = wait_all(job, &c, e);
	} else { /* those that were started wait for long, maybe */
		atom_store_rlx(job->cancel, 1);
		futex_wake(job->cancel, INT_MAX);
	}
	crew_fini(&c);
	return rc;
}

static int
share_in_turn(struct versus_job *job, int number, int n, struct err *e)
{
	(void)e;
	for (int i = number; i < job->tasks; i += n)
		versus_task(job, i, number, NULL);
	return 0;
}

int
versus_crew(struct versus_job *job, const char *kind, int n, struct err *e)
{
	return versus_crew_by(job, kind, n, share_in_turn, e);
}

/* A task of a pool: its token is its result. */
static int64_t
pool_task(struct pool_call *call)
{
	return (int64_t)versus_task(call->context, (int)call->arg, call->worker, NULL);
}

static void
on_done(void *arg, const struct pool_outcome *o)
{
	struct versus_job *job = arg;
	struct versus_task *t = &job->task[o->task];

	/* The result went another way than the note: both must say the same. */
	if (o->status != POOL_DONE || (uint64_t)o->result != t->token)
		t->token = 0;
}

int
versus_pool(struct versus_job *job, const char *kind, struct err *e)
{
	const struct pool_config config = {
		.kind = crew_kind_find(kind),
		.workers = job->workers,
		.context = job,
		.pin = job->pin,
		.on_done = on_done,
		.on_done_arg = job,
	};
	struct pool *p;
	int rc = pool_open(&p, &config, e);

	for (int i = 0; i < job->tasks && rc == 0; i++)
		rc = pool_apply_async(p, pool_task, (uint64_t)i, NULL, e);
	if (rc == 0) {
		pool_close(p);
		rc = pool_join(p, e);
	}
	pool_free(p);
	return rc;
}
