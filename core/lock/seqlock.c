/*
 * seqlock.c - readers leave no trace: they read, and then look whether a writer came
 * between. If so, what they read is void.
 *
 * The sequence is odd while a writer is within. What it protects is written and read by
 * atomic operations, which are the caller's (LOCK_OPTIMISTIC).
 *
 * Edge Q: seqlock_release() makes the sequence even -> the next writer, or a reader
 * that begins, sees that, hence sees what the writer wrote.
 *
 * Source: S. Hemminger and A. Arcangeli, Linux 2.5.60, 2003; L. Lamport, "Concurrent
 * reading and writing", 1977; the orders: H. Boehm, "Can seqlocks get along with
 * programming language memory models?", 2012.
 */
#include "core/lock.h"

struct seqlock {
	atom_u64 sequence;
};

struct seqlock_node {
	uint64_t begun; /* the sequence at which the reader began */
};

static int
seqlock_init(void *state, bool shared)
{
	struct seqlock *l = state;

	(void)shared;
	atom_store_rlx(&l->sequence, 0);
	return 0;
}

static int
seqlock_try(void *state, void *node)
{
	struct seqlock *l = state;
	uint64_t seen = atom_load_rlx(&l->sequence);

	(void)node;
	return seen % 2 == 0 && atom_cas_acq(&l->sequence, &seen, seen + 1) /* Q */
		       ? 0
		       : -EBUSY;
}

static int
seqlock_acquire(void *state, void *node)
{
	unsigned n = 0;

	while (seqlock_try(state, node) != 0)
		lock_spin(&n);
	return 0;
}

static int
seqlock_release(void *state, void *node)
{
	struct seqlock *l = state;

	(void)node;
	atom_store_rel(&l->sequence, atom_load_rlx(&l->sequence) + 1); /* Q */
	return 0;
}

static int
seqlock_try_shared(void *state, void *node)
{
	struct seqlock *l = state;
	struct seqlock_node *me = node;

	me->begun = atom_load_acq(&l->sequence); /* Q */
	return me->begun % 2 == 0 ? 0 : -EBUSY;
}

static int
seqlock_acquire_shared(void *state, void *node)
{
	unsigned n = 0;

	while (seqlock_try_shared(state, node) != 0)
		lock_spin(&n);
	return 0;
}

static int
seqlock_release_shared(void *state, void *node)
{
	struct seqlock *l = state;
	const struct seqlock_node *me = node;

	return atom_load_rlx(&l->sequence) == me->begun ? 0 : -EAGAIN;
}

LOCK_DEFINE_RW(seqlock, LOCK_EXCLUDES | LOCK_SHARED | LOCK_OPTIMISTIC,
	       .kind.summary = "readers look afterwards whether a writer came between",
	       .origin = "L. Lamport, 1977; S. Hemminger, Linux 2.5.60, 2003",
	       .node_bytes = sizeof(struct seqlock_node));
