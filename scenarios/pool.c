/*
 * pool.c - `concbench pool`: n workers, many tasks (multiprocessing.Pool).
 */
#include "scenarios/pool/pool_run.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#define AT(field) offsetof(struct pool_opts, field)

static const struct choice apis[] = {
	[API_APPLY_ASYNC] = { "apply_async", "hand in all tasks, then wait" },
	[API_APPLY] = { "apply", "one task there and back, then the next" },
	[API_MAP] = { "map", "all at once, in chunks, results in order" },
	[API_IMAP] = { "imap", "results in order, as they come" },
	{ 0 },
};

static const struct choice crash_choices[] = {
	[POOL_CRASH_RETRY] = { "retry", "run the task again, at most three times" },
	[POOL_CRASH_FAIL] = { "fail", "report the task as lost" },
	{ 0 },
};

static const struct param params[] = {
	{ .name = "kind",
	  .letter = 'k',
	  .type = PARAM_KINDS,
	  .offset = AT(kinds),
	  .arg = "LIST",
	  .def = "process",
	  .kinds = crew_kind_list,
	  .help = "what the workers are; several are run one after the other" },
	{ .name = "workers",
	  .letter = 'n',
	  .type = PARAM_COUNTS,
	  .offset = AT(workers),
	  .arg = "N",
	  .def = "cpus",
	  .min = 1,
	  .max = 1024,
	  .help = "workers; a list or range runs each size" },
	{ .name = "tasks",
	  .letter = 't',
	  .type = PARAM_COUNT,
	  .offset = AT(tasks),
	  .arg = "N",
	  .min = 1,
	  .max = 1e9,
	  .help = "tasks to hand out (5); with a COMMAND: run it N times, reading no "
		  "input" },
	{ .name = "work",
	  .letter = 'w',
	  .type = PARAM_WORK,
	  .offset = AT(work),
	  .arg = "SPEC",
	  .def = "sleep:0-3s",
	  .help = "what a task does: noop, echo, sleep:DUR, cpu:DUR, io:DUR, "
		  "mixed:DUR, "
		  "mem:SIZE; a range "
		  "LO-HI is drawn from the seed" },
	{ .name = "api",
	  .type = PARAM_CHOICE,
	  .offset = AT(api),
	  .arg = "CALL",
	  .def = "apply_async",
	  .choices = apis,
	  .help = "how tasks are handed in" },
	{ .name = "chunk",
	  .type = PARAM_COUNT,
	  .offset = AT(chunk),
	  .arg = "N",
	  .min = 1,
	  .max = 1e6,
	  .help = "tasks per message of --api map (tasks / 4 workers, rounded up)" },
	{ .name = "max-tasks-per-child",
	  .type = PARAM_COUNT,
	  .offset = AT(max_tasks_per_child),
	  .arg = "N",
	  .min = 1,
	  .max = 1e9,
	  .help = "a worker leaves after N tasks and is replaced (never)" },
	{ .name = "task-timeout",
	  .type = PARAM_DURATION,
	  .offset = AT(task_timeout_ns),
	  .arg = "DUR",
	  .min = 1e6,
	  .max = 1e15,
	  .help = "end a task that runs longer (no limit)" },
	{ .name = "retries",
	  .type = PARAM_COUNT,
	  .offset = AT(retries),
	  .arg = "N",
	  .def = "0",
	  .min = 0,
	  .max = 1000,
	  .help = "run a task that failed again, at most N times" },
	{ .name = "on-crash",
	  .type = PARAM_CHOICE,
	  .offset = AT(on_crash),
	  .arg = "WHAT",
	  .def = "retry",
	  .choices = crash_choices,
	  .help = "the task of a worker that died" },
	{ .name = "initializer",
	  .type = PARAM_FLAG,
	  .offset = AT(initializer),
	  .help = "run an initializer in each worker before its first task" },
	{ .name = "crash-at",
	  .type = PARAM_COUNTS,
	  .offset = AT(crash_at),
	  .arg = "LIST",
	  .min = 0,
	  .max = 1e9,
	  .help = "kill -9 the worker that begins one of these tasks, the first time" },
	{ .name = "crash-always",
	  .type = PARAM_FLAG,
	  .offset = AT(crash_always),
	  .help = "with --crash-at: every time" },
	{ .name = "terminate-after",
	  .type = PARAM_DURATION,
	  .offset = AT(terminate_after_ns),
	  .arg = "DUR",
	  .min = 1,
	  .max = 1e15,
	  .help = "terminate the pool instead of closing and joining it" },
	{ .name = "assist",
	  .type = PARAM_FLAG,
	  .offset = AT(assist),
	  .help = "the submitter runs tasks, too, while it waits (threads)" },
	{ .name = "shell",
	  .type = PARAM_FLAG,
	  .offset = AT(shell),
	  .help = "COMMAND is a line for sh -c, {} put in quoted" },
	{ .name = "null",
	  .letter = '0',
	  .type = PARAM_FLAG,
	  .offset = AT(null_ends),
	  .help = "input items end in NUL, not in a newline (find -print0)" },
	{ .name = "fail-fast",
	  .type = PARAM_FLAG,
	  .offset = AT(fail_fast),
	  .help = "stop at the first command that failed" },
	PARAM_END,
};

static const struct example examples[] = {
	{ "concbench pool -n 4 -t 5", "four processes share five tasks" },
	{ "concbench pool -k thread -n 2 -t 1M -w noop -q", "what a task costs" },
	{ "concbench pool -n 4 -t 20 --crash-at 3", "a worker dies in the middle" },
	{ "ls | concbench pool -n 4 -- sha256sum {}", "real work, outputs in order" },
	{ "concbench pool -- gzip -k {} ::: a.txt b.txt", "items as arguments" },
	{ "concbench pool -b -k all -n 1,2,4", "what a task costs, by kind and size" },
	{ NULL, NULL },
};

