/*
 * test_crew - workers start, end, are reaped, started anew, signalled, cancelled.
 */
#include "core/crew.h"
#include "core/futex.h"
#include "tests/pool_help.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>

static bool
is_mortal(const struct crew_kind *kind)
{
	return !(kind->traits & CREW_SHARES_MEMORY);
}

static bool
is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* Reaps the next worker that ends. */
static int
next_end(struct crew *c)
{
	struct pollfd p = { .fd = c->end_fd, .events = POLLIN };
	const uint64_t until_ns = clock_ns() + PATIENCE_NS;

	for (;;) {
		int number = crew_reap(c);

		if (number >= 0)
			return number;
		cr_assert_lt(clock_ns(), until_ns, "nobody ended");
		poll(&p, 1, clock_poll_ms(until_ns));
	}
}

/* Leaves with the number it has on the board. */
static int
body_status(struct crew *c, int number, void *arg)
{
	struct board *b = arg;

	atom_add_sc(&b->begun, 1);
	if (atom_load_rlx(&c->block[number].tid) == 0)
		return 99;
	return (int)atom_load_sc(&b->runs[number]);
}

/* Leaves when cancelled. */
static int
body_wait(struct crew *c, int number, void *arg)
{
	atom_add_sc(&((struct board *)arg)->begun, 1);
	while (!atom_load_sc(&c->block[number].cancel))
		futex_wait(&c->block[number].cancel, 0, FUTEX_FOREVER);
	return 40 + number;
}

/* Does not listen. */
static int
body_deaf(struct crew *c, int number, void *arg)
{
	(void)c;
	(void)number;
	signal(SIGTERM, SIG_IGN);
	atom_add_sc(&((struct board *)arg)->begun, 1);
	for (;;)
		pause();
	return 0;
}

Test(crew, kinds_are_found)
{
	cr_assert_not_null(crew_kind_find("process"));
	cr_assert_not_null(crew_kind_find("thread"));
	cr_assert_null(crew_kind_find("threads"));
	cr_assert_null(crew_kind_find(""));
	EACH_KIND(kind)
	{
		cr_assert_eq(crew_kind_find(kind->kind.name), kind);
		cr_assert_not_null(kind->noun);
		cr_assert_not_null(kind->nouns);
	}
}

Test(crew, workers_end_and_are_started_anew, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct crew c;
		unsigned seen = 0;

		board_wipe();
		for (uint32_t i = 0; i < 5; i++)
			atom_store_sc(&board->runs[i], 10 + i);
		cr_assert_eq(crew_init(&c, kind, 5, body_status, board, NULL, &e), 0);
		cr_assert_eq(crew_running(&c), 0);
		cr_assert_eq(crew_reap(&c), -1);
		for (int i = 0; i < 5; i++) {
			cr_assert_eq(crew_start(&c, i, &e), 0, "%s", e.msg);
			cr_assert_gt(c.worker[i].pid, 0);
		}
		for (int i = 0; i < 5; i++) {
			const struct crew_worker *w = &c.worker[next_end(&c)];

			cr_assert_eq(w->exit, 10 + w->number);
			cr_assert_eq(w->state, WORKER_ENDED);
			seen |= 1U << w->number;
		}
		cr_assert_eq(seen, 0x1f, "each once");
		cr_assert_eq(crew_running(&c), 0);
		cr_assert_eq(crew_reap(&c), -1);
		atom_store_sc(&board->runs[3], 77);
		for (int round = 2; round < 6; round++) {
			cr_assert_eq(crew_start(&c, 3, &e), 0);
			cr_assert_eq(crew_running(&c), 1);
			cr_assert_eq(next_end(&c), 3);
			cr_assert_eq(c.worker[3].exit, 77);
			cr_assert_eq(c.worker[3].starts, round);
		}
		crew_fini(&c);
	}
	assert_clean(b);
}

/* Later workers inherit what earlier ones are watched by. */
Test(crew, an_end_is_told_once, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (int last = 0; last < 3; last++) {
		struct crew c;

		board_wipe();
		cr_assert_eq(crew_init(&c, kind, 3, body_wait, board, NULL, &e), 0);
		for (int i = 0; i < 3; i++)
			cr_assert_eq(crew_start(&c, i, &e), 0);
		cr_assert_not(is_readable(c.end_fd));
		atom_store_sc(&c.block[last].cancel, 1);
		futex_wake(&c.block[last].cancel, 1);
		cr_assert_eq(next_end(&c), last);
		cr_assert_eq(c.worker[last].exit, 40 + last);
		cr_assert_eq(crew_reap(&c), -1);
		cr_assert_not(is_readable(c.end_fd), "or its owner never sleeps");
		cr_assert_eq(crew_start(&c, last, &e), 0);
		cr_assert_eq(crew_reap(&c), -1);
		cr_assert_not(is_readable(c.end_fd));
		cr_assert_eq(crew_running(&c), 3);
		crew_fini(&c);
	}
	assert_clean(b);
}

Test(crew, signals_reach_whom_they_can, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct crew c;

		board_wipe();
		cr_assert_eq(crew_init(&c, kind, 2, body_wait, board, NULL, &e), 0);
		for (int i = 0; i < 2; i++)
			cr_assert_eq(crew_start(&c, i, &e), 0);
		cr_assert(wait_for(&board->begun, 2));
		if (is_mortal(kind)) {
			cr_assert_eq(kind->signal(&c.worker[1], SIGTERM), 0);
			cr_assert_eq(next_end(&c), 1);
			cr_assert_eq(c.worker[1].exit, -SIGTERM);
			cr_assert_eq(kind->signal(&c.worker[0], SIGKILL), 0);
			cr_assert_eq(next_end(&c), 0);
			cr_assert_eq(c.worker[0].exit, -SIGKILL);
		} else {
			cr_assert_eq(kind->signal(&c.worker[1], SIGTERM), -ENOTSUP);
			cr_assert_eq(crew_running(&c), 2);
		}
		crew_fini(&c);
	}
	assert_clean(b);
}

