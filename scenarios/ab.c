/*
 * ab.c - `concbench ab`: whole command lines timed against each other.
 */
#include "core/clock.h"
#include "scenarios/ab/ab.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { COMMANDS_MAX = 26 }; /* they are named by letters */

#define AT(field) .offset = offsetof(struct ab_opts, field)

static const struct param params[] = {
	{ .name = "prepare",
	  .type = PARAM_TEXT,
	  AT(prepare),
	  .arg = "LINE",
	  .help = "shell line that runs before each timed run, itself not timed" },
	{ .name = "setup",
	  .type = PARAM_TEXT,
	  AT(setup),
	  .arg = "LINE",
	  .help = "shell line that runs once before each command's first run" },
	{ .name = "input",
	  .type = PARAM_TEXT,
	  AT(input),
	  .arg = "FILE",
	  .help = "standard input of each run (/dev/null)" },
	{ .name = "shell",
	  .type = PARAM_FLAG,
	  AT(shell),
	  .help = "the commands are lines for sh -c, whose start is then timed, too" },
	{ .name = "subtract-startup",
	  .type = PARAM_FLAG,
	  AT(subtract),
	  .help = "run an empty command (true, or an empty shell line) in each round, "
		  "too, and take its time off the others'" },
	{ .name = "ignore-failure",
	  .type = PARAM_FLAG,
	  AT(ignore_failure),
	  .help = "time a command also when its exit status is not 0" },
	{ .name = "show-output",
	  .type = PARAM_FLAG,
	  AT(show_output),
	  .help = "pass what the commands write on to standard error" },
	{ .name = "max-regression",
	  .type = PARAM_PERCENT,
	  AT(max_regression),
	  .arg = "PCT",
	  .max = 10,
	  .help = "fail (status 1) where the whole interval says that a later command "
		  "is slower than the first by more than PCT" },
	{ .name = "same",
	  .type = PARAM_PERCENT,
	  AT(same),
	  .arg = "PCT",
	  .def = "2%",
	  .max = 0.99,
	  .help = "an interval within +-PCT is called the same" },
	{ .name = "strict",
	  .type = PARAM_FLAG,
	  AT(strict),
	  .help = "inconclusive is a status of its own: 4" },
	PARAM_END,
};

static int
roles(const struct run *run, const void *opts)
{
	(void)run;
	(void)opts;
	return 1;
}

static int
check(const struct run *run, const void *opts, struct err *e)
{
	const struct ab_opts *o = opts;
	int fd;

	if (run->argc < 2 || run->argc > COMMANDS_MAX) {
		err_set(e, EINVAL, "two command lines are needed after '--', or more");
		err_hint(e, "concbench ab -- 'gzip -1 -c f' 'gzip -9 -c f'");
		return -EINVAL;
	}
	fd = o->input != NULL ? open(o->input, O_RDONLY | O_CLOEXEC) : -1;
	if (o->input != NULL && fd < 0) {
		err_set(e, errno, "--input: cannot read '%.100s'", o->input);
		return -EINVAL;
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

/* The empty command, measured in the same rounds. */
static int
add_startup(struct run *run, const struct ab_opts *o, struct measure *m, struct err *e)
{
	int rc = measure_add(m,
			     &(struct measure_subject){ .body = &ab_startup,
							.kind = "",
							.impl = o->shell ? "" : "true",
							.opts = o,
							.context = run },
			     e);

	for (size_t i = 0; rc == 0 && i + 1 < m->n; i++)
		m->subject[i]->subtract = m->subject[m->n - 1];
	return rc;
}

static int
bench(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	static const char letter[COMMANDS_MAX][2] = { "A", "B", "C", "D", "E", "F", "G",
						      "H", "I", "J", "K", "L", "M", "N",
						      "O", "P", "Q", "R", "S", "T", "U",
						      "V", "W", "X", "Y", "Z" };
	int rc = 0;

	for (int i = 0; i < run->argc && rc == 0; i++) {
		result_param(run->result, "command", run->argv[i]);
		rc = measure_add(m,
				 &(struct measure_subject){ .body = &ab_wall,
							    .kind = letter[i],
							    .impl = run->argv[i],
							    .opts = opts,
							    .context = run },
				 e);
	}
	if (rc == 0 && ((const struct ab_opts *)opts)->subtract)
		rc = add_startup(run, opts, m, e);
	if (m->config.time_ns == 0)
		m->config.time_ns = (uint64_t)run->argc * 5 * NS_PER_S;
	return rc;
}

static const struct example examples[] = {
	{ "concbench ab -- 'gzip -1 -kc README.md' 'gzip -9 -kc README.md'",
	  "two commands in pairs" },
	{ "concbench ab --max-regression 5% -- 'base/prog x' 'new/prog x'",
	  "what CI wants: status 1 when the new build is slower for certain" },
	{ "concbench ab --shell --time 10s -- 'ls | wc' 'ls | cat'", "shell lines" },
	{ .line = NULL },
};

const struct scenario scenario_ab = {
	.name = "ab",
	.summary = "time command lines against each other, in pairs, in random order",
	.stands_for = "timeit, hyperfine",
	.about =
		"Each command line is one word after '--'. In each round every one is "
		"run once (more often where it is very short), in an order drawn anew, "
		"so that a machine whose speed changes hits all alike; compared are "
		"the "
		"ratios within the rounds. It ends when the ratios are known to "
		"--precision, or the --time is spent.\n\n"
		"Words are split as a shell does, without starting one, unless "
		"--shell. "
		"Output goes nowhere; a run whose exit status is not 0 breaks the "
		"comparison unless --ignore-failure. Everything that starting a "
		"program "
		"costs is part of its time.\n\n"
		"With --max-regression the exit status is 1 exactly when the whole 95 "
		"% "
		"interval says that a later command is slower than the first by more, "
		"and says "
		"so again when all is measured once more. The noise floor, what A "
		"against "
		"itself may show in as many rounds, stands beside the limit.",
	.examples = examples,
	.params = params,
	.opts_size = sizeof(struct ab_opts),
	.flags = SCENARIO_COMMAND | SCENARIO_MEASURED,
	.roles = roles,
	.check = check,
	.bench = bench,
	.doubt = ab_doubt,
	.judge = ab_judge,
};
