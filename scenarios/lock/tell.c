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

#define TOGETHER 0.8 /* below: a contender had the lock for itself for long */

enum { CHARTED = 3, /* so many are drawn without being asked for */ LOCK_PLACE = 80 };

/* "mutex n=4", "rwlock n=4 90 % reads". */
static const char *
place_of(const struct lock_figures *f, char buf[static LOCK_PLACE])
{
	char reads[24] = "";

	if (f->reads > 0)
		snprintf(reads, sizeof(reads), " %d %% reads", f->reads);
	snprintf(buf, LOCK_PLACE, "%s n=%d%s", f->kind, f->n, reads);
	return buf;
}

/* A line a kind, where no tables are: all that belongs to a throughput. */
static void
tell_line(struct result *r, const struct lock_figures *f)
{
	char rate[HUMAN_TEXT], p50[HUMAN_TEXT], p99[HUMAN_TEXT], max[HUMAN_TEXT];
	char owner[80] = "", windows[48] = "", place[LOCK_PLACE], together[80] = "";

	if (f->rate <= 0 || f->wait == NULL)
		return;
	if (f->handover >= 0)
		snprintf(owner, sizeof(owner), "owner changed in %.3g %%, ",
			 100 * f->handover);
	if (f->jain_windows >= 0)
		snprintf(windows, sizeof(windows), " (%.2f in %llu rounds)",
			 f->jain_windows, (unsigned long long)f->window);
	if (f->together < TOGETHER)
		snprintf(together, sizeof(together),
			 "; all were at work in only %.0f %% of the time",
			 100 * f->together);
	result_line(r,
		    "%s: %s rounds/s, %sJain %.2f%s; waits p50 %s, p99 %s, max %s; CPU "
		    "%.3g s a million%s",
		    place_of(f, place), human_count(rate, f->rate), owner, f->jain,
		    windows, human_ns(p50, (double)hist_quantile(f->wait, 0.5)),
		    human_ns(p99, (double)hist_quantile(f->wait, 0.99)),
		    human_ns(max, (double)f->wait->max), f->cpu_ns / 1000, together);
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
}

static void
tell_explained(struct result *r, const struct lock_figures *all, size_t n)
{
	char text[LOCK_SENTENCES][LOCK_SENTENCE];

	for (size_t i = 0; i < n; i++) {
		const int sentences = lock_explain(&all[i], all, n, text);
		char place[LOCK_PLACE];
		char line[LOCK_SENTENCES * (LOCK_SENTENCE + 2)] = "";
		size_t used = 0;

		for (int j = 0; j < sentences && used < sizeof(line); j++)
			used += (size_t)snprintf(line + used, sizeof(line) - used,
						 "%s %s", j > 0 ? ";" : "", text[j]);
		if (sentences > 0)
			result_line(r, "%s:%s", place_of(&all[i], place), line);
	}
}

/* What the engine counted of the plain half; the price of sampling. What is broken has
 * no figure, hence no rate, and is told nowhere. */
static void
settle_costs(const struct measure_subject *plain, const struct measure_subject *sampled,
	     struct lock_figures *f)
{
	const size_t n =
		plain->nrounds < sampled->nrounds ? plain->nrounds : sampled->nrounds;
	double *ratio = NULL, ops = 0;

	if (plain->status != RESULT_OK)
		return;
	ratio = calloc(n == 0 ? 1 : n, sizeof(*ratio));
	for (size_t i = 0; i < plain->nrounds; i++) {
		const struct measure_round *rd = &plain->round[i];

		ops += (double)rd->ops;
		f->cpu_ns += (double)rd->cpu_ns;
		f->voluntary += (double)rd->voluntary;
		f->involuntary += (double)rd->involuntary;
	}
	/* As the table has it: the median of the rounds. */
	if (plain->nrounds > 0)
		f->rate = 1e9 / stat_median(plain->value, plain->nrounds);
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
		lock_tell_series(run->result, p->cell[i].params, &all[i]);
		if (run->quiet)
			tell_line(run->result, &all[i]);
	}
	lock_tell_tables(run->result, p);
	if (all != NULL && !run->quiet)
		tell_charts(run, p, all);
	if (all != NULL && o->explain)
		tell_explained(run->result, all, p->ncells);
	free(all);
	bench_plan_fini(p);
}
