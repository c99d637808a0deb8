/*
 * suite_run.c - a line of a suite, run by this program in a process of its own.
 */
#include "cli/suite.h"

#include "cli/json_out.h"
#include "core/clock.h"
#include "core/guard.h"
#include "core/proc.h"
#include "core/subprocess.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define GRACE_NS (5 * NS_PER_S) /* from a stop's signal to SIGKILL */

/* What the run wrote to its standard output. */
struct text {
	char *data;
	size_t n, max;
};

static int
collect(void *arg, const void *data, size_t n)
{
	struct text *t = arg;

	if (t->n + n > t->max) {
		const size_t max = 2 * (t->n + n);
		char *more = realloc(t->data, max);

		if (more == NULL)
			return -ENOMEM;
		t->data = more;
		t->max = max;
	}
	memcpy(t->data + t->n, data, n);
	t->n += n;
	return 0;
}

static int
stop_signal(void *arg)
{
	const int reason = stop_reason(arg);

	return reason > 0 ? reason : SIGTERM;
}

/* The words, with the format that is read back behind the first. */
static char **
make_argv(const struct suite_entry *x, const char *self)
{
	char **argv = calloc(x->nwords + 4, sizeof(*argv));
	size_t n = 0;

	if (argv == NULL)
		return NULL;
	argv[n++] = (char *)(uintptr_t)self;
	argv[n++] = x->word[0];
	argv[n++] = (char *)(uintptr_t) "-f";
	argv[n++] = (char *)(uintptr_t) "json";
	for (size_t i = 1; i < x->nwords; i++)
		argv[n++] = x->word[i];
	return argv;
}

static int
take_result(struct suite_entry *x, const struct subprocess_end *end,
	    const struct text *t, struct err *e)
{
	json_error_t why;
	char words[64];

	x->status = end->exitcode;
	json_decref(x->doc);
	x->doc = t->n > 0 ? json_loadb(t->data, t->n, 0, &why) : NULL;
	if (x->doc == NULL && t->n > 0 && json_out_errno() == ENOMEM)
		return err_set(e, ENOMEM, "no memory for the result of '%s'", x->name);
	if (x->doc == NULL)
		snprintf(x->why, sizeof(x->why), "the run %s and left no result",
			 proc_exit_words(end->exitcode, words, sizeof(words)));
	return 0;
}

int
suite_run(struct suite_entry *x, const char *self, struct stop *stop, struct err *e)
{
	struct text text = { .n = 0 };
	struct flow flow[3] = {
		{ .pipe = -1, .peer = -1 },
		{ .pipe = -1, .peer = -1, .sink = collect, .sink_arg = &text },
		{ .pipe = -1, .peer = -1 }
	};
	struct guard guard = { 0 };
	struct subprocess_run q = {
		.config = { .stream = { SUBPROCESS_NULL, SUBPROCESS_PIPE,
					SUBPROCESS_INHERIT },
			    .flags = SPAWN_DIES_WITH_PARENT | SPAWN_OWN_GROUP,
			    .guard = &guard },
		.flow = flow,
		.grace_ns = GRACE_NS,
		.drain_ns = NS_PER_S,
		.cancel_fd = stop->fd,
		.cancel_signal = stop_signal,
		.cancel_arg = stop,
	};
	struct subprocess_end end = { 0 };
	char **argv = make_argv(x, self);
	int rc;

	if (argv == NULL)
		return err_set(e, ENOMEM, "no memory for a command line");
	q.config.argv = argv;
	rc = guard_open(&guard, 1, e);
	if (rc == 0)
		rc = subprocess_run(&q, &end, e);
	if (rc == 0 && end.refused != 0)
		rc = -end.refused;
	if (rc == 0 && flow[1].error != 0)
		rc = err_set(e, flow[1].error, "cannot read the result of '%s'",
			     x->name);
	if (rc == 0 && (end.cancelled || stop_reason(stop) != STOP_NONE))
		rc = -EINTR;
	if (rc == 0)
		rc = take_result(x, &end, &text, e);
	guard_close(&guard);
	free(text.data);
	free(argv);
	return rc;
}
