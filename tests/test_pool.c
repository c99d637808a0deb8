/*
 * test_pool - every task once, in order, with the right result; and the rules.
 */
#include "tests/pool_help.h"

#include <signal.h>
#include <stdlib.h>

/* --- every task exactly once ----------------------------------------------- */

#define ONCE_TASKS 700

/* Tasks with and without a handle; the handles are asked in a random order. */
static void
run_once_each(const struct pool_config *f, uint64_t seed)
{
	struct pool_async a[16];
	size_t order[16];
	struct ledger l = { 0 };
	struct pool_config config = *f;
	struct pool *p;
	struct rng rng;
	struct err e;

	board_wipe();
	rng_init(&rng, seed, 0);
	config.on_done = ledger_note;
	config.on_done_arg = &l;
	p = open_pool(&config);
	for (uint64_t i = 0; i < ONCE_TASKS; i++) {
		const bool asked = i + 16 >= ONCE_TASKS;
		struct pool_async *h = asked ? &a[i + 16 - ONCE_TASKS] : NULL;

		cr_assert_eq(pool_apply_async(p, task_mark, i, h, &e), 0, "%s", e.msg);
		if (rng_below(&rng, 64) == 0)
			nap(rng_below(&rng, 60) * NS_PER_US);
	}
	rng_shuffle(&rng, order, 16);
	for (int i = 0; i < 16; i++) {
		const struct pool_outcome *o = &a[order[i]].outcome;

		cr_assert_eq(pool_get(p, &a[order[i]], UINT64_MAX, &e), 0, "%s", e.msg);
		cr_assert(a[order[i]].ready);
		cr_assert_eq(o->status, POOL_DONE);
		cr_assert_eq(o->task, ONCE_TASKS - 16 + order[i]);
		cr_assert_eq(o->result, token(o->task));
		cr_assert_null(o->payload);
	}
	close_and_free(p);
	assert_ledger(&l, ONCE_TASKS);
	cr_assert_eq(l.count[POOL_DONE], ONCE_TASKS);
	for (uint64_t i = 0; i < ONCE_TASKS; i++)
		cr_assert_eq(atom_load_rlx(&board->runs[i]), 1, "task %d was run %u x",
			     (int)i, atom_load_rlx(&board->runs[i]));
}

Test(pool, every_task_once_at_any_size, .timeout = 100)
{
	static const uint32_t capacities[] = { 2, 4, 64, 1024 };
	static const int workers[] = { 1, 2, 4, 16 };
	struct param_cpus one_cpu = { .policy = PIN_SAME };
	struct before b = look();

	EACH_KIND(kind)
	for (int c = 0; c < 4; c++)
		for (int w = 0; w < 4; w++) {
			struct pool_config f = {
				.kind = kind,
				.workers = workers[w],
				.capacity = capacities[c],
				.stamps = (c + w) % 3 == 0,
				.pin = (c + w) % 2 == 0 ? &one_cpu : NULL,
			};

			run_once_each(&f, (uint64_t)(c * 4 + w));
		}
	assert_clean(b);
}

Test(pool, every_task_once_with_help, .timeout = 100)
{
	struct before b = look();

	EACH_KIND(kind)
	for (uint64_t round = 0; round < 10; round++) {
		struct pool_config f = { .kind = kind,
					 .workers = 1 + (int)round % 3,
					 .capacity = 8U << round,
					 .assist = true };

		run_once_each(&f, round);
	}
	assert_clean(b);
}

Test(pool, the_helping_owner_is_counted)
{
	struct pool_config f = { .kind = crew_kind_find("thread"),
				 .workers = 1,
				 .capacity = 64,
				 .assist = true };
	struct pool_async a;
	struct pool *p;
	struct err e;

	board_wipe();
	p = open_pool(&f);
	/* The one worker is held up: whatever else is done, the owner has done. */
	cr_assert_eq(pool_apply_async(p, task_wait, 0, NULL, &e), 0);
	cr_assert(wait_for(&board->begun, 1));
	for (uint64_t i = 1; i <= 10; i++)
		cr_assert_eq(pool_apply_async(p, task_mark, i, &a, &e), 0);
	cr_assert_eq(pool_get(p, &a, UINT64_MAX, &e), 0);
	cr_assert_eq(a.outcome.result, token(10));
	cr_assert_eq(a.outcome.worker, 1, "n stands for the owner");
	cr_assert_eq(pool_stats(p)->assisted, 10);
	atom_store_sc(&board->open, 1);
	close_and_free(p);
}

