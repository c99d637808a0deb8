/*
 * process.c - `concbench process`: a child process as an object.
 */
#include "core/process.h"

#include "core/clock.h"
#include "core/proc.h"
#include "core/sys.h"
#include "core/watch.h"
#include "core/work.h"
#include "scenarios/scenario.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* How long a terminated child may take before it is killed, after a stop. */
#define GRACE_NS (2 * NS_PER_S)

/* A duration that is not given reads 0; nothing shorter than 1 ns is accepted. */
#define DURATION_MAX_NS 1e18

struct process_opts {
	int64_t n, exit;
	const char *name, *arg, *raise;
	struct work work;
	uint64_t join_timeout_ns, terminate_after_ns, kill_after_ns;
	bool daemon;
};

static const struct param params[] = {
	{ .name = "workers",
	  .letter = 'n',
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct process_opts, n),
	  .arg = "N",
	  .def = "1",
	  .min = 1,
	  .max = 10000,
	  .help = "processes" },
	{ .name = "work",
	  .letter = 'w',
	  .type = PARAM_WORK,
	  .offset = offsetof(struct process_opts, work),
	  .arg = "SPEC",
	  .def = "sleep:1s",
	  .help = "what the target does" },
	{ .name = "name",
	  .type = PARAM_TEXT,
	  .offset = offsetof(struct process_opts, name),
	  .arg = "NAME",
	  .help = "name of the process; the next ones are NAME-2, NAME-3 (default: "
		  "Process-1, Process-2)" },
	{ .name = "arg",
	  .type = PARAM_TEXT,
	  .offset = offsetof(struct process_opts, arg),
	  .arg = "TEXT",
	  .def = "test",
	  .help = "argument of the target, which it says" },
	{ .name = "join-timeout",
	  .type = PARAM_DURATION,
	  .offset = offsetof(struct process_opts, join_timeout_ns),
	  .arg = "DUR",
	  .min = 1,
	  .max = DURATION_MAX_NS,
	  .help = "how long join waits at most (default: until the end)" },
	{ .name = "terminate-after",
	  .type = PARAM_DURATION,
	  .offset = offsetof(struct process_opts, terminate_after_ns),
	  .arg = "DUR",
	  .min = 1,
	  .max = DURATION_MAX_NS,
	  .help = "terminate() (SIGTERM) what still runs so long after the start" },
	{ .name = "kill-after",
	  .type = PARAM_DURATION,
	  .offset = offsetof(struct process_opts, kill_after_ns),
	  .arg = "DUR",
	  .min = 1,
	  .max = DURATION_MAX_NS,
	  .help = "kill() (SIGKILL) what still runs so long after the start" },
	{ .name = "exit",
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct process_opts, exit),
	  .arg = "N",
	  .def = "0",
	  .max = 255,
	  .help = "exit status of the target" },
	{ .name = "raise-signal",
	  .type = PARAM_TEXT,
	  .offset = offsetof(struct process_opts, raise),
	  .arg = "SIGNAL",
	  .help = "the target ends by this signal when its work is done" },
	{ .name = "daemon",
	  .type = PARAM_FLAG,
	  .offset = offsetof(struct process_opts, daemon),
	  .help = "the processes do not outlive their parent" },
	PARAM_END,
};

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
	.key_s = "name",
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

static const struct metric metrics[] = {
	{ "wall", "ns", BETTER_LOWER, "from the first start until all had ended" },
	{ "start", "ns", BETTER_LOWER, "start() as the parent waited for it" },
	{ "startup", "ns", BETTER_LOWER, "from start() to the target's first line" },
	{ "run", "ns", BETTER_LOWER, "how long the target ran" },
	{ .name = NULL },
};

enum { M_WALL, M_START, M_STARTUP, M_RUN };

