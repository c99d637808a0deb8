/*
 * partitioned.c - a ticket lock that calls each number at one of several places, so
 * that a call disturbs only those who wait there.
 *
 * Edge T: partitioned_release() stores the next number at its place -> the waiter whose
 * number it is sees it, hence sees what the holder before wrote.
 *
 * Source: D. Dice, "A partitioned ticket lock", 2011.
 */
#include "core/lock.h"

enum { PLACES = 4 };

struct partitioned_lock {
	CACHE_ALIGNED atom_u32 next;
	CACHE_ALIGNED uint32_t mine; /* by the holder */
	struct {
		CACHE_ALIGNED atom_u32 called;
	} place[PLACES];
};

_Static_assert(sizeof(struct partitioned_lock) <= LOCK_STATE_BYTES, "it fits");

static int
partitioned_init(void *state, bool shared)
{
	struct partitioned_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->next, 0);
	/* A number is called at its own place only: 0 is, the rest are far away. */
	for (uint32_t i = 0; i < PLACES; i++)
		atom_store_rlx(&l->place[i].called, i == 0 ? 0 : i - PLACES);
	return 0;
}

static int
partitioned_acquire(void *state, void *node)
{
	struct partitioned_lock *l = state;
	const uint32_t mine = atom_add_rlx(&l->next, 1);
	unsigned n = 0;

	(void)node;
	while (atom_load_acq(&l->place[mine % PLACES].called) != mine) /* T */
		lock_spin(&n);
	l->mine = mine;
	return 0;
}

static int
partitioned_try(void *state, void *node)
{
	struct partitioned_lock *l = state;
	uint32_t mine = atom_load_rlx(&l->next);

	(void)node;
	if (atom_load_acq(&l->place[mine % PLACES].called) != mine || /* T */
	    !atom_cas_rlx(&l->next, &mine, mine + 1))
		return -EBUSY;
	l->mine = mine;
	return 0;
}

static int
partitioned_release(void *state, void *node)
{
	struct partitioned_lock *l = state;
	const uint32_t next = l->mine + 1;

	(void)node;
	atom_store_rel(&l->place[next % PLACES].called, next); /* T */
	return 0;
}

LOCK_DEFINE(partitioned, LOCK_EXCLUDES | LOCK_FAIR | LOCK_SHARED,
	    .kind.summary = "ticket lock that calls at four places in turn",
	    .origin = "D. Dice, A partitioned ticket lock, 2011");
