/*
 * none.c - a switch that does not switch: the control that must fail, and the cost of
 * the bookkeeping alone (a call and its return).
 */
#include "core/coro_hop.h"

static void
none_make(struct coro_context *to, const struct coro_stack *stack)
{
	(void)to;
	(void)stack;
}

CORO_INLINE void
none_switch(struct coro_context *from, struct coro_context *to)
{
	(void)from;
	(void)to;
	__asm__ __volatile__("" ::: "memory");
}

CORO_DEFINE(none, none_switch, none_make, 0, false,
	    "does not switch: the control that must fail");
