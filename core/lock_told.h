/*
 * lock_told.h - locks whose inside ThreadSanitizer cannot see: it is told of the order
 * by hand. Then it judges the rest, but not such a lock itself.
 */
#ifndef CORE_LOCK_TOLD_H
#define CORE_LOCK_TOLD_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#define __SANITIZE_THREAD__ 1
#endif
#endif
#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#define LOCK_TOLD_ACQUIRE(state) __tsan_acquire(state)
#define LOCK_TOLD_RELEASE(state) __tsan_release(state)
#else
#define LOCK_TOLD_ACQUIRE(state) (void)(state)
#define LOCK_TOLD_RELEASE(state) (void)(state)
#endif

#endif
