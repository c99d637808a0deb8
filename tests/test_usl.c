/*
 * test_usl.c - the Universal Scalability Law: exact data gives the coefficients back.
 */
#include "core/usl.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>

static const double sizes[] = { 1, 2, 4, 8, 16, 32 };
enum { N = 6 };

static void
expect(double lambda, double sigma, double kappa)
{
	const struct usl truth = { .lambda = lambda, .sigma = sigma, .kappa = kappa };
	struct usl u;
	double x[N];

	for (int i = 0; i < N; i++)
		x[i] = usl_throughput(&truth, sizes[i]);
	cr_assert_eq(usl_fit(sizes, x, N, &u), 0);
	cr_assert_float_eq(u.lambda / lambda, 1, 1e-9, "lambda %g", u.lambda);
	cr_assert_float_eq(u.sigma, sigma, 1e-9, "sigma %g", u.sigma);
	cr_assert_float_eq(u.kappa, kappa, 1e-9, "kappa %g", u.kappa);
	cr_assert_float_eq(u.r_squared, 1, 1e-9);
	if (kappa > 0)
		cr_assert_float_eq(u.peak, sqrt((1 - sigma) / kappa), 1e-6);
	else
		cr_assert_eq(u.peak, 0);
}

Test(usl, exact)
{
	expect(1000, 0.05, 0.002);
	expect(2.5e7, 0.3, 0.0001);
	expect(10, 0, 0);
	expect(10, 0.2, 0);
	expect(10, 0, 0.01);
}

Test(usl, nothing_is_negative)
{
	/* Faster than linear: no law of ours, so both costs are 0. */
	const double x[] = { 10, 25, 60, 140, 300, 700 };
	struct usl u;

	cr_assert_eq(usl_fit(sizes, x, N, &u), 0);
	cr_assert(u.lambda > 0);
	cr_assert_eq(u.sigma, 0);
	cr_assert_eq(u.kappa, 0);
}

Test(usl, noisy)
{
	const struct usl truth = { .lambda = 100, .sigma = 0.1, .kappa = 0.005 };
	double x[N];
	struct usl u;

	for (int i = 0; i < N; i++)
		x[i] = usl_throughput(&truth, sizes[i]) * (i % 2 ? 1.01 : 0.99);
	cr_assert_eq(usl_fit(sizes, x, N, &u), 0);
	cr_assert_float_eq(u.lambda, 100, 5);
	cr_assert_float_eq(u.sigma, 0.1, 0.05);
	cr_assert(u.r_squared > 0.95);
}

Test(usl, refuses)
{
	const double same[] = { 2, 2, 2, 2 }, x[] = { 1, 1, 1, 1 };
	const double bad[] = { 1, 0, 1, 1 }, low[] = { 0, 1, 2, 4 };
	struct usl u;

	cr_assert_eq(usl_fit(sizes, x, 3, &u), -EINVAL);
	cr_assert_eq(usl_fit(same, x, 4, &u), -EINVAL);
	cr_assert_eq(usl_fit(sizes, bad, 4, &u), -EINVAL);
	cr_assert_eq(usl_fit(low, x, 4, &u), -EINVAL);
}
