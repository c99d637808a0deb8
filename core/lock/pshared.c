/*
 * pshared.c - pthread_mutex_t made for processes, also where only threads contend: its
 * futex is looked up by page, not by address.
 */
#include "core/lock_pthread.h"

static int
across(pthread_mutexattr_t *attr)
{
	return pthread_mutexattr_setpshared(attr, PTHREAD_PROCESS_SHARED);
}

LOCK_DEFINE_PTHREAD_WITH(pshared, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, across,
			 0,
			 .kind.summary = "pthread mutex of processes, also for threads",
			 .origin = "POSIX 1003.1c-1995, PTHREAD_PROCESS_SHARED");
