/*
 * bench.c - what a pool costs: tasks handed in all at once, and one there and back.
 */
#include "scenarios/pool/pool_run.h"

#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Read by the workers; lives as long as the pool. */
struct bench_pool {
	struct pool *pool;
	struct work work;
	uint64_t seed;
	uint64_t next;		  /* task to hand in */
	uint64_t done, bad, last; /* outcomes; bad: not done, or not its own result */
};

static int64_t
empty_task(struct pool_call *call)
{
	return pool_token(call->arg);
}

static int64_t
work_task(struct pool_call *call)
{
	const struct bench_pool *b = call->context;

	call->error = -work_do(&b->work, work_amount(&b->work, b->seed, call->arg),
			       call->cancel);
	return pool_token(call->arg);
}

static void
on_done(void *arg, const struct pool_outcome *o)
{
	struct bench_pool *b = arg;

	b->bad += o->status != POOL_DONE || o->result != pool_token(b->done);
	b->done++;
}

static int
open_pool(struct measure_subject *s, struct err *e)
{
	const struct pool_opts *o = s->opts;
	const struct run *run = s->context;
	struct bench_pool *b = calloc(1, sizeof(*b));
	struct pool_config config;
	int rc;

	if (b == NULL)
		return err_set(e, ENOMEM, "cannot make room for the pool");
	/* The default work of the demonstration is for eyes, not for clocks. */
	b->work = run->given[POOL_PARAM_WORK] ? o->work
					      : (struct work){ .kind = WORK_NOOP };
	b->seed = run->seed;
	config = (struct pool_config){
		.kind = s->impl,
		.workers = (int)s->workers,
		.context = b,
		.wait_up = true,
		.assist = o->assist,
		.pin = run->pin,
		.stop = run->stop,
		.on_done = on_done,
		.on_done_arg = b,
	};
	rc = pool_open(&b->pool, &config, e);
	if (rc != 0)
		free(b);
	else
		s->state = b;
	return rc;
}

static pool_fn *
task_of(const struct bench_pool *b)
{
	return b->work.kind == WORK_NOOP ? empty_task : work_task;
}

static int
run_tasks(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	  struct err *e)
{
	struct bench_pool *b = s->state;
	const struct run *run = s->context;
	pool_fn *fn = task_of(b);
	const uint64_t before = b->done;
	uint64_t i;
	int rc = 0;

	work_heed(run->stop);
	for (i = 0; i < iterations && rc == 0; i++)
		rc = pool_apply_async(b->pool, fn, b->next++, NULL, e);
	if (rc == 0)
		rc = pool_drain(b->pool, e);
	work_heed(NULL);
	did->ops = b->done - before;
	return rc;
}

static int
run_round_trips(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
		struct err *e)
{
	struct bench_pool *b = s->state;
	const struct run *run = s->context;
	pool_fn *fn = task_of(b);
	const uint64_t before = b->done;
	uint64_t begin_ns = clock_ns(), now_ns, i;
	struct pool_outcome outcome;
	int rc = 0;

	work_heed(run->stop);
	for (i = 0; i < iterations && rc == 0; i++) {
		rc = pool_apply(b->pool, fn, b->next++, &outcome, e);
		if (s->hist == NULL || rc != 0)
			continue;
		now_ns = clock_ns();
		hist_add(s->hist, now_ns - begin_ns);
		begin_ns = now_ns;
	}
	work_heed(NULL);
	did->ops = b->done - before;
	return rc;
}

static bool
check_pool(struct measure_subject *s, char *detail, size_t size)
{
	const struct bench_pool *b = s->state;

	snprintf(detail, size, "%llu tasks handed in, %llu done, %llu wrong",
		 (unsigned long long)b->next, (unsigned long long)b->done,
		 (unsigned long long)b->bad);
	return b->bad == 0 && b->done == b->next;
}

static void
close_pool(struct measure_subject *s)
{
	struct bench_pool *b = s->state;

	pool_free(b->pool);
	free(b);
}

static const struct measure_body task = {
	.name = "task",
	.op = "task handed in, run, its result taken",
	.summary = "time per task when all are handed in at once",
	.version = 1,
	.flags = MEASURE_PARALLEL,
	.open = open_pool,
	.run = run_tasks,
	.check = check_pool,
	.close = close_pool,
};

static const struct measure_body round_trip = {
	.name = "round_trip",
	.op = "lone task there and back",
	.summary = "a task handed in and waited for before the next",
	.version = 1,
	.flags = MEASURE_SINGLE,
	.open = open_pool,
	.run = run_round_trips,
	.check = check_pool,
	.close = close_pool,
};

int
pool_bench(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	const struct pool_opts *o = opts;
	/* --api says which of the two; without it, both. */
	const bool both = !run->given[POOL_PARAM_API];
	int rc = 0;

	for (int b = 0; b < 2; b++) {
		if (!both && (o->api == API_APPLY) != (b == 1))
			continue;
		for (size_t n = 0; n < o->workers.n; n++)
			for (size_t k = 0; k < o->kinds.n && rc == 0; k++)
				rc = measure_add(
					m,
					&(struct measure_subject){
						.body = b == 0 ? &task : &round_trip,
						.kind = crew_kind_table[o->kinds.v[k]]
								->kind.name,
						.workers = o->workers.v[n],
						.impl = crew_kind_table[o->kinds.v[k]],
						.opts = o,
						.context = run },
					e);
	}
	return rc;
}
