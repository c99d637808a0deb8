/*
 * lock_rwlock.h - the reader-writer locks of POSIX threads, which differ in whom they
 * prefer.
 *
 * For files in core/lock/.
 */
#ifndef CORE_LOCK_RWLOCK_H
#define CORE_LOCK_RWLOCK_H

#include "core/libc.h"
#include "core/lock.h"

#include <pthread.h>

_Static_assert(sizeof(pthread_rwlock_t) <= LOCK_STATE_BYTES, "it fits");

/* What a second acquire by the holder is answered. */
#ifdef __GLIBC__
#define LOCK_RWLOCK_CHECKED LOCK_CHECKED
#else
#define LOCK_RWLOCK_CHECKED 0
#endif

/* prefer: one of PTHREAD_RWLOCK_PREFER_*, where the C library has them. */
static inline int
lock_rwlock_init(void *state, int prefer, bool shared)
{
	pthread_rwlockattr_t attr;
	int code = 0;

	pthread_rwlockattr_init(&attr);
#ifdef __GLIBC__
	code = pthread_rwlockattr_setkind_np(&attr, prefer);
#else
	(void)prefer;
#endif
	if (code == 0 && shared)
		code = pthread_rwlockattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (code == 0)
		code = pthread_rwlock_init(state, &attr);
	pthread_rwlockattr_destroy(&attr);
	return -code;
}

static inline int
lock_rwlock_until(void *state, void *node, uint64_t deadline_ns)
{
	struct timespec ts;

	(void)node;
#if LIBC_CLOCK_LOCKS
	ts = lock_monotonic(deadline_ns);
	return -pthread_rwlock_clockwrlock(state, CLOCK_MONOTONIC, &ts);
#else
	ts = lock_realtime(deadline_ns);
	return -pthread_rwlock_timedwrlock(state, &ts);
#endif
}

static inline void
lock_rwlock_destroy(void *state)
{
	pthread_rwlock_destroy(state);
}

/* One operation of a kind: a call that returns a code. */
#define LOCK_RWLOCK_CALL(name, call)                                                   \
	static int name(void *state, void *node)                                       \
	{                                                                              \
		(void)node;                                                            \
		return -call(state);                                                   \
	}

#define LOCK_DEFINE_RWLOCK(id, prefer, ...)                                            \
	static int id##_init(void *state, bool shared)                                 \
	{                                                                              \
		return lock_rwlock_init(state, prefer, shared);                        \
	}                                                                              \
	LOCK_RWLOCK_CALL(id##_acquire, pthread_rwlock_wrlock)                          \
	LOCK_RWLOCK_CALL(id##_try, pthread_rwlock_trywrlock)                           \
	LOCK_RWLOCK_CALL(id##_release, pthread_rwlock_unlock)                          \
	LOCK_RWLOCK_CALL(id##_acquire_shared, pthread_rwlock_rdlock)                   \
	LOCK_RWLOCK_CALL(id##_try_shared, pthread_rwlock_tryrdlock)                    \
	LOCK_RWLOCK_CALL(id##_release_shared, pthread_rwlock_unlock)                   \
	LOCK_DEFINE_RW(id,                                                             \
		       LOCK_EXCLUDES | LOCK_PARKS | LOCK_SHARED | LOCK_RWLOCK_CHECKED, \
		       .acquire_until = lock_rwlock_until,                             \
		       .destroy = lock_rwlock_destroy, __VA_ARGS__)

#endif
