/*
 * spin.c - pthread_spinlock_t: waits without ever sleeping.
 */
#include "core/lock.h"

#include <pthread.h>

static int
spin_init(void *state, bool shared)
{
	return -pthread_spin_init(state, shared ? PTHREAD_PROCESS_SHARED
						: PTHREAD_PROCESS_PRIVATE);
}

static int
spin_acquire(void *state, void *node)
{
	(void)node;
	return -pthread_spin_lock(state);
}

static int
spin_try(void *state, void *node)
{
	(void)node;
	return -pthread_spin_trylock(state);
}

static int
spin_release(void *state, void *node)
{
	(void)node;
	return -pthread_spin_unlock(state);
}

static void
spin_destroy(void *state)
{
	pthread_spin_destroy(state);
}

LOCK_DEFINE(spin, LOCK_EXCLUDES | LOCK_STUBBORN | LOCK_SHARED,
	    .kind.summary = "pthread spinlock: never sleeps, never gives way",
	    .origin = "POSIX 1003.1j-2000", .destroy = spin_destroy);
