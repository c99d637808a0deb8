/*
 * recursive.c - pthread_mutex_t that its owner may acquire again (threading.RLock).
 */
#include "core/lock_pthread.h"

LOCK_DEFINE_PTHREAD(recursive, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED,
		    LOCK_OWNED | LOCK_RECURSIVE,
		    .kind.summary = "pthread mutex that its holder may acquire again",
		    .origin = "POSIX 1003.1-2001; Python's threading.RLock");
