/*
 * render_trace.c - the events as Chrome Trace Event JSON.
 *
 * Opens in Perfetto and speedscope (which reads the X events alone). Time is in
 * microseconds with fractions, from the start of the run. One event a line, written
 * one at a time.
 *
 *   span            X with its duration, so that spans of a thread nest; async b and
 *                   e for the roles that share a thread (coroutines)
 *   SEND            X of at most 1 us, for a flow hangs on a slice, and s
 *   RECEIVE         f, as for a BEGIN that receives; bp:"e" (the slice around it)
 *                   when there is one, else the slice that begins next there
 *   INSTANT         i of the thread
 *   COUNTER         C of the process; "queued" counts what was sent and not received
 *
 * Source: "Trace Event Format", Google, 2016; what Perfetto makes of it:
 * docs/getting-started/other-formats.md in its repository.
 */
#include "cli/json_out.h"
#include "cli/render.h"
#include "cli/say.h"
#include "cli/spans.h"

#include <stdlib.h>
#include <string.h>

struct writer {
	FILE *out;
	const struct view *v;
	struct spans spans;
	bool first;
	size_t next;	     /* span whose beginning was not met yet */
	size_t *innermost;   /* by track: open span, or SPAN_NONE */
	bool *waiting;	     /* by flow id: sent, not received */
	int64_t depth;	     /* how many of them */
	struct event sender; /* whose track has the counter */
};

static void
put(struct writer *w, json_t *o)
{
	fputs(w->first ? "\n" : ",\n", w->out);
	w->first = false;
	json_out_value(w->out, o);
}

static json_t *
object(const char *name, const char *phase, int32_t pid, int32_t tid)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_out_text(name));
	json_object_set_new(o, "ph", json_string(phase));
	json_object_set_new(o, "pid", json_integer(pid));
	json_object_set_new(o, "tid", json_integer(tid));
	return o;
}

static json_t *
micros(const struct writer *w, uint64_t ts_ns)
{
	uint64_t base = w->v->trace->start_ns;

	return json_out_number(ts_ns < base ? 0 : (double)(ts_ns - base) / 1e3);
}

static json_t *
object_at(const struct writer *w, const char *name, const char *phase,
	  const struct event *e)
{
	json_t *o = object(name, phase, e->pid, e->tid);

	json_object_set_new(o, "ts", micros(w, e->ts_ns));
	return o;
}

static json_t *
argument(const struct view *v, enum event_unit unit, int64_t x)
{
	return unit == EVENT_ROLE ? json_out_text(say_role(v, x)) : json_out_integer(x);
}

static void
put_arguments(json_t *args, const struct view *v, const struct event *e)
{
	const struct event_type *type = event_type_of(e);

	if (type->key_a != NULL)
		json_object_set_new(args, type->key_a, argument(v, type->unit_a, e->a));
	if (type->key_b != NULL)
		json_object_set_new(args, type->key_b, argument(v, type->unit_b, e->b));
	if (type->key_s != NULL)
		json_object_set_new(args, type->key_s, json_out_text(event_text(e)));
}

static void
put_metadata(struct writer *w, const char *what, const struct track *t, const char *key,
	     json_t *value)
{
	json_t *o = object(what, "M", t->pid, t->tid), *args = json_object();

	json_object_set_new(args, key, value);
	json_object_set_new(o, "args", args);
	put(w, o);
}

/* The name of the process that t belongs to; t is its first track. */
static json_t *
process_name(const struct writer *w, const struct track *t)
{
	char name[64];

	if (t->role != 0)
		return json_out_text(say_role(w->v, t->role));
	snprintf(name, sizeof(name), "concbench %s", w->v->result->command);
	return json_out_text(name);
}

