/*
 * mcs.c - a queue of waiters, each spinning on a line of its own.
 *
 * Edge M: mcs_release() swings tail from its node to NULL -> the exchange in acquire
 * (or try) that finds NULL takes the lock, hence sees what the holder before wrote.
 * Edge N: mcs_acquire() stores next = its node -> mcs_release() sees it, hence sees
 * granted == 0 and does not lose the store of 1.
 * Edge G: mcs_release() stores granted = 1 in the next node -> its waiter sees it.
 *
 * Source: J. Mellor-Crummey, M. Scott, "Algorithms for scalable synchronization on
 * shared-memory multiprocessors", 1991.
 */
#include "core/lock.h"

struct mcs_node {
	struct mcs_node *_Atomic next;
	atom_u32 granted;
};

/* Processes share the mapping at one address, so pointers hold between them. */
struct mcs_lock {
	struct mcs_node *_Atomic tail;
};

_Static_assert(sizeof(struct mcs_node) <= LOCK_NODE_BYTES, "a node fits");

static int
mcs_init(void *state, bool shared)
{
	struct mcs_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->tail, NULL);
	return 0;
}

static int
mcs_acquire(void *state, void *node)
{
	struct mcs_lock *l = state;
	struct mcs_node *me = node, *before;
	unsigned n = 0;

	atom_store_rlx(&me->next, NULL);
	atom_store_rlx(&me->granted, 0);
	before = atom_xchg_acq_rel(&l->tail, me); /* M */
	if (before == NULL)
		return 0;
	atom_store_rel(&before->next, me);	 /* N */
	while (atom_load_acq(&me->granted) == 0) /* G */
		lock_spin(&n);
	return 0;
}

static int
mcs_try(void *state, void *node)
{
	struct mcs_lock *l = state;
	struct mcs_node *me = node, *nobody = NULL;

	atom_store_rlx(&me->next, NULL);
	atom_store_rlx(&me->granted, 0);
	return atom_cas_acq_rel(&l->tail, &nobody, me) ? 0 : -EBUSY; /* M */
}

static int
mcs_release(void *state, void *node)
{
	struct mcs_lock *l = state;
	struct mcs_node *me = node, *last = me, *next;
	unsigned n = 0;

	next = atom_load_acq(&me->next); /* N */
	if (next == NULL) {
		/* A look first: a compare-and-swap that fails takes the line away. */
		if (atom_load_rlx(&l->tail) == me &&
		    atom_cas_rel(&l->tail, &last, NULL)) /* M */
			return 0;
		/* Somebody has queued and is about to tell us where. */
		while ((next = atom_load_acq(&me->next)) == NULL) /* N */
			lock_spin(&n);
	}
	atom_store_rel(&next->granted, 1); /* G */
	return 0;
}

LOCK_DEFINE(mcs, LOCK_EXCLUDES | LOCK_FAIR | LOCK_SHARED,
	    .kind.summary = "queue of nodes, each waiter spins on its own line",
	    .origin = "J. Mellor-Crummey and M. Scott, 1991",
	    .node_bytes = sizeof(struct mcs_node));
