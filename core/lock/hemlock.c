/*
 * hemlock.c - a queue that nobody sees: each waiter watches the word of who is before
 * it, and takes back from there the lock that it is handed.
 *
 * A contender has one word for all its locks, its grant. Who leaves writes there which
 * lock it hands over, and goes when that was taken: so its word is free again.
 *
 * Edge M: hemlock_release() swings tail from its node to NULL -> the exchange in
 * acquire (or try) that finds NULL takes the lock, hence sees what the holder before
 * wrote. Edge G: hemlock_release() stores the lock in its grant -> the waiter behind
 * sees it. Edge K: that waiter stores NULL in the grant -> hemlock_release() sees it
 * and may use the word again.
 *
 * Source: D. Dice, A. Kogan, "Hemlock: compact and scalable mutual exclusion", 2021.
 */
#include "core/lock.h"

struct hemlock_node {
	struct hemlock_lock *_Atomic grant; /* NULL: nothing to take */
};

struct hemlock_lock {
	struct hemlock_node *_Atomic tail;
};

static int
hemlock_init(void *state, bool shared)
{
	struct hemlock_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->tail, NULL);
	return 0;
}

static int
hemlock_acquire(void *state, void *node)
{
	struct hemlock_lock *l = state;
	struct hemlock_node *me = node, *before;
	unsigned n = 0;

	before = atom_xchg_acq_rel(&l->tail, me); /* M */
	if (before == NULL)
		return 0;
	while (atom_load_acq(&before->grant) != l) /* G */
		lock_spin(&n);
	atom_store_rel(&before->grant, NULL); /* K */
	return 0;
}

static int
hemlock_try(void *state, void *node)
{
	struct hemlock_lock *l = state;
	struct hemlock_node *me = node, *nobody = NULL;

	return atom_cas_acq_rel(&l->tail, &nobody, me) ? 0 : -EBUSY; /* M */
}

static int
hemlock_release(void *state, void *node)
{
	struct hemlock_lock *l = state;
	struct hemlock_node *me = node, *last = me;
	unsigned n = 0;

	if (atom_cas_rel(&l->tail, &last, NULL)) /* M */
		return 0;
	atom_store_rel(&me->grant, l);		  /* G */
	while (atom_load_acq(&me->grant) != NULL) /* K */
		lock_spin(&n);
	return 0;
}

LOCK_DEFINE(hemlock, LOCK_EXCLUDES | LOCK_FAIR | LOCK_SHARED,
	    .kind.summary = "one word a lock, one a thread; waits on the one before",
	    .origin = "D. Dice and A. Kogan, Hemlock, 2021",
	    .node_bytes = sizeof(struct hemlock_node));
