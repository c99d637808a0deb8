/*
 * spawn.c - clone(2) with CLONE_VM and CLONE_VFORK: the child borrows our memory.
 *
 * It runs on a stack of its own, so that nothing of the caller's frame can be
 * overwritten, while the calling thread is suspended until it has exec'd or is gone.
 * Source: glibc's posix_spawn(3) since 2.24 (A. Zanella).
 */
#include "core/spawn.h"

#include "core/proc.h"
#include "core/tsan.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

/*
 * ThreadSanitizer takes every clone() for a fork and resets what it knows of the
 * thread, which is the parent's own here: then it reports races that are none, and
 * fails itself. libc's other name for it goes past that.
 */
#ifdef UNDER_TSAN
int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);
#define clone __clone
#endif

/* The child calls little; a handler never runs on it. */
#define CHILD_STACK_BYTES (64 * 1024)

SPAWN_FOREIGN_STACK static int
child(void *arg)
{
	spawn_exec(arg);
}

static int
start(const struct spawn_request *q, struct spawn_child *c, struct err *e)
{
	_Alignas(64) char stack[CHILD_STACK_BYTES];
	struct spawn_start s = { .request = q, .parent = getpid(), .report_fd = -1 };
	sigset_t before;
	int code;

	proc_block_signals(&before);
	c->pid = clone(child, stack + sizeof(stack),
		       CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &s, &c->pidfd);
	code = errno;
	proc_restore_signals(&before);
	if (c->pid < 0)
		return proc_refused(e, code, "cannot start '%s'", q->argv[0]);
	return spawn_conclude(&s, c, e);
}

const struct spawn_kind spawn_kind_spawn = {
	.kind = { .name = "spawn",
		  .summary = "clone with CLONE_VM and CLONE_VFORK: the child borrows "
			     "our memory until exec" },
	.start = start,
};
