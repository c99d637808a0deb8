/*
 * test_result - the record keeps what it is given, and there is one verdict.
 */
#include "core/result.h"

#include "core/stop.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct metric wall = { "wall", "ns", BETTER_LOWER, "time" };
static const struct metric rate = { "rate", "1/s", BETTER_HIGHER, "rounds a second" };
static const struct result_column columns[] = { { "task", "task", COLUMN_NUMBER },
						{ "queued_ns", "queued", COLUMN_NS },
						{ "state", "state", COLUMN_TEXT } };

static struct result r;

static void
start(void)
{
	result_init(&r, "pool");
}

static void
stop(void)
{
	result_fini(&r);
}

TestSuite(result, .init = start, .fini = stop);

Test(result, a_new_one_is_empty_and_passed)
{
	cr_assert_str_eq(r.command, "pool");
	cr_assert_eq(r.nseries + r.nchecks + r.ntables + r.nlines + r.nparams, 0);
	cr_assert(result_passed(&r));
	cr_assert_eq(result_status(&r), 0);
	cr_assert_str_eq(result_verdict(&r), "passed");
}

Test(result, texts_are_copied)
{
	char text[] = "process";

	result_param(&r, text, text);
	result_series(&r, text, 4, &wall);
	result_check(&r, text, text, true, "%s", text);
	result_line(&r, "%s %d", text, 1);
	result_warn(&r, "%s", text);
	result_table(&r, "tasks", text, 4, columns, 3);
	result_text(&r, r.table[0], result_row(&r, r.table[0]), 2, text);
	memset(text, 'x', sizeof(text) - 1);
	cr_assert_str_eq(r.param[0].name, "process");
	cr_assert_str_eq(r.param[0].value, "process");
	cr_assert_str_eq(r.series[0]->kind, "process");
	cr_assert_str_eq(r.check[0].kind, "process");
	cr_assert_str_eq(r.check[0].name, "process");
	cr_assert_str_eq(r.check[0].detail, "process");
	cr_assert_str_eq(r.line[0], "process 1");
	cr_assert_str_eq(r.warning[0], "process");
	cr_assert_str_eq(r.table[0]->kind, "process");
	cr_assert_str_eq(r.table[0]->cell[2].text, "process");
}

Test(result, series_are_found_again_and_stay_where_they_are)
{
	struct result_series *first = result_series(&r, NULL, 0, &wall), *s;

	cr_assert_str_eq(first->kind, "");
	for (int i = 1; i <= 1000; i++) {
		s = result_series(&r, "thread", i, &wall);
		result_sample(&r, s, i);
		result_sample(&r, first, i);
	}
	cr_assert_eq(r.nseries, 1001);
	cr_assert_eq(result_series(&r, "", 0, &wall), first);
	cr_assert_eq(r.series[0], first);
	cr_assert_neq(result_series(&r, NULL, 0, &rate), first);
	cr_assert_neq(result_series(&r, "thread", 0, &wall), first);
	s = result_series(&r, "thread", 500, &wall);
	cr_assert_eq(s->n, 1);
	cr_assert_eq(s->sample[0], 500);
	cr_assert_eq(first->n, 1000);
	for (size_t i = 0; i < 1000; i++)
		cr_assert_eq(first->sample[i], (double)i + 1);
}

Test(result, what_is_not_a_number_is_refused_aloud)
{
	struct result_series *s = result_series(&r, NULL, 0, &wall);

	result_sample(&r, s, NAN);
	result_sample(&r, s, INFINITY);
	result_sample(&r, s, 1);
	cr_assert_eq(s->n, 1);
	cr_assert_eq(r.nwarnings, 1, "the same warning stands once");
	cr_assert_not_null(strstr(r.warning[0], "wall"));
	result_warn(&r, "another");
	cr_assert_eq(r.nwarnings, 2);
}

Test(result, histograms_are_copied_and_merged)
{
	static struct hist h;
	struct result_series *s = result_series(&r, NULL, 0, &wall);

	hist_init(&h);
	hist_add(&h, 10);
	result_hist(&r, s, &h);
	hist_init(&h);
	hist_add(&h, 20);
	result_hist(&r, s, &h);
	cr_assert_eq(s->hist->count, 2);
	cr_assert_eq(s->hist->min, 10);
	cr_assert_eq(s->hist->max, 20);
}

Test(result, tables_grow_and_cells_are_absent_until_filled)
{
	struct result_table *tasks = result_table(&r, "tasks", NULL, 4, columns, 3),
			    *other;

	for (size_t i = 0; i < 1000; i++) {
		cr_assert_eq(result_row(&r, tasks), i);
		result_number(tasks, i, 0, (double)i);
		if (i % 2 == 0)
			result_text(&r, tasks, i, 2, "done");
		other = result_table(&r, "workers", "thread", 4, columns, 2);
		result_row(&r, other);
	}
	cr_assert_eq(r.ntables, 1001);
	cr_assert_eq(r.table[0], tasks);
	cr_assert_eq(tasks->nrows, 1000);
	for (size_t i = 0; i < 1000; i++) {
		const struct result_cell *c = &tasks->cell[i * 3];

		cr_assert(c[0].present && c[0].number == (double)i);
		cr_assert_not(c[1].present);
		cr_assert_eq(c[2].present, i % 2 == 0);
	}
	result_text(&r, tasks, 0, 2, "lost");
	cr_assert_str_eq(tasks->cell[2].text, "lost");
	result_number(tasks, 0, 1, NAN);
	cr_assert_not(tasks->cell[1].present);
	result_number(tasks, 1000, 0, 1);
	result_number(tasks, 0, 3, 1);
}

