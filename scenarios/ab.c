/*
 * ab.c - `concbench ab`: whole command lines timed against each other.
 */
#include "core/clock.h"
#include "core/guard.h"
#include "core/proc.h"
#include "core/subprocess.h"
#include "core/verdict.h"
#include "scenarios/scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wordexp.h>

enum { COMMANDS_MAX = 26 }; /* they are named by letters */

#define GRACE_NS (2 * NS_PER_S) /* from a stop's signal to SIGKILL */

struct ab_opts {
	const char *prepare, *setup, *input;
	bool shell, ignore_failure, show_output, strict;
	double max_regression, same;
};

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

/* One command line, ready to be started. */
struct line {
	wordexp_t words;
	char *shell[4];
	char *const *argv;
	int fd[3];
	struct guard guard; /* ends what outlives us */
	struct stop *stop;  /* of the run; borrowed */
	uint64_t runs, failures;
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

/* Splits a line into words, as a shell does, without one. */
static int
split(struct line *l, const char *text, struct err *e)
{
	const int rc = wordexp(text, &l->words, WRDE_NOCMD);

	if (rc == 0 && l->words.we_wordc > 0) {
		l->argv = l->words.we_wordv;
		return 0;
	}
	if (rc == 0)
		return err_set(e, EINVAL, "an empty command line");
	memset(&l->words, 0, sizeof(l->words));
	if (rc == WRDE_NOSPACE)
		return err_set(e, ENOMEM, "no memory for '%.80s'", text);
	err_set(e, EINVAL, "'%.100s' is more than words", text);
	err_hint(e, "--shell gives it to sh -c");
	return -EINVAL;
}

static int
stop_signal(void *arg)
{
	const int reason = stop_reason(arg);

	return reason > 0 ? reason : SIGTERM;
}

/*
 * One run from its start to its end, in a group of its own: what it started ends with
 * it when the run is stopped (-EINTR). 0 with *end filled, or -errno.
 */
static int
run_command(struct line *l, char *const argv[], const int fd[static 3],
	    struct subprocess_end *end, struct err *e)
{
	const struct subprocess_run q = {
		.config = { .argv = argv,
			    .stream = { fd[0], fd[1], fd[2] },
			    .flags = SPAWN_DIES_WITH_PARENT | SPAWN_OWN_GROUP,
			    .guard = &l->guard },
		.grace_ns = GRACE_NS,
		.cancel_fd = l->stop->fd,
		.cancel_signal = stop_signal,
		.cancel_arg = l->stop,
	};
	int rc = subprocess_run(&q, end, e);

