/*
 * usl.h - the Universal Scalability Law fitted to throughput over size.
 *
 *   X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
 *
 * lambda: throughput of one; sigma: the share that is serial (contention, queueing);
 * kappa: the cost of keeping each pair in agreement (coherency), which makes
 * throughput fall again. Source: N. Gunther, "Guerrilla Capacity Planning", 2007.
 */
#ifndef CORE_USL_H
#define CORE_USL_H

#include <stddef.h>

struct usl {
	double lambda, sigma, kappa; /* none is negative */
	double peak;	  /* size of the greatest throughput; 0: it grows for ever */
	double r_squared; /* of the throughputs; 1: the law explains all */
};

/* Fewest points that a fit of three coefficients says anything with. */
#define USL_POINTS_MIN 4

/*
 * Fits n points (size[i] >= 1, throughput[i] > 0) by weighted least squares of
 * N / X(N), which is linear in the coefficients; coefficients that come out negative
 * are 0 and the others fitted anew. Returns 0, or -EINVAL for fewer points than
 * USL_POINTS_MIN, fewer than 3 different sizes, or values that are not positive.
 */
int usl_fit(const double *size, const double *throughput, size_t n, struct usl *u);

/* Throughput that the law predicts for a size. */
double usl_throughput(const struct usl *u, double size);

#endif
