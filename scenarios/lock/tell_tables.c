/*
 * tell_tables.c - the figures as tables: waits, arrivals, sharing, cost.
 */
#include "scenarios/lock/bench.h"

#include <stdio.h>
#include <stdlib.h>

static const struct result_column wait_columns[] = {
	{ "kind", "kind", COLUMN_TEXT },      { "n", "n", COLUMN_NUMBER },
	{ "side", "side", COLUMN_TEXT },      { "timed", "timed", COLUMN_NUMBER },
	{ "p50_ns", "p50", COLUMN_NS },	      { "p90_ns", "p90", COLUMN_NS },
	{ "p99_ns", "p99", COLUMN_NS },	      { "p99_9_ns", "p99.9", COLUMN_NS },
	{ "p99_99_ns", "p99.99", COLUMN_NS }, { "max_ns", "max", COLUMN_NS },
};

static const struct result_column arrival_columns[] = {
	{ "kind", "kind", COLUMN_TEXT },
	{ "n", "n", COLUMN_NUMBER },
	{ "waiting_percent", "time waited", COLUMN_PERCENT },
	{ "arrival_p50_ns", "p50", COLUMN_NS },
	{ "arrival_p90_ns", "p90", COLUMN_NS },
	{ "arrival_p99_ns", "p99", COLUMN_NS },
	{ "arrival_p99_9_ns", "p99.9", COLUMN_NS },
	{ "free_longest_ns", "free at most", COLUMN_NS },
	{ "passed_by", "passed by", COLUMN_NUMBER },
};

static const struct result_column sharing_columns[] = {
	{ "kind", "kind", COLUMN_TEXT },
	{ "n", "n", COLUMN_NUMBER },
	{ "handover_percent", "new owner", COLUMN_PERCENT },
	{ "run_mean", "in a row", COLUMN_NUMBER },
	{ "run_longest", "at most", COLUMN_NUMBER },
	{ "jain", "Jain", COLUMN_NUMBER },
	{ "jain_windows", "of windows", COLUMN_NUMBER },
	{ "window", "window", COLUMN_NUMBER },
	{ "least_percent", "least", COLUMN_PERCENT },
	{ "most_percent", "most", COLUMN_PERCENT },
};

static const struct result_column cost_columns[] = {
	{ "kind", "kind", COLUMN_TEXT },
	{ "n", "n", COLUMN_NUMBER },
	{ "cpu_s_per_million", "CPU s/million", COLUMN_NUMBER },
	{ "voluntary_per_million", "waits/million", COLUMN_NUMBER },
	{ "involuntary_per_million", "displaced/million", COLUMN_NUMBER },
	{ "together_percent", "together", COLUMN_PERCENT },
	{ "sampled_one_of", "timed 1 of", COLUMN_NUMBER },
	{ "sampling_cost_percent", "timing costs", COLUMN_PERCENT },
};

static const struct result_column contender_columns[] = {
	{ "kind", "kind", COLUMN_TEXT },
	{ "n", "n", COLUMN_NUMBER },
	{ "contender", "contender", COLUMN_NUMBER },
	{ "rounds", "rounds", COLUMN_NUMBER },
	{ "rate_per_s", "a second", COLUMN_NUMBER },
};

/* Three digits: more would pretend. */
static double
digits(double x)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3g", x);
	return strtod(text, NULL);
}

static size_t
begin_row(struct result *r, struct result_table *t, const struct lock_figures *f)
{
	const size_t row = result_row(r, t);
	char name[64];

	if (f->reads > 0)
		snprintf(name, sizeof(name), "%s %d %% reads", f->kind, f->reads);
	else
		snprintf(name, sizeof(name), "%s", f->kind);
	result_text(r, t, row, 0, name);
	result_number(t, row, 1, f->n);
	return row;
}