Test(crew, cancel_wakes_all, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct crew c;

		board_wipe();
		cr_assert_eq(crew_init(&c, kind, 4, body_wait, board, NULL, &e), 0);
		for (int i = 0; i < 4; i++)
			cr_assert_eq(crew_start(&c, i, &e), 0);
		cr_assert_not(is_readable(c.cancel_fd));
		crew_cancel(&c);
		crew_cancel(&c);
		cr_assert(is_readable(c.cancel_fd));
		for (int i = 0; i < 4; i++) {
			const struct crew_worker *w = &c.worker[next_end(&c)];

			cr_assert_eq(w->exit, 40 + w->number);
		}
		cr_assert_eq(crew_terminate(&c, 0), 0, "nobody is left");
		crew_fini(&c);
		crew_fini(&c);
	}
	assert_clean(b);
}

Test(crew, terminate_asks_then_tells_then_kills, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct crew c;

		board_wipe();
		cr_assert_eq(crew_init(&c, kind, 3, body_wait, board, NULL, &e), 0);
		for (int i = 0; i < 3; i++)
			cr_assert_eq(crew_start(&c, i, &e), 0);
		cr_assert_eq(crew_terminate(&c, 20 * NS_PER_S), 0, "asked, they go");
		cr_assert_eq(c.worker[2].exit, 42);
		crew_fini(&c);
		if (!is_mortal(kind))
			continue;
		board_wipe();
		cr_assert_eq(crew_init(&c, kind, 3, body_deaf, board, NULL, &e), 0);
		for (int i = 0; i < 3; i++)
			cr_assert_eq(crew_start(&c, i, &e), 0);
		cr_assert(wait_for(&board->begun, 3));
		cr_assert_eq(crew_terminate(&c, 20 * NS_PER_MS), 3);
		for (int i = 0; i < 3; i++)
			cr_assert_eq(c.worker[i].exit, -SIGKILL);
		crew_fini(&c);
	}
	assert_clean(b);
}

/* Which CPUs it may use: one alone gives its number, more give 200. */
static int
body_cpu(struct crew *c, int number, void *arg)
{
	cpu_set_t set;
	int cpu = 0;

	(void)c;
	(void)number;
	(void)arg;
	if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) != 1)
		return 200;
	while (!CPU_ISSET((size_t)cpu, &set))
		cpu++;
	return cpu;
}

Test(crew, workers_are_pinned, .timeout = 100)
{
	struct before b = look();
	struct err e;
	cpu_set_t allowed, now;
	int64_t first = 0, last = CPU_SETSIZE - 1;

	cr_assert_eq(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	while (!CPU_ISSET((size_t)first, &allowed))
		first++;
	while (!CPU_ISSET((size_t)last, &allowed))
		last--;
	EACH_KIND(kind)
	{
		int64_t list[] = { last, first };
		struct param_cpus pin = { .policy = PIN_LIST, .cpus = { 2, list } };
		struct crew c;

		cr_assert_eq(crew_init(&c, kind, 4, body_cpu, NULL, &pin, &e), 0);
		for (int i = 0; i < 4; i++)
			cr_assert_eq(crew_start(&c, i, &e), 0);
		for (int i = 0; i < 4; i++)
			next_end(&c);
		for (int i = 0; i < 4; i++)
			cr_assert_eq(c.worker[i].exit, list[i % 2]);
		crew_fini(&c);
		cr_assert_eq(sched_getaffinity(0, sizeof(now), &now), 0);
		cr_assert(CPU_EQUAL(&now, &allowed), "the owner is not");
	}
	assert_clean(b);
}

Test(crew, what_cannot_be_made_leaves_nothing)
{
	static const int wrong[] = { 0, -1, CREW_MAX + 1 };
	struct before b = look();
	struct rlimit limit, none;
	struct crew c;
	struct err e;

	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 0;
	EACH_KIND(kind)
	{
		int rc;

		for (int i = 0; i < 3; i++)
			cr_assert_eq(
				crew_init(&c, kind, wrong[i], body_cpu, NULL, NULL, &e),
				-EINVAL);
		setrlimit(RLIMIT_NOFILE, &none);
		rc = crew_init(&c, kind, 2, body_cpu, NULL, NULL, &e);
		setrlimit(RLIMIT_NOFILE, &limit);
		cr_assert_eq(rc, -EMFILE);
		/* A child that cannot be watched is no child. */
		cr_assert_eq(crew_init(&c, kind, 2, body_cpu, NULL, NULL, &e), 0);
		if (is_mortal(kind)) {
			setrlimit(RLIMIT_NOFILE, &none);
			rc = crew_start(&c, 1, &e);
			setrlimit(RLIMIT_NOFILE, &limit);
			cr_assert_eq(rc, -EMFILE);
			cr_assert_eq(crew_running(&c), 0);
			cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
			cr_assert_eq(errno, ECHILD);
			cr_assert_eq(crew_start(&c, 1, &e), 0, "then it can");
		}
		crew_fini(&c);
	}
	memset(&c, 0, sizeof(c));
	crew_fini(&c);
	assert_clean(b);
}
