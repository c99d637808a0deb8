/*
 * none.c - a switch that does not switch: the control that must fail, and the cost of
 * the bookkeeping alone (a call and its return).
 */
#include "core/coro_hop.h"

#include <stdio.h>

#define SUMMARY "does not switch: the control that must fail"

/* Sanitizers are told of a switch that never comes. */
#if defined(CORO_ASAN) || defined(CORO_TSAN)
CORO_DEFINE_ABSENT(none, "a build without sanitizers", SUMMARY);
#else

static void
none_make(struct coro_context *to, const struct coro_stack *stack)
{
	(void)to;
	(void)stack;
}

CORO_INLINE struct coro_context *
none_switch(struct coro_context *from, struct coro_context *to)
{
	(void)to;
	__asm__ __volatile__("" ::: "memory");
	return from;
}

CORO_DEFINE(none, none_switch, none_make, 0, false, .summary = SUMMARY,
	    .control = true);

#endif
