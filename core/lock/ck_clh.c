/*
 * ck_clh.c - Concurrency Kit's CLH lock. As in ours, cells wander.
 */
#include "core/lock_ck.h"

#if LOCK_CK
#include <ck_spinlock.h>

struct ck_clh_lock {
	CACHE_ALIGNED ck_spinlock_clh_t *queue;
	CACHE_ALIGNED ck_spinlock_clh_t unowned;
};

struct ck_clh_node {
	_Alignas(64) ck_spinlock_clh_t cell;
	_Alignas(64) ck_spinlock_clh_t *mine; /* NULL: the one above, not used yet */
};

_Static_assert(sizeof(struct ck_clh_node) <= LOCK_NODE_BYTES, "a node fits");
_Static_assert(sizeof(struct ck_clh_lock) <= LOCK_STATE_BYTES, "it fits");

static int
ck_clh_init(void *state, bool shared)
{
	struct ck_clh_lock *l = state;

	(void)shared;
	ck_spinlock_clh_init(&l->queue, &l->unowned);
	return 0;
}

static int
ck_clh_acquire(void *state, void *node)
{
	struct ck_clh_lock *l = state;
	struct ck_clh_node *me = node;

	if (me->mine == NULL)
		me->mine = &me->cell;
	LOCK_TOLD_BLIND(ck_spinlock_clh_lock(&l->queue, me->mine));
	return lock_ck_got(state);
}

static int
ck_clh_try(void *state, void *node)
{
	struct ck_clh_lock *l = state;

	return ck_spinlock_clh_locked(&l->queue) ? -EBUSY : ck_clh_acquire(state, node);
}

static int
ck_clh_release(void *state, void *node)
{
	struct ck_clh_node *me = node;

	LOCK_TOLD_RELEASE(state);
	LOCK_TOLD_BLIND(ck_spinlock_clh_unlock(&me->mine));
	return 0;
}
#else
LOCK_CK_MISSING(ck_clh)
#endif

LOCK_DEFINE(ck_clh,
	    LOCK_EXCLUDES | LOCK_STUBBORN | LOCK_FAIR | LOCK_SHARED | LOCK_KEEPS_NODES,
	    .kind.summary = "Concurrency Kit's CLH lock",
	    .kind.available = lock_ck_available,
	    .origin = "S. Al Bahra, Concurrency Kit, 2010; see clh",
	    .node_bytes = LOCK_NODE_BYTES);
