/*
 * lock_pthread.h - the mutexes of POSIX threads, which differ in type alone.
 *
 * For files in core/lock/. The C library returns codes; here they are negative.
 */
#ifndef CORE_LOCK_PTHREAD_H
#define CORE_LOCK_PTHREAD_H

#include "core/libc.h"
#include "core/lock.h"

#include <pthread.h>

_Static_assert(sizeof(pthread_mutex_t) <= LOCK_STATE_BYTES, "a mutex fits");

/* more: sets what else makes the kind; NULL: nothing. */
static inline int
lock_pthread_init(void *state, int type, int robust,
		  int (*more)(pthread_mutexattr_t *attr), bool shared)
{
	pthread_mutexattr_t attr;
	int code;

	pthread_mutexattr_init(&attr);
	code = pthread_mutexattr_settype(&attr, type);
	if (code == 0)
		code = pthread_mutexattr_setrobust(&attr, robust);
	if (code == 0 && shared)
		code = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (code == 0 && more != NULL)
		code = more(&attr);
	if (code == 0)
		code = pthread_mutex_init(state, &attr);
	pthread_mutexattr_destroy(&attr);
	return -code;
}

static inline int
lock_pthread_acquire(void *state, void *node)
{
	(void)node;
	return -pthread_mutex_lock(state);
}

static inline int
lock_pthread_try(void *state, void *node)
{
	(void)node;
	return -pthread_mutex_trylock(state);
}

static inline int
lock_pthread_until(void *state, void *node, uint64_t deadline_ns)
{
	struct timespec ts;

	(void)node;
#if LIBC_CLOCK_LOCKS
	ts = lock_monotonic(deadline_ns);
	return -pthread_mutex_clocklock(state, CLOCK_MONOTONIC, &ts);
#else
	ts = lock_realtime(deadline_ns);
	return -pthread_mutex_timedlock(state, &ts);
#endif
}

static inline int
lock_pthread_release(void *state, void *node)
{
	(void)node;
	return -pthread_mutex_unlock(state);
}

static inline void
lock_pthread_destroy(void *state)
{
	pthread_mutex_destroy(state);
}

/* A kind that is a mutex of one type. */
#define LOCK_DEFINE_PTHREAD(id, type, robust, traits_, ...)                            \
	LOCK_DEFINE_PTHREAD_WITH(id, type, robust, NULL, traits_, __VA_ARGS__)

/* With further attributes: more() of lock_pthread_init(). */
#define LOCK_DEFINE_PTHREAD_WITH(id, type, robust, more, traits_, ...)                 \
	static int id##_init(void *state, bool shared)                                 \
	{                                                                              \
		return lock_pthread_init(state, type, robust, more, shared);           \
	}                                                                              \
	static int id##_acquire(void *state, void *node)                               \
	{                                                                              \
		return lock_pthread_acquire(state, node);                              \
	}                                                                              \
	static int id##_try(void *state, void *node)                                   \
	{                                                                              \
		return lock_pthread_try(state, node);                                  \
	}                                                                              \
	static int id##_release(void *state, void *node)                               \
	{                                                                              \
		return lock_pthread_release(state, node);                              \
	}                                                                              \
	LOCK_DEFINE(id, LOCK_EXCLUDES | LOCK_PARKS | LOCK_SHARED | (traits_),          \
		    .acquire_until = lock_pthread_until,                               \
		    .destroy = lock_pthread_destroy, __VA_ARGS__)

#endif
