/*
 * measure_report.c - what was measured, as series, checks, tables and lines.
 */
#include "core/measure.h"

#include "core/clock.h"
#include "core/human.h"
#include "core/pace.h"
#include "core/stat.h"
#include "core/usl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 96

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

static const char *
place(const struct measure_subject *s, char *buf, size_t size)
{
	char n[32] = "";

	if (s->workers > 0)
		snprintf(n, sizeof(n), " n=%" PRId64, s->workers);
	snprintf(buf, size, "%s%s%s%s%s%s", s->kind, *s->kind != '\0' ? " " : "",
		 s->body->name, n, *s->params != '\0' ? " " : "", s->params);
	return buf;
}

/* How much the CPU's pace differed over the rounds of s. */
static double
drift_of(const struct measure_subject *s)
{
	double *pace = calloc(s->nrounds == 0 ? 1 : s->nrounds, sizeof(*pace));
	double drift = 0;

	for (size_t i = 0; pace != NULL && i < s->nrounds; i++)
		pace[i] = s->round[i].pace_ns;
	if (pace != NULL)
		drift = pace_drift(pace, s->nrounds);
	free(pace);
	return drift;
}

/* What the machine did meanwhile, in a line; a warning where it did much. */
static void
say_machine(const struct measure *m, struct result *r)
{
	double drift = 0, steal = 0, wall = 0;
	char moved[HUMAN_TEXT], stolen[HUMAN_TEXT];

	for (size_t i = 0; i < m->n; i++) {
		const struct measure_subject *s = m->subject[i];

		drift = fmax(drift, drift_of(s));
		for (size_t j = 0; j < s->nrounds; j++) {
			wall += (double)s->round[j].wall_ns;
			steal += fmax(0, (double)s->round[j].steal_ns);
		}
	}
	if (wall <= 0)
		return;
	result_line(r, "machine: its speed moved by %s, %s was stolen",
		    human_percent(moved, 100 * drift),
		    human_percent(stolen, 100 * steal / wall));
}

/* Where timing single operations changes them. */
static void
say_timing(const struct measure *m, struct result *r)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct measure_subject *s = m->subject[i];
		char name[160];

		if (s->ntimed == 0 || s->status != RESULT_OK)
			continue;
		result_line(r,
			    "%s: timing each operation changes it by %+.2g %%, so "
			    "rounds are not timed, latencies come from batches beside "
			    "them",
			    place(s, name, sizeof(name)),
			    100 * (stat_median(s->timed, s->ntimed) - 1));
	}
}

