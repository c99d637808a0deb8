/*
 * aarch64.c - the switch in assembly for 64-bit ARM (core/coro_switch.h).
 */
#include "core/coro_hop.h"

#include <stdio.h>

#define SUMMARY "assembly for arm64: pointers in a struct, one jump"

#ifdef CORO_SWITCH_AARCH64

static void
aarch64_make(struct coro_context *to, const struct coro_stack *stack)
{
	to->sp = stack->top;
	to->fp = NULL; /* ends a debugger's walk */
	to->ip = (void *)(uintptr_t)coro_start;
	coro_control_aarch64(to);
}

CORO_DEFINE(aarch64, coro_switch_aarch64, aarch64_make, 0, true, .summary = SUMMARY);

#else
CORO_DEFINE_ABSENT(aarch64, "an arm64 machine", SUMMARY);
#endif
