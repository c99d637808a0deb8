/*
 * lock_ck.h - the locks of Concurrency Kit, whose header files have the whole of them.
 *
 * For files in core/lock/, as the reference beside our own of the same name. Where the
 * library is not installed the kinds are listed as unavailable. They never give way, so
 * those that queue need very long once there are more contenders than processors. Where
 * it has no call that tries, one looks whether the lock is free and then takes it: when
 * another comes between, that waits for it.
 */
#ifndef CORE_LOCK_CK_H
#define CORE_LOCK_CK_H

#include "core/lock.h"
#include "core/lock_told.h"

#if __has_include(<ck_spinlock.h>)

#define LOCK_CK 1
#define lock_ck_available NULL

/* The order of these locks is in assembly. */
static inline int
lock_ck_got(void *state)
{
	LOCK_TOLD_ACQUIRE(state);
	return 0;
}

/* A spinlock without nodes: prefix_lock(), prefix_trylock(), prefix_unlock(). */
#define LOCK_CK_SPINLOCK(id, type)                                                     \
	_Static_assert(sizeof(type##_t) <= LOCK_STATE_BYTES, "it fits");               \
	static int id##_init(void *state, bool shared)                                 \
	{                                                                              \
		(void)shared;                                                          \
		type##_init(state);                                                    \
		return 0;                                                              \
	}                                                                              \
	static int id##_acquire(void *state, void *node)                               \
	{                                                                              \
		(void)node;                                                            \
		type##_lock(state);                                                    \
		return lock_ck_got(state);                                             \
	}                                                                              \
	static int id##_try(void *state, void *node)                                   \
	{                                                                              \
		(void)node;                                                            \
		return type##_trylock(state) ? lock_ck_got(state) : -EBUSY;            \
	}                                                                              \
	static int id##_release(void *state, void *node)                               \
	{                                                                              \
		(void)node;                                                            \
		LOCK_TOLD_RELEASE(state);                                              \
		type##_unlock(state);                                                  \
		return 0;                                                              \
	}

#else

#include <stdio.h>

#define LOCK_CK 0

__attribute__((unused)) static bool
lock_ck_available(char *why, size_t size)
{
	snprintf(why, size, "needs libck-dev");
	return false;
}

__attribute__((unused)) static int
lock_ck_init(void *state, bool shared)
{
	(void)state;
	(void)shared;
	return -ENOSYS;
}

__attribute__((unused)) static int
lock_ck_none(void *state, void *node)
{
	(void)state;
	(void)node;
	return -ENOSYS;
}

#endif

/* What stands for the operations where the library is missing. */
#define LOCK_CK_MISSING(id)                                                            \
	static int id##_init(void *state, bool shared)                                 \
	{                                                                              \
		return lock_ck_init(state, shared);                                    \
	}                                                                              \
	static int id##_acquire(void *state, void *node)                               \
	{                                                                              \
		return lock_ck_none(state, node);                                      \
	}                                                                              \
	static int id##_try(void *state, void *node)                                   \
	{                                                                              \
		return lock_ck_none(state, node);                                      \
	}                                                                              \
	static int id##_release(void *state, void *node)                               \
	{                                                                              \
		return lock_ck_none(state, node);                                      \
	}
#define LOCK_CK_MISSING_RW(id)                                                         \
	LOCK_CK_MISSING(id)                                                            \
	static int id##_acquire_shared(void *state, void *node)                        \
	{                                                                              \
		return lock_ck_none(state, node);                                      \
	}                                                                              \
	static int id##_try_shared(void *state, void *node)                            \
	{                                                                              \
		return lock_ck_none(state, node);                                      \
	}                                                                              \
	static int id##_release_shared(void *state, void *node)                        \
	{                                                                              \
		return lock_ck_none(state, node);                                      \
	}

#endif