/* --- all n at once --------------------------------------------------------- */

/* A pool just opened, some tasks more than workers: none may be forgotten. */
Test(pool, all_workers_run_at_once_from_the_start, .timeout = 100)
{
	struct before b = look();
	struct rng rng;
	struct err e;

	rng_init(&rng, 1, 0);
	EACH_KIND(kind)
	for (int round = 0; round < 150; round++) {
		const int n = 2 + (int)rng_below(&rng, 5);
		const int tasks = n + (int)rng_below(&rng, (uint64_t)n + 1);
		struct pool_config f = { .kind = kind, .workers = n };
		struct pool_async a[12];
		struct pool *p;

		board_wipe();
		p = open_pool(&f);
		nap(rng_below(&rng, 4) * 100 * NS_PER_US);
		for (int i = 0; i < tasks; i++)
			cr_assert_eq(
				pool_apply_async(p, task_meet, (uint64_t)n, &a[i], &e),
				0);
		for (int i = 0; i < tasks; i++) {
			cr_assert_eq(pool_get(p, &a[i], UINT64_MAX, &e), 0);
			cr_assert_eq(a[i].outcome.result, 0, "%s: %d of %d met",
				     kind->kind.name, (int)atom_load_rlx(&board->begun),
				     n);
		}
		close_and_free(p);
	}
	assert_clean(b);
}

/* Workers that spin, park and wake: submissions come at every moment of that. */
Test(pool, all_workers_run_at_once_again_and_again, .timeout = 100)
{
	struct before b = look();
	struct rng rng;
	struct err e;

	rng_init(&rng, 2, 0);
	EACH_KIND(kind)
	for (int n = 2; n <= 8; n *= 2) {
		struct pool_config f = { .kind = kind, .workers = n, .capacity = 256 };
		struct pool *p;
		struct pool_async a[8];

		board_wipe();
		p = open_pool(&f);
		for (uint32_t round = 1; round <= 700; round++) {
			/* Short ones let the batches grow. */
			for (uint64_t i = rng_below(&rng, 2) * 100; i > 0; i--)
				pool_apply_async(p, task_token, i, NULL, &e);
			nap(rng_below(&rng, 5) * 10 * NS_PER_US);
			for (int i = 0; i < n; i++)
				pool_apply_async(p, task_meet, round * (uint64_t)n,
						 &a[i], &e);
			for (int i = 0; i < n; i++) {
				cr_assert_eq(pool_get(p, &a[i], UINT64_MAX, &e), 0);
				cr_assert_eq(a[i].outcome.result, 0, "round %d, %d %s",
					     (int)round, n, kind->nouns);
			}
		}
		close_and_free(p);
	}
	assert_clean(b);
}

/* --- the rules ------------------------------------------------------------- */

Test(pool, close_comes_before_join)
{
	struct before b = look();
	struct err e;

	board_wipe();
	EACH_KIND(kind)
	{
		struct pool_config f = { .kind = kind, .workers = 2 };
		struct pool *p = open_pool(&f);
		struct pool_async a;
		struct pool_outcome o;

		cr_assert_eq(pool_join(p, &e), -EINVAL);
		cr_assert_str_eq(e.msg, "pool is still running");
		cr_assert_eq(pool_apply_async(p, task_token, 7, &a, &e), 0);
		pool_close(p);
		pool_close(p);
		cr_assert_eq(pool_apply_async(p, task_token, 8, NULL, &e), -EINVAL);
		cr_assert_str_eq(e.msg, "pool not running");
		cr_assert_eq(pool_apply(p, task_token, 8, &o, &e), -EINVAL);
		cr_assert_eq(pool_join(p, &e), 0);
		cr_assert_eq(pool_join(p, &e), 0, "twice");
		cr_assert(a.ready);
		cr_assert_eq(a.outcome.result, token(7));
		cr_assert_eq(pool_get(p, &a, 0, &e), 0);
		cr_assert_eq(pool_stats(p)->submitted, 1);
		pool_terminate(p);
		pool_free(p);
	}
	assert_clean(b);
}

