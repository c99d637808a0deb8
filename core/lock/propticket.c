/*
 * propticket.c - a ticket lock whose waiters look as rarely as they are far from the
 * front.
 *
 * Edge T: propticket_release() stores serving -> the waiter whose number it is sees it,
 * hence sees what the holder before wrote.
 *
 * Source: J. Mellor-Crummey, M. Scott, "Algorithms for scalable synchronization on
 * shared-memory multiprocessors", 1991, section 2.2.
 */
#include "core/lock.h"

struct propticket_lock {
	CACHE_ALIGNED atom_u32 next;
	CACHE_ALIGNED atom_u32 serving;
};

enum { PROPTICKET_EACH = 16 }; /* pauses for each one ahead */

_Static_assert(sizeof(struct propticket_lock) <= LOCK_STATE_BYTES, "it fits");

static int
propticket_init(void *state, bool shared)
{
	struct propticket_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->next, 0);
	atom_store_rlx(&l->serving, 0);
	return 0;
}

static int
propticket_acquire(void *state, void *node)
{
	struct propticket_lock *l = state;
	const uint32_t mine = atom_add_rlx(&l->next, 1);
	uint32_t ahead;
	unsigned n = 0;

	(void)node;
	while ((ahead = mine - atom_load_acq(&l->serving)) != 0) /* T */
		for (uint32_t i = 0; i < ahead * PROPTICKET_EACH; i++)
			lock_spin(&n);
	return 0;
}

static int
propticket_try(void *state, void *node)
{
	struct propticket_lock *l = state;
	uint32_t serving = atom_load_acq(&l->serving); /* T */

	(void)node;
	return atom_cas_rlx(&l->next, &serving, serving + 1) ? 0 : -EBUSY;
}

static int
propticket_release(void *state, void *node)
{
	struct propticket_lock *l = state;

	(void)node;
	atom_store_rel(&l->serving, atom_load_rlx(&l->serving) + 1); /* T */
	return 0;
}

LOCK_DEFINE(propticket, LOCK_EXCLUDES | LOCK_FAIR | LOCK_SHARED,
	    .kind.summary = "ticket lock, waits in proportion to its place in the line",
	    .origin = "J. Mellor-Crummey and M. Scott, 1991");
