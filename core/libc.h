/*
 * libc.h - what the GNU C library of 2.34 has, and musl or an older one may lack.
 *
 * LIBC_AT_LEAST(a, b): this is glibc a.b or newer; in #if, also with another library.
 */
#ifndef CORE_LIBC_H
#define CORE_LIBC_H

#include "core/tsan.h"

#include <features.h>
#include <string.h>

#ifdef __GLIBC__
#define LIBC_AT_LEAST(major, minor) __GLIBC_PREREQ(major, minor)
#else
#define LIBC_AT_LEAST(major, minor) 0
#endif

/* pthread_mutex_clocklock() and its like are there. ThreadSanitizer does not know them:
 * who got a lock by one would seem to have none. */
#ifdef UNDER_TSAN
#define LIBC_CLOCK_LOCKS 0
#else
#define LIBC_CLOCK_LOCKS LIBC_AT_LEAST(2, 30)
#endif

/* The name of a signal without its SIG, static; NULL when it has none. Any thread. */
const char *libc_signal_name(int signal);

#endif