Test(pool, what_cannot_be_opened_leaves_nothing)
{
	static const int workers[] = { 0, -1, CREW_MAX + 1 };
	static const uint32_t capacities[] = { 1, 3, 1000, (1U << 20) * 2 };
	struct before b = look();
	struct pool *p;
	struct err e;

	EACH_KIND(kind)
	{
		for (int i = 0; i < 3; i++) {
			struct pool_config f = { .kind = kind, .workers = workers[i] };

			cr_assert_eq(pool_open(&p, &f, &e), -EINVAL);
			cr_assert_null(p);
		}
		for (int i = 0; i < 4; i++) {
			struct pool_config f = { .kind = kind,
						 .workers = 1,
						 .capacity = capacities[i] };

			cr_assert_eq(pool_open(&p, &f, &e), -EINVAL);
			cr_assert_null(p);
		}
	}
	pool_free(NULL);
	assert_clean(b);
}

Test(pool, a_pool_too_large_for_memory_is_refused)
{
	struct before b = look();
	struct pool *p;
	struct err e;
	struct pool_config f = { .kind = crew_kind_table[0],
				 .workers = 1,
				 .payload_bytes = SIZE_MAX / 1024 + 1 };

	cr_assert_eq(pool_open(&p, &f, &e), -ENOMEM, "1024 of these wrap around");
	f.payload_bytes = SIZE_MAX / 4096;
	cr_assert_eq(pool_open(&p, &f, &e), -ENOMEM);
	assert_clean(b);
}

Test(pool, free_ends_what_runs, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (int tasks = 0; tasks <= 8; tasks += 4) {
		struct pool_config f = { .kind = kind, .workers = 3 };
		struct pool *p;

		board_wipe();
		p = open_pool(&f);
		for (int i = 0; i < tasks; i++)
			pool_apply_async(p, task_wait, 0, NULL, &e);
		pool_free(p);
	}
	assert_clean(b);
}

Test(pool, get_waits_no_longer_than_told, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct pool_config f = { .kind = kind, .workers = 2 };
		struct pool *p;
		struct pool_async a;

		board_wipe();
		p = open_pool(&f);
		cr_assert_eq(pool_apply_async(p, task_wait, 5, &a, &e), 0);
		cr_assert_eq(pool_get(p, &a, 0, &e), -ETIMEDOUT);
		cr_assert_eq(pool_get(p, &a, clock_deadline_ns(5 * NS_PER_MS), &e),
			     -ETIMEDOUT);
		cr_assert_not(a.ready);
		cr_assert_not(pool_is_idle(p));
		atom_store_sc(&board->open, 1);
		cr_assert_eq(pool_get(p, &a, UINT64_MAX, &e), 0);
		cr_assert_eq(a.outcome.result, token(5));
		cr_assert_eq(pool_get(p, &a, 0, &e), 0, "it stays ready");
		cr_assert(pool_is_idle(p));
		close_and_free(p);
	}
	assert_clean(b);
}

Test(pool, apply_goes_there_and_back, .timeout = 100)
{
	struct err e;

	EACH_KIND(kind)
	for (int n = 1; n <= 4; n += 3) {
		struct pool_config f = { .kind = kind, .workers = n, .stamps = true };
		struct pool *p;
		struct pool_outcome o;

		board_wipe();
		p = open_pool(&f);
		for (uint64_t i = 0; i < 500; i++) {
			cr_assert_eq(pool_apply(p, task_mark, i, &o, &e), 0);
			cr_assert_eq(o.status, POOL_DONE);
			cr_assert_eq(o.result, token(i));
			cr_assert_eq(o.task, i);
			cr_assert_eq(o.attempts, 1);
			cr_assert(o.worker >= 0 && o.worker < n);
			cr_assert_gt(o.tid, 0);
			cr_assert_eq(o.pid, pool_worker(p, o.worker)->pid);
			cr_assert(o.submit_ns <= o.begin_ns && o.begin_ns <= o.end_ns);
			cr_assert(o.end_ns <= clock_ns());
		}
		close_and_free(p);
	}
}

/* --- tasks that fail ------------------------------------------------------- */

/* Fails as often as its argument's last digit says. */
static int64_t
task_fail(struct pool_call *call)
{
	task_mark(call);
	if (call->attempt <= call->arg % 10)
		call->error = 100 + (int)call->attempt;
	return token(call->arg);
}

