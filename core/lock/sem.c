/*
 * sem.c - a POSIX semaphore of one: has no holder, anyone may post.
 */
#include "core/libc.h"
#include "core/lock.h"

#include <semaphore.h>

_Static_assert(sizeof(sem_t) <= LOCK_STATE_BYTES, "a semaphore fits");

static int
sem_one_init(void *state, bool shared)
{
	return sem_init(state, shared, 1) == 0 ? 0 : -errno;
}

static int
sem_one_acquire(void *state, void *node)
{
	(void)node;
	while (sem_wait(state) != 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int
sem_one_try(void *state, void *node)
{
	(void)node;
	while (sem_trywait(state) != 0)
		if (errno != EINTR)
			return errno == EAGAIN ? -EBUSY : -errno;
	return 0;
}

static int
sem_one_until(void *state, void *node, uint64_t deadline_ns)
{
	struct timespec ts;

	(void)node;
	do {
#if LIBC_CLOCK_LOCKS
		ts = lock_monotonic(deadline_ns);
		if (sem_clockwait(state, CLOCK_MONOTONIC, &ts) == 0)
			return 0;
#else
		ts = lock_realtime(deadline_ns);
		if (sem_timedwait(state, &ts) == 0)
			return 0;
#endif
	} while (errno == EINTR);
	return -errno;
}

static int
sem_one_release(void *state, void *node)
{
	(void)node;
	return sem_post(state) == 0 ? 0 : -errno;
}

static void
sem_one_destroy(void *state)
{
	sem_destroy(state);
}

/* The C library has the names sem_init, sem_destroy already. */
LOCK_DEFINE_AS(sem, sem_one, LOCK_EXCLUDES | LOCK_PARKS | LOCK_SHARED,
	       .kind.summary = "POSIX semaphore of one",
	       .origin = "E. W. Dijkstra, 1962; POSIX 1003.1b-1993",
	       .acquire_until = sem_one_until, .destroy = sem_one_destroy);
