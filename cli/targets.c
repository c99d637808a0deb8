/*
 * targets.c - where a run's results go.
 */
#include "cli/targets.h"

#include "cli/args.h"
#include "cli/term.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool
is_stdout(const struct target *t)
{
	return strcmp(t->file, "-") == 0;
}

static void
add(struct targets *t, const struct renderer *r, const char *file)
{
	struct target *x = &t->target[t->n++];

	x->renderer = r;
	x->file = file;
	x->stream = strcmp(file, "-") == 0 || strcmp(file, "&2") == 0;
}

static int
refuse_twice(const struct targets *t, struct err *e)
{
	char quoted[ARGS_QUOTE];

	for (size_t i = 0; i < t->n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(t->target[i].file, t->target[j].file) != 0)
				continue;
			if (t->target[i].stream)
				return err_set(e, EINVAL,
					       "-o: standard output carries one format "
					       "alone, not both '%s' and '%s'",
					       t->target[j].renderer->name,
					       t->target[i].renderer->name);
			return err_set(
				e, EINVAL, "-o: '%s' is written twice",
				args_quote(t->target[i].file, quoted, sizeof(quoted)));
		}
	}
	return 0;
}

/*
 * With a command, standard output is the command's, or a document that holds it. The
 * story goes to standard error; a quiet run has none.
 */
static int
make_way(struct targets *t, bool quiet, struct err *e)
{
	for (size_t i = 0; i < t->n; i++) {
		struct target *x = &t->target[i];

		if (!is_stdout(x))
			continue;
		if (!x->renderer->machine && quiet) {
			memmove(x, x + 1, (--t->n - i) * sizeof(*x));
			return 0; /* standard output has one format at most */
		}
		if (!x->renderer->machine)
			x->file = "&2";
		else if (strcmp(x->renderer->name, "trace") == 0)
			return err_set(e, EINVAL,
				       "a trace on standard output has no room for the "
				       "output of the command; use --trace FILE");
		else
			t->captures = true;
	}
	return 0;
}

int
targets_plan(struct targets *t, const struct common_opts *o, bool command,
	     struct err *e)
{
	const struct renderer *format = renderer_table[o->format];
	struct common_output out;
	bool has_stdout = o->trace != NULL && strcmp(o->trace, "-") == 0;
	int rc;

	*t = (struct targets){ .command = command };
	t->target = calloc(o->outputs.n + 2, sizeof(*t->target));
	if (t->target == NULL)
		return err_set(e, ENOMEM, "cannot plan the outputs");
	for (size_t i = 0; i < o->outputs.n; i++) {
		rc = common_output(o, i, &out, e);
		if (rc != 0)
			return rc;
		has_stdout = has_stdout || strcmp(out.file, "-") == 0;
		add(t, out.renderer, out.file);
	}
	if (o->trace != NULL)
		add(t, common_renderer("trace"), o->trace);
	/* -o FORMAT:- takes the place of the default, not of another --format. */
	if (!has_stdout || format != common_renderer("text"))
		add(t, format, "-");
	rc = refuse_twice(t, e);
	if (rc == 0 && command)
		rc = make_way(t, o->quiet, e);
	for (size_t i = 0; i < t->n; i++) {
		struct style *st = &t->target[i].style;

		st->quiet = o->quiet;
		st->verbose = o->verbose;
		st->timeline = o->timeline == WHEN_ALWAYS;
		term_style(st,
			   t->target[i].stream ? is_stdout(&t->target[i]) ? 1 : 2 : -1,
			   o->color, o->ascii);
		if (o->timeline == WHEN_AUTO)
			st->timeline = st->tty && !st->quiet;
		t->keeps = t->keeps || t->target[i].renderer->events || st->timeline ||
			   (!t->target[i].stream && t->target[i].renderer->live &&
			    !st->quiet);
	}
	return rc;
}

/* The first write that failed: go on computing for nobody? */
static void
on_failure(void *arg, int error)
{
	struct targets *t = arg;

	(void)error;
	if (t->stop != NULL)
		stop_request(t->stop, STOP_OUTPUT);
}

static int
open_target(struct targets *t, struct target *x, struct err *e)
{
	int rc = output_open(&x->out, x->file, e);

	if (rc == 0 && is_stdout(x)) {
		x->out.failed = on_failure;
		x->out.failed_arg = t;
	}
	return rc;
}

int
targets_open(struct targets *t, struct stop *stop, struct err *e)
{
	int rc = 0;

	t->stop = stop;
	for (size_t i = 0; i < t->n && rc == 0; i++)
		rc = open_target(t, &t->target[i], e);
	if (rc == 0 && t->command && !t->captures) {
		rc = output_open(&t->pass, "-", e);
		t->pass.failed = on_failure;
		t->pass.failed_arg = t;
	}
	if (rc == 0 && t->command)
		rc = output_open(&t->errors, "&2", e);
	return rc;
}

