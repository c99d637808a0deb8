/*
 * measure_report.c - what was measured, as series and checks. Tables are in
 * measure_tables.c, lines in measure_say.c.
 */
#include "core/measure_report.h"

#include "core/human.h"
#include "core/stat.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 96

/* With less of its rate a subject is behind, and more so in each round. */
#define KEPT_UP 0.95

/* A figure beside the measured one: "create_cpu". */
static void
beside(struct result *r, const struct measure_subject *s, const char *what,
       const char *unit, enum result_better better, const char *summary, double value)
{
	char name[NAME_MAX_BYTES];
	const struct metric *metric;

	snprintf(name, sizeof(name), "%s_%s", s->body->name, what);
	metric = result_metric(r, name, unit, better, summary);
	if (metric != NULL)
		result_sample(
			r, result_series_at(r, s->kind, s->workers, s->params, metric),
			value);
}

static void
add_ratio(const struct measure *m, const struct measure_subject *s,
	  struct result_measured *found)
{
	const struct measure_subject *base = measure_base(m, s);
	struct stat_interval i;
	double *ratio;
	size_t n;

	if (base == NULL || base == s)
		return;
	n = s->nrounds < base->nrounds ? s->nrounds : base->nrounds;
	ratio = calloc(n == 0 ? 1 : n, sizeof(*ratio));
	for (size_t j = 0; ratio != NULL && j < n; j++)
		ratio[j] = s->value[j] / base->value[j];
	if (ratio != NULL && n > 0) {
		i = stat_median_series(ratio, n, 0.95);
		found->base = strdup(base->kind);
		found->ratio = stat_median(ratio, n);
		found->ratio_low = i.low;
		found->ratio_high = i.high;
	}
	free(ratio);
}

/* What passed while the operations of a round were done: with a rate, they wait for
 * their time, and what they took from there is no time in which anything was done. */
static double
busy_ns(const struct measure *m, const struct measure_round *rd)
{
	return (double)(m->config.rate > 0 ? rd->real_ns : rd->wall_ns);
}

static void
add_counts(const struct measure *m, struct result *r, const struct measure_subject *s)
{
	double wall = 0, steal = 0, voluntary = 0, involuntary = 0, ops = 0;
	bool knows_steal = true;

	for (size_t i = 0; i < s->nrounds; i++) {
		const struct measure_round *rd = &s->round[i];

		wall += busy_ns(m, rd);
		steal += (double)rd->steal_ns;
		knows_steal = knows_steal && rd->steal_ns >= 0;
		voluntary += (double)rd->voluntary;
		involuntary += (double)rd->involuntary;
		ops += (double)rd->ops;
	}
	beside(r, s, "cpu", "ns", BETTER_LOWER,
	       "CPU time of an operation, of all processes and threads",
	       ((double)s->all_cpu_ns + (double)s->children_cpu_ns) /
		       (double)s->all_ops);
	beside(r, s, "voluntary_switches", "1", BETTER_LOWER,
	       "context switches of an operation: it waited", voluntary / ops);
	beside(r, s, "involuntary_switches", "1", BETTER_LOWER,
	       "context switches of an operation: it was displaced", involuntary / ops);
	if (s->rss_bytes >= 0)
		beside(r, s, "rss", "bytes", BETTER_LOWER,
		       "peak of resident memory during the warm-up",
		       (double)s->rss_bytes);
	beside(r, s, "drift", "%", BETTER_NONE,
	       "how far the CPU's speed moved between rounds", 100 * measure_drift(s));
	if (s->ntimed > 0)
		beside(r, s, "timing", "%", BETTER_NONE,
		       "what timing each operation adds to it; rounds are not timed",
		       100 * (stat_median(s->timed, s->ntimed) - 1));
	if (knows_steal && wall > 0)
		beside(r, s, "steal", "%", BETTER_NONE,
		       "time taken by the hypervisor, of the time measured",
		       100 * steal / wall);
}

static void
add_own(const struct measure *m, struct result *r, const struct measure_subject *s)
{
	const struct metric *c = s->body->counts;
	double wall = 0, ops = 0, bytes = 0, sum[MEASURE_COUNTS] = { 0 };

	for (size_t i = 0; i < s->nrounds; i++) {
		const struct measure_round *rd = &s->round[i];

		wall += busy_ns(m, rd);
		ops += (double)rd->ops;
		bytes += (double)rd->bytes;
		for (int j = 0; j < MEASURE_COUNTS; j++)
			sum[j] += rd->counted[j];
	}
	if (bytes > 0)
		beside(r, s, "bandwidth", "bytes/s", BETTER_HIGHER,
		       "payload moved a second", 1e9 * bytes / wall);
	for (int j = 0; c != NULL && j < MEASURE_COUNTS && c[j].name != NULL; j++) {
		if (!isfinite(sum[j]))
			continue;
		beside(r, s, c[j].name, c[j].unit, c[j].better, c[j].summary,
		       sum[j] / ops);
	}
}

