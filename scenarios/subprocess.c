/*
 * subprocess.c - `concbench subprocess`: run a command, as Python's subprocess does.
 */
#include "core/proc.h"
#include "scenarios/subprocess/subprocess_run.h"

#include <errno.h>
#include <string.h>

static const struct choice demos[] = {
	{ "none", "run the command" },
	{ "full-pipe", "wait() on a command that fills its pipe, and communicate()" },
	{ .name = NULL },
};

#define OPT(field) offsetof(struct subprocess_opts, field)
#define LONG_NS 1e18

const struct param subprocess_params[] = {
	{ .name = "capture",
	  .type = PARAM_FLAG,
	  .offset = OPT(capture),
	  .help = "communicate(): standard output and error through pipes, passed on" },
	{ .name = "input",
	  .type = PARAM_TEXT,
	  .offset = OPT(input),
	  .arg = "TEXT",
	  .help = "feed TEXT to its standard input" },
	{ .name = "input-file",
	  .type = PARAM_TEXT,
	  .offset = OPT(input_file),
	  .arg = "FILE",
	  .help = "feed FILE to its standard input ('-': ours)" },
	{ .name = "keep",
	  .type = PARAM_SIZE,
	  .offset = OPT(keep_bytes),
	  .arg = "SIZE",
	  .def = "1M",
	  .max = 1073741824.0, /* 1 GiB */
	  .help = "how much of each stream a document (-f json) holds" },
	{ .name = "grace",
	  .type = PARAM_DURATION,
	  .offset = OPT(grace_ns),
	  .arg = "DUR",
	  .def = "2s",
	  .max = LONG_NS,
	  .help = "from SIGTERM to SIGKILL, when --timeout or Ctrl-C ends it" },
	{ .name = "drain",
	  .type = PARAM_DURATION,
	  .offset = OPT(drain_ns),
	  .arg = "DUR",
	  .def = "200ms",
	  .max = LONG_NS,
	  .help = "how long its own children may hold the pipes after its end" },
	{ .name = "cwd",
	  .type = PARAM_TEXT,
	  .offset = OPT(cwd),
	  .arg = "DIR",
	  .help = "directory to start it in" },
	{ .name = "env",
	  .type = PARAM_TEXTS,
	  .offset = OPT(env),
	  .arg = "K=V",
	  .help = "set a variable of its environment; repeatable" },
	{ .name = "repeat",
	  .type = PARAM_COUNT,
	  .offset = OPT(repeat),
	  .arg = "N",
	  .def = "1",
	  .min = 1,
	  .max = 1e6,
	  .help = "run it N times (each kind)" },
	{ .name = "workers",
	  .letter = 'n',
	  .type = PARAM_COUNT,
	  .offset = OPT(n),
	  .arg = "M",
	  .def = "1",
	  .min = 1,
	  .max = 1000,
	  .help = "M of them at once" },
	{ .name = "kind",
	  .letter = 'k',
	  .type = PARAM_KINDS,
	  .offset = OPT(kinds),
	  .arg = "LIST",
	  .kinds = spawn_kind_list,
	  .help = "ways to start it (default: spawn; with --rss: all)" },
	{ .name = "rss",
	  .type = PARAM_SIZES,
	  .offset = OPT(rss),
	  .arg = "LIST",
	  .max = 1125899906842624.0, /* 1 PiB */
	  .help = "measure what starting costs with so much memory in use: 10M,1G,4G" },
	{ .name = "demo",
	  .type = PARAM_CHOICE,
	  .offset = OPT(demo),
	  .arg = "NAME",
	  .def = "none",
	  .choices = demos,
	  .help = "show something without a command" },
	{ .name = "wait-timeout",
	  .type = PARAM_DURATION,
	  .offset = OPT(wait_ns),
	  .arg = "DUR",
	  .def = "500ms",
	  .min = 1,
	  .max = LONG_NS,
	  .help = "--demo full-pipe: how long wait() waits" },
	{ .name = "size",
	  .type = PARAM_SIZE,
	  .offset = OPT(size_bytes),
	  .arg = "SIZE",
	  .def = "300000",
	  .min = 1,
	  .max = 1073741824.0, /* 1 GiB */
	  .help = "--demo full-pipe: bytes that the command writes" },
	PARAM_END,
};