bool
targets_tell_warnings(const struct targets *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->target[i].file, "&2") == 0 && !t->target[i].style.tty)
			return true;
	return false;
}

bool
targets_are_live(const struct targets *t)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->target[i].stream && t->target[i].renderer->live &&
		    !t->target[i].style.quiet)
			return true;
	}
	return false;
}

bool
targets_want_events(const struct targets *t)
{
	return t->keeps || targets_are_live(t);
}

static const struct view *
look(struct targets *t, struct target *x)
{
	t->view.style = &x->style;
	t->view.columns = &x->columns;
	t->view.events = t->event;
	t->view.nevents = t->nevents;
	t->view.captures = t->capture;
	t->view.ncaptures = t->ncaptures;
	return &t->view;
}

static void
keep(struct targets *t, const struct event *e)
{
	struct event *more;
	size_t max;

	if (t->nevents == t->max_events) {
		max = t->max_events == 0 ? 1024 : t->max_events * 2;
		max = max > TARGETS_EVENTS_MAX ? TARGETS_EVENTS_MAX : max;
		more = t->nevents == max ? NULL
					 : realloc(t->event, max * sizeof(*more));
		if (more == NULL) {
			t->not_kept++;
			return;
		}
		t->event = more;
		t->max_events = max;
	}
	t->event[t->nevents++] = *e;
}

void
targets_event(void *arg, const struct event *e)
{
	struct targets *t = arg;

	if (t->keeps)
		keep(t, e);
	for (size_t i = 0; i < t->n; i++) {
		struct target *x = &t->target[i];

		if (x->stream && x->renderer->live)
			x->renderer->event(x->out.file, look(t, x), e);
	}
}

void
targets_flush(void *arg)
{
	struct targets *t = arg;

	for (size_t i = 0; i < t->n; i++) {
		if (t->target[i].stream && t->target[i].renderer->live)
			output_flush(&t->target[i].out);
	}
}

static int
capture(struct targets *t, int64_t task, int stream, const void *data, size_t n)
{
	struct capture *c;
	size_t max;

	if (t->ncaptures == t->max_captures) {
		max = t->max_captures == 0 ? 64 : t->max_captures * 2;
		c = realloc(t->capture, max * sizeof(*c));
		if (c == NULL)
			return -ENOMEM;
		t->capture = c;
		t->max_captures = max;
	}
	c = &t->capture[t->ncaptures];
	*c = (struct capture){ task, stream, n, malloc(n + 1) };
	if (c->data == NULL)
		return -ENOMEM;
	memcpy(c->data, data, n);
	c->data[n] = '\0';
	t->ncaptures++;
	return 0;
}

int
targets_output(void *arg, int64_t task, int stream, const void *data, size_t n)
{
	struct targets *t = arg;
	struct output *o = stream == 2 ? &t->errors : &t->pass;

	if (n == 0)
		return 0;
	if (t->captures) {
		if (capture(t, task, stream, data, n) != 0)
			t->lacks_memory = true;
		return 0;
	}
	fwrite(data, 1, n, o->file);
	return stream == 2 ? (output_flush(o), 0) : output_flush(o);
}

static int
finish(struct targets *t, struct target *x, struct err *e)
{
	const struct view *v = look(t, x);
	int rc;

	if (!x->stream && x->renderer->live) {
		for (size_t i = 0; i < t->nevents; i++)
			x->renderer->event(x->out.file, v, &t->event[i]);
	}
	x->renderer->render(x->out.file, v);
	rc = output_close(&x->out, e);
	/* Nobody can be told that standard error is gone. */
	return strcmp(x->file, "&2") == 0 ? 0 : rc;
}

int
targets_finish(struct targets *t, struct err *e)
{
	struct err other;
	int rc = 0, one;

	t->stop = NULL;
	if (t->pass.file != NULL)
		rc = output_close(&t->pass, e);
	for (size_t i = 0; i < t->n; i++) {
		one = finish(t, &t->target[i], rc == 0 ? e : &other);
		rc = rc == 0 ? one : rc;
	}
	return rc;
}

void
targets_fini(struct targets *t)
{
	for (size_t i = 0; i < t->n; i++)
		output_abandon(&t->target[i].out);
	output_abandon(&t->pass);
	output_abandon(&t->errors);
	for (size_t i = 0; i < t->ncaptures; i++)
		free(t->capture[i].data);
	free(t->capture);
	free(t->event);
	free(t->target);
	*t = (struct targets){ 0 };
}
