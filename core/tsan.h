/*
 * tsan.h - whether this is compiled for ThreadSanitizer: gcc and clang tell it each in
 * their own way.
 */
#ifndef CORE_TSAN_H
#define CORE_TSAN_H

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif

#endif
