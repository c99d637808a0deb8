/*
 * stat.c - small statistics over samples.
 */
#include "core/stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ON_STACK = 256 };

double
stat_min(const double *x, size_t n)
{
	double min = n == 0 ? 0 : x[0];

	for (size_t i = 1; i < n; i++)
		min = x[i] < min ? x[i] : min;
	return min;
}

double
stat_max(const double *x, size_t n)
{
	double max = n == 0 ? 0 : x[0];

	for (size_t i = 1; i < n; i++)
		max = x[i] > max ? x[i] : max;
	return max;
}

double
stat_sum(const double *x, size_t n)
{
	double sum = 0, lost = 0;

	for (size_t i = 0; i < n; i++) {
		double t = sum + x[i];

		/* What the smaller of the two has lost in t. */
		lost += fabs(sum) >= fabs(x[i]) ? (sum - t) + x[i] : (x[i] - t) + sum;
		sum = t;
	}
	return sum + lost;
}

double
stat_mean(const double *x, size_t n)
{
	return n == 0 ? 0 : stat_sum(x, n) / (double)n;
}

double
stat_stddev(const double *x, size_t n)
{
	double mean = stat_mean(x, n), squares = 0;

	/* Two passes: the sum of squares minus the square of the sum cancels. */
	for (size_t i = 0; i < n; i++)
		squares += (x[i] - mean) * (x[i] - mean);
	return n < 2 ? 0 : sqrt(squares / (double)(n - 1));
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* A sorted copy of x in room or, when n > ON_STACK, in memory to free; NULL. */
static double *
sorted_copy(const double *x, size_t n, double *room)
{
	double *copy = n <= ON_STACK ? room : reallocarray(NULL, n, sizeof(*x));

	if (copy != NULL) {
		memcpy(copy, x, n * sizeof(*x));
		qsort(copy, n, sizeof(*copy), compare);
	}
	return copy;
}

static void
free_copy(double *copy, const double *room)
{
	if (copy != room)
		free(copy);
}

/* Quantile of sorted samples. */
static double
quantile_sorted(const double *x, size_t n, double q)
{
	double at = q * (double)(n - 1);
	size_t i = (size_t)at;

	if (q <= 0)
		return x[0];
	if (i + 1 >= n)
		return x[n - 1];
	return x[i] + (at - (double)i) * (x[i + 1] - x[i]);
}

double
stat_quantile(const double *x, size_t n, double q)
{
	double room[ON_STACK], *sorted, value;

	if (n == 0)
		return 0;
	sorted = sorted_copy(x, n, room);
	if (sorted == NULL)
		return 0;
	value = quantile_sorted(sorted, n, q);
	free_copy(sorted, room);
	return value;
}

double
stat_median(const double *x, size_t n)
{
	return stat_quantile(x, n, 0.5);
}

double
stat_mad(const double *x, size_t n)
{
	double room[ON_STACK], *distance, median, mad;

	if (n == 0)
		return 0;
	distance = n <= ON_STACK ? room : reallocarray(NULL, n, sizeof(*x));
	if (distance == NULL)
		return 0;
	median = stat_median(x, n);
	for (size_t i = 0; i < n; i++)
		distance[i] = fabs(x[i] - median);
	mad = stat_median(distance, n);
	free_copy(distance, room);
	return mad;
}

/*
 * The median of one resample of n sorted samples. Drawing counts how often each
 * sample was taken (count: room for n), which spares sorting the resample.
 */
static double
resampled_median(const double *sorted, size_t n, struct rng *rng, uint32_t *count)
{
	size_t low = (n - 1) / 2, high = n / 2, seen = 0, i = 0, at_low;

	memset(count, 0, n * sizeof(*count));
	for (size_t k = 0; k < n; k++)
		count[rng_below(rng, n)]++;
	while ((seen += count[i]) <= low)
		i++;
	at_low = i;
	while (seen <= high)
		seen += count[++i];
	return sorted[at_low] + (sorted[i] - sorted[at_low]) / 2;
}

struct stat_interval
stat_median_interval(const double *x, size_t n, double confidence, int resamples,
		     struct rng *rng)
{
	struct stat_interval all = { stat_min(x, n), stat_max(x, n) }, found = all;
	double room[ON_STACK], *sorted = NULL, *median = NULL;
	uint32_t *count = NULL;

	if (n < 2 || resamples < 1)
		return all;
	sorted = sorted_copy(x, n, room);
	median = calloc((size_t)resamples, sizeof(*median));
	count = calloc(n, sizeof(*count));
	if (sorted == NULL || median == NULL || count == NULL)
		goto out;
	for (int i = 0; i < resamples; i++)
		median[i] = resampled_median(sorted, n, rng, count);
	qsort(median, (size_t)resamples, sizeof(*median), compare);
	found.low = quantile_sorted(median, (size_t)resamples, (1 - confidence) / 2);
	found.high = quantile_sorted(median, (size_t)resamples, (1 + confidence) / 2);
out:
	free_copy(sorted, room);
	free(median);
	free(count);
	return found;
}

double
stat_jain(const double *x, size_t n)
{
	double max = stat_max(x, n), sum = 0, squares = 0;

	/* Divided by the largest, so that squares neither overflow nor vanish. */
	if (max <= 0)
		return n == 0 ? 0 : 1;
	for (size_t i = 0; i < n; i++) {
		sum += x[i] / max;
		squares += (x[i] / max) * (x[i] / max);
	}
	return sum * sum / ((double)n * squares);
}
