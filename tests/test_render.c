/*
 * test_render.c - the shapes of JSON, trace files and records.
 */
#include "cli/json_out.h"
#include "tests/view.h"

#include <jansson.h>
#include <math.h>

extern const struct renderer renderer_json, renderer_trace, renderer_records,
	renderer_story;

#define MS UINT64_C(1000000)

static const struct event_type run = {
	.name = "run", .phase = EVENT_BEGIN, .key_a = "task", .span = "task {a}"
};
static const struct event_type done = {
	.name = "done", .phase = EVENT_END, .key_b = "dur_ns", .unit_b = EVENT_NS
};
static const struct event_type note = { .name = "note",
					.phase = EVENT_INSTANT,
					.say = "● {s}",
					.key_a = "n",
					.key_s = "text" };
static const struct event_type submit = { .name = "submit",
					  .phase = EVENT_SEND,
					  .key_a = "task" };
static const struct event_type take = { .name = "take",
					.phase = EVENT_RECEIVE,
					.key_a = "task" };
static const struct event_type queued = { .name = "queued",
					  .phase = EVENT_COUNTER,
					  .key_a = "tasks" };

static const struct metric wall = { "wall", "ns", BETTER_LOWER, "time" };
static const struct metric rate = { "rate", "1/s", BETTER_HIGHER, "rate" };
static const struct result_column columns[] = {
	{ "task", "task", COLUMN_NUMBER },
	{ "run_ns", "run", COLUMN_NS },
	{ "worker", "worker", COLUMN_TEXT },
};

TestSuite(render, .fini = view_fini);

/* The document that r writes, which must be one. */
static json_t *
document(const struct renderer *r, const struct view *v)
{
	char *text = NULL;
	json_error_t error;
	json_t *doc;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert_not_null(out);
	r->render(out, v);
	fclose(out);
	doc = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	cr_assert_not_null(doc, "%s at %d:\n%s", error.text, error.line, text);
	free(text);
	return doc;
}

static const char *
string_at(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "(none)" : s;
}

/* The n-th event of the trace with this phase, or NULL. */
static json_t *
event_of(json_t *doc, const char *phase, int n)
{
	json_t *e;
	size_t i;

	json_array_foreach(json_object_get(doc, "traceEvents"), i, e)
	{
		if (strcmp(string_at(e, "ph"), phase) == 0 && n-- == 0)
			return e;
	}
	return NULL;
}

