/*
 * test_hist - buckets without gaps, quantiles within 1/128, merging loses nothing.
 */
#include "core/hist.h"

#include "core/rng.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct hist h, other;

Test(hist, buckets_cover_all_values_without_gap)
{
	size_t buckets = 1;
	uint64_t low = 0;

	for (;;) {
		uint64_t high = hist_bucket_high(low);

		cr_assert_leq(low, high);
		cr_assert_eq(hist_bucket_low(low), low);
		cr_assert_eq(hist_bucket_low(high), low);
		cr_assert_eq(hist_bucket_high(high), high);
		cr_assert_leq(high - low, low / 128);
		if (high == UINT64_MAX)
			break;
		low = high + 1;
		buckets++;
	}
	cr_assert_eq(buckets, (size_t)HIST_BUCKETS);
}

Test(hist, every_bucket_is_its_own)
{
	size_t i = 0;

	/* One value a bucket: each must land in a bucket of its own, in order. */
	hist_init(&h);
	for (uint64_t low = 0;; low = hist_bucket_high(low) + 1) {
		hist_add(&h, low);
		cr_assert_eq(h.bucket[i], 1, "value %llu", (unsigned long long)low);
		i++;
		if (hist_bucket_high(low) == UINT64_MAX)
			break;
	}
	cr_assert_eq(h.count, (uint64_t)HIST_BUCKETS);
}

Test(hist, small_values_are_exact)
{
	hist_init(&h);
	for (uint64_t v = 0; v < 256; v++) {
		hist_add(&h, v);
		cr_assert_eq(hist_bucket_low(v), v);
		cr_assert_eq(hist_bucket_high(v), v);
	}
	for (unsigned v = 0; v < 256; v++)
		cr_assert_eq(hist_quantile(&h, (v + 1) / 256.0), v);
	cr_assert_eq(hist_mean(&h), 127.5);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

Test(hist, quantiles_are_within_a_128th)
{
	enum { N = 10007 };
	static const double q[] = { 0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1 };
	static uint64_t value[N];
	struct rng r;

	rng_init(&r, 1, 0);
	hist_init(&h);
	for (int i = 0; i < N; i++) {
		value[i] = (uint64_t)exp(rng_unit(&r) * 40);
		hist_add(&h, value[i]);
	}
	qsort(value, N, sizeof(value[0]), compare);
	for (size_t i = 0; i < sizeof(q) / sizeof(q[0]); i++) {
		size_t rank = q[i] > 0 ? (size_t)ceil(q[i] * N) : 1;
		uint64_t truth = value[rank - 1], seen = hist_quantile(&h, q[i]);

		cr_assert_geq(seen, truth, "q %g", q[i]);
		cr_assert_leq(seen - truth, truth / 128, "q %g", q[i]);
	}
	cr_assert_eq(hist_quantile(&h, 1), value[N - 1]);
	cr_assert_eq(h.max, value[N - 1]);
	cr_assert_eq(h.min, value[0]);
}

Test(hist, rounding_does_not_shift_the_rank)
{
	/* 0.07 * 100 is 7.000000000000001 in doubles; the 7th value is meant. */
	hist_init(&h);
	for (uint64_t v = 1; v <= 100; v++)
		hist_add(&h, v);
	for (unsigned p = 1; p <= 100; p++)
		cr_assert_eq(hist_quantile(&h, p / 100.0), p, "p%u", p);
}

Test(hist, quantile_stays_within_what_was_seen)
{
	hist_init(&h);
	hist_add(&h, 1000001);
	for (int i = 0; i <= 10; i++)
		cr_assert_eq(hist_quantile(&h, i / 10.0), 1000001);
	hist_add(&h, UINT64_MAX);
	hist_add(&h, 0);
	cr_assert_eq(hist_quantile(&h, 0), 0);
	cr_assert_eq(hist_quantile(&h, 1), UINT64_MAX);
}

Test(hist, empty_is_zero)
{
	hist_init(&h);
	cr_assert_eq(hist_quantile(&h, 0.5), 0);
	cr_assert_eq(hist_mean(&h), 0);
	cr_assert_eq(h.count, 0);
}

Test(hist, merge_is_as_if_recorded_in_one)
{
	static struct hist parts;
	struct rng r;

	rng_init(&r, 2, 0);
	hist_init(&h);
	hist_init(&other);
	hist_init(&parts);
	for (int i = 0; i < 5000; i++) {
		/* Below 2^20, so that the sums are exact in any order. */
		uint64_t v = rng_below(&r, 1 << 20);

		hist_add(&h, v);
		hist_add(i % 3 == 0 ? &parts : &other, v);
	}
	hist_merge(&parts, &other);
	cr_assert_eq(memcmp(&parts, &h, sizeof(h)), 0);
	hist_init(&other);
	hist_merge(&parts, &other);
	cr_assert_eq(memcmp(&parts, &h, sizeof(h)), 0, "an empty one changes nothing");
}

Test(hist, many_are_the_same_as_one_by_one)
{
	static struct hist a, b;
	static const uint64_t value[] = {
		0,	   1, 255, 1000, 123456789, UINT64_C(1) << 40, UINT64_MAX - 1,
		UINT64_MAX
	};

	hist_init(&a);
	hist_init(&b);
	for (size_t i = 0; i < sizeof(value) / sizeof(*value); i++) {
		for (size_t j = 0; j < 3 * i + 1; j++)
			hist_add(&a, value[i]);
		hist_add_many(&b, value[i], 3 * i + 1);
	}
	hist_add_many(&b, 7, 0);
	cr_assert_eq(memcmp(&a, &b, sizeof(a)), 0);
	/* Two halves have the same sum, carries and all. */
	hist_init(&b);
	hist_merge(&b, &a);
	hist_merge(&b, &a);
	cr_assert_eq(b.count, 2 * a.count);
	cr_assert_eq(hist_mean(&b), hist_mean(&a));
}

Test(hist, the_sum_carries)
{
	hist_init(&h);
	for (int i = 0; i < 1000; i++)
		hist_add(&h, UINT64_MAX);
	cr_assert_float_eq(hist_mean(&h) / 18446744073709551615.0, 1, 1e-12);
	hist_init(&h);
	hist_add_many(&h, UINT64_C(3) << 61, 5000);
	cr_assert_float_eq(hist_mean(&h) / (3 * pow(2, 61)), 1, 1e-12);
}

Test(hist, buckets_make_it_again)
{
	static struct hist a, b;
	uint64_t value, n;
	struct rng r;
	size_t i = 0;

	hist_init(&a);
	hist_init(&b);
	rng_init(&r, 7, 0);
	for (int j = 0; j < 5000; j++)
		hist_add(&a, (uint64_t)(1000 / (1 - rng_unit(&r))));
	while (hist_next(&a, &i, &value, &n))
		hist_add_many(&b, value, n);
	hist_refine(&b, a.min, a.max, hist_mean(&a));
	for (double q = 0; q <= 1; q += 0.01)
		cr_expect_eq(hist_quantile(&a, q), hist_quantile(&b, q));
	cr_assert_float_eq(hist_mean(&a) / hist_mean(&b), 1, 1e-12);
	/* What cannot be is not believed. */
	hist_refine(&b, 5, 4, 1);
	hist_refine(&b, 0, 9, NAN);
	hist_refine(&b, 0, 9, 1e300);
	cr_assert_eq(b.min, a.min);
	cr_assert_eq(b.max, a.max);
}
