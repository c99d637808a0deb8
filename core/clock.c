/*
 * clock.c - the one place that reads a clock.
 */
#include "core/clock.h"

#include <limits.h>
#include <stdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { BATCHES = 31, BATCH = 200 };

static struct clock_info info;

static uint64_t
clock_read_ns(clockid_t id)
{
	struct timespec ts;

	/* Cannot fail: the ids are ours, the pointer is valid. */
	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t
clock_ns(void)
{
	return clock_read_ns(CLOCK_MONOTONIC);
}

int64_t
clock_unix_ns(void)
{
	return (int64_t)clock_read_ns(CLOCK_REALTIME);
}

uint64_t
clock_thread_cpu_ns(void)
{
	return clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t
clock_cpu_of_ns(pid_t pid)
{
	clockid_t id;

	return clock_getcpuclockid(pid, &id) == 0 ? clock_read_ns(id) : 0;
}

uint64_t
clock_process_cpu_ns(void)
{
	struct rusage ru;
	uint64_t us;

	/* Cannot fail either. */
	getrusage(RUSAGE_CHILDREN, &ru);
	us = (uint64_t)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000 +
	     (uint64_t)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec);
	return clock_read_ns(CLOCK_PROCESS_CPUTIME_ID) + us * NS_PER_US;
}

uint64_t
clock_deadline_ns(uint64_t timeout_ns)
{
	uint64_t now = clock_ns();

	return timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns;
}

int
clock_poll_ms(uint64_t deadline_ns)
{
	uint64_t now, ms;

	if (deadline_ns == UINT64_MAX)
		return -1;
	now = clock_ns();
	if (deadline_ns <= now)
		return 0;
	ms = (deadline_ns - now - 1) / NS_PER_MS + 1;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void
find_source(char *to, size_t size)
{
	static const char *const path = "/sys/devices/system/clocksource/"
					"clocksource0/current_clocksource";
	FILE *f = fopen(path, "re");

	if (f == NULL || fgets(to, (int)size, f) == NULL)
		snprintf(to, size, "unknown");
	if (f != NULL)
		fclose(f);
	to[strcspn(to, "\n")] = '\0';
}

/* Cost of a read: median over batches, so that a preemption does not count. */
static void
measure(struct clock_info *ci)
{
	uint64_t cost[BATCHES] = { 0 }, step = UINT64_MAX;

	for (int b = 0; b < BATCHES; b++) {
		uint64_t begin = clock_ns(), last = begin, now = begin, took;
		int i;

		for (i = 0; i < BATCH; i++) {
			now = clock_ns();
			if (now != last && now - last < step)
				step = now - last;
			last = now;
		}
		took = now - begin;
		for (i = b; i > 0 && cost[i - 1] > took; i--)
			cost[i] = cost[i - 1];
		cost[i] = took;
	}
	ci->read_ns = (double)cost[BATCHES / 2] / BATCH;
	ci->resolution_ns = step == UINT64_MAX ? ci->read_ns * BATCH : (double)step;
}

void
clock_init(void)
{
	if (info.source[0] != '\0')
		return;
	measure(&info);
	find_source(info.source, sizeof(info.source));
}

const struct clock_info *
clock_info(void)
{
	return &info;
}
