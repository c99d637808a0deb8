/*
 * test_clock - one time for all processes, deadlines that saturate, CPU time.
 */
#include "core/clock.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t
kernel_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Computes until the thread has used that much CPU time. */
static void
use_cpu(uint64_t ns)
{
	uint64_t begin = clock_thread_cpu_ns();

	while (clock_thread_cpu_ns() - begin < ns)
		;
}

Test(clock, is_the_kernels_and_never_goes_back)
{
	for (int i = 0; i < 100000; i++) {
		uint64_t before = kernel_ns(), now = clock_ns(), after = kernel_ns();

		cr_assert(before <= now && now <= after);
	}
}

Test(clock, unix_time_is_the_systems)
{
	int64_t before = time(NULL), now = clock_unix_ns(), after = time(NULL);

	/* time() may lag behind by a tick. */
	cr_assert_geq(now / (int64_t)NS_PER_S, before);
	cr_assert_leq(now / (int64_t)NS_PER_S, after + 1);
}

Test(clock, is_the_same_in_a_child)
{
	uint64_t before = clock_ns(), seen = 0, after;
	int fd[2];
	pid_t pid;

	cr_assert_eq(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		uint64_t now = clock_ns();

		_exit(write(fd[1], &now, sizeof(now)) != sizeof(now));
	}
	cr_assert_eq(read(fd[0], &seen, sizeof(seen)), (ssize_t)sizeof(seen));
	after = clock_ns();
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert(before <= seen && seen <= after);
}

Test(clock, init_tells_what_it_found)
{
	struct clock_info first;

	clock_init();
	first = *clock_info();
	cr_assert_neq(first.source[0], '\0');
	cr_assert_gt(first.read_ns, 0);
	cr_assert_geq(first.resolution_ns, 1);
	clock_init();
	cr_assert_eq(clock_info()->read_ns, first.read_ns, "measured twice");
}

Test(clock, deadline_saturates)
{
	uint64_t now = clock_ns(), deadline = clock_deadline_ns(NS_PER_S);

	cr_assert_geq(deadline, now + NS_PER_S);
	cr_assert_leq(deadline, clock_ns() + NS_PER_S);
	cr_assert_eq(clock_deadline_ns(UINT64_MAX), UINT64_MAX);
	cr_assert_eq(clock_deadline_ns(UINT64_MAX - 1), UINT64_MAX);
}

Test(clock, poll_ms_rounds_up_and_is_bounded)
{
	uint64_t now = clock_ns();
	int ms = clock_poll_ms(now + 3600 * NS_PER_S + 1);

	cr_assert_eq(clock_poll_ms(UINT64_MAX), -1);
	cr_assert_eq(clock_poll_ms(UINT64_MAX - 1), INT_MAX);
	cr_assert_eq(clock_poll_ms(now), 0);
	cr_assert_eq(clock_poll_ms(0), 0);
	cr_assert(ms > 0 && ms <= 3600001);
	/* Rounded down, the last part of a millisecond would be waited for by a loop
	 * of polls that return at once: as long as time is left, it is not 0. */
	for (uint64_t deadline = clock_ns() + 2 * NS_PER_MS; clock_ns() < deadline;) {
		int left = clock_poll_ms(deadline);

		cr_assert(left >= 0 && left <= 2);
		cr_assert_geq(clock_ns() + (uint64_t)left * NS_PER_MS, deadline);
	}
}

Test(clock, thread_cpu_counts_work_not_waiting)
{
	const uint64_t begin = clock_ns(), begin_cpu = clock_thread_cpu_ns();
	uint64_t cpu, wall;

	use_cpu(5 * NS_PER_MS);
	cpu = clock_thread_cpu_ns() - begin_cpu;
	wall = clock_ns() - begin;
	cr_assert_geq(cpu, 5 * NS_PER_MS);
	/* The scheduler's clock and this one may differ by some parts in 10,000. */
	cr_assert_leq(cpu, wall + wall / 100);
}

Test(clock, process_cpu_counts_reaped_children)
{
	uint64_t before = clock_process_cpu_ns(), reaped;
	pid_t pid = fork();

	if (pid == 0) {
		use_cpu(50 * NS_PER_MS);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	reaped = clock_process_cpu_ns();
	/* The kernel may account by ticks of up to 10 ms. */
	cr_assert_geq(reaped - before, 30 * NS_PER_MS);
	use_cpu(5 * NS_PER_MS);
	cr_assert_geq(clock_process_cpu_ns() - reaped, 5 * NS_PER_MS);
}
