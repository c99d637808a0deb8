/*
 * malthusian.c - MCS that keeps few waiters awake: those that are too many go to a
 * passive set, last in, first out, and sleep there.
 *
 * Who leaves and sees two or more behind it, takes the first of them off the queue.
 * When the queue is empty it takes one back; and once in MALTHUSIAN_ROUND releases the
 * one that has been there longest, so that nobody waits for ever. The set is changed
 * only by who holds the lock.
 *
 * Edge M: malthusian_release() swings tail from its node to NULL, or to one of the
 * passive set -> the exchange in acquire (or try) that finds it, hence sees what the
 * holder before wrote, or the node made ready.
 * Edge N: malthusian_acquire() stores next = its node -> malthusian_release() sees it,
 * hence sees call made ready.
 * Edge G: malthusian_grant() exchanges call for GRANTED -> its waiter sees it.
 *
 * Source: D. Dice, "Malthusian locks", 2017, MCSCR.
 */
#include "core/futex.h"
#include "core/lock.h"

enum { WAITING, ASLEEP, GRANTED };

enum { MALTHUSIAN_SPINS = 200, MALTHUSIAN_ROUND = 1000 };

struct malthusian_node {
	struct malthusian_node *_Atomic next;
	atom_u32 call;			       /* a futex */
	struct malthusian_node *older, *newer; /* in the passive set */
};

struct malthusian_lock {
	CACHE_ALIGNED struct malthusian_node *_Atomic tail;
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
malthusian_wait(struct malthusian_node *me)
{
	uint32_t seen = WAITING;

	for (int i = 0; i < MALTHUSIAN_SPINS; i++) {
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
malthusian_acquire(void *state, void *node)
{
	struct malthusian_lock *l = state;
	struct malthusian_node *me = node, *before;

	atom_store_rlx(&me->next, NULL);
	atom_store_rlx(&me->call, WAITING);
	before = atom_xchg_acq_rel(&l->tail, me); /* M */
	if (before == NULL)
		return 0;
	atom_store_rel(&before->next, me); /* N */
	return malthusian_wait(me);
}

static int
malthusian_try(void *state, void *node)
{
	struct malthusian_lock *l = state;
	struct malthusian_node *me = node, *nobody = NULL;

	atom_store_rlx(&me->next, NULL);
	atom_store_rlx(&me->call, WAITING);
	return atom_cas_acq_rel(&l->tail, &nobody, me) ? 0 : -EBUSY; /* M */
}

static int
malthusian_grant(struct malthusian_node *node)
{
	if (atom_xchg_rel(&node->call, GRANTED) == ASLEEP) /* G */
		futex_wake(&node->call, 1);
	return 0;
}

static void
passive_push(struct malthusian_lock *l, struct malthusian_node *node)
{
	node->older = l->newest;
	node->newer = NULL;
	*(l->newest != NULL ? &l->newest->newer : &l->oldest) = node;
	l->newest = node;
}

static struct malthusian_node *
passive_take(struct malthusian_lock *l, struct malthusian_node *node)
{
	*(node->newer != NULL ? &node->newer->older : &l->newest) = node->older;
	*(node->older != NULL ? &node->older->newer : &l->oldest) = node->newer;
	return node;
}

/* Nobody is behind us. Whether the lock was given to a passive one, or is free. */
static bool
malthusian_empty(struct malthusian_lock *l, struct malthusian_node *me)
{
	struct malthusian_node *last = me, *node = l->newest;

	if (node == NULL)
		return atom_cas_acq_rel(&l->tail, &last, NULL); /* M */
	passive_take(l, node);
	atom_store_rlx(&node->next, NULL);
	if (atom_cas_acq_rel(&l->tail, &last, node)) { /* M */
		malthusian_grant(node);
		return true;
	}
	passive_push(l, node);
	return false;
}

static int
malthusian_release(void *state, void *node)
{
	struct malthusian_lock *l = state;
	struct malthusian_node *me = node, *next, *behind;
	unsigned n = 0;

	next = atom_load_acq(&me->next); /* N */
	if (next == NULL) {
		if (malthusian_empty(l, me))
			return 0;
		while ((next = atom_load_acq(&me->next)) == NULL) /* N */
			lock_spin(&n);
	}
	if (++l->releases % MALTHUSIAN_ROUND == 0 && l->oldest != NULL) {
		behind = next;
		next = passive_take(l, l->oldest);
		atom_store_rlx(&next->next, behind);
		return malthusian_grant(next);
	}
	behind = atom_load_acq(&next->next); /* N */
	if (behind != NULL) {
		passive_push(l, next);
		next = behind;
	}
	return malthusian_grant(next);
}

LOCK_DEFINE(malthusian, LOCK_EXCLUDES | LOCK_PARKS | LOCK_SHARED,
	    .kind.summary = "MCS that lets surplus waiters sleep in a passive set",
	    .origin = "D. Dice, Malthusian locks, 2017",
	    .node_bytes = sizeof(struct malthusian_node));
