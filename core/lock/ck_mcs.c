/*
 * ck_mcs.c - Concurrency Kit's MCS lock.
 */
#include "core/lock_ck.h"

#if LOCK_CK
#include <ck_spinlock.h>

_Static_assert(sizeof(ck_spinlock_mcs_t) <= LOCK_NODE_BYTES, "a node fits");

static int
ck_mcs_init(void *state, bool shared)
{
	(void)shared;
	ck_spinlock_mcs_init(state);
	return 0;
}

static int
ck_mcs_acquire(void *state, void *node)
{
	ck_spinlock_mcs_lock(state, node);
	return lock_ck_got(state);
}

static int
ck_mcs_try(void *state, void *node)
{
	return ck_spinlock_mcs_trylock(state, node) ? lock_ck_got(state) : -EBUSY;
}

static int
ck_mcs_release(void *state, void *node)
{
	LOCK_TOLD_RELEASE(state);
	ck_spinlock_mcs_unlock(state, node);
	return 0;
}
#else
LOCK_CK_MISSING(ck_mcs)
#endif

LOCK_DEFINE(ck_mcs, LOCK_EXCLUDES | LOCK_STUBBORN | LOCK_FAIR | LOCK_SHARED,
	    .kind.summary = "Concurrency Kit's MCS lock",
	    .kind.available = lock_ck_available,
	    .origin = "S. Al Bahra, Concurrency Kit, 2010; see mcs",
	    .node_bytes = LOCK_NODE_BYTES);
