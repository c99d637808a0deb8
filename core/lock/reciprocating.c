/*
 * reciprocating.c - waiters come onto a stack; who leaves takes the whole stack off as
 * a segment and serves it from the top, while others come onto the next.
 *
 * One word a lock, one node a thread. A waiter may be passed by each other one once a
 * segment, not more: bounded, though not first come, first served. The order is that of
 * a pendulum.
 *
 * A contender's end is the address at which its segment ends, or EMPTY. It comes with
 * the grant, through gate. The word: NULL free; EMPTY held, no arrivals; else the last
 * arrival.
 *
 * Edge A: who arrives exchanges the word for its node, or who leaves frees the word by
 * compare-and-swap or takes the arrivals off it -> the next exchange sees the node made
 * ready, or what the holder before wrote.
 * Edge G: reciprocating_release() stores gate in the next node -> its waiter sees it,
 * hence sees what the holder before wrote.
 *
 * Source: D. Dice, A. Kogan, "Reciprocating locks", 2025.
 */
#include "core/lock.h"

struct reciprocating_node {
	CACHE_ALIGNED struct reciprocating_node *_Atomic gate;
	/* From acquire to release. */
	struct reciprocating_node *next, *end;
};

struct reciprocating_lock {
	struct reciprocating_node *_Atomic arrivals;
};

#define EMPTY ((struct reciprocating_node *)1)

_Static_assert(sizeof(struct reciprocating_node) <= LOCK_NODE_BYTES, "a node fits");

static int
reciprocating_init(void *state, bool shared)
{
	struct reciprocating_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->arrivals, NULL);
	return 0;
}

static int
reciprocating_acquire(void *state, void *node)
{
	struct reciprocating_lock *l = state;
	struct reciprocating_node *me = node, *before, *end;
	unsigned n = 0;

	atom_store_rlx(&me->gate, NULL);
	before = atom_xchg_acq_rel(&l->arrivals, me); /* A */
	me->next = NULL;
	me->end = me;
	if (before == NULL)
		return 0;
	while ((end = atom_load_acq(&me->gate)) == NULL) /* G */
		lock_spin(&n);
	/* The last of the segment: what comes next is a new one. */
	if (before == EMPTY || before == end) {
		me->end = EMPTY;
	} else {
		me->next = before;
		me->end = end;
	}
	return 0;
}

static int
reciprocating_try(void *state, void *node)
{
	struct reciprocating_lock *l = state;
	struct reciprocating_node *me = node, *nobody = NULL;

	atom_store_rlx(&me->gate, NULL);
	me->next = NULL;
	me->end = me;
	return atom_cas_acq_rel(&l->arrivals, &nobody, me) ? 0 : -EBUSY; /* A */
}

static int
reciprocating_release(void *state, void *node)
{
	struct reciprocating_lock *l = state;
	struct reciprocating_node *me = node, *last = me->end, *next = me->next;

	if (next == NULL) {
		if (atom_cas_rel(&l->arrivals, &last, NULL)) /* A */
			return 0;
		next = atom_xchg_acq_rel(&l->arrivals, EMPTY); /* A */
	}
	atom_store_rel(&next->gate, me->end); /* G */
	return 0;
}

LOCK_DEFINE(reciprocating, LOCK_EXCLUDES | LOCK_SHARED,
	    .kind.summary = "serves arrivals by segments, each last come, first served",
	    .origin = "D. Dice and A. Kogan, Reciprocating locks, 2025",
	    .node_bytes = sizeof(struct reciprocating_node));
