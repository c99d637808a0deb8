/*
 * test_crew_coro.c - workers that are coroutines of the owner's thread.
 */
#include "core/clock.h"
#include "core/crew.h"
#include "core/hub.h"
#include "core/pool.h"
#include "core/work.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

static struct err e;

static int
nap(struct crew *c, int number, void *arg)
{
	const struct work w = { .kind = WORK_SLEEP };
	int *log = arg;

	log[number] = work_do(&w, 20 * NS_PER_MS, &c->block[number].cancel);
	return number + 1;
}

/* Waits as an owner does until nobody runs. */
static int
wait_crew(struct crew *c)
{
	const uint64_t deadline_ns = clock_deadline_ns(10 * NS_PER_S);
	int exits = 0, i;

	while (crew_running(c) > 0 && clock_ns() < deadline_ns) {
		struct pollfd p = { .fd = c->end_fd, .events = POLLIN };
		const uint64_t next_ns = crew_step(c);

		poll(&p, 1,
		     clock_poll_ms(next_ns < deadline_ns ? next_ns : deadline_ns));
		while ((i = crew_reap(c)) >= 0)
			exits += c->worker[i].exit;
	}
	return exits;
}

Test(crew_coro, all_sleep_at_once_on_one_thread)
{
	enum { N = 50 };
	int log[N];
	struct crew c;
	uint64_t begin_ns = clock_ns(), cpu_ns = clock_thread_cpu_ns();

	cr_assert_eq(crew_init(&c, crew_kind_find("coro"), N, nap, log, NULL, &e), 0);
	for (int i = 0; i < N; i++) {
		log[i] = -1;
		cr_assert_eq(crew_start(&c, i, &e), 0, "%s", e.msg);
	}
	cr_assert_eq(wait_crew(&c), N * (N + 1) / 2);
	for (int i = 0; i < N; i++) {
		cr_assert_eq(log[i], 0);
		cr_assert_eq(atom_load_rlx(&c.block[i].tid), gettid());
	}
	/* One after the other they would sleep for N * 20 ms, or compute. */
	cr_assert_geq(clock_ns() - begin_ns, 20 * NS_PER_MS);
	cr_assert_lt(clock_thread_cpu_ns() - cpu_ns, N * 20 * NS_PER_MS);
	crew_fini(&c);
	cr_assert_null(hub_here());
}

static int
sleep_long(struct crew *c, int number, void *arg)
{
	const struct work w = { .kind = WORK_SLEEP };

	(void)arg;
	return work_do(&w, 1000 * NS_PER_S, &c->block[number].cancel) == -ECANCELED;
}

Test(crew_coro, cancel_ends_a_sleep)
{
	struct crew c;

	cr_assert_eq(
		crew_init(&c, crew_kind_find("coro"), 2, sleep_long, NULL, NULL, &e),
		0);
	cr_assert_eq(crew_start(&c, 0, &e), 0);
	cr_assert_eq(crew_start(&c, 1, &e), 0);
	crew_step(&c);
	cr_assert_eq(crew_terminate(&c, 10 * NS_PER_S), 0);
	cr_assert_eq(c.worker[0].exit, 1);
	cr_assert_eq(c.worker[1].exit, 1);
	crew_fini(&c);
}

static int64_t
square(struct pool_call *call)
{
	return (int64_t)(call->arg * call->arg);
}

Test(crew_coro, a_pool_of_coroutines_maps)
{
	enum { N = 5000 };
	static uint64_t args[N];
	static int64_t results[N];
	struct pool_config f = { .kind = crew_kind_find("coro"),
				 .workers = 3,
				 .capacity = 64,
				 .payload_bytes = pool_chunk_bytes(7) };
	struct pool *p;

	for (uint64_t i = 0; i < N; i++)
		args[i] = i;
	cr_assert_eq(pool_open(&p, &f, &e), 0, "%s", e.msg);
	cr_assert_eq(pool_map(p, square, args, N, 7, results, NULL, &e), 0, "%s",
		     e.msg);
	for (int64_t i = 0; i < N; i++)
		cr_assert_eq(results[i], i * i);
	pool_close(p);
	cr_assert_eq(pool_join(p, &e), 0);
	pool_free(p);
	cr_assert_null(hub_here());
}

Test(crew_coro, two_crews_of_one_thread_run_by_turns)
{
	struct pool_config f = { .kind = crew_kind_find("coro"), .workers = 2 };
	struct pool_outcome o;
	struct pool *p[2];

	for (int i = 0; i < 2; i++)
		cr_assert_eq(pool_open(&p[i], &f, &e), 0, "%s", e.msg);
	for (uint64_t i = 0; i < 10; i++) {
		cr_assert_eq(pool_apply(p[i % 2], square, i, &o, &e), 0);
		cr_assert_eq(o.result, (int64_t)(i * i));
	}
	/* In the order of opening: the other one goes on. */
	pool_free(p[0]);
	cr_assert_eq(pool_apply(p[1], square, 7, &o, &e), 0);
	cr_assert_eq(o.result, 49);
	pool_free(p[1]);
	cr_assert_null(hub_here());
}
