/*
 * errorcheck.c - pthread_mutex_t that knows its owner and refuses misuse.
 */
#include "core/lock_pthread.h"

LOCK_DEFINE_PTHREAD(
	errorcheck, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED,
	LOCK_OWNED | LOCK_CHECKED,
	.kind.summary = "pthread mutex that refuses misuse by EPERM, EDEADLK",
	.origin = "POSIX 1003.1-2001");
