/*
 * futex.c - a word with three states and the kernel's help when there is contention.
 *
 * States: 0 free, 1 held, 2 held and somebody may sleep. Who has slept takes the lock
 * as 2, for there may be others.
 *
 * Edge F: futex_release() stores state = 0 -> the exchange that finds 0 takes the lock,
 * hence sees what the holder before wrote.
 *
 * Source: U. Drepper, "Futexes Are Tricky", 2011, mutex2.
 */
#include "core/futex.h"
#include "core/lock.h"

struct futex_lock {
	atom_u32 word;
};

static int
futex_init(void *state, bool shared)
{
	struct futex_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->word, 0);
	return 0;
}

static int
futex_try(void *state, void *node)
{
	struct futex_lock *l = state;
	uint32_t seen = 0;

	(void)node;
	return atom_cas_acq(&l->word, &seen, 1) ? 0 : -EBUSY; /* F */
}

/* Apart, so that the fast path alone is inlined. */
__attribute__((noinline)) static int
futex_sleep(struct futex_lock *l, uint64_t deadline_ns)
{
	while (atom_xchg_acq(&l->word, 2) != 0) /* F */
		if (futex_wait(&l->word, 2, deadline_ns) == -ETIMEDOUT)
			return -ETIMEDOUT;
	return 0;
}

static int
futex_acquire(void *state, void *node)
{
	return futex_try(state, node) == 0 ? 0 : futex_sleep(state, FUTEX_FOREVER);
}

static int
futex_until(void *state, void *node, uint64_t deadline_ns)
{
	return futex_try(state, node) == 0 ? 0 : futex_sleep(state, deadline_ns);
}

static int
futex_release(void *state, void *node)
{
	struct futex_lock *l = state;

	(void)node;
	if (atom_xchg_rel(&l->word, 0) == 2) /* F */
		futex_wake(&l->word, 1);
	return 0;
}

LOCK_DEFINE(futex, LOCK_EXCLUDES | LOCK_PARKS | LOCK_SHARED,
	    .kind.summary = "three states in a word, sleeps in the kernel",
	    .origin = "U. Drepper, Futexes Are Tricky, 2011",
	    .acquire_until = futex_until);
