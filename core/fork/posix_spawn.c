/*
 * posix_spawn.c - posix_spawn(3): the child is a fresh program.
 */
#include "core/fork.h"

#include "core/proc.h"

#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static pid_t
create(const struct fork_request *q, struct err *e)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t all;
	pid_t pid = -1;
	size_t i;
	int code;

	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	/* The program unblocks them once it has settled; nothing hits it before. */
	posix_spawnattr_setsigmask(&attr, &all);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	code = 0;
	/* A dup onto itself takes close-on-exec away, in the child only. */
	for (i = 0; i < 2 && code == 0; i++)
		if (q->inherit_fd[i] >= 0)
			code = posix_spawn_file_actions_adddup2(
				&actions, q->inherit_fd[i], q->inherit_fd[i]);
	if (code == 0)
		code = posix_spawn(&pid, q->self, &actions, &attr, q->self_argv,
				   environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return code == 0 ? pid : proc_refused(e, code, "cannot spawn '%s'", q->self);
}

const struct fork_kind fork_kind_posix_spawn = {
	.kind = { .name = "posix_spawn",
		  .summary = "runs a fresh program; nothing is returned twice, no "
			     "memory is copied" },
	.traits = FORK_EXECS,
	.create = create,
};
