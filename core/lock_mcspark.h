/*
 * lock_mcspark.h - the queue of mcspark and malthusian: MCS whose waiters spin for a
 * while and then sleep.
 *
 * Edge M: who leaves swings tail from its node to NULL, or to another that it made
 * ready
 * -> the exchange in mcspark_enter() (or mcspark_enter_free()) that finds it, hence
 * sees what the holder before wrote, or the node made ready. Edge N: mcspark_enter()
 * stores next = its node -> who leaves sees it in mcspark_next(), hence sees call made
 * ready. Edge G: mcspark_grant() exchanges call for GRANTED -> its waiter sees it.
 *
 * Source: Mellor-Crummey and Scott, 1991; spin, then sleep: A. Karlin and others,
 * "Empirical studies of competitive spinning", 1991; D. Dice, "Malthusian locks", 2017,
 * MCS-STP. tests/models/mcspark.pml is its model.
 */
#ifndef CORE_LOCK_MCSPARK_H
#define CORE_LOCK_MCSPARK_H

#include "core/futex.h"
#include "core/lock.h"

enum { MCSPARK_WAITING, MCSPARK_ASLEEP, MCSPARK_GRANTED };

enum { MCSPARK_SPINS = 200 };

struct mcspark_node {
	struct mcspark_node *_Atomic next;
	atom_u32 call; /* a futex */
};

/* Spins a while, then sleeps, until the node is granted the lock. */
static inline void
mcspark_wait(struct mcspark_node *me)
{
	uint32_t seen = MCSPARK_WAITING;

	for (int i = 0; i < MCSPARK_SPINS; i++) {
		if (atom_load_acq(&me->call) == MCSPARK_GRANTED) /* G */
			return;
		atom_pause();
	}
	atom_cas_rlx(&me->call, &seen, MCSPARK_ASLEEP);	    /* unless it is granted */
	while (atom_load_acq(&me->call) != MCSPARK_GRANTED) /* G */
		futex_wait(&me->call, MCSPARK_ASLEEP, FUTEX_FOREVER);
}

/* Goes behind the last; returns with the lock. */
static inline int
mcspark_enter(struct mcspark_node *_Atomic *tail, struct mcspark_node *me)
{
	struct mcspark_node *before;

	atom_store_rlx(&me->next, NULL);
	atom_store_rlx(&me->call, MCSPARK_WAITING);
	before = atom_xchg_acq_rel(tail, me); /* M */
	if (before == NULL)
		return 0;
	atom_store_rel(&before->next, me); /* N */
	mcspark_wait(me);
	return 0;
}

/* The same where nobody has the lock, else -EBUSY. */
static inline int
mcspark_enter_free(struct mcspark_node *_Atomic *tail, struct mcspark_node *me)
{
	struct mcspark_node *nobody = NULL;

	atom_store_rlx(&me->next, NULL);
	atom_store_rlx(&me->call, MCSPARK_WAITING);
	return atom_cas_acq_rel(tail, &nobody, me) ? 0 : -EBUSY; /* M */
}

/* Who is behind us, as far as it has told; NULL: nobody. */
static inline struct mcspark_node *
mcspark_next(struct mcspark_node *me)
{
	return atom_load_acq(&me->next); /* N */
}

/* Who is behind us, where somebody is. */
static inline struct mcspark_node *
mcspark_await_next(struct mcspark_node *me)
{
	struct mcspark_node *next;
	unsigned n = 0;

	while ((next = mcspark_next(me)) == NULL)
		lock_spin(&n);
	return next;
}

/* Hands the lock on. */
static inline int
mcspark_grant(struct mcspark_node *node)
{
	if (atom_xchg_rel(&node->call, MCSPARK_GRANTED) == MCSPARK_ASLEEP) /* G */
		futex_wake(&node->call, 1);
	return 0;
}

#endif
