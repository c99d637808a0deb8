/*
 * pool_help.h - what the tests of the pool share: a board in shared memory on which
 * tasks leave marks, perturbed schedules, and a look at what was left behind.
 */
#ifndef TESTS_POOL_HELP_H
#define TESTS_POOL_HELP_H

#include "core/clock.h"
#include "core/pool.h"
#include "core/rng.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BOARD_TASKS 32768

/* No test waits longer than this for a condition; one that does has failed. */
#define PATIENCE_NS (30 * NS_PER_S)

struct board {
	CACHE_ALIGNED atom_u32 begun;	/* tasks that have begun */
	CACHE_ALIGNED atom_u32 starts;	/* initializers that ran */
	CACHE_ALIGNED atom_u32 open;	/* 1: tasks that wait may end */
	atom_u32 runs[BOARD_TASKS];	/* by argument: how often it was run */
	atom_u32 attempts[BOARD_TASKS]; /* by argument: bit set of attempt numbers */
};

static struct board *board;

static inline void
board_wipe(void)
{
	if (board == NULL)
		board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(board, MAP_FAILED);
	memset((void *)board, 0, sizeof(*board));
}

static inline int64_t
token(uint64_t arg)
{
	return (int64_t)((arg + 1) * UINT64_C(0x9E3779B97F4A7C15) >> 1);
}

static inline void
nap(uint64_t ns)
{
	struct timespec ts = { .tv_sec = (time_t)(ns / NS_PER_S),
			       .tv_nsec = (long)(ns % NS_PER_S) };

	nanosleep(&ts, NULL);
}

/* Sometimes gives up the CPU, sometimes loses a little time; by the seed. */
static inline void
perturb(uint64_t seed)
{
	uint64_t x = (uint64_t)token(seed ^ UINT64_C(0x5DEECE66D));

	x ^= x >> 29;
	if (x % 8 == 0)
		sched_yield();
	if (x % 64 == 1)
		nap(x % 50 * NS_PER_US);
	if (x % 4 == 2)
		for (uint64_t i = 0; i < x % 500; i++)
			atom_pause();
}

/* Waits until *word is at least n; false when patience is at its end. */
static inline bool
wait_for(const atom_u32 *word, uint32_t n)
{
	const uint64_t until_ns = clock_ns() + PATIENCE_NS;

	while (atom_load_sc(word) < n) {
		if (clock_ns() >= until_ns)
			return false;
		nap(50 * NS_PER_US);
	}
	return true;
}

/* --- tasks ----------------------------------------------------------------- */

static inline int64_t
task_mark(struct pool_call *call)
{
	atom_add_rlx(&board->runs[call->arg], 1);
	atom_add_rlx(&board->attempts[call->arg], 1U << (call->attempt & 31));
	perturb(call->arg);
	return token(call->arg);
}

static inline int64_t
task_token(struct pool_call *call)
{
	return token(call->arg);
}

/* Ends when arg tasks have begun: 0, or 1 when they never did. */
static inline int64_t
task_meet(struct pool_call *call)
{
	atom_add_sc(&board->begun, 1);
	return wait_for(&board->begun, (uint32_t)call->arg) ? 0 : 1;
}

/* Ends when the board is opened or the task is cancelled. */
static inline int64_t
task_wait(struct pool_call *call)
{
	atom_add_sc(&board->begun, 1);
	while (!atom_load_sc(&board->open)) {
		if (atom_load_sc(call->cancel)) {
			call->error = ECANCELED;
			return -1;
		}
		nap(50 * NS_PER_US);
	}
	return token(call->arg);
}

/* --- the test's side ------------------------------------------------------- */

static inline int
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	cr_assert_not_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static inline int
count_threads(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = 0;

	cr_assert_not_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* What there was before a pool, to be compared with what there is after it. */
struct before {
	int fds, threads;
};

static inline struct before
look(void)
{
	return (struct before){ .fds = count_fds(), .threads = count_threads() };
}

static inline void
assert_clean(struct before b)
{
	const uint64_t until_ns = clock_ns() + PATIENCE_NS;

	cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "a child is left");
	cr_assert_eq(errno, ECHILD);
	cr_assert_eq(count_fds(), b.fds, "a descriptor is left");
	/* A joined thread leaves /proc a moment later. */
	while (count_threads() > b.threads && clock_ns() < until_ns)
		sched_yield();
	cr_assert_eq(count_threads(), b.threads, "a thread is left");
}

static inline struct pool *
open_pool(const struct pool_config *f)
{
	struct pool *p;
	struct err e;

	cr_assert_eq(pool_open(&p, f, &e), 0, "%s", e.msg);
	return p;
}

static inline void
close_and_free(struct pool *p)
{
	struct err e;

	pool_close(p);
	cr_assert_eq(pool_join(p, &e), 0, "%s", e.msg);
	pool_free(p);
}

/* on_done: outcomes come once each and in order, and are as expected. */
struct ledger {
	uint64_t next;
	uint64_t count[POOL_CANCELLED + 1];
	uint64_t disorder, wrong, strange;
};

static inline void
ledger_note(void *arg, const struct pool_outcome *o)
{
	struct ledger *l = arg;

	l->disorder += o->task != l->next++;
	l->count[o->status]++;
	if (o->status == POOL_DONE)
		l->wrong += o->result != token(o->task);
	l->strange += o->worker < -1;
}

static inline void
assert_ledger(const struct ledger *l, uint64_t tasks)
{
	cr_assert_eq(l->next, tasks);
	cr_assert_eq(l->disorder, 0);
	cr_assert_eq(l->wrong, 0);
	cr_assert_eq(l->strange, 0);
}

/* Kinds whose workers run side by side: tasks here wait for each other, and block the
 * thread. Cooperative ones are test_crew_coro.c's. */
#define EACH_KIND(kind)                                                                \
	for (const struct crew_kind *const *each_ = crew_kind_table, *kind = NULL;     \
	     (kind = *each_) != NULL; each_++)                                         \
		if (kind->step != NULL)                                                \
			continue;                                                      \
		else

#endif
