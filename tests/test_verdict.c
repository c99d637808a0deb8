/*
 * test_verdict.c - verdicts on synthetic samples whose truth is known.
 */
#include "core/rng.h"
#include "core/verdict.h"

#include <criterion/criterion.h>
#include <math.h>

enum { N = 400 };

static const struct verdict_limits limits = { .max_regression = 0.05, .same = 0.02 };

/* Lognormal-like noise of `spread` about `middle`, from a seed. */
static void
noise(double *x, size_t n, double middle, double spread, uint64_t seed)
{
	struct rng r;

	rng_init(&r, seed, 0);
	for (size_t i = 0; i < n; i++) {
		double sum = 0;

		for (int j = 0; j < 12; j++)
			sum += rng_unit(&r);
		x[i] = middle * exp(spread * (sum - 6));
	}
}

static struct verdict
judge(double base, double fresh, double spread, enum result_better better)
{
	double a[N], b[N];
	const struct verdict_side sa = { .sample = a, .n = N },
				  sb = { .sample = b, .n = N };
	struct verdict v;

	noise(a, N, base, spread, 1);
	noise(b, N, fresh, spread, 2);
	verdict_judge(&sa, &sb, better, &limits, &v);
	return v;
}

Test(verdict, words)
{
	struct verdict v = judge(100, 100, 0.02, BETTER_LOWER);

	cr_assert_eq(v.word, VERDICT_SAME);
	cr_assert_not(v.regression);
	v = judge(100, 120, 0.05, BETTER_LOWER);
	cr_assert_eq(v.word, VERDICT_SLOWER);
	cr_assert(v.regression);
	cr_assert_float_eq(v.ratio, 1.2, 0.03);
	cr_assert(v.range.low < 1.2 && v.range.high > 1.2);
	v = judge(100, 80, 0.05, BETTER_LOWER);
	cr_assert_eq(v.word, VERDICT_FASTER);
	cr_assert_not(v.regression);
	/* So noisy that nothing can be told: no failure, and no pass either. */
	v = judge(100, 101, 2.5, BETTER_LOWER);
	cr_assert_eq(v.word, VERDICT_INCONCLUSIVE);
	cr_assert_not(v.regression);
}

Test(verdict, slower_but_within_the_limit)
{
	const struct verdict v = judge(100, 104, 0.01, BETTER_LOWER);

	cr_assert_eq(v.word, VERDICT_SLOWER);
	cr_assert_not(v.regression, "the interval %g..%g is not beyond 5 %%",
		      v.range.low, v.range.high);
}

Test(verdict, higher_is_better)
{
	struct verdict v = judge(100, 80, 0.05, BETTER_HIGHER);

	cr_assert_eq(v.word, VERDICT_SLOWER);
	cr_assert(v.regression);
	v = judge(100, 120, 0.05, BETTER_HIGHER);
	cr_assert_eq(v.word, VERDICT_FASTER);
	v = judge(100, 80, 0.05, BETTER_NONE);
	cr_assert_not(v.regression);
}

Test(verdict, few_samples_say_nothing)
{
	const double a[] = { 1, 1, 1, 1, 1 }, b[] = { 9, 9, 9, 9, 9 };
	const struct verdict_side sa = { .sample = a, .n = 5 },
				  sb = { .sample = b, .n = 5 };
	struct verdict v;

	verdict_judge(&sa, &sb, BETTER_LOWER, &limits, &v);
	cr_assert_eq(v.word, VERDICT_INCONCLUSIVE);
	cr_assert_not(v.regression);
	cr_assert_not(v.known);
}

/* Runs that differ more than their samples: pooled, they prove nothing. */
Test(verdict, runs_that_differ)
{
	enum { RUNS = 6, EACH = 50 };
	static const double off[RUNS] = { 0.8, 1.3, 0.9, 1.25, 1.0, 1.1 };
	double a[RUNS * EACH], b[RUNS * EACH];
	size_t run[RUNS];
	const struct verdict_side sa = { a, RUNS * EACH, run, RUNS };
	const struct verdict_side sb = { b, RUNS * EACH, run, RUNS };
	struct verdict v;

	for (size_t i = 0; i < RUNS; i++) {
		run[i] = EACH;
		noise(&a[i * EACH], EACH, 100 * off[i], 0.005, i);
		noise(&b[i * EACH], EACH, 107 * off[RUNS - 1 - i], 0.005, 100 + i);
	}
	verdict_judge(&sa, &sb, BETTER_LOWER, &limits, &v);
	cr_assert_eq(v.word, VERDICT_INCONCLUSIVE, "%g (%g to %g)", v.ratio,
		     v.range.low, v.range.high);
}

/* A machine that drifts within a run: the floor tells of it. */
Test(verdict, noise_floor)
{
	double a[N], b[N];
	const struct verdict_side sa = { .sample = a, .n = N },
				  sb = { .sample = b, .n = N };
	struct verdict v;

	noise(a, N, 100, 0.002, 1);
	noise(b, N, 100, 0.002, 2);
	verdict_judge(&sa, &sb, BETTER_LOWER, &limits, &v);
	cr_assert(v.noise_floor < 0.01, "%g", v.noise_floor);
	for (size_t i = N / 2; i < N; i++)
		b[i] *= 1.3;
	verdict_judge(&sa, &sb, BETTER_LOWER, &limits, &v);
	cr_assert(v.noise_floor > 0.2, "%g", v.noise_floor);
	cr_assert_not(v.regression);
}

Test(verdict, pairs)
{
	double r[N];
	struct verdict v;

	noise(r, N, 1.1, 0.02, 3);
	verdict_judge_pairs(r, N, BETTER_LOWER, &limits, &v);
	cr_assert(v.regression);
	noise(r, N, 1.0, 0.02, 3);
	verdict_judge_pairs(r, N, BETTER_LOWER, &limits, &v);
	cr_assert_eq(v.word, VERDICT_SAME);
	verdict_judge_pairs(r, 0, BETTER_LOWER, &limits, &v);
	cr_assert_eq(v.word, VERDICT_INCONCLUSIVE);
}
