/*
 * fork.c - fork(2): the child is a copy of the parent.
 */
#include "core/fork.h"

#include "core/proc.h"

#include <unistd.h>

static pid_t
create(const struct fork_request *q, struct err *e)
{
	pid_t pid = proc_fork(PROC_DIES_WITH_PARENT | PROC_IGNORES_SIGINT, e);

	if (pid == 0)
		_exit(q->body(q->arg));
	return pid;
}

const struct fork_kind fork_kind_fork = {
	.kind = { .name = "fork",
		  .summary = "returns twice; the child has a copy of all memory" },
	.traits = FORK_RETURNS_TWICE | FORK_COPIES,
	.create = create,
};
