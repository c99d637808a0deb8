/*
 * tas.c - test and set: every try takes the line away from the holder.
 *
 * Edge S: tas_release() stores held = 0 -> the exchange that finds 0 takes the lock,
 * hence sees what the holder before wrote.
 *
 * Source: the instruction of the IBM System/360, 1964; measured by T. Anderson, "The
 * performance of spin lock alternatives", 1990.
 */
#include "core/lock.h"

struct tas_lock {
	atom_u32 held;
};

static int
tas_init(void *state, bool shared)
{
	struct tas_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->held, 0);
	return 0;
}

static int
tas_try(void *state, void *node)
{
	struct tas_lock *l = state;

	(void)node;
	return atom_xchg_acq(&l->held, 1) == 0 ? 0 : -EBUSY; /* S */
}

static int
tas_acquire(void *state, void *node)
{
	unsigned n = 0;

	while (tas_try(state, node) != 0)
		lock_spin(&n);
	return 0;
}

static int
tas_release(void *state, void *node)
{
	struct tas_lock *l = state;

	(void)node;
	atom_store_rel(&l->held, 0); /* S */
	return 0;
}

LOCK_DEFINE(tas, LOCK_EXCLUDES | LOCK_SHARED,
	    .kind.summary = "test and set, over and over",
	    .origin = "IBM System/360, 1964; T. Anderson, 1990");
