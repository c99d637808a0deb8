/*
 * test_lanes.c - spans, and the picture of them.
 */
#include "cli/lanes.h"

#include "cli/spans.h"
#include "tests/view.h"

#define MS UINT64_C(1000000)

static const struct event_type run = {
	.name = "run", .phase = EVENT_BEGIN, .key_a = "task", .span = "task {a}"
};
static const struct event_type done = { .name = "done", .phase = EVENT_END };
static const struct event_type wait = { .name = "wait", .phase = EVENT_WAIT };
static const struct event_type note = { .name = "note", .phase = EVENT_INSTANT };
static const struct event_type submit = { .name = "submit", .phase = EVENT_SEND };
static const struct event_type reaped = {
	.name = "reaped", .phase = EVENT_INSTANT, .key_a = "pid", .unit_a = EVENT_PID
};

TestSuite(lanes, .fini = view_fini);

static void
draw(FILE *out, const struct view *v)
{
	cr_assert_eq(lanes_draw(out, v), 0);
}

/* The n-th line (0...) of text, in a buffer of its own. */
static const char *
line_of(const char *text, int n)
{
	static char line[4096];

	while (n-- > 0) {
		text = strchr(text, '\n');
		cr_assert_not_null(text);
		text++;
	}
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
	return line;
}

static int
count_lines(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

Test(lanes, a_row_a_role_with_digit_bar_and_share)
{
	char *text;

	view_init(3);
	view_style = (struct style){ .width = 80 };
	trace_name(&view_trace, 0, "main");
	trace_name(&view_trace, 1, "w1");
	view_add(0, 9, 9, 0, &note, 0, 0, NULL);
	view_add(1, 10, 10, 0, &run, 17, 0, NULL);
	view_add(1, 10, 10, 50 * MS, &done, 0, 0, NULL);
	view_add(1, 10, 10, 50 * MS, &wait, 0, 0, NULL);
	view_add(1, 10, 10, 75 * MS, &done, 0, 0, NULL);
	view_add(0, 9, 9, 100 * MS, &note, 0, 0, NULL);
	text = view_render(draw);
	cr_assert_eq(count_lines(text), 3, "blank, ruler, w1; main has no span");
	cr_assert_str_eq(line_of(text, 1) + strlen(line_of(text, 1)) - 6, "100 ms");
	cr_assert_eq(strncmp(line_of(text, 2), "  w1   10 7##", 13), 0);
	cr_assert_not_null(strstr(line_of(text, 2), "##==="));
	cr_assert_not_null(strstr(line_of(text, 2), "==..."));
	cr_assert_str_eq(line_of(text, 2) + strlen(line_of(text, 2)) - 6, "   50%");
	cr_assert_lt(strlen(line_of(text, 2)), 80, "no line wraps");
	free(text);
}

Test(lanes, waiting_inside_a_task_is_not_work)
{
	char *text;

	view_init(1);
	view_add(0, 9, 9, 0, &run, 1, 0, NULL);
	view_add(0, 9, 9, 25 * MS, &wait, 0, 0, NULL);
	view_add(0, 9, 9, 75 * MS, &done, 0, 0, NULL);
	view_add(0, 9, 9, 100 * MS, &done, 0, 0, NULL);
	text = view_render(draw);
	cr_assert_not_null(strstr(text, "█░"));
	cr_assert_not_null(strstr(text, "░█"));
	cr_assert_not_null(strstr(text, "  50%\n"));
	free(text);
}

Test(lanes, several_tasks_in_a_cell_have_their_sign)
{
	char *text;

	view_init(1);
	for (int i = 0; i < 10; i++) {
		view_add(0, 9, 9, 50 * MS + (uint64_t)i * 10, &run, i, 0, NULL);
		view_add(0, 9, 9, 50 * MS + (uint64_t)i * 10 + 5, &done, i, 0, NULL);
	}
	view_add(0, 9, 9, 100 * MS, &note, 0, 0, NULL);
	text = view_render(draw);
	cr_assert_not_null(strstr(text, "·▓·"));
	free(text);
}

Test(lanes, one_event_and_no_time_at_all)
{
	char *text;

	view_init(1);
	text = view_render(draw);
	cr_assert_str_eq(text, "", "nothing to draw");
	free(text);
	view_add(0, 9, 9, 0, &run, 3, 0, NULL);
	text = view_render(draw);
	cr_assert_eq(count_lines(text), 3);
	cr_assert_not_null(strchr(text, '3'));
	free(text);
}

Test(lanes, many_roles_are_folded)
{
	char *text;

	view_init(1001);
	for (int i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "w%d", i + 1);
		trace_name(&view_trace, i + 1, name);
		view_add(i + 1, 10 + i, 10 + i, 0, &run, i, 0, NULL);
	}
	for (int i = 0; i < 1000; i++)
		view_add(i + 1, 10 + i, 10 + i, 100 * MS, &done, 0, 0, NULL);
	text = view_render(draw);
	cr_assert_leq(count_lines(text), LANES_MAX + 2);
	cr_assert_not_null(strstr(text, "w1~w42"));
	cr_assert_not_null(strstr(text, "~w1000"));
	cr_assert_not_null(strstr(text, "████"));
	cr_assert_not_null(strstr(text, " 100%\n"));
	free(text);
	view_style.unicode = false;
	text = view_render(draw);
	cr_assert_not_null(strstr(text, "@@@@"));
	for (const char *p = text; *p != '\0'; p++)
		cr_assert_lt((unsigned char)*p, 0x80);
	free(text);
}

