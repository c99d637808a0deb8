/*
 * mcspark.c - MCS whose waiters spin for a while and then sleep. Strictly in order:
 * with more contenders than processors each section waits for a switch of threads.
 *
 * Edge M: mcspark_release() swings tail from its node to NULL -> the exchange in
 * acquire (or try) that finds NULL takes the lock, hence sees what the holder before
 * wrote. Edge N: mcspark_acquire() stores next = its node -> mcspark_release() sees it,
 * hence sees call made ready. Edge G: mcspark_release() exchanges call for GRANTED ->
 * its waiter sees it.
 *
 * Source: Mellor-Crummey and Scott, 1991; spin, then sleep: A. Karlin and others,
 * "Empirical studies of competitive spinning", 1991; D. Dice, "Malthusian locks", 2017,
 * MCS-STP.
 */
#include "core/futex.h"
#include "core/lock.h"

enum { WAITING, ASLEEP, GRANTED };

enum { MCSPARK_SPINS = 200 };

struct mcspark_node {
	struct mcspark_node *_Atomic next;
	atom_u32 call; /* a futex */
};

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
mcspark_wait(struct mcspark_node *me)
{
	uint32_t seen = WAITING;

	for (int i = 0; i < MCSPARK_SPINS; i++) {
		if (atom_load_acq(&me->call) == GRANTED) /* G */
			return 0;
		atom_pause();
	}
	atom_cas_rlx(&me->call, &seen, ASLEEP);	    /* unless it is GRANTED */
	while (atom_load_acq(&me->call) != GRANTED) /* G */
		futex_wait(&me->call, ASLEEP, FUTEX_FOREVER);
	return 0;
}

static int
mcspark_acquire(void *state, void *node)
{
	struct mcspark_lock *l = state;
	struct mcspark_node *me = node, *before;

	atom_store_rlx(&me->next, NULL);
	atom_store_rlx(&me->call, WAITING);
	before = atom_xchg_acq_rel(&l->tail, me); /* M */
	if (before == NULL)
		return 0;
	atom_store_rel(&before->next, me); /* N */
	return mcspark_wait(me);
}

static int
mcspark_try(void *state, void *node)
{
	struct mcspark_lock *l = state;
	struct mcspark_node *me = node, *nobody = NULL;

	atom_store_rlx(&me->next, NULL);
	atom_store_rlx(&me->call, WAITING);
	return atom_cas_acq_rel(&l->tail, &nobody, me) ? 0 : -EBUSY; /* M */
}

static int
mcspark_release(void *state, void *node)
{
	struct mcspark_lock *l = state;
	struct mcspark_node *me = node, *last = me, *next;
	unsigned n = 0;

	next = atom_load_acq(&me->next); /* N */
	if (next == NULL) {
		if (atom_cas_rel(&l->tail, &last, NULL)) /* M */
			return 0;
		while ((next = atom_load_acq(&me->next)) == NULL) /* N */
			lock_spin(&n);
	}
	if (atom_xchg_rel(&next->call, GRANTED) == ASLEEP) /* G */
		futex_wake(&next->call, 1);
	return 0;
}

LOCK_DEFINE(mcspark, LOCK_EXCLUDES | LOCK_FAIR | LOCK_PARKS | LOCK_SHARED,
	    .kind.summary = "MCS whose waiters spin, then sleep; strictly in order",
	    .origin = "Mellor-Crummey and Scott, 1991; A. Karlin and others, 1991",
	    .node_bytes = sizeof(struct mcspark_node));
