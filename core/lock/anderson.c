/*
 * anderson.c - an array of places, one for each waiter, each on a line of its own.
 *
 * The array has as many places as there may be contenders, ANDERSON_PLACES. Should
 * there be more, two wait at one place: hence a place holds the number that is called
 * there, not a flag. The array does not fit the state, so it is memory of this process.
 *
 * Edge T: anderson_release() stores the next number at its place -> the waiter whose
 * number it is sees it, hence sees what the holder before wrote.
 *
 * Source: T. Anderson, "The performance of spin lock alternatives for shared-memory
 * multiprocessors", 1990.
 */
#include "core/lock.h"

#include <stdlib.h>

enum { ANDERSON_PLACES = 256 };

struct anderson_place {
	CACHE_ALIGNED atom_u32 called;
};

struct anderson_lock {
	CACHE_ALIGNED atom_u32 next;
	struct anderson_place *place;
	CACHE_ALIGNED uint32_t mine; /* by the holder */
};

_Static_assert(sizeof(struct anderson_lock) <= LOCK_STATE_BYTES, "it fits");

static int
anderson_init(void *state, bool shared)
{
	struct anderson_lock *l = state;

	if (shared)
		return -ENOTSUP;
	l->place = aligned_alloc(CACHE_LINE, ANDERSON_PLACES * sizeof(*l->place));
	if (l->place == NULL)
		return -ENOMEM;
	atom_store_rlx(&l->next, 0);
	for (uint32_t i = 0; i < ANDERSON_PLACES; i++)
		atom_store_rlx(&l->place[i].called, i == 0 ? 0 : i - ANDERSON_PLACES);
	return 0;
}

static int
anderson_acquire(void *state, void *node)
{
	struct anderson_lock *l = state;
	const uint32_t mine = atom_add_rlx(&l->next, 1);
	unsigned n = 0;

	(void)node;
	while (atom_load_acq(&l->place[mine % ANDERSON_PLACES].called) != mine) /* T */
		lock_spin(&n);
	l->mine = mine;
	return 0;
}

static int
anderson_try(void *state, void *node)
{
	struct anderson_lock *l = state;
	uint32_t mine = atom_load_rlx(&l->next);

	(void)node;
	if (atom_load_acq(&l->place[mine % ANDERSON_PLACES].called) != mine || /* T */
	    !atom_cas_rlx(&l->next, &mine, mine + 1))
		return -EBUSY;
	l->mine = mine;
	return 0;
}

static int
anderson_release(void *state, void *node)
{
	struct anderson_lock *l = state;
	const uint32_t next = l->mine + 1;

	(void)node;
	atom_store_rel(&l->place[next % ANDERSON_PLACES].called, next); /* T */
	return 0;
}

static void
anderson_destroy(void *state)
{
	struct anderson_lock *l = state;

	free(l->place);
	l->place = NULL;
}

LOCK_DEFINE(anderson, LOCK_EXCLUDES | LOCK_FAIR,
	    .kind.summary = "array of places, each waiter spins at its own",
	    .origin = "T. Anderson, 1990", .destroy = anderson_destroy);
