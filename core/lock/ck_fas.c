/*
 * ck_fas.c - Concurrency Kit's spinlock by fetch and store.
 */
#include "core/lock_ck.h"

#if LOCK_CK
#include <ck_spinlock.h>

LOCK_CK_SPINLOCK(ck_fas, ck_spinlock_fas)
#else
LOCK_CK_MISSING(ck_fas)
#endif

LOCK_DEFINE(ck_fas, LOCK_EXCLUDES | LOCK_STUBBORN | LOCK_SHARED,
	    .kind.summary = "Concurrency Kit's spinlock by fetch and store",
	    .kind.available = lock_ck_available,
	    .origin = "S. Al Bahra, Concurrency Kit, 2010; T. Anderson, 1990");
