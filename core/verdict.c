/*
 * verdict.c - is the new one faster, slower, the same, or cannot be told?
 */
#include "core/verdict.h"

#include <math.h>
#include <stdlib.h>

enum { RUNS_MIN = 4 }; /* fewer say nothing of how runs differ */

/* Student's t at 97.5 %, for 3... degrees of freedom; R. Fisher's table. */
static double
student(size_t freedom)
{
	static const double t[] = { 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262,
				    2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120 };
	const size_t n = sizeof(t) / sizeof(*t);

	return freedom < 3 ? 12.7 : freedom - 3 < n ? t[freedom - 3] : 2.12;
}

/*
 * What one run alone cannot know is how another would differ. What it can show is how
 * its own parts do: by so much more may the next run be off. The spread of the medians
 * of its quarters, on a log scale; 0 for too few samples.
 */
static double
slow_change(const double *x, size_t n)
{
	enum { PARTS = 4 };
	double low = INFINITY, high = -INFINITY, m;

	if (n < PARTS * VERDICT_SAMPLES_MIN)
		return 0;
	for (size_t i = 0; i < PARTS; i++) {
		const size_t from = i * n / PARTS, to = (i + 1) * n / PARTS;

		m = stat_median(x + from, to - from);
		if (!(m > 0))
			return 0;
		low = fmin(low, log(m));
		high = fmax(high, log(m));
	}
	return high - low;
}

static struct stat_interval
widened(struct stat_interval i, const struct verdict_side *s)
{
	const double median = stat_median(s->sample, s->n),
		     by = slow_change(s->sample, s->n);

	if (!(i.low > 0) || by <= 0)
		return i;
	i.low = median * exp(-hypot(log(median / i.low), by));
	i.high = median * exp(hypot(log(i.high / median), by));
	return i;
}

/* Runs may differ by more than the samples within them: the wider interval counts. */
struct stat_interval
verdict_interval(const struct verdict_side *s)
{
	struct stat_interval i = stat_median_series(s->sample, s->n, 0.95);
	const double *at = s->sample;
	double *log_median, mean, half;

	if (s->run == NULL || s->nruns < RUNS_MIN)
		return widened(i, s);
	log_median = calloc(s->nruns, sizeof(*log_median));
	if (log_median == NULL)
		return i;
	for (size_t r = 0; r < s->nruns; r++) {
		log_median[r] = log(stat_median(at, s->run[r]));
		at += s->run[r];
	}
	mean = stat_mean(log_median, s->nruns);
	half = student(s->nruns - 1) * stat_stddev(log_median, s->nruns) /
	       sqrt((double)s->nruns);
	free(log_median);
	if (exp(mean - half) < i.low)
		i.low = exp(mean - half);
	if (exp(mean + half) > i.high)
		i.high = exp(mean + half);
	return i;
}

/* How much the halves of a run differ, relative. */
static double
drift(const double *x, size_t n)
{
	const double first = stat_median(x, n / 2);
	const double second = stat_median(x + n / 2, n - n / 2);

	return first > 0 && second > 0 ? fabs(log(second / first)) : 0;
}

static double
side_drift(const struct verdict_side *s)
{
	const double *at = s->sample;
	double most = 0, d;

	if (s->run == NULL)
		return drift(s->sample, s->n);
	for (size_t r = 0; r < s->nruns; at += s->run[r++]) {
		d = s->run[r] >= VERDICT_SAMPLES_MIN ? drift(at, s->run[r]) : 0;
		most = d > most ? d : most;
	}
	return most;
}

/* The word for a range of fresh / base. */
static void
decide(struct verdict *v, enum result_better better, const struct verdict_limits *l)
{
	/* As if lower were better: above 1 is worse. */
	const bool higher = better == BETTER_HIGHER;
	const double low = higher ? 1 / v->range.high : v->range.low;
	const double high = higher ? 1 / v->range.low : v->range.high;
	/* 5 % fewer a second are a limit of 0.95, not of 1 / 1.05. */
	const double limit =
		higher ? 1 / (1 - l->max_regression) : 1 + l->max_regression;

	v->regression = low > limit;
	if (v->range.low >= 1 - l->same && v->range.high <= 1 + l->same)
		v->word = VERDICT_SAME;
	else if (low > 1)
		v->word = VERDICT_SLOWER;
	else if (high < 1)
		v->word = VERDICT_FASTER;
	else
		v->word = VERDICT_INCONCLUSIVE;
	/* What has no better side cannot become worse. */
	v->regression = v->regression && better != BETTER_NONE;
}

void
verdict_judge(const struct verdict_side *base, const struct verdict_side *fresh,
	      enum result_better better, const struct verdict_limits *limits,
	      struct verdict *v)
{
	double wide, most;

	*v = (struct verdict){ .word = VERDICT_INCONCLUSIVE,
			       .base = stat_median(base->sample, base->n),
			       .fresh = stat_median(fresh->sample, fresh->n) };
	v->base_interval = verdict_interval(base);
	v->fresh_interval = verdict_interval(fresh);
	if (base->n == 0 || fresh->n == 0 || !(v->base_interval.low > 0) ||
	    !(v->fresh_interval.low > 0))
		return;
	v->ratio = v->fresh / v->base;
	v->range = stat_ratio_interval(v->fresh, v->fresh_interval, v->base,
				       v->base_interval);
	wide = (v->range.high - v->range.low) / 2;
	most = fmax(side_drift(base), side_drift(fresh));
	v->noise_floor = fmax(wide, most);
	v->known = base->n >= VERDICT_SAMPLES_MIN && fresh->n >= VERDICT_SAMPLES_MIN;
	if (v->known)
		decide(v, better, limits);
}

void
verdict_judge_pairs(const double *ratio, size_t n, enum result_better better,
		    const struct verdict_limits *limits, struct verdict *v)
{
	*v = (struct verdict){ .word = VERDICT_INCONCLUSIVE };
	if (n == 0)
		return;
	v->ratio = stat_median(ratio, n);
	v->range = stat_median_series(ratio, n, 0.95);
	v->noise_floor = (v->range.high - v->range.low) / 2;
	v->known = n >= VERDICT_SAMPLES_MIN && v->range.low > 0;
	if (v->known)
		decide(v, better, limits);
}

double
verdict_floor(const double *x, size_t n)
{
	double *ratio = calloc(n == 0 ? 1 : n, sizeof(*ratio)), off = 0;
	struct stat_interval i;
	size_t pairs = 0;

	for (size_t j = 0; ratio != NULL && j + 1 < n; j += 2)
		if (x[j] > 0 && x[j + 1] > 0)
			ratio[pairs++] = log(x[j + 1] / x[j]);
	if (pairs >= VERDICT_SAMPLES_MIN) {
		i = stat_median_series(ratio, pairs, 0.95);
		off = expm1(fmax(fabs(i.low), fabs(i.high)) / sqrt(2));
	}
	free(ratio);
	return off;
}

const char *
verdict_name(enum verdict_word word)
{
	static const char *const name[] = { [VERDICT_SAME] = "same",
					    [VERDICT_FASTER] = "faster",
					    [VERDICT_SLOWER] = "slower",
					    [VERDICT_INCONCLUSIVE] = "inconclusive" };

	return name[word];
}
