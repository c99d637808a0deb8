/*
 * k42.c - the queue of MCS for callers that have no node to give: a waiter queues what
 * lies on its stack, and leaves it when it gets the lock.
 *
 * The lock is a node itself: tail points at it while it is held and nobody waits, and
 * its next is the next of whoever holds the lock.
 *
 * Edge M: the compare-and-swap of tail -> the next one sees what was done before: the
 * holder's writes when the lock is free, the node made ready otherwise.
 * Edge N: k42_wait() stores next = its node in the one before -> who leaves that node,
 * or k42_release(), sees it.
 * Edge G: k42_release() stores tail = NULL in the next node -> its waiter sees it,
 * hence sees what the holder before wrote.
 *
 * Source: M. Auslander and others, "Enhancement to the MCS lock for increased
 * functionality and improved programmability", 2003; M. Scott, "Shared-Memory
 * Synchronization", 2013, section 4.3.1.
 */
#include "core/lock.h"

struct k42_node {
	struct k42_node *_Atomic tail; /* of a waiter: not NULL while it waits */
	struct k42_node *_Atomic next;
};

static int
k42_init(void *state, bool shared)
{
	struct k42_node *l = state;

	if (shared)
		return -ENOTSUP; /* stacks are not */
	atom_store_rlx(&l->tail, NULL);
	atom_store_rlx(&l->next, NULL);
	return 0;
}

static int
k42_try(void *state, void *node)
{
	struct k42_node *l = state, *nobody = NULL;

	(void)node;
	return atom_cas_acq_rel(&l->tail, &nobody, l) ? 0 : -EBUSY; /* M */
}

/* The next of a node to which somebody is about to write it. */
static struct k42_node *
k42_next(struct k42_node *node)
{
	struct k42_node *next;
	unsigned n = 0;

	while ((next = atom_load_acq(&node->next)) == NULL) /* N */
		lock_spin(&n);
	return next;
}

/* Queues behind `last`, which is the tail. Whether it could; then it has the lock. */
static bool
k42_wait(struct k42_node *l, struct k42_node *last)
{
	struct k42_node me, *next, *mine = &me;
	unsigned n = 0;

	atom_store_rlx(&me.tail, &me);
	atom_store_rlx(&me.next, NULL);
	if (!atom_cas_acq_rel(&l->tail, &last, &me)) /* M */
		return false;
	atom_store_rel(&last->next, &me);	/* N */
	while (atom_load_acq(&me.tail) != NULL) /* G */
		lock_spin(&n);
	/* What is behind us goes to the lock, for we leave our node. */
	next = atom_load_acq(&me.next); /* N */
	if (next == NULL) {
		atom_store_rlx(&l->next, NULL);
		if (atom_cas_acq_rel(&l->tail, &mine, l)) /* M */
			return true;
		next = k42_next(&me);
	}
	atom_store_rlx(&l->next, next);
	return true;
}

static int
k42_acquire(void *state, void *node)
{
	struct k42_node *l = state, *last;

	for (;;) {
		if (k42_try(l, node) == 0)
			return 0;
		last = atom_load_acq(&l->tail); /* M */
		if (last != NULL && k42_wait(l, last))
			return 0;
	}
}

static int
k42_release(void *state, void *node)
{
	struct k42_node *l = state, *last = l, *next;

	(void)node;
	next = atom_load_acq(&l->next); /* N */
	if (next == NULL) {
		if (atom_cas_acq_rel(&l->tail, &last, NULL)) /* M */
			return 0;
		next = k42_next(l);
	}
	/* Before the next holder may write it: whoever queues behind it, does so there.
	 */
	atom_store_rel(&next->tail, NULL); /* G */
	return 0;
}

LOCK_DEFINE(k42, LOCK_EXCLUDES | LOCK_FAIR,
	    .kind.summary = "MCS with its nodes on the waiters' stacks",
	    .origin = "M. Auslander and others, K42, IBM, 2003");
