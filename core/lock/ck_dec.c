/*
 * ck_dec.c - Concurrency Kit's spinlock by decrement.
 */
#include "core/lock_ck.h"

#if LOCK_CK
#include <ck_spinlock.h>

LOCK_CK_SPINLOCK(ck_dec, ck_spinlock_dec)
#else
LOCK_CK_MISSING(ck_dec)
#endif

LOCK_DEFINE(ck_dec, LOCK_EXCLUDES | LOCK_STUBBORN | LOCK_SHARED,
	    .kind.summary = "Concurrency Kit's spinlock by decrement",
	    .kind.available = lock_ck_available,
	    .origin = "S. Al Bahra, Concurrency Kit, 2010; Linux before 2.6.25");