Test(result, a_failed_check_is_a_no)
{
	result_check(&r, NULL, "each once", true, "5 of 5");
	cr_assert(result_passed(&r));
	result_check(&r, "thread", "balance", false, "%d lost", 3);
	cr_assert_not(result_passed(&r));
	cr_assert_str_eq(r.check[1].detail, "3 lost");
	cr_assert_eq(result_status(&r), 1);
	cr_assert_str_eq(result_verdict(&r), "failed");
	r.status = 7;
	cr_assert_eq(result_status(&r), 1);
}

Test(result, one_verdict_for_status_and_word)
{
	static const struct {
		enum result_end end;
		int stop_reason, status;
		bool check_fails;
		int expected;
		const char *word;
	} c[] = {
		{ END_DONE, 0, 0, false, 0, "passed" },
		{ END_DONE, 0, 0, true, 1, "failed" },
		{ END_DONE, 0, 7, false, 7, "failed" },
		{ END_DONE, 0, 3, false, 3, "error" },
		{ END_STOPPED, SIGINT, 0, true, 130, "stopped" },
		{ END_STOPPED, SIGTERM, 7, false, 143, "stopped" },
		{ END_STOPPED, STOP_OUTPUT, 0, false, 3, "error" },
		{ END_STOPPED, STOP_TIMEOUT, 0, false, 124, "timeout" },
		{ END_TIMEOUT, 0, 0, true, 124, "timeout" },
		{ END_FAILED, 0, 0, true, 3, "error" },
	};

	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct result one;

		result_init(&one, "pool");
		if (c[i].check_fails)
			result_check(&one, NULL, "balance", false, "lost");
		one.end = c[i].end;
		one.stop_reason = c[i].stop_reason;
		one.status = c[i].status;
		cr_assert_eq(result_status(&one), c[i].expected, "case %zu", i);
		cr_assert_str_eq(result_verdict(&one), c[i].word, "case %zu", i);
		result_fini(&one);
	}
}

Test(result, without_memory_nothing_breaks_and_nothing_passes)
{
	struct result_series *s = result_series(&r, NULL, 0, &wall);
	struct result_table *t = result_table(&r, "tasks", NULL, 1, columns, 3);
	size_t row = result_row(&r, t);
	static struct hist h;

	hist_init(&h);
	r.out_of_memory = true;
	result_param(&r, "n", "1");
	result_sample(&r, s, 1);
	result_hist(&r, s, &h);
	result_sample(&r, result_series(&r, "new", 0, &rate), 1);
	result_hist(&r, NULL, &h);
	result_check(&r, NULL, "balance", true, "fine");
	result_line(&r, "line");
	result_warn(&r, "warning");
	cr_assert_null(result_table(&r, "more", NULL, 1, columns, 3));
	result_text(&r, t, row, 2, "text");
	result_number(t, result_row(&r, t), 0, 1);
	result_number(NULL, result_row(&r, NULL), 0, 1);
	cr_assert_eq(r.nseries, 1);
	cr_assert_eq(t->nrows, 1);
	cr_assert_eq(r.nchecks, 0);
	cr_assert_eq(result_status(&r), 3);
	cr_assert_str_eq(result_verdict(&r), "error");
}

Test(result, series_may_differ_by_more_than_kind_and_workers)
{
	struct result_series *a = result_series_at(&r, "mpmc", 2, "capacity=1", &wall);
	struct result_series *b = result_series_at(&r, "mpmc", 2, "capacity=64", &wall);

	cr_assert_neq(a, b);
	cr_assert_eq(result_series_at(&r, "mpmc", 2, "capacity=64", &wall), b);
	cr_assert_neq(result_series(&r, "mpmc", 2, &wall), a);
	cr_assert_str_eq(b->params, "capacity=64");
	cr_assert_str_eq(result_series(&r, "mpmc", 2, &wall)->params, "");
}

Test(result, params_are_read_pair_by_pair)
{
	static const char *const cut[] = { "capacity=64 size=8", "a=", "=", "word",
					   "" };
	const char *at = cut[0];
	struct result_pair p;

	cr_assert(result_params_next(&at, &p));
	cr_assert_str_eq(p.key, "capacity");
	cr_assert_str_eq(p.value, "64");
	cr_assert(result_params_next(&at, &p));
	cr_assert_str_eq(p.key, "size");
	cr_assert_str_eq(p.value, "8");
	cr_assert_not(result_params_next(&at, &p));
	/* What nobody writes ends all the same. */
	for (size_t i = 1; i < sizeof(cut) / sizeof(*cut); i++) {
		int n = 0;

		for (at = cut[i]; result_params_next(&at, &p); n++)
			cr_assert_lt(n, 4);
	}
}
