/*
 * cohort.c - a lock of clusters, and in each cluster a lock of its own: both by
 * tickets.
 *
 * Who leaves hands both to the next of its cluster, if there is one and it is not the
 * turn of the others: COHORT_PASSES in a row stay within a cluster at most. Clusters
 * are the NUMA nodes of the machine, or as the contenders' nodes are planned. With one
 * cluster it is a ticket lock with a ticket lock before it.
 *
 * Edge T: cohort_release() stores serving -> the waiter whose number it is sees it,
 * hence sees what the holder before wrote; of the locks of clusters, and of the one
 * above them.
 *
 * Source: D. Dice, V. Marathe, N. Shavit, "Lock cohorting", 2012, C-TKT-TKT.
 */
#include "core/lock.h"

enum { COHORTS = 4, COHORT_PASSES = 64 };

struct cohort_ticket {
	_Alignas(64) atom_u32 next;
	_Alignas(64) atom_u32 serving;
	uint32_t passes; /* by its holder; 0: it does not have the lock above */
};

struct cohort_lock {
	CACHE_ALIGNED struct cohort_ticket all;
	struct cohort_ticket cluster[COHORTS];
};

struct cohort_node {
	struct lock_cluster cluster;
	uint32_t at; /* the cluster by which it took the lock */
};

_Static_assert(sizeof(struct cohort_lock) <= LOCK_STATE_BYTES, "it fits");

static int
cohort_init(void *state, bool shared)
{
	struct cohort_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->all.next, 0);
	atom_store_rlx(&l->all.serving, 0);
	for (int i = 0; i < COHORTS; i++) {
		atom_store_rlx(&l->cluster[i].next, 0);
		atom_store_rlx(&l->cluster[i].serving, 0);
		l->cluster[i].passes = 0;
	}
	return 0;
}

static void
ticket_take(struct cohort_ticket *t)
{
	const uint32_t mine = atom_add_rlx(&t->next, 1);
	unsigned n = 0;

	while (atom_load_acq(&t->serving) != mine) /* T */
		lock_spin(&n);
}

static bool
ticket_try(struct cohort_ticket *t)
{
	uint32_t serving = atom_load_acq(&t->serving); /* T */

	return atom_cas_rlx(&t->next, &serving, serving + 1);
}

static void
ticket_give(struct cohort_ticket *t)
{
	atom_store_rel(&t->serving, atom_load_rlx(&t->serving) + 1); /* T */
}

static int
cohort_acquire(void *state, void *node)
{
	struct cohort_lock *l = state;
	struct cohort_node *me = node;
	const uint32_t at = lock_cluster_of(&me->cluster, COHORTS);

	ticket_take(&l->cluster[at]);
	if (l->cluster[at].passes++ == 0)
		ticket_take(&l->all);
	me->at = at;
	return 0;
}

static int
cohort_try(void *state, void *node)
{
	struct cohort_lock *l = state;
	struct cohort_node *me = node;
	const uint32_t at = lock_cluster_of(&me->cluster, COHORTS);

	if (!ticket_try(&l->cluster[at]))
		return -EBUSY;
	if (l->cluster[at].passes == 0 && !ticket_try(&l->all)) {
		ticket_give(&l->cluster[at]);
		return -EBUSY;
	}
	l->cluster[at].passes++;
	me->at = at;
	return 0;
}

static int
cohort_release(void *state, void *node)
{
	struct cohort_lock *l = state;
	struct cohort_node *me = node;
	struct cohort_ticket *t = &l->cluster[me->at];
	const uint32_t waiting =
		atom_load_rlx(&t->next) - atom_load_rlx(&t->serving) - 1;

	/* Somebody who came may not leave: there is no giving back of a number. */
	if (waiting == 0 || l->cluster[me->at].passes >= COHORT_PASSES) {
		l->cluster[me->at].passes = 0;
		ticket_give(&l->all);
	}
	ticket_give(t);
	return 0;
}

LOCK_DEFINE(cohort, LOCK_EXCLUDES | LOCK_SHARED | LOCK_CLUSTERS,
	    .kind.summary = "a ticket lock for each NUMA node, one above them",
	    .origin = "D. Dice, V. Marathe and N. Shavit, 2012",
	    .node_bytes = sizeof(struct cohort_node));
