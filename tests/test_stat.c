/*
 * test_stat - statistics against values computed by other programs.
 */
#include "core/stat.h"

#include <criterion/criterion.h>
#include <math.h>

/* References: Python's statistics module ("inclusive" quantiles are type 7). */
static const double x[] = { 3.5, -1.25, 8, 2.75, 2.75, 10.5, 0.125, -4, 6, 7.25 };
enum { N = sizeof(x) / sizeof(x[0]) };

static bool
near(double a, double b)
{
	return fabs(a - b) <= 1e-12 * fmax(1, fabs(b));
}

Test(stat, matches_the_references)
{
	cr_assert_eq(stat_min(x, N), -4);
	cr_assert_eq(stat_max(x, N), 10.5);
	cr_assert_eq(stat_sum(x, N), 35.625);
	cr_assert(near(stat_mean(x, N), 3.5625));
	cr_assert(near(stat_stddev(x, N), 4.482702093108079));
	cr_assert_eq(stat_median(x, N), 3.125);
	cr_assert_eq(stat_mad(x, N), 3.5625);
}

Test(stat, quantiles_are_type_7)
{
	static const double twentieth[] = { -2.7625, -1.525, -0.76875, -0.15,  0.78125,
					    1.9625,  2.75,   2.75,     2.7875, 3.125,
					    3.4625,  4.5,    5.625,    6.375,  6.9375,
					    7.4,     7.7375, 8.25,     9.375 };

	for (int i = 0; i < 19; i++)
		cr_assert(near(stat_quantile(x, N, (i + 1) / 20.0), twentieth[i]),
			  "%d/20: %.17g", i + 1, stat_quantile(x, N, (i + 1) / 20.0));
	cr_assert_eq(stat_quantile(x, N, 0), -4);
	cr_assert_eq(stat_quantile(x, N, 1), 10.5);
	cr_assert_eq(x[0], 3.5, "the samples stay as they are");
}

Test(stat, many_samples_need_memory_and_get_it)
{
	static double many[1001];

	for (int i = 0; i < 1001; i++)
		many[i] = (i * 389) % 1001;
	cr_assert_eq(stat_median(many, 1001), 500);
	cr_assert(near(stat_quantile(many, 1001, 0.9), 900));
	cr_assert_eq(stat_mad(many, 1001), 250);
}

Test(stat, none_and_one_are_no_trap)
{
	const double one = 7;

	cr_assert_eq(stat_min(NULL, 0), 0);
	cr_assert_eq(stat_max(NULL, 0), 0);
	cr_assert_eq(stat_mean(NULL, 0), 0);
	cr_assert_eq(stat_stddev(NULL, 0), 0);
	cr_assert_eq(stat_median(NULL, 0), 0);
	cr_assert_eq(stat_mad(NULL, 0), 0);
	cr_assert_eq(stat_jain(NULL, 0), 0);
	cr_assert_eq(stat_stddev(&one, 1), 0);
	cr_assert_eq(stat_quantile(&one, 1, 0.3), 7);
	cr_assert_eq(stat_mad(&one, 1), 0);
}

Test(stat, sum_is_compensated)
{
	static const double hard[] = { 1, 1e100, 1, -1e100 };
	static double tenth[1000];

	for (int i = 0; i < 1000; i++)
		tenth[i] = 0.1;
	cr_assert_eq(stat_sum(hard, 4), 2);
	cr_assert_eq(stat_sum(tenth, 1000), 100);
}

Test(stat, stddev_does_not_cancel)
{
	static const double far[] = { 1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16 };

	cr_assert(near(stat_stddev(far, 4), sqrt(30)));
}

Test(stat, interval_of_the_median_is_the_exact_one)
{
	/* Of 11 samples, the median of a resample is at most the k-th smallest with
	 * probability P(Binomial(11, k/11) >= 6): 0.0072 for k = 2, 0.0512 for 3,
	 * 0.9488 for 8, 0.9928 for 9. Hence 95 % lie from the 3rd to the 9th. */
	static const double y[] = { 50, 20, 110, 10, 90, 30, 70, 60, 100, 40, 80 };
	struct stat_interval i, again;
	struct rng r;

	rng_init(&r, 1, 0);
	i = stat_median_interval(y, 11, 0.95, 4000, &r);
	cr_assert_eq(i.low, 30);
	cr_assert_eq(i.high, 90);
	rng_init(&r, 1, 0);
	again = stat_median_interval(y, 11, 0.95, 4000, &r);
	cr_assert(i.low == again.low && i.high == again.high);
	i = stat_median_interval(y, 11, 0.5, 4000, &r);
	cr_assert_eq(i.low, 50);
	cr_assert_eq(i.high, 70);
}

Test(stat, interval_covers_the_true_median)
{
	enum { RUNS = 500, SAMPLES = 20 };
	struct rng r;
	int covered = 0;

	rng_init(&r, 9, 0);
	for (int run = 0; run < RUNS; run++) {
		double y[SAMPLES];
		struct stat_interval i;

		for (int k = 0; k < SAMPLES; k++)
			y[k] = -log(1 - rng_unit(&r));
		i = stat_median_interval(y, SAMPLES, 0.95, 400, &r);
		cr_assert(i.low <= stat_median(y, SAMPLES));
		cr_assert(i.high >= stat_median(y, SAMPLES));
		covered += i.low <= log(2) && log(2) <= i.high;
	}
	cr_assert(covered > RUNS * 91 / 100 && covered < RUNS * 99 / 100, "%d",
		  covered);
}

Test(stat, interval_of_few_or_equal_samples)
{
	static const double same[] = { 4, 4, 4, 4 };
	struct stat_interval i;
	struct rng r;

	rng_init(&r, 1, 0);
	i = stat_median_interval(NULL, 0, 0.95, 100, &r);
	cr_assert(i.low == 0 && i.high == 0);
	i = stat_median_interval(x, 1, 0.95, 100, &r);
	cr_assert(i.low == 3.5 && i.high == 3.5);
	i = stat_median_interval(same, 4, 0.95, 100, &r);
	cr_assert(i.low == 4 && i.high == 4);
	i = stat_median_interval(x, 2, 0.95, 1000, &r);
	cr_assert(i.low == -1.25 && i.high == 3.5);
}

Test(stat, jain_is_fairness)
{
	static const double ramp[] = { 1, 2, 3, 4 }, one[] = { 0, 9, 0, 0 },
			    none[] = { 0, 0, 0 }, large[] = { 1e300, 1e300 },
			    small[] = { 1e-300, 1e-300 };

	cr_assert(near(stat_jain(ramp, 4), 5.0 / 6));
	cr_assert(near(stat_jain(one, 4), 0.25));
	cr_assert_eq(stat_jain(none, 3), 1);
	cr_assert_eq(stat_jain(large, 2), 1);
	cr_assert_eq(stat_jain(small, 2), 1);
}