static void
put_waits(struct result *r, struct result_table *t, const struct lock_figures *f,
	  const struct hist *h, const char *side)
{
	static const double point[] = { 0.5, 0.9, 0.99, 0.999, 0.9999 };
	size_t row;

	if (h == NULL || h->count == 0)
		return;
	row = begin_row(r, t, f);
	result_text(r, t, row, 2, side);
	result_number(t, row, 3, (double)h->count);
	for (size_t i = 0; i < sizeof(point) / sizeof(point[0]); i++)
		result_number(t, row, 4 + i, (double)hist_quantile(h, point[i]));
	result_number(t, row, 9, (double)h->max);
}

static void
put_arrivals(struct result *r, struct result_table *t, const struct lock_figures *f)
{
	static const double point[] = { 0.5, 0.9, 0.99, 0.999 };
	size_t row;

	if (f->arrivals == NULL || f->arrivals->count == 0)
		return;
	row = begin_row(r, t, f);
	result_number(t, row, 2, digits(100 * f->waiting));
	for (size_t i = 0; i < sizeof(point) / sizeof(point[0]); i++)
		result_number(t, row, 3 + i,
			      lock_arrival_quantile(f->arrivals, f->waiting, point[i]));
	if (f->handover >= 0) {
		result_number(t, row, 7, f->free_ns);
		result_number(t, row, 8, f->passed);
	}
}

static void
put_sharing(struct result *r, struct result_table *t, const struct lock_figures *f)
{
	const size_t row = begin_row(r, t, f);

	if (f->handover >= 0) {
		result_number(t, row, 2, digits(100 * f->handover));
		result_number(t, row, 3, digits(f->run));
		result_number(t, row, 4, f->longest_run);
	}
	result_number(t, row, 5, digits(f->jain));
	if (f->jain_windows >= 0) {
		result_number(t, row, 6, digits(f->jain_windows));
		result_number(t, row, 7, (double)f->window);
	}
	result_number(t, row, 8, digits(100 * f->least));
	result_number(t, row, 9, digits(100 * f->most));
}

static void
put_cost(struct result *r, struct result_table *t, const struct lock_figures *f)
{
	const size_t row = begin_row(r, t, f);

	result_number(t, row, 2, digits(f->cpu_ns / 1000));
	result_number(t, row, 3, digits(1e6 * f->voluntary));
	result_number(t, row, 4, digits(1e6 * f->involuntary));
	result_number(t, row, 5, digits(100 * f->together));
	if (f->stride > 0)
		result_number(t, row, 6, (double)f->stride);
	if (f->perturbed > -1)
		result_number(t, row, 7, digits(100 * f->perturbed));
}

/* Of the half without times taken. */
static void
put_contenders(struct result *r, struct result_table *t, const struct lock_figures *f)
{
	double all = 0;

	for (int i = 0; f->ops != NULL && i < f->n; i++)
		all += (double)f->ops[i];
	for (int i = 0; f->ops != NULL && i < f->n && all > 0; i++) {
		const size_t row = begin_row(r, t, f);

		result_number(t, row, 2, i + 1);
		result_number(t, row, 3, (double)f->ops[i]);
		result_number(t, row, 4, digits(f->rate * (double)f->ops[i] / all));
	}
}

void
lock_tell_tables(struct result *r, const struct bench_plan *p)
{
	struct result_table *waits = result_table(r, "waits", "", 0, wait_columns, 10);
	struct result_table *arrivals =
		result_table(r, "arrivals", "", 0, arrival_columns, 9);
	struct result_table *sharing =
		result_table(r, "sharing", "", 0, sharing_columns, 10);
	struct result_table *cost = result_table(r, "cost", "", 0, cost_columns, 8);

	struct result_table *each =
		result_table(r, "contenders", "", 0, contender_columns, 5);

	if (each != NULL)
		each->quiet = true; /* there are bars for people */
	for (size_t i = 0; i < p->ncells; i++) {
		const struct lock_figures *f = &p->cell[i].f;

		if (f->rate <= 0)
			continue;
		put_waits(r, waits, f, f->wait, "write");
		put_waits(r, waits, f, f->read_wait, "read");
		put_arrivals(r, arrivals, f);
		put_sharing(r, sharing, f);
		put_cost(r, cost, f);
		put_contenders(r, each, f);
	}
}
