/*
 * mutex.c - pthread_mutex_t of the plain type.
 */
#include "core/lock_pthread.h"

LOCK_DEFINE_PTHREAD(mutex, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, 0,
		    .kind.summary = "pthread mutex, the plain type",
		    .origin = "POSIX 1003.1c-1995; glibc nptl");
