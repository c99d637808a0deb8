/*
 * rwlockw.c - pthread_rwlock_t that prefers writers: readers that come later wait.
 */
#include "core/lock_rwlock.h"

#ifdef __GLIBC__
#define PREFER PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP
#define rwlockw_available NULL
#else
#define PREFER 0

#include <stdio.h>

static bool
rwlockw_available(char *why, size_t size)
{
	snprintf(why, size, "needs the GNU C library");
	return false;
}
#endif

LOCK_DEFINE_RWLOCK(rwlockw, PREFER,
		   .kind.summary = "pthread reader-writer lock, prefers writers",
		   .kind.available = rwlockw_available,
		   .origin = "P. Courtois and others, 1971; glibc nptl");