Test(pool, a_failing_task_is_tried_again, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (int stamps = 0; stamps < 2; stamps++) {
		struct pool_config f = {
			.kind = kind, .workers = 3, .tries = 4, .stamps = stamps
		};
		struct pool *p;
		struct pool_async a[60];

		board_wipe();
		p = open_pool(&f);
		for (uint64_t i = 0; i < 60; i++)
			cr_assert_eq(pool_apply_async(p, task_fail, i, &a[i], &e), 0);
		close_and_free(p);
		for (uint64_t i = 0; i < 60; i++) {
			const unsigned fails = (unsigned)i % 10;
			const unsigned runs = fails < 4 ? fails + 1 : 4;

			cr_assert(a[i].ready);
			cr_assert_eq(atom_load_rlx(&board->runs[i]), runs);
			cr_assert_eq(atom_load_rlx(&board->attempts[i]),
				     (1U << (runs + 1)) - 2, "attempts 1, 2 ...");
			cr_assert_eq(a[i].outcome.attempts, stamps ? runs : 0);
			if (fails < 4) {
				cr_assert_eq(a[i].outcome.status, POOL_DONE);
				cr_assert_eq(a[i].outcome.error, 0);
				cr_assert_eq(a[i].outcome.result, token(i));
			} else {
				cr_assert_eq(a[i].outcome.status, POOL_RAISED);
				cr_assert_eq(a[i].outcome.error, 104);
			}
		}
	}
	assert_clean(b);
}

Test(pool, without_tries_a_task_fails_once)
{
	struct err e;

	EACH_KIND(kind)
	{
		struct pool_config f = { .kind = kind, .workers = 1 };
		struct pool *p;
		struct pool_outcome o;

		board_wipe();
		p = open_pool(&f);
		cr_assert_eq(pool_apply(p, task_fail, 3, &o, &e), 0);
		cr_assert_eq(o.status, POOL_RAISED);
		cr_assert_eq(o.error, 101);
		cr_assert_eq(pool_apply(p, task_fail, 10, &o, &e), 0);
		cr_assert_eq(o.status, POOL_DONE, "the error was that task's");
		cr_assert_eq(pool_stats(p)->raised, 1);
		cr_assert_eq(pool_stats(p)->done, 1);
		close_and_free(p);
	}
}

/* --- payloads -------------------------------------------------------------- */

#define PAYLOAD_BYTES 5000

/* Turns each byte over. */
static int64_t
task_payload(struct pool_call *call)
{
	unsigned char *bytes = call->payload;

	perturb(call->arg);
	for (int i = 0; i < PAYLOAD_BYTES; i++)
		bytes[i] ^= 0xff;
	return token(call->arg);
}

static void
check_payload(void *arg, const struct pool_outcome *o)
{
	const unsigned char *bytes = o->payload;

	for (int i = 0; i < PAYLOAD_BYTES; i++)
		if (bytes[i] != (unsigned char)~(o->task + (uint64_t)i))
			++*(int *)arg;
}

Test(pool, payloads_there_and_back, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		int wrong = 0;
		struct pool_config f = { .kind = kind,
					 .workers = 3,
					 .capacity = 8,
					 .payload_bytes = PAYLOAD_BYTES,
					 .on_done = check_payload,
					 .on_done_arg = &wrong };
		struct pool *p = open_pool(&f);

		for (uint64_t t = 0; t < 300; t++) {
			unsigned char *bytes = pool_payload(p, &e);

			cr_assert_not_null(bytes);
			for (int i = 0; i < PAYLOAD_BYTES; i++)
				bytes[i] = (unsigned char)(t + (uint64_t)i);
			cr_assert_eq(pool_apply_async(p, task_payload, t, NULL, &e), 0);
		}
		pool_close(p);
		cr_assert_null(pool_payload(p, &e));
		cr_assert_eq(e.code, EINVAL);
		close_and_free(p);
		cr_assert_eq(wrong, 0);
	}
	assert_clean(b);
}

/* --- initializer, retirement ----------------------------------------------- */

static int
count_start(int worker, void *context)
{
	(void)worker;
	atom_add_rlx(&((struct board *)context)->starts, 1);
	return 0;
}

