/*
 * demo.c - a pool at work on tasks of --work: submitted, closed, joined, checked.
 */
#include "scenarios/pool/pool_run.h"

#include "core/clock.h"
#include "core/futex.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct event_type event_open = {
	.name = "pool",
	.phase = EVENT_INSTANT,
	.say = "● pool of {a} {s}, {b} tasks",
	.key_a = "workers",
	.key_b = "tasks",
	.key_s = "kind",
};

static const struct event_type event_wait = {
	.name = "wait",
	.phase = EVENT_INSTANT,
	.say = "waiting for all {s} to be done...",
	.key_s = "kind",
};

static const struct event_type event_all_done = {
	.name = "all_done",
	.phase = EVENT_INSTANT,
	.say = "■ all {s} done",
	.key_s = "kind",
};

static const struct event_type event_initializer = {
	.name = "initializer",
	.phase = EVENT_INSTANT,
	.say = "initializer",
};

static const struct event_type event_join_refused = {
	.name = "join_refused",
	.phase = EVENT_INSTANT,
	.say = "join: refused, the pool is still running",
};

static const struct event_type event_submit_refused = {
	.name = "submit_refused",
	.phase = EVENT_INSTANT,
	.say = "apply_async: refused, the pool is closed",
};

static const struct event_type event_terminate = {
	.name = "terminate",
	.phase = EVENT_INSTANT,
	.say = "■ terminate",
};

/* --- in the workers -------------------------------------------------------- */

/* What the tasks need to know; read only once workers run. */
struct demo {
	struct work work;
	uint64_t seed;
	const struct param_list *crash_at;
	bool crash_always;
};

static void
crash_if_asked(const struct pool_call *call, const struct demo *d)
{
	for (size_t i = 0; i < d->crash_at->n; i++)
		if ((uint64_t)d->crash_at->v[i] == call->task &&
		    (d->crash_always || call->attempt == 1))
			kill(getpid(), SIGKILL);
}

static int64_t
demo_task(struct pool_call *call)
{
	const struct demo *d = call->context;
	int rc;

	if (d->crash_at->n != 0)
		crash_if_asked(call, d);
	rc = work_do(&d->work, work_amount(&d->work, d->seed, call->arg), call->cancel);
	call->error = -rc;
	return pool_token(call->arg);
}

/* Where the work is nothing, nothing but the pool is measured. */
static int64_t
empty_task(struct pool_call *call)
{
	return pool_token(call->arg);
}

static int
demo_initializer(int worker, void *context)
{
	(void)worker;
	(void)context;
	trace_emit(&event_initializer, 0, 0, NULL);
	return 0;
}

/* --- the owner ------------------------------------------------------------- */

static void
on_done(void *arg, const struct pool_outcome *o)
{
	books_outcome(arg, o);
}

void
pool_run_config(struct pool_run *r, struct pool_config *f)
{
	const struct pool_opts *o = r->opts;

	*f = (struct pool_config){
		.kind = r->kind,
		.workers = r->workers,
		.role0 = r->role0,
		.max_tasks_per_child = (uint64_t)o->max_tasks_per_child,
		.task_timeout_ns = o->task_timeout_ns,
		.tries = (unsigned)o->retries + 1,
		.on_crash = (enum pool_on_crash)o->on_crash,
		.stamps = r->observed,
		/* Shown, the start belongs to the story; measured, it does not. */
		.wait_up = !r->observed,
		.assist = o->assist,
		.pin = r->run->pin,
		.trace = r->observed ? r->run->trace : NULL,
		.stop = r->run->stop,
		.on_done = on_done,
		.on_done_arg = r,
	};
}

static pool_fn *
task_function(const struct pool_run *r)
{
	const bool empty = r->opts->work.kind == WORK_NOOP && r->opts->crash_at.n == 0;

	return empty ? empty_task : demo_task;
}

static int
submit_async(struct pool_run *r, struct err *e)
{
	pool_fn *fn = task_function(r);
	int rc = 0;

	for (uint64_t i = 0; i < r->tasks && rc == 0; i++)
		rc = pool_apply_async(r->pool, fn, i, NULL, e);
	return rc;
}

/* Lone tasks there and back, one after the other. */
static int
submit_one_by_one(struct pool_run *r, struct err *e)
{
	struct pool_outcome o;
	int rc = 0;

	for (uint64_t i = 0; i < r->tasks && rc == 0; i++) {
		const uint64_t begin_ns = clock_ns();

		rc = pool_apply(r->pool, task_function(r), i, &o, e);
		hist_add(r->round_trip, clock_ns() - begin_ns);
	}
	return rc;
}

/* 0, 1, 2 ...; NULL when memory ran out. */
static uint64_t *
numbers(uint64_t n)
{
	uint64_t *v = calloc(n + 1, sizeof(*v));

	for (uint64_t i = 0; v != NULL && i < n; i++)
		v[i] = i;
	return v;
}

static int
submit_map(struct pool_run *r, struct err *e)
{
	uint64_t *args = numbers(r->tasks);
	int64_t *results = calloc(r->tasks + 1, sizeof(*results));
	struct pool_outcome failed;
	int rc;

	if (args == NULL || results == NULL) {
		rc = err_set(e, ENOMEM, "no memory for a map of %llu tasks",
			     (unsigned long long)r->tasks);
	} else {
		rc = pool_map(r->pool, task_function(r), args, r->tasks, r->chunk,
			      results, &failed, e);
		for (uint64_t i = 0; i < r->tasks && rc == 0; i++)
			r->wrong += results[i] != pool_token(i);
	}
	free(args);
	free(results);
	/* A task that failed is in the books; the run itself is well. */
	return rc == -EIO ? 0 : rc;
}