static int
by_process(const void *a, const void *b)
{
	const struct track *const *x = a, *const *y = b;

	if ((*x)->pid != (*y)->pid)
		return (*x)->pid < (*y)->pid ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

static void
put_names(struct writer *w)
{
	size_t n = w->spans.ntracks;
	const struct track **t = calloc(n + 1, sizeof(struct track *));

	if (t == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		t[i] = &w->spans.track[i];
	qsort(t, n, sizeof(struct track *), by_process);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || t[i - 1]->pid != t[i]->pid) {
			put_metadata(w, "process_name", t[i], "name",
				     process_name(w, t[i]));
			put_metadata(w, "process_sort_index", t[i], "sort_index",
				     json_integer(t[i]->role));
		}
		if (t[i]->shares_tid)
			continue;
		put_metadata(w, "thread_name", t[i], "name",
			     json_out_text(say_role(w->v, t[i]->role)));
		put_metadata(w, "thread_sort_index", t[i], "sort_index",
			     json_integer(t[i]->role));
	}
	free(t);
}

static json_t *
span_object(const struct writer *w, const struct span *span, const struct event *e,
	    const char *phase)
{
	char name[SAY_MAX];
	json_t *o = object_at(w, say_span(w->v, e, name, sizeof(name)), phase, e);

	json_object_set_new(o, "cat",
			    json_string(span->point  ? "send"
					: span->wait ? "wait"
						     : "run"));
	return o;
}

static json_t *
span_arguments(const struct writer *w, const struct span *span)
{
	json_t *args = json_object();

	put_arguments(args, w->v, &w->v->events[span->begin]);
	if (span->end != SPAN_NONE)
		put_arguments(args, w->v, &w->v->events[span->end]);
	else if (!span->point)
		json_object_set_new(args, "unfinished", json_true());
	return args;
}

/* A role on somebody else's thread: its spans need not nest with the others'. */
static void
put_async(struct writer *w, const struct span *span, const struct event *e)
{
	json_t *begin = span_object(w, span, e, "b"), *end;
	char name[SAY_MAX];

	json_object_set_new(begin, "id", json_integer(e->role));
	json_object_set_new(begin, "args", span_arguments(w, span));
	put(w, begin);
	end = object(say_span(w->v, e, name, sizeof(name)), "e", e->pid, e->tid);
	json_object_set_new(end, "cat", json_string(span->wait ? "wait" : "run"));
	json_object_set_new(end, "id", json_integer(e->role));
	json_object_set_new(end, "ts", micros(w, span->end_ns));
	put(w, end);
}

static void
put_span(struct writer *w, const struct event *e)
{
	size_t number = w->next++;
	const struct span *span = &w->spans.span[number];
	const struct track *t = &w->spans.track[span->track];
	json_t *o;

	if (!span->point)
		w->innermost[span->track] = number;
	if (t->shares_tid && !span->point) {
		put_async(w, span, e);
		return;
	}
	o = span_object(w, span, e, "X");
	json_object_set_new(
		o, "dur",
		json_out_number((double)(span->end_ns - span->begin_ns) / 1e3));
	json_object_set_new(o, "args", span_arguments(w, span));
	put(w, o);
}

static void
put_flow(struct writer *w, const struct event *e, const char *phase, bool enclosed)
{
	json_t *o = object_at(w, "flow", phase, e);

	json_object_set_new(o, "cat", json_string("flow"));
	json_object_set_new(o, "id", json_out_integer(e->a));
	if (enclosed)
		json_object_set_new(o, "bp", json_string("e"));
	put(w, o);
}

static void
put_other(struct writer *w, const struct event *e, const char *phase)
{
	const struct event_type *type = event_type_of(e);
	json_t *o = object_at(w, type->name, phase, e), *args = json_object();

	if (*phase == 'i')
		json_object_set_new(o, "s", json_string("t"));
	if (*phase == 'C')
		json_object_set_new(args, type->key_a != NULL ? type->key_a : "value",
				    json_out_integer(e->a));
	else
		put_arguments(args, w->v, e);
	json_object_set_new(o, "args", args);
	put(w, o);
}

