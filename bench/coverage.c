/*
 * coverage.c - do 95 % intervals of medians and ratios cover the truth in 95 %?
 *
 * Draws samples from distributions whose median is known, and counts. Usage:
 * coverage [TRIALS [SEED]]; status 1 when a median's is outside 93 to 97 %. A drifting
 * machine: samples whose level wanders (an autoregressive process) or rises through the
 * run; the truth is the median of what the process gives in the long run, or of the
 * mixture over the run.
 */
#include "core/rng.h"
#include "core/stat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_MAX = 1000 };

static double
normal(struct rng *r)
{
	return sqrt(-2 * log(1 - rng_unit(r))) * cos(2 * M_PI * rng_unit(r));
}

static double wander; /* state of the wandering level */

static double
lognormal(struct rng *r, double at)
{
	(void)at;
	return exp(0.3 * normal(r));
}

/* One mode in 70 %, another at 1.5 times in 30 %. */
static double
bimodal(struct rng *r, double at)
{
	(void)at;
	return (rng_unit(r) < 0.7 ? 1 : 1.5) * exp(0.05 * normal(r));
}

static double
heavy_tail(struct rng *r, double at)
{
	(void)at;
	return 1 / pow(1 - rng_unit(r), 1 / 1.2); /* Pareto, infinite variance */
}

/* The level rises by 10 % from the first to the last sample. */
static double
rising(struct rng *r, double at)
{
	return (0.95 + 0.1 * at) * exp(0.05 * normal(r));
}

static double
wandering(struct rng *r, double at)
{
	(void)at;
	wander = 0.8 * wander + 0.6 * normal(r);
	return exp(0.05 * wander + 0.05 * normal(r));
}

static const struct {
	const char *name;
	double (*draw)(struct rng *r, double at);
} distribution[] = {
	{ "lognormal", lognormal },	   { "bimodal", bimodal },
	{ "heavy tail", heavy_tail },	   { "drift: rising", rising },
	{ "drift: wandering", wandering },
};

/* The median of very many. */
static double
truth(double (*draw)(struct rng *r, double at), uint64_t seed)
{
	enum { MANY = 2000000 };
	double *x = malloc(MANY * sizeof(*x)), median;
	struct rng r;

	if (x == NULL)
		exit(3);
	rng_init(&r, seed, 99);
	wander = 0;
	for (int i = 0; i < MANY; i++)
		x[i] = draw(&r, (double)i / MANY);
	median = stat_median(x, MANY);
	free(x);
	return median;
}

static void
fill(double *x, size_t n, double (*draw)(struct rng *r, double at), struct rng *r)
{
	wander = normal(r);
	for (size_t i = 0; i < n; i++)
		x[i] = draw(r, (double)i / (double)n);
}

int
main(int argc, char **argv)
{
	static const size_t size[] = { 10, 30, 100, 1000 };
	const int trials = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 10000;
	const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	double x[N_MAX], y[N_MAX];
	struct stat_interval a, b, c;
	int judged = 0, well = 0;
	struct rng r;

	printf("%-18s %6s %9s %9s %9s   of %d trials\n", "distribution", "n", "median",
	       "bootstrap", "ratio", trials);
	for (size_t d = 0; d < sizeof(distribution) / sizeof(*distribution); d++) {
		const double middle = truth(distribution[d].draw, seed);

		for (size_t k = 0; k < 4; k++) {
			const size_t n = size[k];
			int in = 0, in_bootstrap = 0, in_ratio = 0;

			rng_init(&r, seed, d * 10 + k);
			for (int t = 0; t < trials; t++) {
				fill(x, n, distribution[d].draw, &r);
				fill(y, n, distribution[d].draw, &r);
				a = stat_median_series(x, n, 0.95);
				in += a.low <= middle && a.high >= middle;
				b = stat_median_series(y, n, 0.95);
				c = stat_ratio_interval(stat_median(x, n), a,
							stat_median(y, n), b);
				in_ratio += c.low <= 1 && c.high >= 1;
				if (n > 100 || t % 10 != 0)
					continue;
				b = stat_median_interval(x, n, 0.95, 1000, &r);
				in_bootstrap += b.low <= middle && b.high >= middle;
			}
			judged += n >= 100;
			well += n >= 100 && in >= 0.93 * trials && in <= 0.97 * trials;
			printf("%-18s %6zu %8.2f%% ", distribution[d].name, n,
			       100.0 * in / trials);
			if (n <= 100)
				printf("%8.2f%% ", 1000.0 * in_bootstrap / trials);
			else
				printf("%9s ", "-");
			printf("%8.2f%%\n", 100.0 * in_ratio / trials);
		}
	}
	printf("medians of 100 samples and more: %d of %d within 93 to 97 %%\n", well,
	       judged);
	return well == judged ? 0 : 1;
}
