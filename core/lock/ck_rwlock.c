/*
 * ck_rwlock.c - Concurrency Kit's reader-writer spinlock.
 */
#include "core/lock_ck.h"

#if LOCK_CK
#include <ck_rwlock.h>

static int
kit_rwlock_init(void *state, bool shared)
{
	(void)shared;
	ck_rwlock_init(state);
	return 0;
}

static int
kit_rwlock_acquire(void *state, void *node)
{
	(void)node;
	ck_rwlock_write_lock(state);
	return lock_ck_got(state);
}

static int
kit_rwlock_try(void *state, void *node)
{
	(void)node;
	return ck_rwlock_write_trylock(state) ? lock_ck_got(state) : -EBUSY;
}

static int
kit_rwlock_release(void *state, void *node)
{
	(void)node;
	LOCK_TOLD_RELEASE(state);
	ck_rwlock_write_unlock(state);
	return 0;
}

static int
kit_rwlock_acquire_shared(void *state, void *node)
{
	(void)node;
	ck_rwlock_read_lock(state);
	return lock_ck_got(state);
}

static int
kit_rwlock_try_shared(void *state, void *node)
{
	(void)node;
	return ck_rwlock_read_trylock(state) ? lock_ck_got(state) : -EBUSY;
}

static int
kit_rwlock_release_shared(void *state, void *node)
{
	(void)node;
	LOCK_TOLD_RELEASE(state);
	ck_rwlock_read_unlock(state);
	return 0;
}
#else
LOCK_CK_MISSING_RW(kit_rwlock)
#endif

LOCK_DEFINE_RW_AS(ck_rwlock, kit_rwlock, LOCK_EXCLUDES | LOCK_STUBBORN | LOCK_SHARED,
		  .kind.summary = "Concurrency Kit's reader-writer spinlock",
		  .kind.available = lock_ck_available,
		  .origin = "S. Al Bahra, Concurrency Kit, 2010");
