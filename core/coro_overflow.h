/*
 * coro_overflow.h - what happens when a coroutine runs into the guard of its stack.
 *
 * For core/coro.c alone. The fault is taken on a stack of its own. Where the switch is
 * ours and the fault was in our own code, the coroutine is declared dead and control
 * goes to who waits for it, which gets an error that names it. Elsewhere (a lock of
 * the C library may be held, a sanitizer watches) one line is written to standard
 * error and the process ends with status 3.
 */
#ifndef CORE_CORO_OVERFLOW_H
#define CORE_CORO_OVERFLOW_H

#include "core/coro.h"

/* For the calling thread, once a domain of it. Returns 0 or -errno. */
int coro_overflow_watch(struct err *e);
void coro_overflow_unwatch(void);

#endif