const struct metric subprocess_metrics[] = {
	[M_SPAWN] = { "spawn", "ns", BETTER_LOWER,
		      "from the call until the program was there (exec done)" },
	[M_OWN] = { "own", "ns", BETTER_LOWER,
		    "our part of it: until the child called exec" },
	[M_EXEC] = { "exec", "ns", BETTER_LOWER, "the kernel's part of it: exec" },
	[M_LIFETIME] = { "lifetime", "ns", BETTER_LOWER,
			 "from then until its end was seen" },
	[M_TOTAL] = { "total", "ns", BETTER_LOWER,
		      "from the call until it was reaped" },
	[M_WALL] = { "wall", "ns", BETTER_LOWER, "all runs, first call to last end" },
	[M_RATE] = { "spawn_rate", "1/s", BETTER_HIGHER, "commands a second" },
	[M_STDIN] = { "stdin", "bytes", BETTER_NONE, "fed to the command" },
	[M_STDOUT] = { "stdout", "bytes", BETTER_NONE, "read from its output" },
	[M_STDERR] = { "stderr", "bytes", BETTER_NONE, "read from its errors" },
	[M_RSS] = { "peak_rss", "bytes", BETTER_LOWER,
		    "most memory that concbench itself had in use" },
	{ .name = NULL },
};

struct result_series *
subprocess_series(struct run *run, const char *kind, int64_t n,
		  enum metric_of_subprocess m)
{
	return result_series(run->result, kind, n, &subprocess_metrics[m]);
}

static int
roles(const struct run *run, const void *opts)
{
	const struct subprocess_opts *o = opts;

	(void)run;
	return 1 + (o->demo != DEMO_NONE ? 1 : o->n > 1 ? (int)o->n : 0);
}

/* Options that a part of the command has no use for are refused, not ignored. */
static int
check_alone(const struct run *run, const struct subprocess_opts *o, struct err *e)
{
	const char *what = o->demo != DEMO_NONE ? "--demo" : "--rss";

	if (run->argc > 0 && o->demo != DEMO_NONE)
		return err_set(e, EINVAL,
			       "--demo runs a command of its own, not '%.60s'",
			       run->argv[0]);
	if (o->demo != DEMO_NONE && o->rss.n > 0)
		return err_set(e, EINVAL, "--demo and --rss exclude each other");
	if (o->capture || o->input != NULL || o->input_file != NULL || o->cwd != NULL ||
	    o->env.n > 0 || o->n > 1)
		return err_set(e, EINVAL,
			       "%s goes without --capture, --input, --input-file, "
			       "--cwd, --env and -n",
			       what);
	for (size_t i = 1; i < o->rss.n; i++)
		if (o->rss.v[i] <= o->rss.v[i - 1])
			return err_set(e, EINVAL,
				       "--rss: the sizes must grow, as 10M,1G,4G");
	return 0;
}

static int
check(const struct run *run, const void *opts, struct err *e)
{
	const struct subprocess_opts *o = opts;

	if (run->bench)
		return 0; /* subprocess_bench() knows what it has no use for */
	if (o->demo != DEMO_NONE || o->rss.n > 0)
		return check_alone(run, o, e);
	if (run->argc == 0) {
		err_set(e, EINVAL, "no command is given");
		err_hint(e, "concbench subprocess -- nslookup www.python.org");
		return -EINVAL;
	}
	if (o->input != NULL && o->input_file != NULL)
		return err_set(e, EINVAL,
			       "--input and --input-file exclude each other");
	for (size_t i = 0; i < o->env.n; i++)
		if (strchr(o->env.v[i], '=') == NULL || o->env.v[i][0] == '=')
			return err_set(e, EINVAL, "--env: '%.60s' is not NAME=VALUE",
				       o->env.v[i]);
	if (o->repeat < o->n && o->n > 1)
		return err_set(e, EINVAL, "-n %d: only --repeat %d runs are asked for",
			       (int)o->n, (int)o->repeat);
	if (o->input_file != NULL && o->repeat > 1 && strcmp(o->input_file, "-") == 0)
		return err_set(e, EINVAL,
			       "--input-file -: can be read once, not by "
			       "--repeat");
	return 0;
}

