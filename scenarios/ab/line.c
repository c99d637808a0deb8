/*
 * line.c - a command line as a benchmark body.
 */
#include "scenarios/ab/ab.h"

#include "core/clock.h"
#include "core/guard.h"
#include "core/proc.h"
#include "core/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wordexp.h>

#define GRACE_NS (2 * NS_PER_S) /* from a stop's signal to SIGKILL */

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
prepare_line(struct line *l, const struct ab_opts *o, const char *text, bool is_again,
	     struct err *e)
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
	if (rc == 0 && o->setup != NULL && !is_again)
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
	rc = prepare_line(l, s->opts, s->impl, s->attempt > 0, e);
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

const struct measure_body ab_wall = {
	.name = "wall",
	.op = "run of the command",
	.summary = "from the start of the command until its end was seen",
	.version = 2,
	.flags = MEASURE_INHERITS | MEASURE_SINGLE | MEASURE_PAIRED,
	.open = open_line,
	.run = run_line,
	.close = close_line,
};

const struct measure_body ab_startup = {
	.name = "startup",
	.op = "run of the empty command",
	.summary = "the same for a command that does nothing; taken off the others",
	.version = 1,
	.flags = MEASURE_INHERITS | MEASURE_SINGLE,
	.open = open_line,
	.run = run_line,
	.close = close_line,
};