static void
add_counts(struct result *r, const struct measure_subject *s)
{
	double wall = 0, steal = 0, voluntary = 0, involuntary = 0, ops = 0;
	bool knows_steal = true;

	for (size_t i = 0; i < s->nrounds; i++) {
		const struct measure_round *rd = &s->round[i];

		wall += (double)rd->wall_ns;
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
	       "how far the CPU's speed moved between rounds", 100 * drift_of(s));
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
add_own(struct result *r, const struct measure_subject *s)
{
	const struct metric *c = s->body->counts;
	double wall = 0, ops = 0, bytes = 0, sum[MEASURE_COUNTS] = { 0 };

	for (size_t i = 0; i < s->nrounds; i++) {
		const struct measure_round *rd = &s->round[i];

		wall += (double)rd->wall_ns;
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
	if (m->config.rate <= 0) /* else it is what was asked for */
		add_rates(r, s);
	add_counts(r, s);
	add_own(r, s);
	add_distribution(r, s);
}

static void
report_status(struct result *r, const struct measure_subject *s)
{
	char name[160];

	place(s, name, sizeof(name));
	if (s->status == RESULT_SKIPPED)
		result_warn(r, "%s is skipped: %s", name, s->why);
	else if (s->status == RESULT_BROKEN)
		result_check(r, s->kind, "what was measured was really done", false,
			     "%s is broken: %s", name, s->why);
	else if (s->nrounds > 0)
		result_check(r, s->kind, "what was measured was really done", true,
			     "%s: %" PRIu64 " operations counted", name, s->all_ops);
}

/* One warning for all whose warm-up did not settle. */
static void
warn_unsettled(const struct measure *m, struct result *r)
{
	const struct measure_subject *worst = NULL;
	size_t count = 0, n = 0;
	char name[160];

	for (size_t i = 0; i < m->n; i++) {
		const struct measure_subject *s = m->subject[i];

		n += s->nrounds > 0;
		if (s->nrounds == 0 || s->warm_spread <= 0.25)
			continue;
		count++;
		if (worst == NULL || s->warm_spread > worst->warm_spread)
			worst = s;
	}
	if (worst != NULL)
		result_warn(r,
			    "%zu of %zu had not settled after the warm-up; the last "
			    "batches of %s differed by %.0f %%",
			    count, n, place(worst, name, sizeof(name)),
			    100 * worst->warm_spread);
}

static const struct result_column round_columns[] = {
	{ "metric", "metric", COLUMN_TEXT },
	{ "params", "of", COLUMN_TEXT },
	{ "round", "round", COLUMN_NUMBER },
	{ "start_ns", "start", COLUMN_NS },
	{ "wall_ns", "wall", COLUMN_NS },
	{ "operations", "operations", COLUMN_NUMBER },
	{ "operation_ns", "one", COLUMN_NS },
	{ "cpu_ns", "CPU", COLUMN_NS },
	{ "steal_ns", "steal", COLUMN_NS },
	{ "pace_ns", "pace", COLUMN_NUMBER },
	{ "voluntary_switches", "waits", COLUMN_NUMBER },
	{ "involuntary_switches", "displaced", COLUMN_NUMBER },
};

enum {
	R_METRIC,
	R_PARAMS,
	R_ROUND,
	R_START,
	R_WALL,
	R_OPS,
	R_ONE,
	R_CPU,
	R_STEAL,
	R_PACE,
	R_VOL,
	R_INV,
	R_COUNT
};

static void
add_rounds(struct result *r, const struct measure_subject *s, uint64_t begin_ns)
{
	struct result_table *t =
		result_table(r, "rounds", s->kind, s->workers, round_columns, R_COUNT);

	if (t == NULL)
		return;
	t->quiet = true;
	for (size_t i = 0; i < s->nrounds; i++) {
		const struct measure_round *rd = &s->round[i];
		const size_t row = result_row(r, t);

		result_text(r, t, row, R_METRIC, s->body->name);
		if (*s->params != '\0')
			result_text(r, t, row, R_PARAMS, s->params);
		result_number(t, row, R_ROUND, (double)i);
		result_number(t, row, R_START, (double)(rd->start_ns - begin_ns));
		result_number(t, row, R_WALL, (double)rd->wall_ns);
		result_number(t, row, R_OPS, (double)rd->ops);
		result_number(t, row, R_ONE, s->value[i]);
		result_number(t, row, R_CPU, (double)rd->cpu_ns);
		if (rd->steal_ns >= 0)
			result_number(t, row, R_STEAL, (double)rd->steal_ns);
		result_number(t, row, R_PACE, rd->pace_ns);
		result_number(t, row, R_VOL, (double)rd->voluntary);
		result_number(t, row, R_INV, (double)rd->involuntary);
	}
}

static const struct result_column interval_columns[] = {
	{ "metric", "metric", COLUMN_TEXT },  { "params", "of", COLUMN_TEXT },
	{ "t_ns", "from", COLUMN_NS },	      { "rounds", "rounds", COLUMN_NUMBER },
	{ "median_ns", "median", COLUMN_NS }, { "steal_ns", "steal", COLUMN_NS },
};

enum { I_METRIC, I_PARAMS, I_T, I_ROUNDS, I_MEDIAN, I_STEAL, I_COUNT };

static void
add_intervals(const struct measure *m, struct result *r,
	      const struct measure_subject *s, uint64_t begin_ns)
{
	const uint64_t step_ns = m->config.interval_ns;
	struct result_table *t = result_table(r, "intervals", s->kind, s->workers,
					      interval_columns, I_COUNT);
	size_t first = 0, last, row;

	while (first < s->nrounds) {
		const uint64_t at =
			(s->round[first].start_ns - begin_ns) / step_ns * step_ns;
		double steal = 0;

		for (last = first; last < s->nrounds &&
				   s->round[last].start_ns - begin_ns < at + step_ns;
		     last++)
			steal += (double)s->round[last].steal_ns;
		row = result_row(r, t);
		result_text(r, t, row, I_METRIC, s->body->name);
		if (*s->params != '\0')
			result_text(r, t, row, I_PARAMS, s->params);
		result_number(t, row, I_T, (double)at);
		result_number(t, row, I_ROUNDS, (double)(last - first));
		result_number(t, row, I_MEDIAN,
			      stat_median(&s->value[first], last - first));
		if (s->round[first].steal_ns >= 0)
			result_number(t, row, I_STEAL, steal);
		first = last;
	}
}

static const struct result_column usl_columns[] = {
	{ "metric", "metric", COLUMN_TEXT },
	{ "points", "points", COLUMN_NUMBER },
	{ "lambda_per_s", "lambda 1/s", COLUMN_NUMBER },
	{ "sigma", "sigma", COLUMN_NUMBER },
	{ "kappa", "kappa", COLUMN_NUMBER },
	{ "peak_workers", "peak at", COLUMN_NUMBER },
	{ "r_squared", "R2", COLUMN_NUMBER },
};

enum { U_METRIC, U_POINTS, U_LAMBDA, U_SIGMA, U_KAPPA, U_PEAK, U_R2, U_COUNT };

static bool
same_sweep(const struct measure_subject *a, const struct measure_subject *b)
{
	return a->body == b->body && strcmp(a->kind, b->kind) == 0 &&
	       strcmp(a->params, b->params) == 0;
}

/* The law for the sizes of one kind; subject number i is the first of them. */
static void
add_usl(const struct measure *m, struct result *r, size_t i)
{
	enum { MAX = 256 };
	const struct measure_subject *s = m->subject[i];
	double size[MAX], rate[MAX];
	struct result_table *t;
	struct usl u;
	size_t n = 0, row;

	if (s->workers == 0)
		return;
	for (size_t j = 0; j < m->n && n < MAX; j++) {
		const struct measure_subject *o = m->subject[j];

		if (same_sweep(s, o) && j < i)
			return;
		if (!same_sweep(s, o) || o->status != RESULT_OK || o->nrounds == 0)
			continue;
		size[n] = (double)o->workers;
		rate[n++] = 1e9 / stat_median(o->value, o->nrounds);
	}
	if (usl_fit(size, rate, n, &u) != 0)
		return;
	t = result_table(r, "usl", s->kind, 0, usl_columns, U_COUNT);
	if (t == NULL)
		return;
	t->quiet = true; /* the line below says the same to people */
	row = result_row(r, t);
	result_text(r, t, row, U_METRIC, s->body->name);
	result_number(t, row, U_POINTS, (double)n);
	result_number(t, row, U_LAMBDA, u.lambda);
	result_number(t, row, U_SIGMA, u.sigma);
	result_number(t, row, U_KAPPA, u.kappa);
	if (u.peak > 0)
		result_number(t, row, U_PEAK, u.peak);
	result_number(t, row, U_R2, u.r_squared);
	if (u.r_squared < 0.5) {
		result_line(r, "%s%s%s does not follow the USL: R2 %.2f (%zu points)",
			    s->kind, *s->kind != '\0' ? " " : "", s->body->name,
			    u.r_squared, n);
		return;
	}
	result_line(r,
		    "%s%s%s scales by the USL: contention %.1f %%, coherency %.3f %%, "
		    "one alone %.4g/s, R2 %.3f (%zu points)",
		    s->kind, *s->kind != '\0' ? " " : "", s->body->name, 100 * u.sigma,
		    100 * u.kappa, u.lambda, u.r_squared, n);
}

static void
say_end(const struct measure *m, struct result *r)
{
	char spent[HUMAN_TEXT], time[HUMAN_TEXT];
	char wide[HUMAN_TEXT];
	const bool paired = m->n > 0 && m->subject[0]->body->flags & MEASURE_PAIRED;
	const char *what = paired ? "ratio" : "median";

	human_percent(wide, 100 * m->widest);
	human_ns(spent, (double)m->spent_ns);
	human_ns(time, (double)m->config.time_ns);
	switch (m->end) {
	case MEASURE_PRECISE:
		result_line(r,
			    "ended by --precision: every %s is known to +-%s "
			    "or better after %zu rounds, %s",
			    what, wide, m->rounds, spent);
		break;
	case MEASURE_TIME:
		result_line(r,
			    "ended by --time %s: %zu rounds, the widest %s is "
			    "known to +-%s",
			    time, m->rounds, what, wide);
		break;
	case MEASURE_ROUNDS:
		result_line(r,
			    "ended by --rounds: %zu rounds in %s, the widest %s is "
			    "known to +-%s",
			    m->rounds, spent, what, wide);
		break;
	case MEASURE_STOPPED:
		result_line(r, "incomplete: stopped after %zu rounds, %s", m->rounds,
			    spent);
		break;
	}
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
			add_rounds(r, s, begin_ns);
		if (m->config.interval_ns > 0)
			add_intervals(m, r, s, begin_ns);
	}
	for (size_t i = 0; i < m->n; i++)
		add_usl(m, r, i);
	warn_unsettled(m, r);
	if (m->rounds > 0 || m->end == MEASURE_STOPPED)
		say_end(m, r);
	say_timing(m, r);
	say_machine(m, r);
}
