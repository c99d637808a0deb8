/*
 * thread_local.c - _Thread_local: the linker lays it out, a register finds it.
 *
 * In a program (not in a shared library) an access is one instruction: the offset from
 * the thread pointer is known when linking (the local-exec model). It has no
 * destructors: who sets a value that must be freed has to free it.
 */
#include "core/tls.h"

static _Thread_local void *slots[TLS_SLOTS];

static int
thread_local_open(struct tls *t, struct err *e)
{
	(void)t;
	(void)e;
	return 0;
}

static void *
thread_local_get(struct tls *t, int slot)
{
	(void)t;
	return slots[slot];
}

static int
thread_local_set(struct tls *t, int slot, void *value)
{
	(void)t;
	slots[slot] = value;
	return 0;
}

static void
thread_local_close(struct tls *t)
{
	(void)t;
	slots[0] = slots[1] = NULL;
}

TLS_DEFINE(thread_local, .kind.summary = "_Thread_local of C11, laid out by the linker",
	   .traits = TLS_LOCAL | TLS_SINGLE, .leave = tls_leave_by_hand);
