/*
 * atomic.c - no lock at all: the change is one instruction. What a lock around a
 * single addition has to be compared with.
 */
#include "core/lock.h"

static int
floor_init(void *state, bool shared)
{
	(void)state;
	(void)shared;
	return 0;
}

static int
floor_acquire(void *state, void *node)
{
	(void)state;
	(void)node;
	return 0;
}

static int
floor_try(void *state, void *node)
{
	return floor_acquire(state, node);
}

static int
floor_release(void *state, void *node)
{
	return floor_acquire(state, node);
}

static void
floor_add(atom_u64 *number, uint64_t delta)
{
	atom_add_rlx(number, delta);
}

LOCK_DEFINE_ADD(atomic, floor, LOCK_SHARED,
		.kind.summary = "no lock: each change is one atomic addition",
		.origin = "A. Gottlieb, C. Kruskal, fetch-and-add, 1981");
