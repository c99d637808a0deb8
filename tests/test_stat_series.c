/*
 * test_stat_series.c - intervals of medians and ratios: known values, coverage.
 */
#include "core/rng.h"
#include "core/stat.h"

#include <criterion/criterion.h>
#include <math.h>

/* A normal number (Box and Muller). */
static double
normal(struct rng *r)
{
	return sqrt(-2 * log(1 - rng_unit(r))) * cos(2 * M_PI * rng_unit(r));
}

/* Share of trials in which the interval of n samples covers the median, 0. */
static double
coverage(size_t n, double correlation, int trials)
{
	double x[400];
	int covered = 0;
	struct rng r;

	rng_init(&r, 42, n);
	for (int t = 0; t < trials; t++) {
		struct stat_interval i;
		double state = normal(&r);

		for (size_t k = 0; k < n; k++) {
			state = correlation * state +
				sqrt(1 - correlation * correlation) * normal(&r);
			x[k] = exp(state);
		}
		i = stat_median_series(x, n, 0.95);
		covered += i.low <= 1 && i.high >= 1;
	}
	return (double)covered / trials;
}

Test(stat_series, covers_what_it_says)
{
	static const size_t sizes[] = { 8, 20, 100, 400 };

	for (size_t i = 0; i < 4; i++) {
		const double share = coverage(sizes[i], 0, 4000);

		cr_assert(share > 0.93 && share < 0.975, "n = %zu: %.4f", sizes[i],
			  share);
	}
}

/* Neighbours that move together tell less: without the correction it is 75 %. */
Test(stat_series, covers_when_neighbours_move_together)
{
	const double share = coverage(400, 0.6, 2000);

	cr_assert(share > 0.90, "%.4f", share);
}

Test(stat_series, few)
{
	const double x[] = { 3, 1, 2 };
	const struct stat_interval i = stat_median_series(x, 3, 0.95);

	cr_assert_eq(i.low, 1);
	cr_assert_eq(i.high, 3);
	cr_assert_eq(stat_median_series(x, 0, 0.95).low, 0);
	cr_assert_eq(stat_median_series(x, 1, 0.95).high, 3);
}

Test(stat_series, equal_samples_have_no_width)
{
	double x[50];

	for (int i = 0; i < 50; i++)
		x[i] = 7;
	cr_assert_eq(stat_median_series(x, 50, 0.95).low, 7);
	cr_assert_eq(stat_median_series(x, 50, 0.95).high, 7);
	cr_assert_eq(stat_sign_time(x, 50), 1);
}

/* The order statistics of R's wilcox and MASS tables: n = 10, 95 %: between the 2nd
 * and the 3rd from each end. */
Test(stat_series, known_place)
{
	double x[10];
	struct stat_interval i;

	for (int k = 0; k < 10; k++)
		x[k] = k + 1;
	i = stat_median_series(x, 10, 0.95);
	cr_assert(i.low > 2 && i.low < 3, "%g", i.low);
	cr_assert_float_eq(i.low + i.high, 11, 1e-9);
}

Test(stat_series, sign_time)
{
	double x[1000];
	struct rng r;

	rng_init(&r, 1, 1);
	for (int i = 0; i < 1000; i++)
		x[i] = rng_unit(&r);
	cr_assert(stat_sign_time(x, 1000) < 1.5);
	for (int i = 0; i < 1000; i++)
		x[i] = (i / 50) % 2 + rng_unit(&r) * 0.01;
	cr_assert(stat_sign_time(x, 1000) > 10);
}

Test(stat_series, ratio)
{
	const struct stat_interval a = { 90, 110 }, b = { 45, 55 };
	const struct stat_interval none = { 100, 100 }, exact = { 50, 50 };
	struct stat_interval r = stat_ratio_interval(100, a, 50, b);

	cr_assert(r.low < 2 && r.low > 2 * 0.85, "%g", r.low);
	cr_assert(r.high > 2 && r.high < 2 * 1.16, "%g", r.high);
	r = stat_ratio_interval(100, none, 50, exact);
	cr_assert_float_eq(r.low, 2, 1e-12);
	cr_assert_float_eq(r.high, 2, 1e-12);
}

Test(stat_series, outliers)
{
	double x[40];

	for (int i = 0; i < 40; i++)
		x[i] = 100 + i % 5;
	cr_assert_eq(stat_outliers(x, 40), 0);
	x[3] = 500;
	x[7] = 1;
	cr_assert_eq(stat_outliers(x, 40), 2);
	cr_assert_eq(stat_outliers(x, 0), 0);
}
