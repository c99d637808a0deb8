/*
 * ck_cas.c - Concurrency Kit's spinlock by compare and swap.
 */
#include "core/lock_ck.h"

#if LOCK_CK
#include <ck_spinlock.h>

LOCK_CK_SPINLOCK(ck_cas, ck_spinlock_cas)
#else
LOCK_CK_MISSING(ck_cas)
#endif

LOCK_DEFINE(ck_cas, LOCK_EXCLUDES | LOCK_STUBBORN | LOCK_SHARED,
	    .kind.summary = "Concurrency Kit's spinlock by compare and swap",
	    .kind.available = lock_ck_available,
	    .origin = "S. Al Bahra, Concurrency Kit, 2010; T. Anderson, 1990");
