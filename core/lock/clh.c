/*
 * clh.c - a queue without pointers: each waiter spins on the cell of who is before it.
 *
 * Who leaves keeps the cell of its predecessor, for its own may still be watched. So
 * cells wander: that of the state, too. LOCK_KEEPS_NODES says so: all states and nodes
 * that met stay where they are until none of them is used.
 *
 * Edge B: clh_release() stores busy = 0 in its cell -> who waits on it sees that, hence
 * sees what the holder before wrote.
 * Edge T: the exchange of tail, with a cell made busy -> the next exchange gets that
 * cell.
 *
 * Source: T. Craig, "Building FIFO and priority-queuing spin locks from atomic swap",
 * 1993; P. Magnusson, A. Landin, E. Hagersten, "Queue locks on cache coherent
 * multiprocessors", 1994.
 */
#include "core/lock.h"

struct clh_cell {
	atom_u32 busy;
};

/* Others look at the cell while its owner writes the pointers: not on one line. */
struct clh_node {
	_Alignas(64) struct clh_cell cell;
	_Alignas(64) struct clh_cell *mine; /* NULL: the one above, not used yet */
	struct clh_cell *before;
};

struct clh_lock {
	CACHE_ALIGNED struct clh_cell *_Atomic tail;
	CACHE_ALIGNED struct clh_cell cell; /* the first one */
};

_Static_assert(sizeof(struct clh_node) <= LOCK_NODE_BYTES, "a node fits");
_Static_assert(sizeof(struct clh_lock) <= LOCK_STATE_BYTES, "it fits");

static int
clh_init(void *state, bool shared)
{
	struct clh_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->cell.busy, 0);
	atom_store_rlx(&l->tail, &l->cell);
	return 0;
}

static struct clh_cell *
clh_ready(struct clh_node *me)
{
	if (me->mine == NULL)
		me->mine = &me->cell;
	atom_store_rlx(&me->mine->busy, 1);
	return me->mine;
}

static int
clh_acquire(void *state, void *node)
{
	struct clh_lock *l = state;
	struct clh_node *me = node;
	unsigned n = 0;

	me->before = atom_xchg_acq_rel(&l->tail, clh_ready(me)); /* T */
	while (atom_load_acq(&me->before->busy) != 0)		 /* B */
		lock_spin(&n);
	return 0;
}

/*
 * The cell that was free a moment ago may have been taken and queued again before our
 * compare-and-swap. Then we are in the queue, and wait for that holder.
 */
static int
clh_try(void *state, void *node)
{
	struct clh_lock *l = state;
	struct clh_node *me = node;
	struct clh_cell *last = atom_load_acq(&l->tail); /* T */
	unsigned n = 0;

	if (atom_load_rlx(&last->busy) != 0 ||
	    !atom_cas_acq_rel(&l->tail, &last, clh_ready(me))) /* T */
		return -EBUSY;
	me->before = last;
	while (atom_load_acq(&last->busy) != 0) /* B */
		lock_spin(&n);
	return 0;
}

static int
clh_release(void *state, void *node)
{
	struct clh_node *me = node;
	struct clh_cell *mine = me->mine;

	(void)state;
	me->mine = me->before;
	atom_store_rel(&mine->busy, 0); /* B */
	return 0;
}

LOCK_DEFINE(clh, LOCK_EXCLUDES | LOCK_FAIR | LOCK_SHARED | LOCK_KEEPS_NODES,
	    .kind.summary = "queue, each waiter spins on the cell before its own",
	    .origin = "T. Craig, 1993; Magnusson, Landin and Hagersten, 1994",
	    .node_bytes = sizeof(struct clh_node));