static double
number_at(json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

Test(render, numbers_every_reader_takes)
{
	json_t *n = json_out_number(NAN), *inf = json_out_number(INFINITY);
	json_t *big = json_out_number(1e18), *whole = json_out_number(3.0);
	json_t *id = json_out_integer(INT64_MAX);

	cr_assert(json_is_null(n));
	cr_assert(json_is_null(inf));
	cr_assert(json_is_real(big));
	cr_assert(json_is_integer(whole));
	cr_assert(json_is_real(id));
	json_decref(big);
	json_decref(whole);
	json_decref(id);
}

Test(render, bytes_are_text_or_base64)
{
	json_t *o = json_object();

	json_out_bytes(o, "a", "h\xc3\xa9\n", 4);
	json_out_bytes(o, "b", "\xff\x00z", 3);
	json_out_bytes(o, "c", "x\0", 2);
	json_out_bytes(o, "d", "", 0);
	cr_assert_str_eq(string_at(o, "a"), "h\xc3\xa9\n");
	cr_assert_str_eq(string_at(o, "b_base64"), "/wB6");
	cr_assert_str_eq(string_at(o, "c_base64"), "eAA=");
	cr_assert_str_eq(string_at(o, "d"), "");
	json_decref(o);
}

static void
fill_result(void)
{
	struct result *r = &view_result;
	struct result_table *t;
	struct result_series *s = result_series(r, "thread", 4, &wall);

	r->seed = 42;
	r->start_unix_ns = 1000000000;
	r->wall_ns = 5000;
	result_param(r, "name", "a");
	result_param(r, "name", "b");
	result_sample(r, s, 10);
	result_sample(r, s, 30.5);
	result_sample(r, result_series(r, "thread", 8, &wall), 7);
	result_sample(r, result_series(r, "thread", 4, &rate), 1.5);
	result_check(r, "thread", "each once", true, "%d", 5);
	result_check(r, NULL, "none lost", false, "lost \"1\"\n\033");
	result_line(r, "done");
	result_warn(r, "noisy");
	t = result_table(r, "tasks", "thread", 4, columns, 3);
	result_row(r, t);
	result_row(r, t);
	result_number(t, 0, 0, 0);
	result_number(t, 0, 1, 12.5);
	result_text(r, t, 0, 2,
		    "w\xff"
		    "1");
	result_number(t, 1, 0, 1);
}

Test(render, json_tells_all_and_agrees_with_the_verdict)
{
	struct capture captures[] = { { 1, 2, 1, (char[]){ 'e' } },
				      { 1, 1, 2, (char[]){ 'h', 'i' } },
				      { 9, 1, 1, (char[]){ 'o' } },
				      { 1, 1, 1, (char[]){ '!' } } };
	json_t *doc, *rows, *metrics;
	struct view v;

	view_init(1);
	fill_result();
	v = view_of();
	v.argc = 2;
	v.argv = (char *[]){ (char[]){ "concbench" }, (char[]){ "\xff" }, NULL };
	v.captures = captures;
	v.ncaptures = 4;
	doc = document(&renderer_json, &v);
	cr_assert_str_eq(string_at(doc, "schema"), "concbench/1");
	cr_assert_str_eq(string_at(doc, "verdict"), result_verdict(&view_result));
	cr_assert_eq(number_at(doc, "exit_code"), result_status(&view_result));
	cr_assert_eq(number_at(doc, "exit_code"), 1);
	cr_assert(json_is_true(json_object_get(doc, "complete")));
	cr_assert_eq(json_array_size(json_object_get(doc, "series")), 2,
		     "by kind and workers");
	metrics = json_object_get(json_array_get(json_object_get(doc, "series"), 0),
				  "metrics");
	cr_assert_eq(json_array_size(metrics), 2);
	cr_assert_eq(number_at(json_array_get(metrics, 0), "median"), 20.25);
	cr_assert_str_eq(string_at(json_array_get(metrics, 0), "better"), "lower");
	rows = json_object_get(json_array_get(json_object_get(doc, "tables"), 0),
			       "rows");
	cr_assert_eq(json_array_size(rows), 2);
	cr_assert_str_eq(string_at(json_array_get(rows, 0), "worker"), "w\xef\xbf\xbd"
								       "1");
	cr_assert(json_is_null(json_object_get(json_array_get(rows, 1), "run_ns")));
	cr_assert_str_eq(string_at(json_array_get(rows, 1), "stdout"), "hi!");
	cr_assert_str_eq(string_at(json_array_get(rows, 1), "stderr"), "e");
	cr_assert_eq(json_array_size(json_object_get(doc, "outputs")), 1);
	cr_assert_eq(number_at(json_object_get(doc, "summary"), "thread_n4_wall_ns"),
		     20.25);
	cr_assert_eq(number_at(json_object_get(doc, "summary"), "rate_per_s"), 1.5);
	cr_assert_str_eq(string_at(json_object_get(doc, "context"), "start"),
			 "1970-01-01T00:00:01.000000000Z");
	cr_assert_eq(json_array_size(
			     json_object_get(json_object_get(doc, "params"), "name")),
		     2);
	json_decref(doc);
}

Test(render, a_stopped_run_is_not_complete)
{
	struct view v;
	json_t *doc;

	view_init(1);
	view_result.end = END_STOPPED;
	view_result.stop_reason = 15;
	v = view_of();
	doc = document(&renderer_json, &v);
	cr_assert(json_is_false(json_object_get(doc, "complete")));
	cr_assert_str_eq(string_at(doc, "stopped_by"), "TERM");
	cr_assert_eq(number_at(doc, "exit_code"), 143);
	json_decref(doc);
}

Test(render, a_trace_has_spans_flows_counters_and_names)
{
	struct view v;
	json_t *doc, *x, *f;

	view_init(3);
	trace_name(&view_trace, 1, "w1");
	view_add(0, 9, 9, 1 * MS, &note, 1, 0, "quote \" \n");
	view_add(0, 9, 9, 2 * MS, &submit, 7, 0, NULL);
	view_add(0, 9, 9, 2 * MS + 10, &queued, 1, 0, NULL);
	view_add(1, 10, 10, 3 * MS, &take, 7, 0, NULL);
	view_add(1, 10, 10, 3 * MS + 500, &run, 7, 0, NULL);
	view_add(1, 10, 10, 5 * MS, &done, 7, 1999500, NULL);
	view_add(2, 9, 9, 6 * MS, &run, 8, 0, NULL);
	v = view_of();
	doc = document(&renderer_trace, &v);
	x = event_of(doc, "X", 0);
	cr_assert_str_eq(string_at(x, "name"), "submit");
	cr_assert_float_eq(number_at(x, "dur"), 0.01, 1e-9);
	x = event_of(doc, "X", 1);
	cr_assert_str_eq(string_at(x, "name"), "task 7");
	cr_assert_float_eq(number_at(x, "ts"), 3000.5, 1e-9);
	cr_assert_float_eq(number_at(x, "dur"), 1999.5, 1e-9);
	cr_assert_eq(number_at(json_object_get(x, "args"), "dur_ns"), 1999500);
	cr_assert_eq(number_at(event_of(doc, "s", 0), "id"), 7);
	f = event_of(doc, "f", 0);
	cr_assert_eq(number_at(f, "id"), 7);
	cr_assert_null(json_object_get(f, "bp"), "the slice that begins next");
	cr_assert_eq(number_at(json_object_get(event_of(doc, "C", 0), "args"), "tasks"),
		     1);
	cr_assert_str_eq(string_at(event_of(doc, "i", 0), "s"), "t");
	cr_assert_str_eq(string_at(event_of(doc, "b", 0), "name"), "task 8",
			 "a role on another's thread is async");
	cr_assert_not_null(event_of(doc, "e", 0));
	cr_assert_str_eq(string_at(event_of(doc, "M", 0), "name"), "process_name");
	json_decref(doc);
}

Test(render, a_flow_binds_to_the_span_around_it)
{
	struct view v;
	json_t *doc;

	view_init(1);
	view_add(0, 9, 9, 1 * MS, &run, 7, 0, NULL);
	view_add(0, 9, 9, 2 * MS, &take, 7, 0, NULL);
	v = view_of();
	doc = document(&renderer_trace, &v);
	cr_assert_str_eq(string_at(event_of(doc, "f", 0), "bp"), "e");
	cr_assert(json_is_true(json_object_get(
		json_object_get(event_of(doc, "X", 0), "args"), "unfinished")));
	json_decref(doc);
}

Test(render, a_beginning_that_receives_ends_the_flow)
{
	static const struct event_type start = { .name = "start",
						 .phase = EVENT_BEGIN,
						 .receives = true };
	struct view v;
	json_t *doc;

	view_init(1);
	view_add(0, 9, 9, 1 * MS, &start, 7, 0, NULL);
	v = view_of();
	doc = document(&renderer_trace, &v);
	cr_assert_eq(number_at(event_of(doc, "f", 0), "id"), 7);
	cr_assert_str_eq(string_at(event_of(doc, "f", 0), "bp"), "e");
	json_decref(doc);
}

Test(render, an_empty_trace_is_a_document)
{
	struct view v;
	json_t *doc;

	view_init(1);
	v = view_of();
	doc = document(&renderer_trace, &v);
	cr_assert_eq(json_array_size(json_object_get(doc, "traceEvents")), 0);
	json_decref(doc);
}

/* Every line of text has five fields at least. */
static void
check_records(const char *text)
{
	for (; *text != '\0'; text += strcspn(text, "\n") + 1) {
		int tabs = 0;

		for (const char *p = text; *p != '\n'; p++) {
			cr_assert_neq(*p, '\0');
			tabs += *p == '\t';
		}
		cr_assert_geq(tabs, 4);
	}
}

Test(render, records_are_one_a_line_whatever_they_hold)
{
	char *text = NULL;
	struct view v;
	size_t size;
	FILE *out;

	view_init(1);
	fill_result();
	view_style.verbose = true;
	view_add(0, 9, 9, 1 * MS, &note, 1, 0, "a\tb\nc");
	v = view_of();
	out = open_memstream(&text, &size);
	renderer_records.event(out, &v, &view_event[0]);
	renderer_records.render(out, &v);
	fclose(out);
	check_records(text);
	cr_assert_eq(strstr(text, "1.000\t9\t9\tmain\tnote\tn=1\ttext=a\\tb\\nc\n"),
		     text);
	cr_assert_not_null(strstr(text, "\tcheck\tname=none lost\tpassed=false\t"));
	cr_assert_not_null(strstr(text, "\trow\ttable=tasks\t"));
	cr_assert_not_null(strstr(text, "\tend\tverdict=failed\texit_code=1\t"));
	free(text);
}

Test(render, the_story_shows_failures_even_when_quiet)
{
	char *text;

	view_init(1);
	fill_result();
	view_style.quiet = true;
	text = view_render(renderer_story.render);
	cr_assert_not_null(
		strstr(text, "✖ check failed: none lost: lost \"1\"\\x0a\\x1b"));
	cr_assert_null(strstr(text, "seed"));
	cr_assert_null(strchr(text, '\033'));
	free(text);
}

Test(render, the_story_is_plain_text_without_colour)
{
	struct view v;
	char *text = NULL;
	size_t size;
	FILE *out;

	view_init(1);
	view_add(0, 9, 9, 24000, &note, 1, 0, "pool");
	v = view_of();
	out = open_memstream(&text, &size);
	renderer_story.event(out, &v, &view_event[0]);
	fclose(out);
	cr_assert_str_eq(text, "    0.024 ms  main  9  ● pool\n");
	free(text);
}
