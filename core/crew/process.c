/*
 * process.c - workers as forked children of the owner.
 */
#include "core/crew.h"

#include "core/proc.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

static int
process_start(struct crew_worker *w, struct err *e)
{
	struct crew *c = w->crew;
	struct err why;
	pid_t pid = proc_fork(PROC_DIES_WITH_PARENT | PROC_IGNORES_SIGINT, &why);

	if (pid == 0) {
		crew_enter(c, w->number);
		_exit(c->body(c, w->number, c->arg) & 0xff);
	}
	if (pid < 0) {
		proc_refused(e, why.code, "fork of worker %d of %d", w->number + 1,
			     c->n);
		return (int)pid;
	}
	w->pid = pid;
	w->pidfd = proc_open(pid, e);
	if (w->pidfd < 0) {
		int rc = w->pidfd;

		/* Not reaped yet, so the number is still its own. */
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		w->pidfd = -1;
		return rc;
	}
	return 0;
}

static bool
process_reap(struct crew_worker *w, bool wait)
{
	return wait ? proc_wait(w->pidfd, UINT64_MAX, &w->exit) == 0
		    : proc_reap(w->pidfd, &w->exit) == 1;
}

static int
process_signal(struct crew_worker *w, int sig)
{
	return proc_signal(w->pidfd, sig);
}

const struct crew_kind crew_kind_process = {
	.kind = { .name = "process", .summary = "forked child processes" },
	.noun = "process",
	.nouns = "processes",
	.call = "fork",
	.start = process_start,
	.reap = process_reap,
	.signal = process_signal,
};
