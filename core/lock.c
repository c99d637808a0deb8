/*
 * lock.c - what all kinds of locks share.
 */
#include "core/lock.h"

#include "core/clock.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct lock_kind *
lock_kind_find(const char *name)
{
	for (int i = 0; lock_kind_table[i] != NULL; i++)
		if (strcmp(lock_kind_table[i]->kind.name, name) == 0)
			return lock_kind_table[i];
	return NULL;
}

unsigned
lock_cluster_of(struct lock_cluster *c, unsigned n)
{
	unsigned cpu, numa = 0;

	if (c->planned == 0) {
		if (syscall(SYS_getcpu, &cpu, &numa, NULL) != 0)
			numa = 0;
		c->planned = numa + 1;
	}
	return (c->planned - 1) % n;
}

int
lock_acquire_until(const struct lock_kind *kind, void *state, void *node,
		   uint64_t deadline_ns)
{
	unsigned n = 0;
	int rc;

	if (kind->acquire_until != NULL)
		return kind->acquire_until(state, node, deadline_ns);
	for (;;) {
		rc = kind->try_acquire(state, node);
		if (rc != -EBUSY)
			return rc;
		if (clock_ns() >= deadline_ns)
			return -ETIMEDOUT;
		lock_spin(&n);
	}
}

static struct timespec
as_timespec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_S),
				  .tv_nsec = (long)(ns % NS_PER_S) };
}

struct timespec
lock_monotonic(uint64_t deadline_ns)
{
	return as_timespec(deadline_ns);
}

struct timespec
lock_realtime(uint64_t deadline_ns)
{
	const uint64_t now_ns = clock_ns();
	const uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
	const uint64_t year_ns = 365 * UINT64_C(86400) * NS_PER_S;

	/* Nobody waits longer, and the sum must not overflow. */
	return as_timespec((uint64_t)clock_unix_ns() +
			   (left_ns < year_ns ? left_ns : year_ns));
}