static const struct result_column columns[] = {
	{ "name", "name", COLUMN_TEXT },
	{ "pid", "PID", COLUMN_NUMBER },
	{ "exitcode", "exit code", COLUMN_NUMBER },
	{ "end", "end", COLUMN_TEXT },
	{ "start_ns", "start", COLUMN_NS },
	{ "startup_ns", "startup", COLUMN_NS },
	{ "run_ns", "run", COLUMN_NS },
};

enum { C_NAME, C_PID, C_EXITCODE, C_END, C_START, C_STARTUP, C_RUN, C_COUNT };

/* What a child tells the parent; shared memory. */
struct report {
	atom_u64 begin_ns, end_ns;
};

struct child {
	struct process p;
	struct demo *demo;
	int number;
	uint64_t start_ns, started_ns; /* start() called, returned */
	int sent;		       /* last signal we sent; 0: none */
};

/* A run. */
struct demo {
	struct run *run;
	const struct process_opts *o;
	struct child *child;
	struct report *report;
	int n, nstarted;
	int raise;			/* signal number; 0: none */
	uint64_t terminate_ns, kill_ns; /* deadlines; UINT64_MAX: none */
	bool stopped;
	bool dead_before, dead_after; /* is_alive() said so of all */
};

static int
roles(const struct run *run, const void *opts)
{
	const struct process_opts *o = opts;

	(void)run;
	return 1 + (int)o->n;
}

