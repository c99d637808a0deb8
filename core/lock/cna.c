/*
 * cna.c - MCS, compact and aware of NUMA: who leaves looks down the queue for one of
 * its own cluster, and puts those it skips into a second queue.
 *
 * The second queue is passed on with the lock: granted holds its head, or GRANTED when
 * it is empty. Its last node is noted in its head. After CNA_LOCAL grants in a row
 * within a cluster the second queue goes before the rest of the first.
 *
 * Edge M: cna_release() swings tail from its node -> the exchange in acquire (or try)
 * that finds NULL takes the lock, hence sees what the holder before wrote.
 * Edge N: cna_acquire() stores next = its node -> who leaves sees it, hence sees the
 * node made ready and its cluster.
 * Edge G: cna_grant() stores granted in the next node -> its waiter sees it.
 *
 * Source: D. Dice, A. Kogan, "Compact NUMA-aware locks", 2019.
 */
#include "core/lock.h"

struct cna_node {
	struct lock_cluster cluster;
	uint32_t at;		       /* its cluster, of this acquire */
	struct cna_node *_Atomic next; /* in the one or the other queue */
	struct cna_node *last;	       /* of the second queue; in its head */
	_Atomic(uintptr_t) granted;    /* 0; GRANTED; the head of the second queue */
};

struct cna_lock {
	struct cna_node *_Atomic tail;
	uint32_t local; /* by the holder: grants within a cluster, in a row */
};

enum { CNA_CLUSTERS = 64, CNA_LOCAL = 256 };
#define GRANTED ((uintptr_t)1)

_Static_assert(sizeof(struct cna_node) <= LOCK_NODE_BYTES, "a node fits");

static int
cna_init(void *state, bool shared)
{
	struct cna_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->tail, NULL);
	l->local = 0;
	return 0;
}

static void
cna_ready(struct cna_node *me)
{
	atom_store_rlx(&me->next, NULL);
	atom_store_rlx(&me->granted, 0);
	me->at = lock_cluster_of(&me->cluster, CNA_CLUSTERS);
}

static int
cna_acquire(void *state, void *node)
{
	struct cna_lock *l = state;
	struct cna_node *me = node, *before;
	unsigned n = 0;

	cna_ready(me);
	before = atom_xchg_acq_rel(&l->tail, me); /* M */
	if (before == NULL) {
		atom_store_rlx(&me->granted, GRANTED);
		return 0;
	}
	atom_store_rel(&before->next, me);	 /* N */
	while (atom_load_acq(&me->granted) == 0) /* G */
		lock_spin(&n);
	return 0;
}

static int
cna_try(void *state, void *node)
{
	struct cna_lock *l = state;
	struct cna_node *me = node, *nobody = NULL;

	cna_ready(me);
	if (!atom_cas_acq_rel(&l->tail, &nobody, me)) /* M */
		return -EBUSY;
	atom_store_rlx(&me->granted, GRANTED);
	return 0;
}

static void
cna_grant(struct cna_node *node, uintptr_t value)
{
	atom_store_rel(&node->granted, value); /* G */
}

/*
 * The first behind `next` of our cluster, NULL: none, as far as the queue is linked.
 * All before it go to the end of the second queue, whose head is *second.
 */
static struct cna_node *
cna_local(struct cna_node *me, struct cna_node *next, uintptr_t *second)
{
	struct cna_node *last = next, *node, *head;

	if (next->at == me->at)
		return next;
	/* Each reads what the one before made ready. */
	while ((node = atom_load_acq(&last->next)) != NULL &&
	       node->at != me->at) /* N */
		last = node;
	if (node == NULL)
		return NULL;
	if (*second == GRANTED) {
		head = next;
		*second = (uintptr_t)head;
	} else {
		head = (struct cna_node *)*second;
		atom_store_rlx(&head->last->next, next);
	}
	head->last = last;
	atom_store_rlx(&last->next, NULL);
	return node;
}

/* Nobody is behind us in the first queue. Whether the lock was given away. */
static bool
cna_empty(struct cna_lock *l, struct cna_node *me, uintptr_t second)
{
	struct cna_node *last = me, *head;

	if (second == GRANTED)
		return atom_cas_acq_rel(&l->tail, &last, NULL); /* M */
	head = (struct cna_node *)second;
	if (!atom_cas_acq_rel(&l->tail, &last, head->last)) /* M */
		return false;
	cna_grant(head, GRANTED);
	return true;
}

static int
cna_release(void *state, void *node)
{
	struct cna_lock *l = state;
	struct cna_node *me = node, *next, *local = NULL;
	uintptr_t second = atom_load_rlx(&me->granted);
	unsigned n = 0;

	next = atom_load_acq(&me->next); /* N */
	if (next == NULL) {
		if (cna_empty(l, me, second))
			return 0;
		while ((next = atom_load_acq(&me->next)) == NULL) /* N */
			lock_spin(&n);
	}
	if (++l->local < CNA_LOCAL)
		local = cna_local(me, next, &second);
	if (local != NULL) {
		cna_grant(local, second);
		return 0;
	}
	l->local = 0;
	if (second != GRANTED) {
		struct cna_node *head = (struct cna_node *)second;

		atom_store_rlx(&head->last->next, next);
		next = head;
	}
	cna_grant(next, GRANTED);
	return 0;
}

LOCK_DEFINE(cna, LOCK_EXCLUDES | LOCK_SHARED | LOCK_CLUSTERS,
	    .kind.summary = "MCS that prefers waiters of its NUMA node",
	    .origin = "D. Dice and A. Kogan, Compact NUMA-aware locks, 2019",
	    .node_bytes = sizeof(struct cna_node));
