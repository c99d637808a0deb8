/*
 * ck_anderson.c - Concurrency Kit's array lock.
 *
 * Its places hold flags: more contenders than places would enter together. There are as
 * many places as the largest crew has contenders.
 */
#include "core/lock_ck.h"

#if LOCK_CK
#include <ck_spinlock.h>
#include <stdlib.h>

enum { PLACES = 1024 };

struct ck_anderson_lock {
	CACHE_ALIGNED ck_spinlock_anderson_t ck;
	ck_spinlock_anderson_thread_t *place;
};

struct ck_anderson_node {
	ck_spinlock_anderson_thread_t *mine;
};

_Static_assert(sizeof(struct ck_anderson_lock) <= LOCK_STATE_BYTES, "it fits");

static int
ck_anderson_init(void *state, bool shared)
{
	struct ck_anderson_lock *l = state;

	if (shared)
		return -ENOTSUP; /* the places are not */
	l->place = aligned_alloc(CACHE_LINE, PLACES * sizeof(*l->place));
	if (l->place == NULL)
		return -ENOMEM;
	ck_spinlock_anderson_init(&l->ck, l->place, PLACES);
	return 0;
}

static int
ck_anderson_acquire(void *state, void *node)
{
	struct ck_anderson_lock *l = state;
	struct ck_anderson_node *me = node;

	ck_spinlock_anderson_lock(&l->ck, &me->mine);
	return lock_ck_got(state);
}

static int
ck_anderson_try(void *state, void *node)
{
	struct ck_anderson_lock *l = state;

	return ck_spinlock_anderson_locked(&l->ck) ? -EBUSY
						   : ck_anderson_acquire(state, node);
}

static int
ck_anderson_release(void *state, void *node)
{
	struct ck_anderson_lock *l = state;
	struct ck_anderson_node *me = node;

	LOCK_TOLD_RELEASE(state);
	ck_spinlock_anderson_unlock(&l->ck, me->mine);
	return 0;
}

static void
ck_anderson_destroy(void *state)
{
	struct ck_anderson_lock *l = state;

	free(l->place);
	l->place = NULL;
}
#else
LOCK_CK_MISSING(ck_anderson)
#define ck_anderson_destroy NULL
#endif

LOCK_DEFINE(ck_anderson, LOCK_EXCLUDES | LOCK_STUBBORN | LOCK_FAIR,
	    .kind.summary = "Concurrency Kit's array lock",
	    .kind.available = lock_ck_available,
	    .origin = "S. Al Bahra, Concurrency Kit, 2010; see anderson",
	    .node_bytes = sizeof(void *), .destroy = ck_anderson_destroy);