static int
check(const struct run *run, const void *opts, struct err *e)
{
	const struct process_opts *o = opts;
	int sig;

	(void)run;
	if (o->name != NULL && *o->name == '\0')
		return err_set(e, EINVAL, "'--name' is empty");
	if (o->raise == NULL)
		return 0;
	sig = proc_signal_number(o->raise);
	if (sig < 0) {
		err_set(e, EINVAL, "--raise-signal: '%s' is no signal", o->raise);
		err_hint(e, "a name as SIGTERM or SEGV, or a number as 9");
		return -EINVAL;
	}
	if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)
		return err_set(e, EINVAL,
			       "--raise-signal: '%s' would stop the process for ever",
			       o->raise);
	if (sig == SIGCHLD || sig == SIGCONT || sig == SIGURG || sig == SIGWINCH)
		return err_set(e, EINVAL, "--raise-signal: '%s' ends no process",
			       o->raise);
	if (o->exit != 0)
		return err_set(e, EINVAL,
			       "'--exit' and '--raise-signal' exclude each other");
	return 0;
}

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
	struct child *c = arg;
	struct demo *d = c->demo;
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
init_child(struct demo *d, int i)
{
	struct child *c = &d->child[i];
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
tell_alive(struct child *c)
{
	int exitcode;

	if (process_is_alive(&c->p))
		trace_emit(&alive_event, 1, 0, c->p.name);
	else
		trace_emit(&dead_event, 0, 0, c->p.name);
	if (process_exitcode(&c->p, &exitcode))
		trace_emit(&exitcode_event, exitcode, 0, c->p.name);
	else
		trace_emit(&none_event, 0, 0, c->p.name);
}

static int
start_all(struct demo *d, struct err *e)
{
	int rc = 0, i;

	for (i = 0; i < d->n; i++) {
		init_child(d, i);
		d->dead_before &= !process_is_alive(&d->child[i].p);
		tell_alive(&d->child[i]);
	}
	trace_emit(&will_start_event, 0, 0, NULL);
	for (i = 0; i < d->n && rc == 0; i++) {
		struct child *c = &d->child[i];

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
signal_all(struct demo *d, int sig)
{
	int i;

	for (i = 0; i < d->nstarted; i++) {
		struct child *c = &d->child[i];

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
act_in_time(struct demo *d)
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
stop_all(struct demo *d)
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
join(struct demo *d, struct child *c, uint64_t timeout_ns)
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
join_all(struct demo *d)
{
	const uint64_t timeout_ns =
		d->o->join_timeout_ns == 0 ? UINT64_MAX : d->o->join_timeout_ns;
	int i;

	for (i = 0; i < d->nstarted; i++) {
		struct child *c = &d->child[i];

		if (!join(d, c, timeout_ns))
			trace_emit(&timeout_event, (int64_t)timeout_ns, 0, c->p.name);
		tell_alive(c);
	}
}

/* What Python does when the main process ends: daemons go, others are joined. */
static void
at_exit(struct demo *d)
{
	int i;

	for (i = 0; i < d->nstarted; i++)
		if (process_is_alive(&d->child[i].p))
			trace_emit(&at_exit_event, 0, 0, d->child[i].p.name);
	if (d->o->daemon)
		signal_all(d, SIGTERM);
	for (i = 0; i < d->nstarted; i++) {
		struct child *c = &d->child[i];

		if (!process_is_alive(&c->p))
			continue;
		join(d, c, UINT64_MAX);
		tell_alive(c);
	}
}

/* The exit code is what was asked for, or of a signal that we sent. */
static bool
ended_well(const struct demo *d, const struct child *c)
{
	const int asked = d->raise != 0 ? -d->raise : (int)d->o->exit;

	return c->p.exitcode == asked || (c->sent != 0 && c->p.exitcode == -c->sent) ||
	       (c->sent == SIGKILL && c->p.exitcode == -SIGTERM);
}

static void
add_child(struct demo *d, struct result_table *t, const struct child *c)
{
	const struct report *report = &d->report[c->number];
	const uint64_t begin_ns = atom_load_rlx(&report->begin_ns);
	const uint64_t end_ns = atom_load_rlx(&report->end_ns);
	struct result *r = d->run->result;
	const size_t row = result_row(r, t);
	char words[64];

	result_text(r, t, row, C_NAME, c->p.name);
	result_number(t, row, C_PID, c->p.pid);
	if (c->p.state == PROCESS_ENDED) {
		result_number(t, row, C_EXITCODE, c->p.exitcode);
		result_text(r, t, row, C_END,
			    proc_exit_words(c->p.exitcode, words, sizeof(words)));
	}
	result_number(t, row, C_START, (double)(c->started_ns - c->start_ns));
	result_sample(r, result_series(r, NULL, d->n, &metrics[M_START]),
		      (double)(c->started_ns - c->start_ns));
	if (begin_ns == 0)
		return;
	result_number(t, row, C_STARTUP, (double)(begin_ns - c->start_ns));
	result_sample(r, result_series(r, NULL, d->n, &metrics[M_STARTUP]),
		      (double)(begin_ns - c->start_ns));
	if (end_ns < begin_ns)
		return;
	result_number(t, row, C_RUN, (double)(end_ns - begin_ns));
	result_sample(r, result_series(r, NULL, d->n, &metrics[M_RUN]),
		      (double)(end_ns - begin_ns));
}

static void
check_ends(struct demo *d, int nwell)
{
	struct result *r = d->run->result;
	siginfo_t info;
	int nleft;

	memset(&info, 0, sizeof(info));
	nleft = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
	result_check(r, NULL, "every process was reaped", !nleft,
		     nleft ? "%d started, and there is a child left"
			   : "%d started, none left",
		     d->nstarted);
	result_check(r, NULL, "is_alive told the truth",
		     d->dead_before && d->dead_after,
		     "False before start and after the end");
	if (!d->stopped)
		result_check(r, NULL, "every exit code is as asked",
			     nwell == d->nstarted, "%d of %d", nwell, d->nstarted);
}

/* Puts what became of the processes into the result. */
static int
conclude(struct demo *d, uint64_t begin_ns, int rc, struct err *e)
{
	struct result *r = d->run->result;
	struct result_table *t =
		result_table(r, "processes", NULL, d->n, columns, C_COUNT);
	const struct child *bad = NULL;
	char words[64];
	int i, nwell = 0;

	if (rc == 0 && !d->stopped)
		result_sample(r, result_series(r, NULL, d->n, &metrics[M_WALL]),
			      (double)(clock_ns() - begin_ns));
	for (i = 0; i < d->nstarted; i++) {
		struct child *c = &d->child[i];

		d->dead_after &= !process_is_alive(&c->p);
		add_child(d, t, c);
		nwell += ended_well(d, c);
		if (bad == NULL && !ended_well(d, c))
			bad = c;
	}
	result_line(r, "%d of %d processes started, %d ended as asked", d->nstarted,
		    d->n, nwell);
	if (rc == 0)
		check_ends(d, nwell);
	for (i = 0; i < d->n; i++)
		process_close(&d->child[i].p, NULL);
	if (rc == 0 && !d->stopped && bad != NULL)
		return err_set(e, EINVAL,
			       "process '%s' (%d): %s, which was not asked for",
			       bad->p.name, (int)bad->p.pid,
			       proc_exit_words(bad->p.exitcode, words, sizeof(words)));
	return rc;
}

/* Which of the processes could not be started. */
static void
name_refused(const struct demo *d, struct err *e)
{
	const struct err why = *e;

	err_set(e, why.code, "process %d of %d: %.160s", d->nstarted + 1, d->n,
		why.msg);
	err_hint(e, "%s", why.hint);
}

static int
play(struct demo *d, struct err *e)
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
	return conclude(d, begin_ns, rc == -ECANCELED ? 0 : rc, e);
}

static int
run_process(struct run *run, const void *opts, struct err *e)
{
	const struct process_opts *o = opts;
	const size_t bytes = (size_t)o->n * sizeof(struct report);
	struct demo d = { .run = run,
			  .o = o,
			  .n = (int)o->n,
			  .raise = o->raise == NULL ? 0 : proc_signal_number(o->raise),
			  .terminate_ns = UINT64_MAX,
			  .kill_ns = UINT64_MAX,
			  .dead_before = true,
			  .dead_after = true };
	int rc;

	trace_name(run->trace, 0, "main");
	sys_pin_cpu(run->pin, 0); /* the CPUs are those of the parent */
	d.report = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (d.report == MAP_FAILED)
		return err_set(e, errno, "cannot map %zu bytes of shared memory",
			       bytes);
	d.child = calloc((size_t)o->n, sizeof(*d.child));
	if (d.child == NULL)
		rc = err_set(e, ENOMEM, "cannot make room for %d processes", d.n);
	else
		rc = play(&d, e);
	free(d.child);
	munmap(d.report, bytes);
	return rc;
}

static const struct example examples[] = {
	{ "concbench process", "start, join, exit code of one process" },
	{ "concbench process --raise-signal SEGV", "an exit code of -11" },
	{ "concbench process -n 3 --terminate-after 200ms", "three ended early" },
	{ "concbench process --join-timeout 100ms", "a join that gives up" },
	{ "concbench process --daemon --join-timeout 100ms -w sleep:1m",
	  "a daemon ends with its parent" },
	{ .line = NULL },
};

const struct scenario scenario_process = {
	.name = "process",
	.summary = "a named child process: start, join, exit code, terminate, kill",
	.stands_for = "multiprocessing.Process",
	.about = "Each process has a name, a target and an argument. The parent asks "
		 "is_alive before and after the start, joins, with a timeout if one is "
		 "given, and tells the exit code: None while it runs, the status of a "
		 "target that returned, -N for one that signal N killed.\n\n"
		 "Processes that still run when the parent has nothing more to do are "
		 "joined, as Python does at exit; with --daemon they are terminated "
		 "instead. A daemon does not outlive its parent in any case, also when "
		 "the parent is killed by SIGKILL; a process that is no daemon then "
		 "runs to its own end, as in Python.\n\n"
		 "The children ignore Ctrl-C: the parent hears it and terminates them, "
		 "after 2 s by SIGKILL. A process that somebody else killed makes the "
		 "run fail with status 3.",
	.examples = examples,
	.params = params,
	.opts_size = sizeof(struct process_opts),
	.metrics = metrics,
	.roles = roles,
	.check = check,
	.run = run_process,
};
