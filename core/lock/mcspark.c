/*
 * mcspark.c - MCS whose waiters spin for a while and then sleep. Strictly in order:
 * with more contenders than processors each section waits for a switch of threads.
 *
 * Edge M: see core/lock_mcspark.h.
 *
 * Source: Mellor-Crummey and Scott, 1991; spin, then sleep: A. Karlin and others,
 * "Empirical studies of competitive spinning", 1991; D. Dice, "Malthusian locks", 2017,
 * MCS-STP.
 */
#include "core/lock_mcspark.h"

struct mcspark_lock {
	struct mcspark_node *_Atomic tail;
};

static int
mcspark_init(void *state, bool shared)
{
	struct mcspark_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->tail, NULL);
	return 0;
}

static int
mcspark_acquire(void *state, void *node)
{
	struct mcspark_lock *l = state;

	return mcspark_enter(&l->tail, node);
}

static int
mcspark_try(void *state, void *node)
{
	struct mcspark_lock *l = state;

	return mcspark_enter_free(&l->tail, node);
}

static int
mcspark_release(void *state, void *node)
{
	struct mcspark_lock *l = state;
	struct mcspark_node *me = node, *last = me, *next = mcspark_next(me);

	if (next == NULL) {
		if (atom_cas_rel(&l->tail, &last, NULL)) /* M */
			return 0;
		next = mcspark_await_next(me);
	}
	return mcspark_grant(next);
}

LOCK_DEFINE(mcspark, LOCK_EXCLUDES | LOCK_FAIR | LOCK_PARKS | LOCK_SHARED,
	    .kind.summary = "MCS whose waiters spin, then sleep; strictly in order",
	    .origin = "Mellor-Crummey and Scott, 1991; A. Karlin and others, 1991",
	    .node_bytes = sizeof(struct mcspark_node));