/*
 * The counter of what was sent and not received yet, on the sender's track. An id is
 * received once: a task that is run again was taken out of the queue before.
 */
static void
put_depth(struct writer *w, const struct event *e, bool sent)
{
	const uint64_t id = (uint64_t)e->a;
	struct event at = *e;
	json_t *o, *args;

	if (id >= w->v->nevents || w->waiting[id] == sent)
		return;
	if (sent)
		w->sender = *e;
	w->waiting[id] = sent;
	w->depth += sent ? 1 : -1;
	at.pid = w->sender.pid;
	at.tid = w->sender.tid;
	o = object_at(w, "queued", "C", &at);
	args = json_object();
	json_object_set_new(args, "tasks", json_out_integer(w->depth));
	json_object_set_new(o, "args", args);
	put(w, o);
}

static void
put_event(struct writer *w, size_t i)
{
	const struct event *e = &w->v->events[i];
	size_t *innermost = &w->innermost[w->spans.track_of[i]];

	switch (event_type_of(e)->phase) {
	case EVENT_BEGIN:
	case EVENT_WAIT:
		put_span(w, e);
		if (event_type_of(e)->receives) {
			put_flow(w, e, "f", true);
			put_depth(w, e, false);
		}
		break;
	case EVENT_END:
		if (*innermost != SPAN_NONE)
			*innermost = w->spans.span[*innermost].parent;
		break;
	case EVENT_SEND:
		put_span(w, e);
		put_flow(w, e, "s", true);
		put_depth(w, e, true);
		break;
	case EVENT_RECEIVE:
		put_flow(w, e, "f", *innermost != SPAN_NONE);
		break;
	case EVENT_INSTANT:
		put_other(w, e, "i");
		break;
	case EVENT_COUNTER:
		put_other(w, e, "C");
		break;
	}
}

static void
put_all(struct writer *w)
{
	w->innermost = calloc(w->spans.ntracks + 1, sizeof(*w->innermost));
	w->waiting = calloc(w->v->nevents + 1, sizeof(*w->waiting));
	if (w->innermost == NULL || w->waiting == NULL)
		goto out;
	for (size_t i = 0; i < w->spans.ntracks; i++)
		w->innermost[i] = SPAN_NONE;
	put_names(w);
	for (size_t i = 0; i < w->v->nevents; i++)
		put_event(w, i);
out:
	free(w->innermost);
	free(w->waiting);
}

static json_t *
other_data(const struct view *v)
{
	json_t *o = json_object(), *argv = json_array();

	for (int i = 0; i < v->argc; i++)
		json_array_append_new(argv, json_out_text(v->argv[i]));
	json_object_set_new(o, "version", json_string(CONCBENCH_VERSION));
	json_object_set_new(o, "argv", argv);
	json_object_set_new(o, "seed", json_out_integer((int64_t)v->result->seed));
	json_object_set_new(o, "verdict", json_string(result_verdict(v->result)));
	json_object_set_new(o, "complete", json_boolean(v->result->end == END_DONE));
	json_object_set_new(o, "events_lost",
			    json_out_number((double)v->result->events_lost));
	return o;
}

static void
render(FILE *out, const struct view *v)
{
	struct writer w = { .out = out, .v = v, .first = true };

	fputs("{\"displayTimeUnit\":\"ns\",\n\"otherData\":", out);
	json_out_value(out, other_data(v));
	fputs(",\n\"traceEvents\":[", out);
	if (spans_init(&w.spans, v->events, v->nevents) == 0)
		put_all(&w);
	spans_fini(&w.spans);
	fputs("]}\n", out);
}

const struct renderer renderer_trace = {
	.name = "trace",
	.summary = "the events as Chrome Trace Event JSON: for Perfetto and speedscope",
	.machine = true,
	.events = true,
	.render = render,
};
