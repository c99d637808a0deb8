/*
 * test_work - amounts depend on seed and number alone; work is done or given up.
 */
#include "core/work.h"

#include "core/clock.h"
#include "core/futex.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>

static const struct work noop = { .kind = WORK_NOOP }, echo = { .kind = WORK_ECHO },
			 nap = { .kind = WORK_SLEEP }, cpu = { .kind = WORK_CPU },
			 mem = { .kind = WORK_MEM };

#define HOUR_NS (3600 * NS_PER_S)

Test(work, amount_is_drawn_from_seed_and_number)
{
	const struct work w = { .kind = WORK_SLEEP, .lo = 10, .hi = 13 };
	bool low = false, high = false, differs = false;
	uint64_t first[100];

	for (uint64_t task = 0; task < 100; task++) {
		first[task] = work_amount(&w, 7, task);
		cr_assert(first[task] >= 10 && first[task] <= 13);
		low |= first[task] == 10;
		high |= first[task] == 13;
	}
	cr_assert(low && high, "both ends are included");
	for (uint64_t task = 100; task-- > 0;) {
		cr_assert_eq(work_amount(&w, 7, task), first[task], "in any order");
		differs |= work_amount(&w, 8, task) != first[task];
	}
	cr_assert(differs, "another seed draws others");
}

Test(work, fixed_amounts_are_not_drawn)
{
	const struct work w = { .kind = WORK_CPU, .lo = 500, .hi = 500 },
			  all = { .kind = WORK_MEM, .lo = 0, .hi = UINT64_MAX };

	cr_assert_eq(work_amount(&w, 1, 2), 500);
	cr_assert_eq(work_amount(&noop, 1, 2), 0);
	cr_assert_neq(work_amount(&all, 1, 2), work_amount(&all, 1, 3));
}

Test(work, noop_and_echo_do_nothing)
{
	cr_assert_eq(work_do(&noop, 0, NULL), 0);
	cr_assert_eq(work_do(&echo, 0, NULL), 0);
}

static void
nothing(int sig)
{
	(void)sig;
}

