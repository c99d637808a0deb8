/*
 * ticket.c - draw a number, wait until it is called.
 *
 * Edge T: ticket_release() stores serving -> the waiter whose number it is sees it,
 * hence sees what the holder before wrote.
 *
 * Source: D. Reed, R. Kanodia, "Synchronization with eventcounts and sequencers",
 * 1979; J. Mellor-Crummey, M. Scott, "Algorithms for scalable synchronization", 1991.
 */
#include "core/lock.h"

struct ticket_lock {
	CACHE_ALIGNED atom_u32 next;
	CACHE_ALIGNED atom_u32 serving;
};

_Static_assert(sizeof(struct ticket_lock) <= LOCK_STATE_BYTES, "a ticket lock fits");

static int
ticket_init(void *state, bool shared)
{
	struct ticket_lock *l = state;

	(void)shared;
	atom_store_rlx(&l->next, 0);
	atom_store_rlx(&l->serving, 0);
	return 0;
}

static int
ticket_acquire(void *state, void *node)
{
	struct ticket_lock *l = state;
	const uint32_t mine = atom_add_rlx(&l->next, 1);
	unsigned n = 0;

	(void)node;
	while (atom_load_acq(&l->serving) != mine) /* T */
		lock_spin(&n);
	return 0;
}

/* A number may be drawn only when it is called at once: there is no giving it back. */
static int
ticket_try(void *state, void *node)
{
	struct ticket_lock *l = state;
	uint32_t serving = atom_load_acq(&l->serving); /* T */

	(void)node;
	return atom_cas_rlx(&l->next, &serving, serving + 1) ? 0 : -EBUSY;
}

static int
ticket_release(void *state, void *node)
{
	struct ticket_lock *l = state;

	(void)node;
	atom_store_rel(&l->serving, atom_load_rlx(&l->serving) + 1); /* T */
	return 0;
}

LOCK_DEFINE(ticket, LOCK_EXCLUDES | LOCK_FAIR | LOCK_SHARED,
	    .kind.summary = "numbers in order; spins, gives way after a while",
	    .origin = "Reed and Kanodia 1979; Mellor-Crummey and Scott 1991");