static void
add_rates(struct result *r, const struct measure_subject *s)
{
	const double rate = 1e9 / stat_median(s->value, s->nrounds);

	beside(r, s, "rate", "1/s", BETTER_HIGHER, "operations a second, in all", rate);
	if (s->workers > 1 && s->body->flags & MEASURE_PARALLEL)
		beside(r, s, "rate_per_worker", "1/s", BETTER_HIGHER,
		       "operations a second of one worker, on average",
		       rate / (double)s->workers);
	if (s->fair)
		beside(r, s, "jain", "1", BETTER_HIGHER,
		       "Jain's fairness of the workers; 1: all did the same",
		       stat_median(s->jain, s->nrounds));
}

/* With a rate: what of it was done. A warning where that is less: then each operation
 * waits for all before it, and the figure says only how long it was measured. */
static void
add_achieved(const struct measure *m, struct result *r, const struct measure_subject *s)
{
	char name[NAME_MAX_BYTES], done[HUMAN_TEXT], asked[HUMAN_TEXT];
	double real = 0, ops = 0, rate;

	for (size_t i = 0; i < s->nrounds; i++) {
		real += (double)s->round[i].real_ns;
		ops += (double)s->round[i].ops;
	}
	rate = ops * 1e9 / real;
	beside(r, s, "rate", "1/s", BETTER_HIGHER,
	       "operations a second that were done of those that --rate asked for",
	       rate);
	if (rate < KEPT_UP * m->config.rate)
		result_warn(r,
			    "%s cannot keep up: %s/s of --rate %s/s were done, so each "
			    "operation waited for those before it",
			    measure_place_text(s, name, sizeof(name)),
			    human_count(done, rate),
			    human_count(asked, m->config.rate));
}

static void
add_distribution(struct result *r, const struct measure_subject *s)
{
	char name[NAME_MAX_BYTES];
	const struct metric *metric;

	if (s->hist == NULL || s->hist->count == 0)
		return;
	snprintf(name, sizeof(name), "%s_latency", s->body->name);
	metric = result_metric(r, name, "ns", BETTER_LOWER,
			       "single operations, from when they were meant to begin");
	if (metric != NULL)
		result_hist(r,
			    result_series_at(r, s->kind, s->workers, s->params, metric),
			    s->hist);
}

static void
report_subject(const struct measure *m, struct result *r,
	       const struct measure_subject *s)
{
	const struct metric *metric =
		result_metric(r, s->body->name, "ns", BETTER_LOWER, s->body->summary);
	struct result_series *series =
		metric == NULL
			? NULL
			: result_series_at(r, s->kind, s->workers, s->params, metric);
	struct result_measured *found = result_measured(r, series);
	struct stat_interval i;

	if (found == NULL)
		return;
	found->primary = !(s->body->flags & MEASURE_BESIDE);
	found->version = s->body->version;
	found->op = strdup(s->body->op);
	found->counts = s->body->counts;
	found->status = s->status;
	if (s->status != RESULT_OK) {
		found->why = strdup(s->why);
		return;
	}
	for (size_t j = 0; j < s->nrounds; j++) {
		result_sample(r, series, s->value[j]);
		found->ops += s->round[j].ops;
	}
	if (s->nrounds == 0)
		return;
	i = stat_median_series(s->value, s->nrounds, 0.95);
	found->low = i.low;
	found->high = i.high;
	found->outliers = stat_outliers(s->value, s->nrounds);
	found->batch = s->batch;
	if (s->body->flags & MEASURE_BESIDE)
		return;
	add_ratio(m, s, found);
	if (m->config.rate > 0)
		add_achieved(m, r, s);
	else
		add_rates(r, s);
	add_counts(m, r, s);
	add_own(m, r, s);
	add_distribution(r, s);
}

static void
report_status(struct result *r, const struct measure_subject *s)
{
	char name[160];

	measure_place_text(s, name, sizeof(name));
	if (s->status == RESULT_SKIPPED)
		result_warn(r, "%s is skipped: %s", name, s->why);
	else if (s->status == RESULT_BROKEN)
		result_check(r, s->kind, "what was measured was really done", false,
			     "%s is broken: %s", name, s->why);
	else if (s->nrounds > 0)
		result_check(r, s->kind, "what was measured was really done", true,
			     "%s: %" PRIu64 " operations counted", name, s->all_ops);
}

void
measure_report(struct measure *m, struct result *r)
{
	uint64_t begin_ns = UINT64_MAX;

	r->measured = true;
	for (size_t i = 0; i < m->n; i++)
		if (m->subject[i]->nrounds > 0 &&
		    m->subject[i]->round[0].start_ns < begin_ns)
			begin_ns = m->subject[i]->round[0].start_ns;
	for (size_t i = 0; i < m->n; i++) {
		const struct measure_subject *s = m->subject[i];

		report_subject(m, r, s);
		report_status(r, s);
		if (s->status != RESULT_OK || s->nrounds == 0)
			continue;
		if (m->config.samples)
			measure_add_rounds(r, s, begin_ns);
		if (m->config.interval_ns > 0)
			measure_add_intervals(m, r, s, begin_ns);
	}
	measure_add_usl(m, r);
	measure_say(m, r);
}
