/*
 * process.c - `concbench process`: a child process as an object.
 */
#include "core/proc.h"
#include "core/sys.h"
#include "scenarios/process/process_run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

/* A duration that is not given reads 0; nothing shorter than 1 ns is accepted. */
#define DURATION_MAX_NS 1e18

const struct param process_params[] = {
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

static int
run_process(struct run *run, const void *opts, struct err *e)
{
	const struct process_opts *o = opts;
	const size_t bytes = (size_t)o->n * sizeof(struct report);
	struct process_demo d = { .run = run,
				  .o = o,
				  .n = (int)o->n,
				  .raise = o->raise == NULL
						   ? 0
						   : proc_signal_number(o->raise),
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
		rc = process_demo_play(&d, e);
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
	{ "concbench process -b -n 4", "what starting and joining one costs" },
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
	.params = process_params,
	.opts_size = sizeof(struct process_opts),
	.metrics = process_metrics,
	.roles = roles,
	.check = check,
	.run = run_process,
	.bench = process_bench,
};