Test(lanes, a_narrow_terminal_still_gets_forty_cells)
{
	char *text;

	view_init(1);
	view_style = (struct style){ .width = 10 };
	view_add(0, 9, 9, 0, &run, 0, 0, NULL);
	view_add(0, 9, 9, 10 * MS, &done, 0, 0, NULL);
	text = view_render(draw);
	cr_assert_geq(strlen(line_of(text, 2)), 40);
	free(text);
}

Test(lanes, a_hundred_thousand_events)
{
	char *text;

	view_init(2);
	trace_bind(&view_trace, 1);
	for (uint64_t i = 0; i < 50000; i++) {
		trace_emit_at(view_trace.start_ns + i * 1000, &run, (int64_t)i, 0,
			      NULL);
		trace_emit_at(view_trace.start_ns + i * 1000 + 500, &done, 0, 0, NULL);
	}
	trace_pump(&view_trace, true);
	cr_assert_eq(view_n, 100000);
	text = view_render(draw);
	cr_assert_not_null(strstr(text, "▓▓▓▓"));
	cr_assert_not_null(strstr(text, "  50%\n"));
	free(text);
}

Test(lanes, a_span_nobody_ended_ends_with_the_last_sign)
{
	struct spans s;

	view_init(3);
	view_add(1, 50, 50, 1 * MS, &run, 1, 0, NULL); /* killed, noticed at 9 ms */
	view_add(2, 60, 60, 2 * MS, &run, 2, 0, NULL); /* killed, never noticed */
	view_add(2, 60, 60, 4 * MS, &note, 0, 0, NULL);
	view_add(0, 40, 40, 9 * MS, &reaped, 50, 0, NULL);
	view_add(1, 51, 51, 10 * MS, &run, 1, 0, NULL); /* its replacement */
	view_add(1, 51, 51, 12 * MS, &done, 0, 0, NULL);
	cr_assert_eq(spans_init(&s, view_event, view_n), 0);
	cr_assert_eq(s.nspans, 3);
	cr_assert_eq(s.span[0].end, SPAN_NONE);
	cr_assert_eq(s.span[0].end_ns - s.span[0].begin_ns, 8 * MS);
	cr_assert_eq(s.span[1].end_ns - s.span[1].begin_ns, 2 * MS);
	cr_assert_eq(s.span[2].end, 5);
	cr_assert_eq(s.ntracks, 4, "a replaced worker is another track");
	spans_fini(&s);
}

Test(lanes, an_end_without_a_beginning_and_a_send_between)
{
	struct spans s;

	view_init(1);
	view_add(0, 9, 9, 1, &done, 0, 0, NULL);
	view_add(0, 9, 9, 100, &submit, 1, 0, NULL);
	view_add(0, 9, 9, 150, &run, 1, 0, NULL);
	view_add(0, 9, 9, 200, &submit, 2, 0, NULL);
	cr_assert_eq(spans_init(&s, view_event, view_n), 0);
	cr_assert_eq(s.nspans, 3);
	cr_assert(s.span[0].point);
	cr_assert_eq(s.span[0].end_ns - s.span[0].begin_ns, 50, "up to the next event");
	cr_assert_eq(s.span[2].end_ns - s.span[2].begin_ns, 1000, "at most 1 us");
	cr_assert_eq(s.span[2].parent, 1);
	spans_fini(&s);
}

Test(lanes, roles_on_one_thread_are_marked)
{
	struct spans s;

	view_init(3);
	view_add(0, 9, 9, 1, &note, 0, 0, NULL);
	view_add(1, 9, 9, 2, &run, 1, 0, NULL);
	view_add(2, 9, 11, 3, &run, 2, 0, NULL);
	cr_assert_eq(spans_init(&s, view_event, view_n), 0);
	cr_assert_not(s.track[0].shares_tid);
	cr_assert(s.track[1].shares_tid);
	cr_assert_not(s.track[2].shares_tid);
	spans_fini(&s);
}
