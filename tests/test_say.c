/*
 * test_say.c - events in words.
 */
#include "cli/say.h"

#include "tests/view.h"

static const struct event_type full = {
	.name = "full",
	.say = "{a}|{b}|{s}|{pid}|{tid}|{x}|{",
	.unit_a = EVENT_NS,
	.unit_b = EVENT_BYTES,
};
static const struct event_type to_role = {
	.name = "to",
	.phase = EVENT_BEGIN,
	.say = "→ {a}",
	.unit_a = EVENT_ROLE,
	.span = "task {a} of {s}",
};
static const struct event_type silent = { .name = "silent", .phase = EVENT_WAIT };

TestSuite(say, .fini = view_fini);

static const char *
said(size_t i)
{
	static char buf[SAY_MAX];
	struct view v = view_of();

	return say_event(&v, &view_event[i], buf, sizeof(buf));
}

Test(say, placeholders_are_filled_by_their_units)
{
	view_init(1);
	view_add(0, 7, 8, 1, &full, 1500000, 2048, "text");
	cr_assert_str_eq(said(0), "1.50 ms|2 KiB|text|7|8|{x}|{");
}

Test(say, a_role_is_named)
{
	view_init(2);
	trace_name(&view_trace, 1, "w1");
	view_add(0, 7, 7, 1, &to_role, 1, 0, NULL);
	view_add(0, 7, 7, 2, &to_role, 99, 0, NULL);
	cr_assert_str_eq(said(0), "→ w1");
	cr_assert_str_eq(said(1), "→ ?");
	view_style.unicode = false;
	cr_assert_str_eq(said(0), "-> w1");
}

Test(say, text_from_outside_cannot_forge_output)
{
	view_init(1);
	view_add(0, 7, 7, 1, &full, 0, 0, "x\n\033[2J{a}");
	cr_assert_str_eq(said(0), "0 ns|0 B|x\\x0a\\x1b[2J{a}|7|7|{x}|{");
}

Test(say, spans_have_names_and_numbers)
{
	char buf[SAY_MAX];
	struct view v;

	view_init(2);
	trace_name(&view_trace, 1, "w1");
	view_add(0, 7, 7, 1, &to_role, 1, 0, "five");
	view_add(0, 7, 7, 2, &silent, 0, 0, NULL);
	v = view_of();
	cr_assert_str_eq(say_span(&v, &view_event[0], buf, sizeof(buf)),
			 "task w1 of five");
	cr_assert_str_eq(say_span(&v, &view_event[1], buf, sizeof(buf)), "silent");
	cr_assert_str_eq(said(1), "");
	cr_assert(say_is_numbered(&to_role));
	cr_assert_not(say_is_numbered(&silent));
}

Test(say, a_thread_is_told_from_a_process)
{
	struct event e = { .pid = 4200, .tid = 4200, .role = 1 };
	struct trace t;
	struct err why;
	struct view v = { .trace = &t };
	char buf[64];

	cr_assert_eq(trace_init(&t, 2, 16, &why), 0);
	cr_assert_str_eq(say_place(&v, &e, buf, sizeof(buf)), "4200");
	e.tid = 4203;
	cr_assert_str_eq(say_place(&v, &e, buf, sizeof(buf)), "4200/4203");
	trace_name(&t, 1, "c2");
	trace_mark_coroutine(&t, 1);
	cr_assert_str_eq(say_place(&v, &e, buf, sizeof(buf)), "4200/4203·c2");
	trace_fini(&t);
}

Test(say, values_of_records_stay_on_their_line)
{
	char buf[64];

	cr_assert_str_eq(say_escaped("a\tb\nc\\d\r\x01", buf, sizeof(buf)),
			 "a\\tb\\nc\\\\d\\r\\x01");
	cr_assert_str_eq(say_escaped("✔", buf, sizeof(buf)), "✔");
	cr_assert_str_eq(say_escaped("aaaa\t", buf, 6), "aaaa");
}

Test(say, a_sentence_longer_than_the_buffer_is_cut)
{
	char buf[8];
	struct view v;

	view_init(1);
	view_add(0, 7, 7, 1, &full, 1, 1, "a rather long text");
	v = view_of();
	say_event(&v, &view_event[0], buf, sizeof(buf));
	cr_assert_lt(strlen(buf), sizeof(buf));
}
