/*
 * stat.h - small statistics over samples. Pure functions: no state, no clock.
 *
 * n is the number of samples; functions that need at least one return 0 for n == 0
 * (never NaN). Samples must be finite. Arrays are not changed unless said so.
 */
#ifndef CORE_STAT_H
#define CORE_STAT_H

#include "core/rng.h"

#include <stddef.h>
#include <stdint.h>

struct stat_interval {
	double low, high;
};

double stat_min(const double *x, size_t n);
double stat_max(const double *x, size_t n);
double stat_sum(const double *x, size_t n); /* Neumaier's compensated sum, 1974 */
double stat_mean(const double *x, size_t n);

/* Sample standard deviation (n - 1 below the line); 0 for n < 2. */
double stat_stddev(const double *x, size_t n);

/*
 * Quantile q (0..1) by linear interpolation (Hyndman & Fan 1996, type 7, as numpy
 * and R have it). Allocates a sorted copy when n > 256; 0 when that fails.
 */
double stat_quantile(const double *x, size_t n, double q);

/* stat_quantile() at one half. */
double stat_median(const double *x, size_t n);

/* Median absolute deviation from the median, unscaled. */
double stat_mad(const double *x, size_t n);

/*
 * Percentile-bootstrap interval of the median at `confidence` (0.95) from
 * `resamples` resamples drawn from rng. n < 2 gives low == high == the sample;
 * without memory, it is the smallest and the largest sample.
 * Source: B. Efron, "Bootstrap methods", 1979.
 */
struct stat_interval stat_median_interval(const double *x, size_t n, double confidence,
					  int resamples, struct rng *rng);

/*
 * Interval of the median of a series taken over time, at `confidence`: the limit that
 * the percentile bootstrap tends to for many resamples, computed from the binomial
 * distribution of order statistics and interpolated between them, hence without
 * chance; widened by the square root of the autocorrelation time of the signs about
 * the median, since neighbours in time that move together tell less than n samples. A
 * level that rises or falls through the whole series is taken off before that.
 * n < 2: both ends are the sample; n < 6: the smallest and the largest.
 * Sources: T. Hettmansperger, S. Sheather, "Confidence intervals based on interpolated
 * order statistics", 1986; autocorrelation time by C. Geyer's initial positive
 * sequence, 1992. Allocates; without memory, the smallest and the largest sample.
 */
struct stat_interval stat_median_series(const double *x, size_t n, double confidence);

/* The autocorrelation time that the former uses; 1 for independent samples. */
double stat_sign_time(const double *x, size_t n);

/*
 * The interval of a ratio a / b of two positive medians that were found apart, each
 * with its interval of the same confidence (b.low > 0). Source: G. Zou and A. Donner,
 * "Construction of confidence limits about effect measures", 2008 (MOVER), on logs.
 */
struct stat_interval stat_ratio_interval(double a, struct stat_interval ia, double b,
					 struct stat_interval ib);

/*
 * Number of samples outside Tukey's fences, quartiles -+ 3 interquartile ranges.
 */
size_t stat_outliers(const double *x, size_t n);

/*
 * Jain's fairness index of x >= 0 (R. Jain, D. Chiu, W. Hawe, 1984): 1 when all are
 * equal, 1/n when one has everything; 1 when all are 0.
 */
double stat_jain(const double *x, size_t n);

#endif
