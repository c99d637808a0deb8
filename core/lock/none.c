/*
 * none.c - a lock that does not lock: the control that every check must catch, and
 * what the harness itself costs.
 */
#include "core/lock.h"

static int
none_init(void *state, bool shared)
{
	(void)state;
	(void)shared;
	return 0;
}

static int
none_acquire(void *state, void *node)
{
	(void)state;
	(void)node;
	return 0;
}

static int
none_try(void *state, void *node)
{
	return none_acquire(state, node);
}

static int
none_release(void *state, void *node)
{
	return none_acquire(state, node);
}

LOCK_DEFINE(none, LOCK_SHARED, .kind.control = true,
	    .kind.summary = "does not lock: the control, which must lose updates",
	    .origin = "what happens without one");
