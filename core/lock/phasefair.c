/*
 * phasefair.c - readers and writers by turns: who reads waits for one writer at most,
 * who writes for the readers that came before it. Writers among them by tickets.
 *
 * rin and rout count readers that came and went, in steps of READER; below that rin
 * says whether a writer is there or waits, and of which of two phases: a reader that
 * found it waits until that changes.
 *
 * Edge W: phasefair_release() takes the writer's bits off rin -> a reader, or the next
 * writer by edge T, sees that, hence sees what the writer wrote.
 * Edge R: phasefair_release_shared() adds to rout -> the writer that waits for it sees
 * it, hence the reader has read.
 * Edge T: phasefair_release() adds to wout -> the writer whose number it is sees it.
 *
 * Source: B. Brandenburg, J. Anderson, "Spin-based reader-writer synchronization for
 * multiprocessor real-time systems", 2010, PF-T.
 */
#include "core/lock.h"

enum { READER = 0x100, WRITER = 2, PHASE = 1, BITS = 3 };

struct phasefair_lock {
	CACHE_ALIGNED atom_u32 rin;
	CACHE_ALIGNED atom_u32 rout;
	CACHE_ALIGNED atom_u32 win, wout;
};

_Static_assert(sizeof(struct phasefair_lock) <= LOCK_STATE_BYTES, "it fits");

static int
phasefair_init(void *state, bool shared)
{
	struct phasefair_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->rin, 0);
	atom_store_rlx(&l->rout, 0);
	atom_store_rlx(&l->win, 0);
	atom_store_rlx(&l->wout, 0);
	return 0;
}

static int
phasefair_acquire(void *state, void *node)
{
	struct phasefair_lock *l = state;
	const uint32_t mine = atom_add_rlx(&l->win, 1);
	uint32_t before;
	unsigned n = 0;

	(void)node;
	while (atom_load_acq(&l->wout) != mine) /* T */
		lock_spin(&n);
	before = atom_add_rlx(&l->rin, WRITER | (mine & PHASE));
	while (atom_load_acq(&l->rout) != before) /* R */
		lock_spin(&n);
	return 0;
}

static int
phasefair_try(void *state, void *node)
{
	struct phasefair_lock *l = state;
	uint32_t mine = atom_load_acq(&l->wout), before; /* T */

	(void)node;
	if (!atom_cas_rlx(&l->win, &mine, mine + 1))
		return -EBUSY;
	/* We are the writer; no bit of another is on. Is a reader within? */
	before = atom_load_rlx(&l->rin);
	if (atom_load_acq(&l->rout) == before && /* R */
	    atom_cas_rlx(&l->rin, &before, before | WRITER | (mine & PHASE)))
		return 0;
	atom_store_rel(&l->wout, mine + 1); /* T */
	return -EBUSY;
}

static int
phasefair_release(void *state, void *node)
{
	struct phasefair_lock *l = state;

	(void)node;
	atom_and_rel(&l->rin, ~(uint32_t)BITS);		       /* W */
	atom_store_rel(&l->wout, atom_load_rlx(&l->wout) + 1); /* T */
	return 0;
}

static int
phasefair_acquire_shared(void *state, void *node)
{
	struct phasefair_lock *l = state;
	const uint32_t writer = atom_add_acq(&l->rin, READER) & BITS; /* W */
	unsigned n = 0;

	(void)node;
	if (writer != 0)
		while ((atom_load_acq(&l->rin) & BITS) == writer) /* W */
			lock_spin(&n);
	return 0;
}

static int
phasefair_try_shared(void *state, void *node)
{
	struct phasefair_lock *l = state;
	uint32_t seen = atom_load_rlx(&l->rin);

	(void)node;
	while ((seen & BITS) == 0)
		if (atom_cas_acq(&l->rin, &seen, seen + READER)) /* W */
			return 0;
	return -EBUSY;
}

static int
phasefair_release_shared(void *state, void *node)
{
	struct phasefair_lock *l = state;

	(void)node;
	atom_add_rel(&l->rout, READER); /* R */
	return 0;
}

LOCK_DEFINE_RW(phasefair, LOCK_EXCLUDES | LOCK_SHARED,
	       .kind.summary = "readers and writers by turns; writers in order",
	       .origin = "B. Brandenburg and J. Anderson, 2010");
