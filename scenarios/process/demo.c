/*
 * demo.c - the script of `concbench process`: start, join, signal, at exit.
 */
#include "scenarios/process/process_run.h"

#include "core/clock.h"
#include "core/proc.h"
#include "core/sys.h"
#include "core/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

/* How long a terminated child may take before it is killed, after a stop. */
#define GRACE_NS (2 * NS_PER_S)

static const struct event_type parent_event = {
	.name = "parent",
	.say = "● Parent process {pid}.",
};
static const struct event_type will_start_event = {
	.name = "will_start",
	.say = "Process will start.",
};
static const struct event_type started_event = {
	.name = "start",
	.say = "├─ start {s} ({a})",
	.key_a = "child",
	.key_s = "name",
	.unit_a = EVENT_PID,
};
static const struct event_type dead_event = {
	.name = "is_alive",
	.say = "{s}.is_alive(): False",
	.key_a = "alive",
	.key_s = "name",
};
static const struct event_type alive_event = {
	.name = "is_alive",
	.say = "{s}.is_alive(): True",
	.key_a = "alive",
	.key_s = "name",
};
static const struct event_type none_event = {
	.name = "exitcode_none",
	.say = "{s}.exitcode: None",
	.key_s = "name",
};
static const struct event_type exitcode_event = {
	.name = "exitcode",
	.say = "{s}.exitcode: {a}",
	.key_a = "exitcode",
	.key_b = "child", /* until here it lived, to its lane */
	.key_s = "name",
	.unit_b = EVENT_PID,
};
static const struct event_type join_event = {
	.name = "join",
	.phase = EVENT_WAIT,
	.say = "{s}.join()",
	.key_s = "name",
	.span = "join {s}",
};
static const struct event_type joined_event = {
	.name = "joined",
	.phase = EVENT_END,
};
static const struct event_type timeout_event = {
	.name = "join_timeout",
	.say = "{s}.join() gave up after {a}",
	.key_a = "timeout_ns",
	.key_s = "name",
	.unit_a = EVENT_NS,
};
static const struct event_type terminate_event = {
	.name = "terminate",
	.say = "{s}.terminate()",
	.key_s = "name",
};
static const struct event_type kill_event = {
	.name = "kill",
	.say = "{s}.kill()",
	.key_s = "name",
};
static const struct event_type end_event = {
	.name = "end",
	.say = "■ Process end.",
};
static const struct event_type at_exit_event = {
	.name = "at_exit",
	.say = "at exit: {s} still runs",
	.key_s = "name",
};
static const struct event_type run_event = {
	.name = "run",
	.phase = EVENT_BEGIN,
	.say = "▶ Run child process {s} ({pid})...",
	.key_s = "arg",
	.span = "run",
};
static const struct event_type done_event = {
	.name = "done",
	.phase = EVENT_END,
	.say = "✔ exit {a}",
	.key_a = "status",
};
static const struct event_type raise_event = {
	.name = "raise",
	.phase = EVENT_END,
	.say = "✘ raise {s}",
	.key_a = "number",
	.key_s = "signal",
};

/* Ends the calling process by a signal, without a core file. */
static void
die_by(int sig)
{
	char name[PROC_SIGNAL_NAME];

	prctl(PR_SET_DUMPABLE, 0);
	signal(sig, SIG_DFL);
	trace_emit(&raise_event, sig, 0, proc_signal_name(sig, name));
	raise(sig);
}

static int
target(void *arg)
{
	struct process_child *c = arg;
	struct process_demo *d = c->demo;
	struct report *r = &d->report[c->number];
	int status;

	proc_pin(sys_pin_cpu(d->run->pin, c->number));
	trace_bind(d->run->trace, 1 + c->number);
	atom_store_rlx(&r->begin_ns, clock_ns());
	trace_emit(&run_event, 0, 0, d->o->arg);
	status = work_do(&d->o->work,
			 work_amount(&d->o->work, d->run->seed, (uint64_t)c->number),
			 NULL) == 0
			 ? (int)d->o->exit
			 : 1;
	atom_store_rlx(&r->end_ns, clock_ns());
	if (d->raise != 0)
		die_by(d->raise);
	trace_emit(&done_event, status, 0, NULL);
	return status;
}

static void
init_child(struct process_demo *d, int i)
{
	struct process_child *c = &d->child[i];
	char name[TRACE_NAME], tail[16] = "";

	c->demo = d;
	c->number = i;
	if (d->o->name != NULL && i > 0)
		snprintf(tail, sizeof(tail), "-%d", i + 1);
	if (d->o->name != NULL)
		snprintf(name, sizeof(name), "%.*s%s",
			 (int)(sizeof(name) - 1 - strlen(tail)), d->o->name, tail);
	process_init(&c->p, d->o->name == NULL ? NULL : name, target, c, d->o->daemon);
	trace_name(d->run->trace, 1 + i, c->p.name);
}

static void
tell_alive(struct process_child *c)
{
	int exitcode;

	if (process_is_alive(&c->p))
		trace_emit(&alive_event, 1, 0, c->p.name);
	else
		trace_emit(&dead_event, 0, 0, c->p.name);
	if (process_exitcode(&c->p, &exitcode))
		trace_emit(&exitcode_event, exitcode, c->p.pid, c->p.name);
	else
		trace_emit(&none_event, 0, 0, c->p.name);
}

