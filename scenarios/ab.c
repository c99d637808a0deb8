/*
 * ab.c - `concbench ab`: whole command lines timed against each other.
 */
#include "core/clock.h"
#include "core/proc.h"
#include "core/spawn.h"
#include "core/verdict.h"
#include "scenarios/scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wordexp.h>

enum { COMMANDS_MAX = 26 }; /* they are named by letters */

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
	char path[PATH_MAX];
	int fd[3];
	uint64_t runs, failures;
	int last_bad; /* exit code of the last that failed */
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

/* Runs a line that is not timed. 0 or -errno. */
static int
run_aside(const char *text, const char *option, struct err *e)
{
	char *argv[] = { "sh", "-c", (char *)text, NULL };
	const struct spawn_request q = { .path = "/bin/sh",
					 .argv = argv,
					 .envp = environ,
					 .cwd_fd = -1,
					 .fd = { 0, 2, 2 },
					 .pass_fd = -1,
					 .flags = SPAWN_DIES_WITH_PARENT };
	struct spawn_child c;
	char words[64];
	int exitcode, rc = spawn_start(&spawn_kind_spawn, &q, &c, e);

	if (rc != 0)
		return rc;
	rc = proc_wait(c.pidfd, UINT64_MAX, &exitcode);
	close(c.pidfd);
	if (rc == 0 && exitcode != 0)
		return err_set(e, EIO, "%s '%.80s' %s", option, text,
			       proc_exit_words(exitcode, words, sizeof(words)));
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
	rc = spawn_find(l->argv[0], getenv("PATH"), -1, l->path, sizeof(l->path));
	if (rc != 0)
		return err_set(e, -rc, "'%.100s'", l->argv[0]);
	rc = open_files(l, o, e);
	if (rc == 0 && o->setup != NULL)
		rc = run_aside(o->setup, "--setup", e);
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
	rc = prepare_line(l, s->opts, s->impl, e);
	if (rc != 0)
		free_line(l);
	else
		s->state = l;
	return rc;
}

/* One timed run: 0 and its exit code, or -errno. */
static int
run_once(struct line *l, uint64_t *took_ns, int *exitcode, struct err *e)
{
	struct spawn_request q = { .path = l->path,
				   .argv = l->argv,
				   .envp = environ,
				   .cwd_fd = -1,
				   .fd = { l->fd[0], l->fd[1], l->fd[2] },
				   .pass_fd = -1,
				   .flags = SPAWN_DIES_WITH_PARENT };
	struct spawn_child c;
	uint64_t begin_ns;
	int rc;

	lseek(l->fd[0], 0, SEEK_SET);
	begin_ns = clock_ns();
	rc = spawn_start(&spawn_kind_spawn, &q, &c, e);
	if (rc == 0 && c.refused != 0)
		rc = err_set(e, c.refused, "'%.100s'", l->path);
	if (rc != 0)
		return rc;
	rc = proc_wait(c.pidfd, UINT64_MAX, exitcode);
	*took_ns = clock_ns() - begin_ns;
	close(c.pidfd);
	return rc == 0 ? 0 : err_set(e, -rc, "waiting for '%.100s'", l->path);
}

static int
run_line(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	 struct err *e)
{
	const struct ab_opts *o = s->opts;
	struct line *l = s->state;
	uint64_t took_ns = 0;
	int exitcode = 0, rc = 0;
	char words[64];

	for (uint64_t i = 0; i < iterations; i++) {
		if (o->prepare != NULL)
			rc = run_aside(o->prepare, "--prepare", e);
		if (rc == 0)
			rc = run_once(l, &took_ns, &exitcode, e);
		if (rc != 0)
			return rc;
		l->runs++;
		if (exitcode != 0 && !o->ignore_failure) {
			err_set(e, EINVAL, "run %llu %s", (unsigned long long)l->runs,
				proc_exit_words(exitcode, words, sizeof(words)));
			err_hint(e, "--ignore-failure times it all the same");
			return -EINVAL;
		}
		l->failures += exitcode != 0;
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
	.version = 1,
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
