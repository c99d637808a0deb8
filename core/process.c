/*
 * process.c - a child process as an object.
 *
 * States: INITIAL -start-> STARTED -end seen-> ENDED -close-> CLOSED; an INITIAL one
 * may be closed, too.
 */
#include "core/process.h"

#include "core/clock.h"
#include "core/proc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Who the calling process is; set once, in the child. */
static const struct process *current;

/* Names given so far. Main thread only, as everything here. */
static unsigned named;

const struct process *
process_current(void)
{
	return current;
}

void
process_init(struct process *p, const char *name, process_target *target, void *arg,
	     bool daemon)
{
	*p = (struct process){ .target = target,
			       .arg = arg,
			       .daemon = daemon,
			       .parent = getpid(),
			       .pidfd = -1 };
	if (name == NULL)
		snprintf(p->name, sizeof(p->name), "Process-%u", ++named);
	else
		snprintf(p->name, sizeof(p->name), "%s", name);
}

/* What Python asserts at the head of a method; `verb` is "start", "join" ... */
static int
refuse_foreign(const struct process *p, const char *what, struct err *e)
{
	if (p->state == PROCESS_CLOSED)
		return err_set(e, EINVAL, "process object '%s' is closed", p->name);
	if (p->parent != getpid())
		return err_set(e, EINVAL, "can only %s: '%s'", what, p->name);
	return 0;
}

static int
refuse_start(const struct process *p, struct err *e)
{
	int rc = refuse_foreign(p, "start a process object created by current process",
				e);

	if (rc != 0)
		return rc;
	if (p->state != PROCESS_INITIAL)
		return err_set(e, EINVAL, "cannot start a process twice: '%s'",
			       p->name);
	if (current != NULL && current->daemon)
		return err_set(e, EINVAL,
			       "daemonic processes are not allowed to have children: "
			       "'%s'",
			       p->name);
	return 0;
}

int
process_start(struct process *p, struct err *e)
{
	unsigned flags = PROC_IGNORES_SIGINT;
	int rc = refuse_start(p, e), status;
	pid_t pid;

	if (rc != 0)
		return rc;
	if (p->daemon)
		flags |= PROC_DIES_WITH_PARENT;
	pid = proc_fork(flags, e);
	if (pid == 0) {
		current = p;
		p->pid = getpid();
		_exit(p->target(p->arg));
	}
	if (pid < 0)
		return (int)pid;
	p->pidfd = proc_open(pid, e);
	if (p->pidfd < 0) {
		/* We could not watch it; not reaped yet, so the PID is its own. */
		rc = p->pidfd;
		p->pidfd = -1;
		kill(pid, SIGKILL);
		proc_reap_pid(pid, &status);
		return rc;
	}
	p->pid = pid;
	p->state = PROCESS_STARTED;
	return 0;
}

/* Notes the end, if it has come. */
static void
look(struct process *p)
{
	int rc;

	if (p->state != PROCESS_STARTED)
		return;
	rc = proc_reap(p->pidfd, &p->exitcode);
	if (rc != 0) {
		if (rc < 0)
			p->exitcode = 255; /* somebody else reaped it */
		close(p->pidfd);
		p->pidfd = -1;
		p->state = PROCESS_ENDED;
	}
}

bool
process_is_alive(struct process *p)
{
	if (p->parent != getpid())
		return p == current;
	look(p);
	return p->state == PROCESS_STARTED;
}

int
process_join(struct process *p, uint64_t timeout_ns, struct err *e)
{
	int rc = refuse_foreign(p, "join a child process", e);

	if (rc != 0)
		return rc;
	if (p->state == PROCESS_INITIAL)
		return err_set(e, EINVAL, "can only join a started process: '%s'",
			       p->name);
	if (p->state == PROCESS_ENDED)
		return 0;
	rc = proc_wait(p->pidfd, clock_deadline_ns(timeout_ns), &p->exitcode);
	if (rc == -ETIMEDOUT)
		return err_set(e, ETIMEDOUT, "process '%s' still runs", p->name);
	if (rc != 0)
		return err_set(e, -rc, "cannot wait for process '%s'", p->name);
	close(p->pidfd);
	p->pidfd = -1;
	p->state = PROCESS_ENDED;
	return 0;
}

bool
process_exitcode(struct process *p, int *exitcode)
{
	if (p->parent == getpid())
		look(p);
	if (p->state == PROCESS_ENDED)
		*exitcode = p->exitcode;
	return p->state == PROCESS_ENDED;
}

static int
send_signal(struct process *p, int sig, const char *what, struct err *e)
{
	int rc = refuse_foreign(p, what, e);

	if (rc != 0)
		return rc;
	if (p->state == PROCESS_INITIAL)
		return err_set(e, EINVAL, "process '%s' was not started", p->name);
	look(p);
	if (p->state == PROCESS_ENDED)
		return 0;
	rc = proc_signal(p->pidfd, sig);
	return rc == 0 ? 0 : err_set(e, -rc, "cannot signal process '%s'", p->name);
}

int
process_terminate(struct process *p, struct err *e)
{
	return send_signal(p, SIGTERM, "terminate a child process", e);
}

int
process_kill(struct process *p, struct err *e)
{
	return send_signal(p, SIGKILL, "kill a child process", e);
}

int
process_close(struct process *p, struct err *e)
{
	if (p->parent == getpid())
		look(p);
	if (p->state == PROCESS_STARTED)
		return err_set(e, EINVAL,
			       "cannot close process '%s' while it is still running; "
			       "first join or terminate it",
			       p->name);
	p->state = PROCESS_CLOSED;
	return 0;
}
