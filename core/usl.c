/*
 * usl.c - the Universal Scalability Law fitted by least squares.
 */
#include "core/usl.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { TERMS = 3 };

/* Solves a x = b for the terms in use by Gauss's elimination; false: singular. */
static bool
solve(double a[TERMS][TERMS + 1], int n, double *x)
{
	for (int i = 0; i < n; i++) {
		int best = i;

		for (int j = i + 1; j < n; j++)
			if (fabs(a[j][i]) > fabs(a[best][i]))
				best = j;
		if (fabs(a[best][i]) < 1e-12)
			return false;
		for (int k = 0; k <= n; k++) {
			double swap = a[i][k];

			a[i][k] = a[best][k];
			a[best][k] = swap;
		}
		for (int j = 0; j < n; j++) {
			double factor = a[j][i] / a[i][i];

			for (int k = i; j != i && k <= n; k++)
				a[j][k] -= factor * a[i][k];
		}
	}
	for (int i = 0; i < n; i++)
		x[i] = a[i][n] / a[i][i];
	return true;
}

static double
term(int i, double size)
{
	return i == 0 ? 1 : i == 1 ? size - 1 : size * (size - 1);
}

/* Fits y = sum of the terms in `use`; the squares that are left, or -1. */
static double
fit_terms(const double *size, const double *y, size_t n, unsigned use, double *c)
{
	double a[TERMS][TERMS + 1] = { { 0 } }, x[TERMS] = { 0 }, left = 0;
	int which[TERMS], terms = 0;

	for (int i = 0; i < TERMS; i++)
		if (use & (1u << i))
			which[terms++] = i;
	for (size_t p = 0; p < n; p++) {
		/* Relative errors count: 1 % of a large y is as bad as of a small. */
		const double weight = 1 / (y[p] * y[p]);

		for (int i = 0; i < terms; i++) {
			double t = term(which[i], size[p]) * weight;

			for (int j = 0; j < terms; j++)
				a[i][j] += t * term(which[j], size[p]);
			a[i][terms] += t * y[p];
		}
	}
	if (!solve(a, terms, x))
		return -1;
	memset(c, 0, TERMS * sizeof(*c));
	for (int i = 0; i < terms; i++)
		c[which[i]] = x[i];
	for (size_t p = 0; p < n; p++) {
		double sum = 0;

		for (int i = 0; i < TERMS; i++)
			sum += c[i] * term(i, size[p]);
		left += (sum / y[p] - 1) * (sum / y[p] - 1);
	}
	return left;
}

double
usl_throughput(const struct usl *u, double size)
{
	return u->lambda * size /
	       (1 + u->sigma * (size - 1) + u->kappa * size * (size - 1));
}

static double
r_squared(const struct usl *u, const double *size, const double *x, size_t n)
{
	double mean = 0, all = 0, left = 0;

	for (size_t i = 0; i < n; i++)
		mean += x[i] / (double)n;
	for (size_t i = 0; i < n; i++) {
		double miss = x[i] - usl_throughput(u, size[i]);

		left += miss * miss;
		all += (x[i] - mean) * (x[i] - mean);
	}
	return all > 0 ? 1 - left / all : 1;
}

int
usl_fit(const double *size, const double *throughput, size_t n, struct usl *u)
{
	double y[256], c[TERMS], best[TERMS] = { 0 }, least = -1, left;
	size_t distinct = 0;

	if (n < USL_POINTS_MIN || n > sizeof(y) / sizeof(*y))
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		bool seen = false;

		if (!(size[i] >= 1) || !(throughput[i] > 0))
			return -EINVAL;
		y[i] = size[i] / throughput[i];
		for (size_t j = 0; j < i; j++)
			seen = seen || size[j] == size[i];
		distinct += !seen;
	}
	if (distinct < 3)
		return -EINVAL;
	/* The best of all fits without a negative coefficient. */
	for (unsigned use = 1; use < 1u << TERMS; use += 2) {
		left = fit_terms(size, y, n, use, c);
		if (left < 0 || c[0] <= 0 || c[1] < 0 || c[2] < 0)
			continue;
		if (least < 0 || left < least) {
			least = left;
			memcpy(best, c, sizeof(best));
		}
	}
	if (least < 0)
		return -EINVAL;
	*u = (struct usl){ .lambda = 1 / best[0],
			   .sigma = best[1] / best[0],
			   .kappa = best[2] / best[0] };
	if (u->kappa > 0 && u->sigma < 1)
		u->peak = sqrt((1 - u->sigma) / u->kappa);
	u->r_squared = r_squared(u, size, throughput, n);
	return 0;
}