Test(pool, workers_retire_and_are_replaced, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (uint64_t most = 1; most <= 7; most += 3)
		for (int n = 1; n <= 4; n++) {
			struct ledger l = { 0 };
			struct pool_config f = { .kind = kind,
						 .workers = n,
						 .capacity = 16,
						 .max_tasks_per_child = most,
						 .initializer = count_start,
						 .on_done = ledger_note,
						 .on_done_arg = &l };
			const struct pool_stats *s;
			struct pool *p;

			board_wipe();
			f.context = board;
			p = open_pool(&f);
			for (uint64_t i = 0; i < 60; i++)
				cr_assert_eq(
					pool_apply_async(p, task_mark, i, NULL, &e), 0);
			pool_close(p);
			cr_assert_eq(pool_join(p, &e), 0, "%s", e.msg);
			s = pool_stats(p);
			cr_assert_eq(s->done, 60);
			cr_assert_eq(s->deaths, 0);
			cr_assert_geq(s->started, 60 / most);
			cr_assert_geq(s->retired, 60 / most - (uint64_t)n);
			cr_assert_leq(s->retired, 60 / most);
			cr_assert_eq(s->started, atom_load_rlx(&board->starts),
				     "the initializer runs once in each");
			pool_free(p);
			assert_ledger(&l, 60);
			for (uint64_t i = 0; i < 60; i++)
				cr_assert_eq(atom_load_rlx(&board->runs[i]), 1);
		}
	assert_clean(b);
}

static int
refuse_to_start(int worker, void *context)
{
	(void)worker;
	(void)context;
	return -1;
}

/* Every way to wait, tried one after the other: each ends, none hangs. */
Test(pool, an_initializer_that_fails_is_an_error_not_a_hang, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (int n = 1; n <= 5; n++) {
		struct pool_config f = { .kind = kind,
					 .workers = n,
					 .capacity = 4,
					 .initializer = refuse_to_start };
		struct pool *p = open_pool(&f);
		struct pool_async a;
		int rc = 0;

		cr_assert_eq(pool_apply_async(p, task_token, 0, &a, &e), 0);
		cr_assert_eq(pool_get(p, &a, UINT64_MAX, &e), -ECHILD);
		cr_assert_not_null(strstr(e.msg, "initializer"), "%s", e.msg);
		for (int i = 0; i < 2 * n + 4; i++)
			cr_assert_eq(pool_get(p, &a, UINT64_MAX, &e), -ECHILD);
		cr_assert_eq(pool_pump(p, -1, UINT64_MAX, &e), -ECHILD);
		for (int i = 0; i < 8 && rc == 0; i++)
			rc = pool_apply_async(p, task_token, 0, NULL, &e);
		cr_assert_eq(rc, -ECHILD, "the ring is full and nobody empties it");
		cr_assert_eq(pool_drain(p, &e), -ECHILD);
		pool_close(p);
		cr_assert_eq(pool_join(p, &e), -ECHILD);
		pool_terminate(p);
		cr_assert(a.ready);
		cr_assert_eq(a.outcome.status, POOL_CANCELLED);
		pool_free(p);
	}
	assert_clean(b);
}

/* --- terminate and stop ---------------------------------------------------- */

Test(pool, terminate_wakes_what_sleeps, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct ledger l = { 0 };
		struct pool_config f = { .kind = kind,
					 .workers = 2,
					 .tries = 3,
					 .on_done = ledger_note,
					 .on_done_arg = &l };
		struct pool *p;
		struct pool_async a[6];

		board_wipe();
		p = open_pool(&f);
		for (int i = 0; i < 6; i++)
			pool_apply_async(p, i == 0 ? task_token : task_wait, 0, &a[i],
					 &e);
		cr_assert(wait_for(&board->begun, 2));
		pool_terminate(p);
		pool_terminate(p);
		for (int i = 0; i < 6; i++) {
			cr_assert(a[i].ready);
			cr_assert_eq(a[i].outcome.status,
				     i == 0 ? POOL_DONE : POOL_CANCELLED);
			cr_assert_eq(pool_get(p, &a[i], 0, &e), 0);
		}
		cr_assert_eq(atom_load_rlx(&board->begun), 2, "no second attempt");
		cr_assert_eq(pool_join(p, &e), 0);
		cr_assert_eq(pool_apply_async(p, task_token, 0, NULL, &e), -EINVAL);
		cr_assert_eq(pool_stats(p)->cancelled, 5);
		pool_free(p);
		assert_ledger(&l, 6);
	}
	assert_clean(b);
}

