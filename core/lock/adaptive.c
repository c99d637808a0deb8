/*
 * adaptive.c - pthread_mutex_t that spins for a while before it sleeps.
 */
#include "core/lock_pthread.h"

#ifdef __GLIBC__
#define ADAPTIVE_TYPE PTHREAD_MUTEX_ADAPTIVE_NP
#define adaptive_available NULL
#else
#define ADAPTIVE_TYPE PTHREAD_MUTEX_NORMAL

#include <stdio.h>

static bool
adaptive_available(char *why, size_t size)
{
	snprintf(why, size, "needs the GNU C library");
	return false;
}
#endif

LOCK_DEFINE_PTHREAD(adaptive, ADAPTIVE_TYPE, PTHREAD_MUTEX_STALLED, 0,
		    .kind.summary = "pthread mutex that spins before it sleeps",
		    .kind.available = adaptive_available,
		    .origin = "glibc nptl, PTHREAD_MUTEX_ADAPTIVE_NP, 2002");
