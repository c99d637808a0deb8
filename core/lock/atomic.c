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
floor_pass(void *state, void *node)
{
	(void)state;
	(void)node;
	return 0;
}

static void
floor_add(atom_u64 *number, uint64_t delta)
{
	atom_add_rlx(number, delta);
}

static void
floor_drive(struct lock_run *r)
{
	uint64_t i;

	for (i = 0; i < r->rounds; i++) {
		if (i % 64 == 0 && atom_load_rlx(r->stop) != 0)
			break;
		atom_add_rlx(&r->section->loose, r->delta);
		lock_idle(r->hold);
		lock_idle(r->outside);
	}
	r->done = i;
}

const struct lock_kind lock_kind_atomic = {
	.kind = { .name = "atomic",
		  .summary = "no lock: each change is one atomic addition" },
	.origin = "A. Gottlieb, C. Kruskal, fetch-and-add, 1981",
	.traits = LOCK_SHARED,
	.init = floor_init,
	.acquire = floor_pass,
	.try_acquire = floor_pass,
	.release = floor_pass,
	.add = floor_add,
	.drive = floor_drive,
};
