/*
 * x86_64.c - the switch in assembly for x86-64 (core/coro_switch.h).
 */
#include "core/coro_hop.h"

#include <stdio.h>

#define SUMMARY "assembly for x86-64: pointers in a struct, one jump"

#ifdef CORO_SWITCH_X86_64

const uint32_t coro_mxcsr_default = CORO_MXCSR_DEFAULT;

static void
x86_64_make(struct coro_context *to, const struct coro_stack *stack)
{
	void **top = (void **)(void *)stack->top;

	/* As after a call: the return address, NULL, ends a debugger's walk. */
	top[-1] = NULL;
	to->sp = top - 1;
	to->fp = NULL;
	to->ip = (void *)(uintptr_t)coro_start;
	coro_control_x86_64(to);
}

CORO_DEFINE(x86_64, coro_switch_x86_64, x86_64_make, 0, true, .summary = SUMMARY);

#else
CORO_DEFINE_ABSENT(x86_64, "an x86-64 machine", SUMMARY);
#endif
