/*
 * calibrate.c - how many steps of burn() are as much work as one concbench task.
 *
 * Measures burn() and concbench's own work of that length (core/work.h, as the pool's
 * task does it), each task after task in this one thread, by turns, so that a machine
 * whose speed drifts hits both alike. Prints medians, and the number of steps that
 * takes the time which concbench's work really took: the peers get just that.
 */
#include "bench/burn.h"

#include "core/clock.h"
#include "core/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 41, TASKS = 2000, FIRST_STEPS = 500 };

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *x)
{
	qsort(x, ROUNDS, sizeof *x, order);
	return x[ROUNDS / 2];
}

/* Nanoseconds of one of TASKS tasks of burn(iters), one after another. */
static double
burn_tasks_ns(uint64_t iters)
{
	double start_ns = now_ns();

	for (int i = 0; i < TASKS; i++)
		burn(iters);
	return (now_ns() - start_ns) / TASKS;
}

/* The same of concbench's own work. */
static double
work_tasks_ns(const struct work *w)
{
	double start_ns = now_ns();

	for (int i = 0; i < TASKS; i++)
		work_do(w, work_amount(w, 1, (uint64_t)i), NULL);
	return (now_ns() - start_ns) / TASKS;
}

/* Measures both by turns; peers run `iters` steps a task. */
static void
compare(const struct work *w, uint64_t iters, double *own_ns, double *peer_ns)
{
	double own[ROUNDS], peer[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		own[i] = work_tasks_ns(w);
		peer[i] = burn_tasks_ns(iters);
	}
	*own_ns = median(own);
	*peer_ns = median(peer);
}

int
main(int argc, char **argv)
{
	struct work w = { .kind = WORK_CPU, .lo = 1000, .hi = 1000 };
	uint64_t iters = FIRST_STEPS;
	double own_ns, peer_ns;

	if (argc > 1)
		w.lo = w.hi = strtoull(argv[1], NULL, 10);
	if (w.lo == 0) {
		fprintf(stderr, "usage: calibrate [NANOSECONDS]\n");
		return 2;
	}
	clock_init();
	/* The second time corrects what the first misses, for the end of one task and
	 * the begin of the next overlap in the core, and more so in short ones. */
	for (int i = 0; i < 2; i++) {
		compare(&w, iters, &own_ns, &peer_ns);
		iters = (uint64_t)((double)iters * own_ns / peer_ns + 0.5);
	}
	compare(&w, iters, &own_ns, &peer_ns);
	printf("{\"asked_ns\": %llu, \"iters\": %llu, \"concbench_ns\": %.1f, "
	       "\"peer_ns\": %.1f}\n",
	       (unsigned long long)w.lo, (unsigned long long)iters, own_ns, peer_ns);
	return fflush(stdout) == 0 ? 0 : 1;
}
