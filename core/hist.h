/*
 * hist.h - log-linear histogram of 64-bit values, for latencies.
 *
 * EXECUTIVE SUMMARY: 7 bits below the leading one are kept, so a value is off by
 * less than 1/128 (0.8 %) of itself; exact up to 255. 58 groups of 128 buckets of
 * 8 bytes: 58 KiB, fixed, no allocation after hist_init(). Recording is an index
 * computation and three adds of whole numbers: a sum of doubles, or a least and most
 * that are stored each time, made it 7 to 8 ns instead of 2.3 to 2.9 (AMD EPYC guest,
 * gcc 12, 2025-11; bench/overhead), for each value waited for the one before.
 * Histograms of workers are merged at the end, so that
 * recording needs no atomic.
 *
 * Source: the layout of fio's latency buckets (stat.h) and HdrHistogram (G. Tene);
 * quantiles by Hyndman & Fan 1996, type 1, clamped to the observed min and max.
 */
#ifndef CORE_HIST_H
#define CORE_HIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HIST_BITS 7
#define HIST_BUCKETS ((64 - HIST_BITS + 1) << HIST_BITS)

struct hist {
	uint64_t count;
	uint64_t min, max;   /* exact; min is UINT64_MAX when empty */
	uint64_t sum, carry; /* exact: carry * 2^64 + sum */
	uint64_t bucket[HIST_BUCKETS];
};

/* Empties h. The caller's memory. */
void hist_init(struct hist *h);

/* Records one value. One thread a histogram. At most 5 ns. */
void hist_add(struct hist *h, uint64_t value);

/* Records n values alike. As hist_add(). */
void hist_add_many(struct hist *h, uint64_t value, uint64_t n);

/*
 * The next bucket from number *i on that holds values: its largest value and how many.
 * False behind the last. Begin with *i = 0.
 */
bool hist_next(const struct hist *h, size_t *i, uint64_t *value, uint64_t *n);

/* For one that is built from buckets: sets what buckets are too coarse for. */
void hist_refine(struct hist *h, uint64_t min, uint64_t max, double mean);

/* Adds all of from to into. Nobody may record into either meanwhile. */
void hist_merge(struct hist *into, const struct hist *from);

/*
 * The value at or below which a fraction q (0..1) of the values lie, at most
 * 1/128 above the truth and never outside min..max. 0 when empty.
 */
uint64_t hist_quantile(const struct hist *h, double q);

/* How many values lie in the bucket of `value` or below it. */
uint64_t hist_rank(const struct hist *h, uint64_t value);

/* Standard deviation, each value taken for the middle of its bucket; 0 when empty. */
double hist_stddev(const struct hist *h);

/* Arithmetic mean, from the exact sum; 0 when empty. */
double hist_mean(const struct hist *h);

/* Smallest and largest value that share the bucket of `value`. */
uint64_t hist_bucket_low(uint64_t value);
uint64_t hist_bucket_high(uint64_t value);

#endif
