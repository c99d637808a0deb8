/*
 * pace.c - how fast the CPU runs right now.
 */
#include "core/pace.h"

#include "core/clock.h"
#include "core/stat.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 1500, TRIES = 3 };

static uint64_t
chain(uint64_t x)
{
	for (int i = 0; i < STEPS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		/* Not to be computed in advance, nor several at once. */
		__asm__ volatile("" : "+r"(x));
	}
	return x;
}

double
pace_step_ns(void)
{
	uint64_t least_ns = UINT64_MAX, x = 1;

	for (int i = 0; i < TRIES; i++) {
		const uint64_t begin_ns = clock_ns();
		uint64_t took_ns;

		x = chain(x);
		took_ns = clock_ns() - begin_ns;
		least_ns = took_ns < least_ns ? took_ns : least_ns;
	}
	return (double)least_ns / STEPS;
}

static int
ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double
pace_drift(const double *step_ns, size_t n)
{
	double *sorted, drift;

	if (n < 6)
		return 0;
	sorted = malloc(n * sizeof(*sorted));
	if (sorted == NULL)
		return 0;
	memcpy(sorted, step_ns, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), ascending);
	drift = sorted[(n - 1) * 95 / 100] / sorted[(n - 1) * 5 / 100] - 1;
	free(sorted);
	return drift;
}