/* Number of runs: kinds times sizes. */
static size_t
count_runs(const struct pool_opts *o)
{
	return o->kinds.n * o->workers.n;
}

static int
pool_roles(const struct run *run, const void *opts)
{
	const struct pool_opts *o = opts;
	int64_t roles = 1;

	(void)run;
	for (size_t i = 0; i < o->workers.n; i++)
		roles += o->workers.v[i] * (int64_t)o->kinds.n;
	return (int)roles;
}

static int
check_kind(const struct pool_opts *o, const struct crew_kind *kind, struct err *e)
{
	if (o->crash_at.n != 0 && kind->traits & CREW_SHARES_MEMORY)
		return err_set(
			e, EINVAL,
			"--crash-at: kill -9 of a %s ends the whole program; use "
			"-k process",
			kind->noun);
	if (o->assist && !(kind->traits & CREW_SHARES_MEMORY))
		return err_set(
			e, EINVAL,
			"--assist: the submitter runs tasks of threads only; a %s "
			"is apart on purpose",
			kind->noun);
	return 0;
}

static int
pool_check(const struct run *run, const void *opts, struct err *e)
{
	const struct pool_opts *o = opts;
	int rc = 0;

	for (size_t i = 0; i < o->kinds.n && rc == 0; i++)
		rc = check_kind(o, crew_kind_table[o->kinds.v[i]], e);
	if (rc != 0)
		return rc;
	if (pool_roles(run, opts) > CREW_MAX)
		return err_set(e, EINVAL, "-n: %d workers in all are more than %d",
			       pool_roles(run, opts) - 1, CREW_MAX - 1);
	if (run->argc == 0 && (o->shell || o->null_ends || o->fail_fast))
		return err_set(e, EINVAL, "%s needs a COMMAND after '--'",
			       o->shell	      ? "--shell"
			       : o->null_ends ? "--null"
					      : "--fail-fast");
	if (run->argc > 0 && (o->api != API_APPLY_ASYNC || o->crash_at.n != 0 ||
			      o->assist || o->initializer || o->chunk != 0))
		return err_set(e, EINVAL,
			       "--api, --chunk, --crash-at, --assist and --initializer "
			       "are for tasks of --work, not for a COMMAND");
	if (run->argc > 0 && count_runs(o) > 1)
		return err_set(e, EINVAL,
			       "a COMMAND is run with one kind and one size");
	if (o->chunk != 0 && o->api != API_MAP)
		return err_set(e, EINVAL, "--chunk is for --api map");
	if (o->crash_always && o->crash_at.n == 0)
		return err_set(e, EINVAL, "--crash-always needs --crash-at");
	return 0;
}

static void
name_roles(struct pool_run *r, bool several)
{
	char name[TRACE_NAME];

	for (int i = 0; i < r->workers; i++) {
		if (several)
			snprintf(name, sizeof(name), "%s%d/w%d", r->kind->kind.name,
				 r->workers, i + 1);
		else
			snprintf(name, sizeof(name), "w%d", i + 1);
		trace_name(r->run->trace, r->role0 + i, name);
	}
}

static int
run_one(struct run *run, const struct pool_opts *o, const struct crew_kind *kind,
	int workers, int role0, struct err *e)
{
	struct pool_run r = { .run = run,
			      .opts = o,
			      .kind = kind,
			      .workers = workers,
			      .role0 = role0,
			      .observed = !run->quiet };
	int rc;

	r.tasks = o->tasks != 0 ? (uint64_t)o->tasks : POOL_TASKS_DEFAULT;
	name_roles(&r, count_runs(o) > 1);
	rc = books_open(&r, e);
	if (rc == 0)
		rc = run->argc > 0 ? pool_commands(&r, e) : pool_demo(&r, e);
	books_free(&r);
	return rc;
}

static int
pool_run_all(struct run *run, const void *opts, struct err *e)
{
	const struct pool_opts *o = opts;
	int role0 = 1;
	int rc = 0;

	for (size_t k = 0; k < o->kinds.n; k++)
		for (size_t n = 0; n < o->workers.n && rc == 0; n++) {
			const int workers = (int)o->workers.v[n];

			rc = run_one(run, o, crew_kind_table[o->kinds.v[k]], workers,
				     role0, e);
			role0 += workers;
		}
	return rc;
}

const struct scenario scenario_pool = {
	.name = "pool",
	.summary = "n workers, many tasks: who ran what, when, for how long",
	.stands_for = "multiprocessing.Pool, and xargs -P with a trace",
	.about =
		"Starts N workers, hands out tasks, waits for all and checks that each "
		"was done exactly once. A worker that dies is noticed at once and "
		"replaced; its task is run again or reported as lost.\n\n"
		"With '-- COMMAND ARG...' each line of standard input (or each word "
		"after ':::') is a task: {} in the words is replaced by it, {#} by its "
		"number, {.} by it without extension, {/} by its last component, {//} "
		"by its folder; without any, it is added as the last word. With -t N "
		"instead of items, {} counts from 0 and nothing is added. Commands are "
		"run without a shell, N at once; their outputs are passed on whole and "
		"in the order of the input, the story of the run goes to standard "
		"error.",
	.examples = examples,
	.params = params,
	.opts_size = sizeof(struct pool_opts),
	.kinds = crew_kind_list,
	.metrics = pool_metrics,
	.flags = SCENARIO_COMMAND,
	.roles = pool_roles,
	.check = pool_check,
	.run = pool_run_all,
	.bench = pool_bench,
};