static int
submit_imap(struct pool_run *r, struct err *e)
{
	uint64_t *args = numbers(r->tasks);
	struct pool_imap it = { .window = NULL };
	struct pool_outcome o;
	uint64_t given = 0;
	int rc;

	if (args == NULL)
		return err_set(e, ENOMEM, "no memory for an imap of %llu tasks",
			       (unsigned long long)r->tasks);
	rc = pool_imap(&it, r->pool, task_function(r), args, r->tasks, e);
	while (rc == 0 && (rc = pool_imap_next(&it, UINT64_MAX, &o, e)) == 1) {
		r->wrong += o.task != given++; /* results come in order */
		rc = 0;
	}
	if (it.window != NULL)
		pool_imap_fini(&it);
	free(args);
	return rc;
}

static int
submit(struct pool_run *r, struct err *e)
{
	switch (r->opts->api) {
	case API_APPLY:
		return submit_one_by_one(r, e);
	case API_MAP:
		return submit_map(r, e);
	case API_IMAP:
		return submit_imap(r, e);
	default:
		return submit_async(r, e);
	}
}

/* Tasks of the demonstration: the rules of close and join, tried out. */
static void
try_join_early(struct pool_run *r)
{
	struct err e = { .msg = "" };

	if (pool_join(r->pool, &e) == -EINVAL)
		r->refused_join = "the pool said: pool is still running";
	else
		r->refused_join = "";
	if (r->observed && r->run->verbose)
		trace_emit(&event_join_refused, 0, 0, NULL);
}

static void
try_submit_late(struct pool_run *r)
{
	struct err e = { .msg = "" };

	if (pool_apply_async(r->pool, empty_task, 0, NULL, &e) == -EINVAL)
		r->refused_submit = "the pool said: pool not running";
	else
		r->refused_submit = "";
	if (r->observed && r->run->verbose)
		trace_emit(&event_submit_refused, 0, 0, NULL);
}

/* --terminate-after: lets the tasks run a while, then ends them. */
static int
run_then_terminate(struct pool_run *r, struct err *e)
{
	const uint64_t deadline_ns = clock_deadline_ns(r->opts->terminate_after_ns);
	int rc = 0;

	while (rc == 0 && clock_ns() < deadline_ns && !pool_is_idle(r->pool))
		rc = pool_pump(r->pool, -1, deadline_ns, e);
	if (r->observed)
		trace_emit(&event_terminate, 0, 0, NULL);
	pool_terminate(r->pool);
	return rc;
}

int
pool_run_finish(struct pool_run *r, struct err *e)
{
	const char *what =
		r->kind->traits & CREW_SHARES_MEMORY ? r->kind->nouns : "subprocesses";
	int rc;

	pool_close(r->pool);
	try_submit_late(r);
	if (r->observed)
		trace_emit(&event_wait, 0, 0, what);
	rc = pool_drain(r->pool, e);
	r->done_ns = clock_ns();
	if (rc == 0)
		rc = pool_join(r->pool, e);
	if (r->observed && rc == 0)
		trace_emit(&event_all_done, 0, 0, what);
	return rc;
}

/* Chunks travel in the payload of a task. */
static size_t
payload_bytes(const struct pool_run *r)
{
	return r->chunk > 1 ? pool_chunk_bytes(r->chunk) : 0;
}

static int
work_through(struct pool_run *r, struct err *e)
{
	int rc;

	try_join_early(r);
	r->submit_ns = clock_ns();
	rc = submit(r, e);
	if (rc == 0)
		rc = r->opts->terminate_after_ns != 0 ? run_then_terminate(r, e)
						      : pool_run_finish(r, e);
	return rc;
}

int
pool_demo(struct pool_run *r, struct err *e)
{
	struct demo demo = { .work = r->opts->work,
			     .seed = r->run->seed,
			     .crash_at = &r->opts->crash_at,
			     .crash_always = r->opts->crash_always };
	struct pool_config f;
	int rc;

	r->chunk = r->opts->api != API_MAP ? 1
		   : r->opts->chunk != 0   ? (size_t)r->opts->chunk
					   : pool_map_chunk(r->tasks, r->workers);
	r->expected = (r->tasks + r->chunk - 1) / r->chunk;
	r->count_results = r->chunk == 1;
	pool_run_config(r, &f);
	f.context = &demo;
	f.initializer = r->opts->initializer ? demo_initializer : NULL;
	f.payload_bytes = payload_bytes(r);
	/* Without stamps the second attempt of a task would not know of the first. */
	f.stamps |= r->opts->crash_at.n != 0;
	if (r->observed)
		trace_emit(&event_open, r->workers, (int64_t)r->tasks, r->kind->nouns);
	rc = pool_open(&r->pool, &f, e);
	if (rc != 0)
		return rc;
	/* Tasks of the owner's thread. Workers that were forked have the stop as it
	 * was. */
	work_heed(r->run->stop);
	rc = work_through(r, e);
	work_heed(NULL);
	if (rc != 0)
		pool_terminate(r->pool);
	if (r->done_ns == 0)
		r->done_ns = clock_ns();
	books_close(r);
	pool_free(r->pool);
	return rc;
}