static int64_t
task_deaf(struct pool_call *call)
{
	signal(SIGTERM, SIG_IGN);
	atom_add_sc(&board->begun, 1);
	for (;;)
		pause();
	return (int64_t)call->arg;
}

Test(pool, terminate_kills_what_does_not_listen, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct pool_config f = { .kind = kind, .workers = 2 };
		struct pool *p;
		struct pool_async a[2];

		if (kind->traits & CREW_SHARES_MEMORY)
			continue;
		board_wipe();
		p = open_pool(&f);
		for (int i = 0; i < 2; i++)
			pool_apply_async(p, task_deaf, 0, &a[i], &e);
		cr_assert(wait_for(&board->begun, 2));
		pool_terminate(p);
		for (int i = 0; i < 2; i++)
			cr_assert_eq(a[i].outcome.status, POOL_CANCELLED);
		pool_free(p);
	}
	assert_clean(b);
}

/* The run is stopped while the owner submits, waits, joins; then all is ended. */
Test(pool, a_stop_ends_every_wait, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (int what = 0; what < 5; what++) {
		struct stop stop;
		struct pool_config f = {
			.kind = kind, .workers = 2, .capacity = 4, .stop = &stop
		};
		struct pool *p;
		struct pool_async a;
		int rc = 0;

		board_wipe();
		cr_assert_eq(stop_init(&stop, &e), 0);
		p = open_pool(&f);
		cr_assert_eq(pool_apply_async(p, task_wait, 0, &a, &e), 0);
		if (what == 3)
			pool_close(p);
		stop_request(&stop, SIGINT);
		if (what == 0)
			rc = pool_get(p, &a, UINT64_MAX, &e);
		if (what == 1)
			rc = pool_pump(p, -1, UINT64_MAX, &e);
		if (what == 2)
			rc = pool_drain(p, &e);
		if (what == 3)
			rc = pool_join(p, &e);
		if (what == 4)
			for (int i = 0; i < 8 && rc == 0; i++)
				rc = pool_apply_async(p, task_wait, 0, NULL, &e);
		cr_assert_eq(rc, -EINTR, "wait %d", what);
		pool_terminate(p);
		pool_free(p);
		stop_fini(&stop);
	}
	assert_clean(b);
}

/* Tasks so short that the owner never has to sleep. */
Test(pool, a_stop_is_seen_among_short_tasks, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct stop stop;
		struct pool_config f = { .kind = kind, .workers = 2, .stop = &stop };
		struct pool *p;
		uint64_t i;

		cr_assert_eq(stop_init(&stop, &e), 0);
		p = open_pool(&f);
		for (i = 0; i < 200000; i++) {
			if (i == 100000)
				stop_request(&stop, SIGINT);
			if (pool_apply_async(p, task_token, i, NULL, &e) != 0)
				break;
		}
		cr_assert_eq(e.code, EINTR);
		cr_assert_geq(i, 100000);
		cr_assert_leq(i, 100000 + 1024);
		pool_free(p);
		stop_fini(&stop);
	}
	assert_clean(b);
}

/* --- pump ------------------------------------------------------------------ */

Test(pool, pump_waits_for_a_descriptor_too, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct pool_config f = { .kind = kind, .workers = 1 };
		struct pool *p;
		int fd[2];

		board_wipe();
		p = open_pool(&f);
		cr_assert_eq(pipe(fd), 0);
		cr_assert_eq(pool_pump(p, fd[0], 0, &e), 0, "nothing to read");
		cr_assert_eq(write(fd[1], "x", 1), 1);
		cr_assert_eq(pool_pump(p, fd[0], UINT64_MAX, &e), 1);
		cr_assert_eq(pool_apply_async(p, task_token, 0, NULL, &e), 0);
		while (!pool_is_idle(p))
			cr_assert_geq(pool_pump(p, -1, UINT64_MAX, &e), 0);
		cr_assert_eq(pool_stats(p)->done, 1);
		close(fd[0]);
		close(fd[1]);
		close_and_free(p);
	}
	assert_clean(b);
}