static int
start_all(struct process_demo *d, struct err *e)
{
	int rc = 0, i;

	for (i = 0; i < d->n; i++) {
		init_child(d, i);
		d->dead_before &= !process_is_alive(&d->child[i].p);
		tell_alive(&d->child[i]);
	}
	trace_emit(&will_start_event, 0, 0, NULL);
	for (i = 0; i < d->n && rc == 0; i++) {
		struct process_child *c = &d->child[i];

		if (stop_reason(d->run->stop) != STOP_NONE)
			return -ECANCELED;
		c->start_ns = clock_ns();
		rc = process_start(&c->p, e);
		c->started_ns = clock_ns();
		if (rc != 0)
			break;
		d->nstarted++;
		trace_emit(&started_event, c->p.pid, 0, c->p.name);
		tell_alive(c);
	}
	return rc;
}

/* Sends every child that still runs a signal. */
static void
signal_all(struct process_demo *d, int sig)
{
	int i;

	for (i = 0; i < d->nstarted; i++) {
		struct process_child *c = &d->child[i];

		if (!process_is_alive(&c->p))
			continue;
		trace_emit(sig == SIGKILL ? &kill_event : &terminate_event, 0, 0,
			   c->p.name);
		c->sent = sig;
		if (sig == SIGKILL)
			process_kill(&c->p, NULL);
		else
			process_terminate(&c->p, NULL);
	}
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What the clock has brought due. */
static void
act_in_time(struct process_demo *d)
{
	const uint64_t now_ns = clock_ns();

	if (now_ns >= d->terminate_ns) {
		d->terminate_ns = UINT64_MAX;
		signal_all(d, SIGTERM);
	}
	if (now_ns >= d->kill_ns) {
		d->kill_ns = UINT64_MAX;
		signal_all(d, SIGKILL);
	}
}

/* A stop was heard: all are asked to end, and killed if they do not. */
static void
stop_all(struct process_demo *d)
{
	d->stopped = true;
	signal_all(d, SIGTERM);
	d->terminate_ns = UINT64_MAX;
	d->kill_ns = clock_deadline_ns(GRACE_NS);
}

/*
 * join() of one child, that goes on showing events, sends what is due and hears the
 * stop. True when it has ended.
 */
static bool
join(struct process_demo *d, struct process_child *c, uint64_t timeout_ns)
{
	const uint64_t deadline_ns = clock_deadline_ns(timeout_ns);
	uint64_t wake_ns;
	int rc;

	trace_emit(&join_event, 0, 0, c->p.name);
	while (process_is_alive(&c->p)) {
		wake_ns = earlier(d->terminate_ns, d->kill_ns);
		if (!d->stopped)
			wake_ns = earlier(wake_ns, deadline_ns);
		rc = watch_fd(d->run->trace, d->stopped ? NULL : d->run->stop,
			      c->p.pidfd, wake_ns);
		if (rc == -ECANCELED)
			stop_all(d);
		act_in_time(d);
		if (!d->stopped && rc == -ETIMEDOUT && clock_ns() >= deadline_ns)
			break;
	}
	trace_emit(&joined_event, 0, 0, NULL);
	return process_join(&c->p, 0, NULL) == 0;
}

/* The script: join each with the timeout, tell what became of it. */
static void
join_all(struct process_demo *d)
{
	const uint64_t timeout_ns =
		d->o->join_timeout_ns == 0 ? UINT64_MAX : d->o->join_timeout_ns;
	int i;

	for (i = 0; i < d->nstarted; i++) {
		struct process_child *c = &d->child[i];

		if (!join(d, c, timeout_ns))
			trace_emit(&timeout_event, (int64_t)timeout_ns, 0, c->p.name);
		tell_alive(c);
	}
}

/* What Python does when the main process ends: daemons go, others are joined. */
static void
at_exit(struct process_demo *d)
{
	int i;

	for (i = 0; i < d->nstarted; i++)
		if (process_is_alive(&d->child[i].p))
			trace_emit(&at_exit_event, 0, 0, d->child[i].p.name);
	if (d->o->daemon)
		signal_all(d, SIGTERM);
	for (i = 0; i < d->nstarted; i++) {
		struct process_child *c = &d->child[i];

		if (!process_is_alive(&c->p))
			continue;
		join(d, c, UINT64_MAX);
		tell_alive(c);
	}
}

/* Which of the processes could not be started. */
static void
name_refused(const struct process_demo *d, struct err *e)
{
	const struct err why = *e;

	err_set(e, why.code, "process %d of %d: %.160s", d->nstarted + 1, d->n,
		why.msg);
	err_hint(e, "%s", why.hint);
}

int
process_demo_play(struct process_demo *d, struct err *e)
{
	const uint64_t begin_ns = clock_ns();
	int rc;

	trace_emit(&parent_event, 0, 0, NULL);
	rc = start_all(d, e);
	if (d->o->terminate_after_ns != 0)
		d->terminate_ns = clock_deadline_ns(d->o->terminate_after_ns);
	if (d->o->kill_after_ns != 0)
		d->kill_ns = clock_deadline_ns(d->o->kill_after_ns);
	if (rc != 0)
		stop_all(d);
	if (rc != 0 && rc != -ECANCELED)
		name_refused(d, e);
	join_all(d);
	trace_emit(&end_event, 0, 0, NULL);
	at_exit(d);
	return process_demo_conclude(d, begin_ns, rc == -ECANCELED ? 0 : rc, e);
}
