/*
 * ttas.c - test, then test and set; who fails stays away for a random time, whose
 * bound doubles with each failure.
 *
 * Edge S: ttas_release() stores held = 0 -> the exchange that finds 0 takes the lock,
 * hence sees what the holder before wrote.
 *
 * Source: L. Rudolph, Z. Segall, 1984; backoff: T. Anderson, "The performance of spin
 * lock alternatives for shared-memory multiprocessors", 1990.
 */
#include "core/lock.h"

struct ttas_lock {
	atom_u32 held;
};

enum { TTAS_LEAST = 8, TTAS_MOST = 1024 }; /* pauses */

static int
ttas_init(void *state, bool shared)
{
	struct ttas_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->held, 0);
	return 0;
}

static int
ttas_try(void *state, void *node)
{
	struct ttas_lock *l = state;

	(void)node;
	if (atom_load_rlx(&l->held) != 0)
		return -EBUSY;
	return atom_xchg_acq(&l->held, 1) == 0 ? 0 : -EBUSY; /* S */
}

__attribute__((noinline)) static int
ttas_wait(struct ttas_lock *l)
{
	/* Any number that differs from one waiter to the next. */
#ifdef CONCBENCH_VERIFY
	uint32_t dice = 1; /* but a schedule can be repeated */
#else
	uint32_t dice = (uint32_t)(uintptr_t)&dice >> 4 | 1;
#endif
	uint32_t bound = TTAS_LEAST;
	unsigned n = 0;

	do {
		dice ^= dice << 13;
		dice ^= dice >> 17;
		dice ^= dice << 5;
		for (uint32_t i = dice % bound + 1; i > 0; i--)
			lock_spin(&n);
		bound = bound < TTAS_MOST ? 2 * bound : bound;
	} while (ttas_try(l, NULL) != 0);
	return 0;
}

static int
ttas_acquire(void *state, void *node)
{
	return ttas_try(state, node) == 0 ? 0 : ttas_wait(state);
}

static int
ttas_release(void *state, void *node)
{
	struct ttas_lock *l = state;

	(void)node;
	atom_store_rel(&l->held, 0); /* S */
	return 0;
}

LOCK_DEFINE(ttas, LOCK_EXCLUDES | LOCK_SHARED,
	    .kind.summary = "test and test and set, exponential backoff",
	    .origin = "Rudolph and Segall, 1984; T. Anderson, 1990");
