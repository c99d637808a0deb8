/*
 * global.c - a plain global variable: the control, which is not thread-local and must
 * be caught, and what an access costs at least.
 */
#include "core/tls.h"

/* Relaxed atomics, for all threads write it; on all machines plain moves. */
static void *_Atomic slots[TLS_SLOTS];

static int
global_open(struct tls *t, struct err *e)
{
	(void)t;
	(void)e;
	return 0;
}

static void *
global_get(struct tls *t, int slot)
{
	(void)t;
	return atom_load_rlx(&slots[slot]);
}

static int
global_set(struct tls *t, int slot, void *value)
{
	(void)t;
	atom_store_rlx(&slots[slot], value);
	return 0;
}

/* Whose value it is cannot be told, so nobody's destructor is called. */
static void
global_leave(struct tls *t)
{
	(void)t;
}

static void
global_close(struct tls *t)
{
	global_set(t, 0, NULL);
	global_set(t, 1, NULL);
}

TLS_DEFINE(global, .kind.summary = "a plain global: not thread-local, the control",
	   .traits = TLS_SINGLE, .leave = global_leave);
