/*
 * figures.h - what is known of one kind at one size, and what follows from it.
 *
 * Pure data and pure functions: no clock, no output.
 */
#ifndef SCENARIOS_LOCK_FIGURES_H
#define SCENARIOS_LOCK_FIGURES_H

#include "core/hist.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Shares are 0..1; what is not known is negative. */
struct lock_figures {
	const char *kind;
	unsigned traits; /* LOCK_ */
	int n, cpus;	 /* contenders; CPUs for them */
	int reads;	 /* percent */
	double hold_ns;	 /* on average; of lines: 0 */
	bool plain;	 /* empty section, nothing between */
	double rate;	 /* rounds a second, in all */
	double together; /* share of the time in which all were at work */
	/* Of the exclusive side. */
	double handover; /* share of rounds whose holder is another than before */
	double run;	 /* rounds of one holder in a row, on average, */
	double longest_run;
	/* How the rounds were shared. */
	double jain, jain_windows;
	uint64_t window;    /* rounds of a window */
	double least, most; /* share of the rounds, 1/n is fair */
	uint64_t *ops; /* rounds of each contender; NULL: not known; owned so, too */
	/* Waiting, by the sampled half. */
	struct hist *wait, *read_wait; /* NULL: not sampled; owned by who made them */
	struct hist *arrivals; /* both, weighed: all waits of the time measured */
	double waiting;	       /* share of the contenders' time */
	double free_ns;	       /* longest time it was free while one waited */
	double passed;	       /* turns of others while one waited, at most */
	double retries;	       /* of a read that was void, on average */
	uint64_t stride;       /* one of so many was timed */
	double perturbed;      /* by so much longer a round took: 0.02 */
	/* What it cost, an operation. */
	double cpu_ns, voluntary, involuntary;
};

/*
 * Shorter than this, as the clock tells it, nobody waited: the lock was free, and what
 * is seen is the cost of taking it and the noise of the clock. Nanoseconds.
 */
#define LOCK_WAIT_FLOOR_NS 64

/* Time within waits, added up. */
double lock_waiting_sum(const struct hist *waits);

/*
 * The wait that an arrival at a random moment meets, in the place of a contender picked
 * at random: what is left of the wait that contender is in; 0 where it does not wait.
 * Quantile q (0..1) of it. `waiting` is the share of time that contenders wait; within
 * it a wait counts by its length, and the moment lies anywhere in it. Nanoseconds.
 */
double lock_arrival_quantile(const struct hist *waits, double waiting, double q);

/* Jain's index of windows: the harmonic mean over them, each weighed by its square.
 * `window_square` is the sum of the squares of their lengths, `square` that of the
 * turns of each contender in each. 1 where there are none. */
double lock_window_jain(double window_square, double square, int contenders);

enum { LOCK_SENTENCES = 4, LOCK_SENTENCE = 400 };

/*
 * What the figures say about the lock, by rule; `all` are those of the run, to compare
 * with. Fills at most LOCK_SENTENCES texts and returns how many.
 */
int lock_explain(const struct lock_figures *f, const struct lock_figures *all,
		 size_t nall, char (*text)[LOCK_SENTENCE]);

#endif
