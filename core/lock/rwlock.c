/*
 * rwlock.c - pthread_rwlock_t that prefers readers: a writer may wait for ever.
 */
#include "core/lock_rwlock.h"

#ifdef __GLIBC__
#define PREFER PTHREAD_RWLOCK_PREFER_READER_NP
#else
#define PREFER 0
#endif

LOCK_DEFINE_RWLOCK(rwlock, PREFER,
		   .kind.summary = "pthread reader-writer lock, prefers readers",
		   .origin = "P. Courtois and others, 1971; POSIX 1003.1-2001");