static int
run_subprocess(struct run *run, const void *opts, struct err *e)
{
	const struct subprocess_opts *o = opts;

	if (o->demo == DEMO_FULL_PIPE)
		return subprocess_full_pipe(run, o, e);
	if (o->rss.n > 0)
		return subprocess_curve(run, o, e);
	return subprocess_command(run, o, e);
}

static const struct example examples[] = {
	{ "concbench subprocess -- nslookup www.python.org",
	  "the command line, its output, its exit code" },
	{ "concbench subprocess --timeout 1s -- sleep 60",
	  "terminated, then killed; status 124" },
	{ "concbench subprocess --capture --input hello -- tr a-z A-Z",
	  "communicate(): fed and read at once" },
	{ "concbench subprocess -f json -- ls /nonexistent",
	  "output, errors and status in one document" },
	{ "concbench subprocess --repeat 1000 -k all -- true",
	  "what starting costs, four ways by turns" },
	{ "concbench subprocess -b -k all -- true", "measured, kind by kind" },
	{ "concbench subprocess --rss 10M,1G,4G", "and as the parent grows" },
	{ "concbench subprocess --demo full-pipe", "why wait() hangs on big output" },
	{ .line = NULL },
};

const struct scenario scenario_subprocess = {
	.name = "subprocess",
	.summary = "run a command: output, exit code, timeout, communicate",
	.stands_for = "subprocess.Popen",
	.about =
		"Runs the command, which begins behind '--' or at the first word that "
		"is "
		"no option, and ends with its status: 124 after --timeout, 125 when "
		"concbench itself failed, 126 when the command cannot be executed, 127 "
		"when it is not found, 128+N when signal N killed it; of several runs "
		"(--repeat), that of the first that was not 0.\n\n"
		"The command has our standard input, output and error; what is told of "
		"it goes to standard error. With --capture its output and errors come "
		"through pipes, both at once and whole, of any size: they are passed "
		"on "
		"and not kept in memory. A document (-f json) holds them, up to --keep "
		"each. --input and --input-file feed it.\n\n"
		"It runs in a process group of its own, unless it has a terminal as "
		"its "
		"standard input. --timeout and Ctrl-C end the group: SIGTERM (or the "
		"signal that came), after --grace SIGKILL. The end of the command is "
		"what counts: children of its own that hold its pipes are left behind "
		"after --drain.\n\n"
		"Starting is done by -k: spawn (clone that shares memory until exec; "
		"the "
		"default), posix_spawn, vfork, fork. fork copies the page tables of "
		"the "
		"parent, so that it takes longer the more memory that has; --rss shows "
		"the curve. Of the time until the program is there, 'own' is ours, and "
		"'exec' the kernel's.\n\n"
		"With --bench the command (true, when none is given) is started and "
		"waited for by each kind in turns, -n at once, its output thrown away; "
		"one that does not exit with 0 makes the row broken.",
	.examples = examples,
	.params = subprocess_params,
	.opts_size = sizeof(struct subprocess_opts),
	.kinds = spawn_kind_list,
	.metrics = subprocess_metrics,
	.flags = SCENARIO_COMMAND | SCENARIO_COMMAND_FIRST | SCENARIO_UNTRACED |
		 SCENARIO_BENCH_COMMAND,
	.failure = 125,
	.roles = roles,
	.check = check,
	.run = run_subprocess,
	.bench = subprocess_bench,
	.child = subprocess_writer,
};
