/*
 * ck_ticket.c - Concurrency Kit's ticket lock.
 */
#include "core/lock_ck.h"

#if LOCK_CK
#include <ck_spinlock.h>

#ifndef CK_F_SPINLOCK_TICKET_TRYLOCK
static inline bool
ck_spinlock_ticket_trylock(ck_spinlock_ticket_t *l)
{
	if (ck_spinlock_ticket_locked(l))
		return false;
	ck_spinlock_ticket_lock(l);
	return true;
}
#endif

LOCK_CK_SPINLOCK(ck_ticket, ck_spinlock_ticket)
#else
LOCK_CK_MISSING(ck_ticket)
#endif

LOCK_DEFINE(ck_ticket, LOCK_EXCLUDES | LOCK_STUBBORN | LOCK_FAIR | LOCK_SHARED,
	    .kind.summary = "Concurrency Kit's ticket lock",
	    .kind.available = lock_ck_available,
	    .origin = "S. Al Bahra, Concurrency Kit, 2010; see ticket");
