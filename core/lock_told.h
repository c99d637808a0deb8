/*
 * lock_told.h - locks whose inside ThreadSanitizer cannot see: it is told of the order
 * by hand. Then it judges the rest, but not such a lock itself.
 */
#ifndef CORE_LOCK_TOLD_H
#define CORE_LOCK_TOLD_H

#include "core/tsan.h"

#ifdef UNDER_TSAN
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
/* Around a call that reads and writes what others do, in order by assembly. */
#define LOCK_TOLD_BLIND(call)                                                          \
	(AnnotateIgnoreReadsBegin(__FILE__, __LINE__),                                 \
	 AnnotateIgnoreWritesBegin(__FILE__, __LINE__), call,                          \
	 AnnotateIgnoreWritesEnd(__FILE__, __LINE__),                                  \
	 AnnotateIgnoreReadsEnd(__FILE__, __LINE__))
#define LOCK_TOLD_ACQUIRE(state) __tsan_acquire(state)
#define LOCK_TOLD_RELEASE(state) __tsan_release(state)
#else
#define LOCK_TOLD_BLIND(call) call
#define LOCK_TOLD_ACQUIRE(state) (void)(state)
#define LOCK_TOLD_RELEASE(state) (void)(state)
#endif

#endif
