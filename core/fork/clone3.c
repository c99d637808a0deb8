/*
 * clone3.c - clone3(2), the system call behind them all, asked for a plain copy.
 *
 * Called directly: the C library does not know of the child, its fork handlers do
 * not run, so the body must not allocate. Source: clone3(2); Linux 5.3.
 */
#include "core/fork.h"

#include "core/proc.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool
available(char *why, size_t size)
{
	/* A block too small is refused as EINVAL by a kernel that has the call. */
	if (syscall(SYS_clone3, NULL, 0) == 0 || errno != ENOSYS)
		return true;
	snprintf(why, size, "needs clone3(2): Linux 5.3, allowed by the sandbox");
	return false;
}

static pid_t
create(const struct fork_request *q, struct err *e)
{
	const pid_t self = getpid();
	struct clone_args args;
	sigset_t saved;
	pid_t pid;
	int code;

	memset(&args, 0, sizeof(args));
	args.exit_signal = SIGCHLD;
	proc_block_signals(&saved);
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	code = errno;
	if (pid == 0) {
		proc_settle(PROC_DIES_WITH_PARENT | PROC_IGNORES_SIGINT, self);
		_exit(q->body(q->arg));
	}
	proc_restore_signals(&saved);
	return pid > 0 ? pid : proc_refused(e, code, "cannot clone a child process");
}

const struct fork_kind fork_kind_clone3 = {
	.kind = { .name = "clone3",
		  .summary = "the system call behind fork, without the C library",
		  .available = available },
	.traits = FORK_RETURNS_TWICE | FORK_COPIES,
	.create = create,
};
