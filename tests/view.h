/*
 * view.h - for tests of the renderers: events made by hand, a view of them, and what
 * a renderer writes as a string.
 */
#ifndef TESTS_VIEW_H
#define TESTS_VIEW_H

#include "cli/render.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct trace view_trace;
static struct event *view_event;
static size_t view_n;
static struct style view_style;
static struct columns view_columns;
static struct result view_result;

static inline void
view_collect(void *arg, const struct event *e)
{
	(void)arg;
	/* Doubled: a sanitizer's realloc() copies each time. */
	if ((view_n & (view_n - 1)) == 0)
		view_event =
			realloc(view_event, (view_n ? 2 * view_n : 1) * sizeof(*e));
	cr_assert_not_null(view_event);
	view_event[view_n++] = *e;
}

static inline void
view_init(int nroles)
{
	cr_assert_eq(trace_init(&view_trace, nroles, 1 << 18, NULL), 0);
	view_trace.sink = view_collect;
	view_style = (struct style){ .unicode = true, .width = 80 };
	result_init(&view_result, "test");
}

static inline void
view_fini(void)
{
	trace_fini(&view_trace);
	result_fini(&view_result);
	free(view_event);
	view_event = NULL;
	view_n = 0;
}

/* An event of role, at_ns after the start, by process pid and thread tid. */
static inline void
view_add(int role, int pid, int tid, uint64_t at_ns, const struct event_type *type,
	 int64_t a, int64_t b, const char *text)
{
	trace_bind(&view_trace, role);
	trace_emit_at(view_trace.start_ns + at_ns, type, a, b, text);
	trace_pump(&view_trace, true);
	view_event[view_n - 1].pid = pid;
	view_event[view_n - 1].tid = tid;
}

static inline struct view
view_of(void)
{
	return (struct view){ .result = &view_result,
			      .trace = &view_trace,
			      .events = view_event,
			      .nevents = view_n,
			      .style = &view_style,
			      .columns = &view_columns };
}

/* What render writes; the caller frees it. */
static inline char *
view_render(void (*render)(FILE *out, const struct view *v))
{
	struct view v = view_of();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert_not_null(out);
	render(out, &v);
	fclose(out);
	return text;
}

#endif
