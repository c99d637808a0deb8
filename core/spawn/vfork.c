/*
 * vfork.c - vfork(2) and exec: the child borrows our memory, and our stack.
 */
#include "core/spawn.h"

#include "core/proc.h"
#include "core/tsan.h"

#include <errno.h>
#include <signal.h>
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

static int
start(const struct spawn_request *q, struct spawn_child *c, struct err *e)
{
	struct spawn_start s = { .request = q, .parent = getpid(), .report_fd = -1 };
	sigset_t before;
	int code;

	proc_block_signals(&before);
	c->pid = vfork();
	if (c->pid == 0)
		spawn_exec(&s);
	code = errno;
	proc_restore_signals(&before);
	if (c->pid < 0)
		return proc_refused(e, code, "cannot start '%s'", q->argv[0]);
	return spawn_conclude(&s, c, e);
}

const struct spawn_kind spawn_kind_vfork = {
	.kind = { .name = "vfork",
		  .summary = "vfork and exec: the child borrows our memory and stack",
		  .available = can_vfork },
	.start = start,
};