	if (rc != 0 || end->refused != 0)
		return rc != 0 ? rc : -end->refused;
	return end->cancelled ? -EINTR : 0;
}

/* Runs a line that is not timed. 0 or -errno. */
static int
run_aside(struct line *l, const char *text, const char *option, struct err *e)
{
	char *argv[] = { "/bin/sh", "-c", (char *)(uintptr_t)text, NULL };
	const int fd[3] = { l->fd[0], 2, 2 };
	struct subprocess_end end;
	char words[64];
	int rc = run_command(l, argv, fd, &end, e);

	if (rc == 0 && end.exitcode != 0)
		return err_set(e, EIO, "%s '%.80s' %s", option, text,
			       proc_exit_words(end.exitcode, words, sizeof(words)));
	return rc;
}

static int
open_files(struct line *l, const struct ab_opts *o, struct err *e)
{
	const char *input = o->input != NULL ? o->input : "/dev/null";

	l->fd[0] = open(input, O_RDONLY | O_CLOEXEC);
	l->fd[1] = o->show_output ? dup(2) : open("/dev/null", O_WRONLY | O_CLOEXEC);
	l->fd[2] = o->show_output ? dup(2) : open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (int i = 0; i < 3; i++) {
		if (l->fd[i] < 0)
			return err_set(e, errno, "cannot open '%.100s'",
				       i == 0 ? input : "/dev/null");
		proc_set_cloexec(l->fd[i], true);
	}
	return 0;
}

static void
free_line(struct line *l)
{
	for (int i = 0; i < 3; i++)
		if (l->fd[i] >= 0)
			close(l->fd[i]);
	guard_close(&l->guard);
	wordfree(&l->words);
	free(l);
}

static int
prepare_line(struct line *l, const struct ab_opts *o, const char *text, struct err *e)
{
	int rc;

	if (o->shell) {
		l->shell[0] = "sh";
		l->shell[1] = "-c";
		l->shell[2] = (char *)text;
		l->argv = l->shell;
	} else {
		rc = split(l, text, e);
		if (rc != 0)
			return rc;
	}
	rc = guard_open(&l->guard, 1, e);
	if (rc == 0)
		rc = open_files(l, o, e);
	if (rc == 0 && o->setup != NULL)
		rc = run_aside(l, o->setup, "--setup", e);
	return rc;
}

static int
open_line(struct measure_subject *s, struct err *e)
{
	struct line *l = calloc(1, sizeof(*l));
	int rc;

	if (l == NULL)
		return err_set(e, ENOMEM, "no memory for a command");
	for (int i = 0; i < 3; i++)
		l->fd[i] = -1;
	l->stop = ((struct run *)s->context)->stop;
	rc = prepare_line(l, s->opts, s->impl, e);
	if (rc != 0)
		free_line(l);
	else
		s->state = l;
	return rc;
}

static int
run_line(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	 struct err *e)
{
	const struct ab_opts *o = s->opts;
	struct line *l = s->state;
	struct subprocess_end end = { 0 };
	uint64_t took_ns;
	char words[64];
	int rc = 0;

	for (uint64_t i = 0; i < iterations; i++) {
		if (o->prepare != NULL)
			rc = run_aside(l, o->prepare, "--prepare", e);
		lseek(l->fd[0], 0, SEEK_SET);
		if (rc == 0)
			rc = run_command(l, l->argv, l->fd, &end, e);
		if (rc != 0)
			return rc;
		took_ns = end.end_ns - end.spawned.call_ns;
		l->runs++;
		if (end.exitcode != 0 && !o->ignore_failure) {
			err_set(e, EINVAL, "run %llu %s", (unsigned long long)l->runs,
				proc_exit_words(end.exitcode, words, sizeof(words)));
			err_hint(e, "--ignore-failure times it all the same");
			return -EINVAL;
		}
		l->failures += end.exitcode != 0;
		did->ops++;
		did->ns += took_ns;
		if (s->hist != NULL)
			hist_add(s->hist, took_ns);
	}
	return 0;
}

static void
close_line(struct measure_subject *s)
{
	free_line(s->state);
}

static const struct measure_body wall = {
	.name = "wall",
	.op = "run of the command",
	.summary = "from the start of the command until its end was seen",
	.version = 2,
	.flags = MEASURE_SINGLE | MEASURE_PAIRED,
	.open = open_line,
	.run = run_line,
	.close = close_line,
};

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
				 &(struct measure_subject){ .body = &wall,
							    .kind = letter[i],
							    .impl = run->argv[i],
							    .opts = opts,
							    .context = run },
				 e);
	}
	if (m->config.time_ns == 0)
		m->config.time_ns = (uint64_t)run->argc * 5 * NS_PER_S;
	return rc;
}

/* The verdict on a later command, against the first. */
static void
judge_one(struct run *run, const struct ab_opts *o, const struct measure *m, size_t i)
{
	const struct verdict_limits limits = { o->max_regression, o->same };
	const struct measure_subject *a = m->subject[0], *b = m->subject[i];
	const size_t n = a->nrounds < b->nrounds ? a->nrounds : b->nrounds;
	double *ratio = calloc(n == 0 ? 1 : n, sizeof(*ratio));
	struct verdict v;

	if (ratio == NULL || a->status != RESULT_OK || b->status != RESULT_OK) {
		free(ratio);
		return;
	}
	for (size_t j = 0; j < n; j++)
		ratio[j] = b->value[j] / a->value[j];
	verdict_judge_pairs(ratio, n, BETTER_LOWER, &limits, &v);
	free(ratio);
	result_line(run->result,
		    "%s is %s: %.3f times the time of A (%.3f to %.3f, %zu pairs)",
		    b->kind,
		    v.word == VERDICT_SAME ? "the same"
		    : v.known		   ? verdict_name(v.word)
					   : "not known well enough",
		    v.ratio, v.range.low, v.range.high, n);
	if (o->max_regression > 0)
		result_check(run->result, b->kind, "no regression", !v.regression,
			     "%.3f (%.3f to %.3f) times the time of A; allowed is "
			     "%.3f",
			     v.ratio, v.range.low, v.range.high, 1 + o->max_regression);
	if (v.word == VERDICT_INCONCLUSIVE && o->strict)
		run->result->status = 4;
}

static void
judge(struct run *run, const void *opts, const struct measure *m)
{
	for (size_t i = 0; i < m->n; i++)
		result_line(run->result, "%s: %s", m->subject[i]->kind,
			    (const char *)m->subject[i]->impl);
	for (size_t i = 1; i < m->n; i++)
		judge_one(run, opts, m, i);
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
		"interval says that a later command is slower than the first by more.",
	.examples = examples,
	.params = params,
	.opts_size = sizeof(struct ab_opts),
	.flags = SCENARIO_COMMAND | SCENARIO_MEASURED,
	.roles = roles,
	.check = check,
	.bench = bench,
	.judge = judge,
};
