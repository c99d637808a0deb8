/*
 * tell.c - what was measured of locks beside the engine's figures: series, tables,
 * lines.
 */
#include "scenarios/lock/bench.h"

#include "core/human.h"
#include "core/stat.h"
#include "scenarios/lock/chart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHARTED = 3 }; /* so many are drawn without being asked for */

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
	static const double point[] = { 0.5, 0.9, 0.99, 0.999, 0.9999, 1 };
	size_t row;

	if (h == NULL || h->count == 0)
		return;
	row = begin_row(r, t, f);
	result_text(r, t, row, 2, side);
	result_number(t, row, 3, (double)h->count);
	for (size_t i = 0; i < sizeof(point) / sizeof(point[0]); i++)
		result_number(t, row, 4 + i, (double)hist_quantile(h, point[i]));
}

/* Both sides together. False when nothing was timed. */
static bool
all_waits(const struct lock_figures *f, struct hist *h)
{
	hist_init(h);
	if (f->wait == NULL)
		return false;
	hist_merge(h, f->wait);
	hist_merge(h, f->read_wait);
	return h->count > 0;
}

static void
put_arrivals(struct result *r, struct result_table *t, const struct lock_figures *f)
{
	static const double point[] = { 0.5, 0.9, 0.99, 0.999 };
	struct hist *h = malloc(sizeof(*h));
	size_t row;

	if (h != NULL && all_waits(f, h)) {
		row = begin_row(r, t, f);
		result_number(t, row, 2, digits(100 * f->waiting));
		for (size_t i = 0; i < sizeof(point) / sizeof(point[0]); i++)
			result_number(t, row, 3 + i,
				      lock_arrival_quantile(h, f->waiting, point[i]));
		if (f->handover >= 0) {
			result_number(t, row, 7, f->free_ns);
			result_number(t, row, 8, f->passed);
		}
	}
	free(h);
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

static void
tell_tables(struct result *r, const struct bench_plan *p)
{
	struct result_table *waits = result_table(r, "waits", "", 0, wait_columns, 10);
	struct result_table *arrivals =
		result_table(r, "arrivals", "", 0, arrival_columns, 9);
	struct result_table *sharing =
		result_table(r, "sharing", "", 0, sharing_columns, 10);
	struct result_table *cost = result_table(r, "cost", "", 0, cost_columns, 8);

	for (size_t i = 0; i < p->ncells; i++) {
		const struct lock_figures *f = &p->cell[i].f;

		if (f->rate <= 0)
			continue;
		put_waits(r, waits, f, f->wait, "write");
		put_waits(r, waits, f, f->read_wait, "read");
		put_arrivals(r, arrivals, f);
		put_sharing(r, sharing, f);
		put_cost(r, cost, f);
	}
}

/* A line a kind, where no tables are: all that belongs to a throughput. */
static void
tell_line(struct result *r, const struct lock_figures *f)
{
	char rate[HUMAN_TEXT], p50[HUMAN_TEXT], p99[HUMAN_TEXT], max[HUMAN_TEXT];
	char owner[80] = "", reads[24] = "", windows[48] = "";

	if (f->rate <= 0 || f->wait == NULL)
		return;
	if (f->reads > 0)
		snprintf(reads, sizeof(reads), " %d %% reads", f->reads);
	if (f->handover >= 0)
		snprintf(owner, sizeof(owner), "owner changed in %.3g %%, ",
			 100 * f->handover);
	if (f->jain_windows >= 0)
		snprintf(windows, sizeof(windows), " (%.2f in %llu rounds)",
			 f->jain_windows, (unsigned long long)f->window);
	result_line(
		r,
		"%-11s n=%d%s %s rounds/s: %sJain %.2f%s; waits p50 %s, p99 %s, max "
		"%s; CPU %.3g s a million",
		f->kind, f->n, reads, human_count(rate, f->rate), owner, f->jain,
		windows, human_ns(p50, (double)hist_quantile(f->wait, 0.5)),
		human_ns(p99, (double)hist_quantile(f->wait, 0.99)),
		human_ns(max, (double)f->wait->max), f->cpu_ns / 1000);
}

/* Kinds of one size stand together: a picture of each size. */
static void
tell_charts(struct run *run, const struct bench_plan *p, struct lock_figures *all)
{
	const size_t kinds = p->o->kinds.n;

	for (size_t i = 0; i < p->ncells; i++) {
		if (p->ncells > CHARTED && !run->verbose)
			break;
		lock_chart_sharing(run->result, &all[i]);
		lock_chart_waits(run->result, &all[i]);
	}
	for (size_t i = 0; i + kinds <= p->ncells; i += kinds)
		lock_chart_fairness(run->result, &all[i], kinds);
	lock_chart_reads(run->result, all, p->ncells);
}

static void
tell_explained(struct result *r, const struct lock_figures *all, size_t n)
{
	char text[LOCK_SENTENCES][LOCK_SENTENCE];

	for (size_t i = 0; i < n; i++) {
		const int sentences = lock_explain(&all[i], all, n, text);
		char line[LOCK_SENTENCES * (LOCK_SENTENCE + 2)] = "";
		size_t used = 0;

		for (int j = 0; j < sentences && used < sizeof(line); j++)
			used += (size_t)snprintf(line + used, sizeof(line) - used,
						 " %s.", text[j]);
		if (sentences > 0)
			result_line(r, "%s n=%d%s:%s", all[i].kind, all[i].n,
				    all[i].reads > 0 ? " with reads" : "", line);
	}
}

/* What the engine counted of the plain half; the price of sampling. */
static void
settle_costs(const struct measure_subject *plain, const struct measure_subject *sampled,
	     struct lock_figures *f)
{
	const size_t n =
		plain->nrounds < sampled->nrounds ? plain->nrounds : sampled->nrounds;
	double *ratio = calloc(n == 0 ? 1 : n, sizeof(*ratio)), ops = 0;

	for (size_t i = 0; i < plain->nrounds; i++) {
		const struct measure_round *rd = &plain->round[i];

		ops += (double)rd->ops;
		f->cpu_ns += (double)rd->cpu_ns;
		f->voluntary += (double)rd->voluntary;
		f->involuntary += (double)rd->involuntary;
	}
	if (ops > 0) {
		f->cpu_ns /= ops;
		f->voluntary /= ops;
		f->involuntary /= ops;
	}
	for (size_t i = 0; ratio != NULL && i < n; i++)
		ratio[i] = sampled->value[i] / plain->value[i];
	if (ratio != NULL && n > 0)
		f->perturbed = stat_median(ratio, n) - 1;
	free(ratio);
}

void
lock_judge(struct run *run, const void *opts, const struct measure *m)
{
	const struct lock_opts *o = opts;
	struct bench_plan *p = m->n > 0 ? bench_plan_of(m) : NULL;
	struct lock_figures *all;

	if (p == NULL)
		return;
	all = calloc(p->ncells, sizeof(*all));
	for (size_t i = 0; i < p->ncells; i++) {
		settle_costs(m->subject[2 * i], m->subject[2 * i + 1], &p->cell[i].f);
		if (all != NULL)
			all[i] = p->cell[i].f;
	}
	if (all == NULL)
		run->result->out_of_memory = true;
	for (size_t i = 0; all != NULL && i < p->ncells; i++) {
		lock_tell_series(run->result, p->cell[i].reads->name, &all[i]);
		if (run->quiet)
			tell_line(run->result, &all[i]);
	}
	tell_tables(run->result, p);
	if (all != NULL && !run->quiet)
		tell_charts(run, p, all);
	if (all != NULL && o->explain)
		tell_explained(run->result, all, p->ncells);
	free(all);
	bench_plan_fini(p);
}
