/*
 * robust.c - pthread_mutex_t that outlives its holder.
 *
 * The kernel walks the list of robust mutexes of a thread that ends and wakes a
 * waiter, who is told EOWNERDEAD.
 */
#include "core/lock_pthread.h"

static int
robust_repair(void *state)
{
	return -pthread_mutex_consistent(state);
}

LOCK_DEFINE_PTHREAD(
	robust, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, LOCK_OWNED | LOCK_ROBUST,
	.kind.summary = "pthread mutex that tells when its holder was killed",
	.origin = "POSIX 1003.1-2008; I. Molnar, T. Gleixner, robust futexes, "
		  "2006",
	.repair = robust_repair);
