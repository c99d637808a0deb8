/*
 * overhead.c - what the engine adds to an operation: the same loop by hand and as a
 * body, by turns; and what recording a value costs, and how exact percentiles are.
 *
 * Usage: overhead [ROUNDS]. Prints medians of the rounds; of recording, of 100 chunks
 * of 100,000 random values.
 */
#include "core/clock.h"
#include "core/hist.h"
#include "core/measure.h"
#include "core/rng.h"
#include "core/stat.h"

#include <stdio.h>
#include <stdlib.h>

enum { LOOP = 120000, BATCHES = 100, CHUNKS = 100, VALUES = 10000000 };

static uint64_t state = 1;

/* The operation: one step of a generator that depends on the last. */
static void
steps(uint64_t n)
{
	uint64_t x = state;

	for (uint64_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	state = x;
}

static int
run(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
    struct err *e)
{
	(void)s;
	(void)e;
	steps(iterations);
	did->ops = iterations;
	return 0;
}

static const struct measure_body body = {
	.name = "step", .op = "step", .summary = "a step", .version = 1, .run = run
};

/* Batches as long as the engine's, so that a machine at work hits both alike. */
static double
by_hand(void)
{
	double took[BATCHES];

	for (int i = 0; i < BATCHES; i++) {
		const uint64_t begin_ns = clock_ns();

		steps(LOOP);
		took[i] = (double)(clock_ns() - begin_ns) / LOOP;
	}
	return stat_median(took, BATCHES);
}

static double
by_engine(void)
{
	struct measure m = { .config = { .time_ns = 20 * NS_PER_MS, .warmup_ns = 0 } };
	double median;

	if (measure_add(&m, &(struct measure_subject){ .body = &body, .kind = "" },
			NULL) != 0 ||
	    measure_check(&m, NULL) != 0 || measure_run(&m, NULL) != 0)
		exit(3);
	median = stat_median(m.subject[0]->value, m.subject[0]->nrounds);
	measure_fini(&m);
	return median;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
histogram(void)
{
	static const double point[] = { 0.5, 0.9, 0.99, 0.999, 0.9999 };
	uint64_t *x = malloc(VALUES * sizeof(*x));
	struct hist *h = malloc(sizeof(*h));
	double worst = 0, off, took[CHUNKS];
	struct rng r;

	if (x == NULL || h == NULL)
		exit(3);
	rng_init(&r, 1, 1);
	for (int i = 0; i < VALUES; i++)
		x[i] = (uint64_t)(1000 / (1.0 - rng_unit(&r)));
	hist_init(h);
	for (int c = 0; c < CHUNKS; c++) {
		const uint64_t begin_ns = clock_ns();

		for (int i = c * (VALUES / CHUNKS); i < (c + 1) * (VALUES / CHUNKS);
		     i++)
			hist_add(h, x[i]);
		took[c] = (double)(clock_ns() - begin_ns) * CHUNKS / VALUES;
	}
	qsort(x, VALUES, sizeof(*x), compare);
	for (size_t i = 0; i < sizeof(point) / sizeof(*point); i++) {
		const uint64_t exact = x[(size_t)(point[i] * VALUES + 0.5) - 1];

		off = (double)hist_quantile(h, point[i]) / (double)exact - 1;
		worst = off > worst ? off : -off > worst ? -off : worst;
	}
	printf("histogram: %.2f ns to record a value; percentiles of %d values off by "
	       "%.3f %% at most\n",
	       stat_median(took, CHUNKS), VALUES, 100 * worst);
	free(x);
	free(h);
}

int
main(int argc, char **argv)
{
	enum { MAX = 1000 };
	const int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 40;
	double hand[MAX], engine[MAX], ratio[MAX];
	struct stat_interval i;
	int n = rounds < 1 ? 1 : rounds > MAX ? MAX : rounds;

	clock_init();
	by_hand();
	for (int k = 0; k < n; k++) {
		/* By turns, in either order. */
		if (k % 2)
			engine[k] = by_engine();
		hand[k] = by_hand();
		if (k % 2 == 0)
			engine[k] = by_engine();
		ratio[k] = engine[k] / hand[k];
	}
	i = stat_median_series(ratio, (size_t)n, 0.95);
	printf("an operation: %.4f ns by hand, %.4f ns by the engine; ratio %.4f (%.4f "
	       "to "
	       "%.4f) in %d rounds\n",
	       stat_median(hand, (size_t)n), stat_median(engine, (size_t)n),
	       stat_median(ratio, (size_t)n), i.low, i.high, n);
	histogram();
	return 0;
}