/* Interrupts whatever waits, every millisecond. */
static void
start_interrupting(void)
{
	struct sigaction sa = { .sa_handler = nothing };
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

Test(work, sleep_lasts_also_under_signals)
{
	const uint64_t ns = 20 * NS_PER_MS;
	atom_u32 cancel = 0;
	uint64_t begin;

	start_interrupting();
	begin = clock_ns();
	cr_assert_eq(work_do(&nap, ns, NULL), 0);
	cr_assert_geq(clock_ns() - begin, ns);
	begin = clock_ns();
	cr_assert_eq(work_do(&nap, ns, &cancel), 0);
	cr_assert_geq(clock_ns() - begin, ns);
	cr_assert_eq(work_do(&nap, 0, &cancel), 0);
}

Test(work, sleep_costs_no_cpu)
{
	atom_u32 cancel = 0;
	uint64_t begin = clock_thread_cpu_ns();

	cr_assert_eq(work_do(&nap, 100 * NS_PER_MS, &cancel), 0);
	cr_assert_lt(clock_thread_cpu_ns() - begin, 10 * NS_PER_MS);
}

static atom_u32 cancel_word;
static atom_u32 is_started;

static void *
do_for_an_hour(void *work)
{
	static int rc;

	atom_store_rlx(&is_started, 1);
	rc = work_do(work, HOUR_NS, &cancel_word);
	return &rc;
}

/* Gives up work of an hour from another thread. Returns what work_do() said. */
static int
give_up(const struct work *w, bool wake)
{
	pthread_t thread;
	void *rc;

	cr_assert_eq(pthread_create(&thread, NULL, do_for_an_hour, (void *)w), 0);
	while (atom_load_rlx(&is_started) == 0)
		atom_pause();
	atom_store_rlx(&cancel_word, 1);
	if (wake)
		futex_wake(&cancel_word, INT_MAX);
	pthread_join(thread, &rc);
	return *(int *)rc;
}

Test(work, a_sleep_is_given_up, .timeout = 60)
{
	cr_assert_eq(give_up(&nap, true), -ECANCELED);
}

Test(work, computing_is_given_up, .timeout = 60)
{
	cr_assert_eq(give_up(&cpu, false), -ECANCELED);
}

Test(work, what_is_cancelled_before_is_not_begun, .timeout = 60)
{
	atom_u32 cancel = 1;

	cr_assert_eq(work_do(&nap, HOUR_NS, &cancel), -ECANCELED);
	cr_assert_eq(work_do(&cpu, HOUR_NS, &cancel), -ECANCELED);
	cr_assert_eq(work_do(&mem, 1 << 20, &cancel), -ECANCELED);
	cr_assert_eq(work_do(&noop, 0, &cancel), 0, "there is nothing to give up");
}

Test(work, computing_uses_cpu_time_of_the_thread)
{
	static const uint64_t amounts[] = { 10 * NS_PER_US, NS_PER_MS, 30 * NS_PER_MS };

	for (size_t i = 0; i < 3; i++) {
		uint64_t begin = clock_thread_cpu_ns(), used;

		cr_assert_eq(work_do(&cpu, amounts[i], NULL), 0);
		used = clock_thread_cpu_ns() - begin;
		cr_assert_geq(used, amounts[i]);
		/* Far more would be a wrong stop; what a busy machine adds is wall
		 * time, which does not count here. */
		cr_assert_leq(used, 2 * amounts[i] + NS_PER_MS);
	}
}

Test(work, short_computing_lasts)
{
	for (int i = 0; i < 1000; i++) {
		uint64_t begin = clock_ns();

		cr_assert_eq(work_burn(1000, NULL), 0);
		cr_assert_geq(clock_ns() - begin, 1000);
	}
	cr_assert_eq(work_burn(0, NULL), 0);
}

Test(work, memory_is_really_touched_and_given_back)
{
	const uint64_t bytes = 64 << 20;
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	cr_assert_eq(work_do(&mem, bytes, NULL), 0);
	getrusage(RUSAGE_SELF, &after);
	/* The peak in KiB: most of it must have been there at once. */
	cr_assert_geq(after.ru_maxrss, (long)(bytes / 1024 * 9 / 10));
	/* Kept, five more would show in the peak. */
	for (int i = 0; i < 5; i++)
		cr_assert_eq(work_do(&mem, bytes, NULL), 0);
	getrusage(RUSAGE_SELF, &before);
	cr_assert_leq(before.ru_maxrss - after.ru_maxrss, (long)(bytes / 1024));
	cr_assert_eq(work_do(&mem, 0, NULL), 0);
	cr_assert_eq(work_do(&mem, 1, NULL), 0);
}

Test(work, refused_memory_is_an_error)
{
	cr_assert_eq(work_do(&mem, UINT64_C(1) << 60, NULL), -ENOMEM);
	cr_assert_eq(work_do(&mem, UINT64_MAX, NULL), -ENOMEM);
}

/* Stands in for a coroutine's way to wait: counts instead. */
static uint64_t waited_ns;

static int
count_wait(uint64_t ns, atom_u32 *cancel)
{
	(void)cancel;
	waited_ns += ns;
	return -ECANCELED;
}

Test(work, waits_are_the_callers_where_it_says_so)
{
	const struct work io = { .kind = WORK_IO }, mixed = { .kind = WORK_MIXED };
	uint64_t begin_ns = clock_thread_cpu_ns();

	waited_ns = 0;
	cr_assert_eq(work_do_by(&io, HOUR_NS, NULL, count_wait), -ECANCELED);
	cr_assert_eq(waited_ns, HOUR_NS);
	cr_assert_eq(work_do_by(&nap, HOUR_NS, NULL, count_wait), -ECANCELED);
	cr_assert_eq(waited_ns, 2 * HOUR_NS);
	waited_ns = 0;
	cr_assert_eq(work_do_by(&mixed, 4 * NS_PER_MS + 1, NULL, count_wait),
		     -ECANCELED);
	cr_assert_eq(waited_ns, 2 * NS_PER_MS + 1, "half, and what is odd");
	cr_assert_geq(clock_thread_cpu_ns() - begin_ns, 2 * NS_PER_MS,
		      "the other half");
	cr_assert_eq(work_do_by(&noop, 0, NULL, count_wait), 0);
	cr_assert_eq(waited_ns, 2 * NS_PER_MS + 1, "nothing to wait for");
}

Test(work, io_waits_and_mixed_does_both)
{
	const struct work io = { .kind = WORK_IO }, mixed = { .kind = WORK_MIXED };
	uint64_t begin_ns = clock_ns(), cpu_ns = clock_thread_cpu_ns();

	cr_assert_eq(work_do(&io, 20 * NS_PER_MS, NULL), 0);
	cr_assert_geq(clock_ns() - begin_ns, 20 * NS_PER_MS);
	cr_assert_lt(clock_thread_cpu_ns() - cpu_ns, 10 * NS_PER_MS);
	begin_ns = clock_ns();
	cpu_ns = clock_thread_cpu_ns();
	cr_assert_eq(work_do(&mixed, 20 * NS_PER_MS, NULL), 0);
	cr_assert_geq(clock_ns() - begin_ns, 20 * NS_PER_MS);
	cr_assert_geq(clock_thread_cpu_ns() - cpu_ns, 10 * NS_PER_MS);
	cr_assert_lt(clock_thread_cpu_ns() - cpu_ns, 15 * NS_PER_MS);
}
