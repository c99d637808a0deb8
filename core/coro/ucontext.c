/*
 * ucontext.c - makecontext and swapcontext of the C library: portable, and slow, for
 * each switch saves the signal mask by a system call.
 */
#include "core/coro_hop.h"

#include <stdio.h>

#define SUMMARY "makecontext and swapcontext of the C library"

#if defined(__GLIBC__) || defined(__linux__)
#include <features.h>
#endif

#if defined(__GLIBC__) && !defined(CORO_ASAN)
#include <ucontext.h>

/* makecontext() passes ints. */
static void
ucontext_start(unsigned high, unsigned low)
{
	coro_start((struct coro_context *)(uintptr_t)((uint64_t)high << 32 | low));
}

static void
ucontext_make(struct coro_context *to, const struct coro_stack *stack)
{
	const uint64_t at = (uint64_t)(uintptr_t)to;
	ucontext_t *u = to->own;

	getcontext(u);
	u->uc_stack.ss_sp = stack->low;
	u->uc_stack.ss_size = (size_t)(stack->top - stack->low);
	u->uc_link = NULL;
	makecontext(u, (void (*)(void))(uintptr_t)ucontext_start, 2,
		    (unsigned)(at >> 32), (unsigned)at);
}

CORO_INLINE struct coro_context *
ucontext_switch(struct coro_context *from, struct coro_context *to)
{
	swapcontext(from->own, to->own);
	return from;
}

CORO_DEFINE(ucontext, ucontext_switch, ucontext_make, sizeof(ucontext_t), false,
	    .summary = SUMMARY);

#else
CORO_DEFINE_ABSENT(ucontext, "glibc, without AddressSanitizer", SUMMARY);
#endif
