/*
 * x86_64_abi.c - the switch for x86-64 that saves and loads both control words always.
 */
#include "core/coro_hop.h"

#include <stdio.h>

#define SUMMARY "the same with both floating-point control words, always"

#ifdef CORO_SWITCH_X86_64

static void
x86_64_abi_make(struct coro_context *to, const struct coro_stack *stack)
{
	void **top = (void **)(void *)stack->top;

	/* As after a call: the return address, NULL, ends a debugger's walk. */
	top[-1] = NULL;
	to->sp = top - 1;
	to->fp = NULL;
	to->ip = (void *)(uintptr_t)coro_start;
	coro_control_x86_64(to);
}

CORO_DEFINE(x86_64_abi, coro_switch_x86_64_abi, x86_64_abi_make, 0, true,
	    .summary = SUMMARY);

#else
CORO_DEFINE_ABSENT(x86_64_abi, "an x86-64 machine", SUMMARY);
#endif
