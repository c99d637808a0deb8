/*
 * stat_series.c - medians of samples taken over time, their intervals and ratios.
 */
#include "core/stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	ENOUGH = 6,  /* the range of 6 samples covers the median in 96.9 % */
	SERIES = 16, /* fewer say nothing of how they hang together */
};

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* P(k heads of n fair coins). */
static double
coins(double k, double n)
{
	return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * M_LN2);
}

/*
 * The place (from 0, a real number) of the lower end among n sorted samples: between
 * the two order statistics that bracket the confidence, weighted as the source has it.
 */
static double
depth(size_t n, double confidence)
{
	const double tail = (1 - confidence) / 2, total = (double)n;
	double k = floor(total / 2 - 5 * sqrt(total)), cut, next, weight;

	/* cut: P(fewer than k below the median); 5 root n are 10 deviations. */
	k = k < 0 ? 0 : k;
	cut = 0;
	next = coins(k, total);
	while (next <= tail) {
		k++;
		cut = next;
		next += coins(k, total);
	}
	weight = (tail - cut) / (next - cut);
	/* The end is not linear in the confidence between the two. */
	weight = (total - k) * weight / (k + (total - 2 * k) * weight);
	return k - 1 + weight;
}

double
stat_sign_time(const double *x, size_t n)
{
	const double median = stat_median(x, n);
	double variance = 0, time = 1, pair, seen;
	size_t lag, i;
	signed char *sign = malloc(n == 0 ? 1 : n);

	if (sign == NULL || n < SERIES) {
		free(sign);
		return 1;
	}
	for (i = 0; i < n; i++) {
		sign[i] = (signed char)((x[i] > median) - (x[i] < median));
		variance += sign[i] * sign[i];
	}
	for (lag = 1; lag + 1 < n / 4 && variance > 0; lag += 2) {
		pair = 0;
		for (i = lag; i < n; i++)
			pair += sign[i] * sign[i - lag];
		for (i = lag + 1; i < n; i++)
			pair += sign[i] * sign[i - lag - 1];
		/* Sums of neighbours are positive for what a machine does; the
		 * first that is not is chance alone. That the first is a little
		 * above 0 is chance, too. */
		if (pair <= (lag == 1 ? 0.5 * sqrt(2 * variance) : 0))
			break;
		time += 2 * pair / variance;
	}
	free(sign);
	/* The median of the same samples was taken off: each lag looks smaller than it
	 * is, by a share of the whole; and the sums leave out ends. The factor is the
	 * one by which bench/coverage finds 93 to 97 % from 100 samples on. */
	seen = 1 - 8 * (double)(lag - 1) / (double)n;
	return time / (seen < 0.3 ? 0.3 : seen);
}

static double
at(const double *sorted, size_t n, double place)
{
	size_t i;

	if (place <= 0)
		return sorted[0];
	i = (size_t)place;
	if (i + 1 >= n)
		return sorted[n - 1];
	return sorted[i] + (place - (double)i) * (sorted[i + 1] - sorted[i]);
}

/* How much the level rises through the series: between the medians of its halves. */
static double
rise_of(const double *x, size_t n)
{
	return 2 * (stat_median(x + n - n / 2, n / 2) - stat_median(x, n / 2));
}

/* What rise does to sample i, about the middle of the series. */
static double
risen(double rise, size_t i, size_t n)
{
	return rise * ((double)i - ((double)n - 1) / 2) / (double)n;
}

/* How many of n sorted numbers are at or below v, as a share. */
static double
share_below(const double *sorted, size_t n, double v)
{
	size_t low = 0, high = n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (sorted[middle] <= v)
			low = middle + 1;
		else
			high = middle;
	}
	return (double)low / (double)n;
}

/*
 * By what the variance of "how many are below the median" differs from that of n
 * independent samples. Neighbours that move together make it larger. A level that
 * rises steadily is no chance: it is taken off before, and since then each sample has a
 * chance of its own to be below, the variance is the smaller for it. `level` has room
 * for n.
 */
static double
variance_factor(const double *x, size_t n, double *level)
{
	const double rise = n < SERIES ? 0 : rise_of(x, n), median = stat_median(x, n);
	double time, quartiles, error, sum = 0, p;

	for (size_t i = 0; i < n; i++)
		level[i] = x[i] - risen(rise, i, n);
	time = stat_sign_time(level, n);
	quartiles = stat_quantile(level, n, 0.75) - stat_quantile(level, n, 0.25);
	/* Standard error of the rise, if samples were normal: a median's is 1.25
	 * deviations (quartiles / 1.35) over the root of n / 2, and there are two. */
	error = 2 * 1.25 * quartiles / 1.35 * 2 / sqrt((double)n) * sqrt(time);
	if (n < SERIES || fabs(rise) <= 3 * error)
		return stat_sign_time(x, n);
	qsort(level, n, sizeof(*level), compare);
	for (size_t i = 0; i < n; i++) {
		p = share_below(level, n, median - risen(rise, i, n));
		sum += p * (1 - p);
	}
	return time * 4 * sum / (double)n;
}

struct stat_interval
stat_median_series(const double *x, size_t n, double confidence)
{
	struct stat_interval found = { stat_min(x, n), stat_max(x, n) };
	double *sorted, *level, reach;

	if (n < ENOUGH)
		return found;
	sorted = malloc(2 * n * sizeof(*sorted));
	if (sorted == NULL)
		return found;
	level = sorted + n;
	memcpy(sorted, x, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	/* From the middle outwards, in samples. */
	reach = ((double)n - 1) / 2 - depth(n, confidence);
	reach *= sqrt(variance_factor(x, n, level));
	found.low = at(sorted, n, ((double)n - 1) / 2 - reach);
	found.high = at(sorted, n, ((double)n - 1) / 2 + reach);
	free(sorted);
	return found;
}

struct stat_interval
stat_ratio_interval(double a, struct stat_interval ia, double b,
		    struct stat_interval ib)
{
	const double middle = log(a / b);
	const double down = hypot(log(a / ia.low), log(ib.high / b));
	const double up = hypot(log(ia.high / a), log(b / ib.low));

	return (struct stat_interval){ exp(middle - down), exp(middle + up) };
}

size_t
stat_outliers(const double *x, size_t n)
{
	const double q1 = stat_quantile(x, n, 0.25), q3 = stat_quantile(x, n, 0.75);
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += x[i] < q1 - 3 * (q3 - q1) || x[i] > q3 + 3 * (q3 - q1);
	return count;
}
