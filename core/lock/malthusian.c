/*
 * malthusian.c - MCS that keeps few waiters awake: those that are too many go to a
 * passive set, last in, first out, and sleep there.
 *
 * Who leaves and sees two or more behind it, takes the first of them off the queue.
 * When the queue is empty it takes one back; and once in MALTHUSIAN_ROUND releases the
 * one that has been there longest, so that nobody waits for ever. The set is changed
 * only by who holds the lock.
 *
 * The queue, its nodes and its edges are those of core/lock_mcspark.h. Edge M:
 * malthusian_empty() makes a passive one the tail, too.
 *
 * Source: D. Dice, "Malthusian locks", 2017, MCSCR.
 */
#include "core/lock_mcspark.h"

enum { MALTHUSIAN_ROUND = 1000 };

struct malthusian_node {
	struct mcspark_node place;	       /* in the queue; the first member */
	struct malthusian_node *older, *newer; /* in the passive set */
};

struct malthusian_lock {
	CACHE_ALIGNED struct mcspark_node *_Atomic tail;
	CACHE_ALIGNED struct malthusian_node *newest, *oldest; /* under the lock */
	uint32_t releases;				       /* under the lock */
};

_Static_assert(sizeof(struct malthusian_lock) <= LOCK_STATE_BYTES, "it fits");

static int
malthusian_init(void *state, bool shared)
{
	struct malthusian_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->tail, NULL);
	l->newest = l->oldest = NULL;
	l->releases = 0;
	return 0;
}

static int
malthusian_acquire(void *state, void *node)
{
	struct malthusian_lock *l = state;

	return mcspark_enter(&l->tail, node);
}

static int
malthusian_try(void *state, void *node)
{
	struct malthusian_lock *l = state;

	return mcspark_enter_free(&l->tail, node);
}

static void
passive_push(struct malthusian_lock *l, struct mcspark_node *place)
{
	struct malthusian_node *node = (struct malthusian_node *)place;

	node->older = l->newest;
	node->newer = NULL;
	*(l->newest != NULL ? &l->newest->newer : &l->oldest) = node;
	l->newest = node;
}

static struct mcspark_node *
passive_take(struct malthusian_lock *l, struct malthusian_node *node)
{
	*(node->newer != NULL ? &node->newer->older : &l->newest) = node->older;
	*(node->older != NULL ? &node->older->newer : &l->oldest) = node->newer;
	return &node->place;
}

/* Nobody is behind us. Whether the lock was given to a passive one, or is free. */
static bool
malthusian_empty(struct malthusian_lock *l, struct mcspark_node *me)
{
	struct mcspark_node *last = me, *next;

	if (l->newest == NULL)
		return atom_cas_acq_rel(&l->tail, &last, NULL); /* M */
	next = passive_take(l, l->newest);
	atom_store_rlx(&next->next, NULL);
	if (atom_cas_acq_rel(&l->tail, &last, next)) { /* M */
		mcspark_grant(next);
		return true;
	}
	passive_push(l, next);
	return false;
}

static int
malthusian_release(void *state, void *node)
{
	struct malthusian_lock *l = state;
	struct mcspark_node *me = node, *next = mcspark_next(me), *behind;

	if (next == NULL) {
		if (malthusian_empty(l, me))
			return 0;
		next = mcspark_await_next(me);
	}
	if (++l->releases % MALTHUSIAN_ROUND == 0 && l->oldest != NULL) {
		behind = next;
		next = passive_take(l, l->oldest);
		atom_store_rlx(&next->next, behind);
		return mcspark_grant(next);
	}
	behind = mcspark_next(next);
	if (behind != NULL) {
		passive_push(l, next);
		next = behind;
	}
	return mcspark_grant(next);
}

LOCK_DEFINE(malthusian, LOCK_EXCLUDES | LOCK_PARKS | LOCK_SHARED,
	    .kind.summary = "MCS that lets surplus waiters sleep in a passive set",
	    .origin = "D. Dice, Malthusian locks, 2017",
	    .node_bytes = sizeof(struct malthusian_node));
