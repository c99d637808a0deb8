/*
 * vfork.c - vfork(2): the child borrows the parent's memory while it waits.
 *
 * The standard allows the child nothing but exec and _exit. On Linux it is a
 * process of its own that shares the memory (CLONE_VM | CLONE_VFORK), with its own
 * descriptors, signal actions and mask, so a body that neither allocates nor
 * returns is safe. The parent sleeps in the call until the child is gone: it
 * cannot react to a signal meanwhile, hence Ctrl-C must end the child itself.
 */
#include "core/fork.h"

#include "core/proc.h"
#include "core/tsan.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#ifdef UNDER_TSAN
static bool
can_vfork(char *why, size_t size)
{
	snprintf(why, size, "ThreadSanitizer makes vfork a fork; another build has it");
	return false;
}
#else
#define can_vfork NULL
#endif

static pid_t
create(const struct fork_request *q, struct err *e)
{
	const pid_t self = getpid();
	sigset_t saved;
	pid_t pid;
	int code;

	proc_block_signals(&saved);
	pid = vfork();
	if (pid == 0) {
		proc_settle(PROC_DIES_WITH_PARENT, self);
		_exit(q->body(q->arg));
	}
	code = errno;
	proc_restore_signals(&saved);
	return pid > 0 ? pid : proc_refused(e, code, "cannot vfork a child process");
}

const struct fork_kind fork_kind_vfork = {
	.kind = { .name = "vfork",
		  .summary = "returns twice; the child runs in the parent's memory, "
			     "and the parent waits until it exits",
		  .available = can_vfork },
	.traits = FORK_RETURNS_TWICE | FORK_SHARES,
	.create = create,
};
