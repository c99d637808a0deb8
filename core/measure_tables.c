/*
 * measure_tables.c - what was measured, as tables: rounds, intervals, how it scales.
 */
#include "core/measure_report.h"

#include "core/stat.h"
#include "core/usl.h"

#include <string.h>

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

void
measure_add_rounds(struct result *r, const struct measure_subject *s, uint64_t begin_ns)
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

void
measure_add_intervals(const struct measure *m, struct result *r,
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

void
measure_add_usl(const struct measure *m, struct result *r)
{
	for (size_t i = 0; i < m->n; i++)
		add_usl(m, r, i);
}
