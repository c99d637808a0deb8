/*
 * verdict.h - is the new one faster, slower, the same, or cannot be told? Pure.
 *
 * A regression is established only when the whole 95 % interval of the ratio lies
 * beyond the limit; an interval that reaches to both sides of what matters is
 * inconclusive, and is never called a difference.
 *
 * Sides that were measured apart differ by what the machine did meanwhile, too. Four
 * runs a side or more show it: their medians give the interval. Of fewer, how the
 * quarters of a run differ is added to it. Pairs (concbench ab) need none of that.
 */
#ifndef CORE_VERDICT_H
#define CORE_VERDICT_H

#include "core/result.h"
#include "core/stat.h"

#include <stdbool.h>
#include <stddef.h>

/* Samples of one side: runs one behind the other, each in order of time. */
struct verdict_side {
	const double *sample;
	size_t n;
	const size_t *run; /* samples of each run; NULL: one run */
	size_t nruns;
};

enum verdict_word {
	VERDICT_SAME,	/* the whole interval is within +-same */
	VERDICT_FASTER, /* better: the whole interval is on the good side of 1 */
	VERDICT_SLOWER, /* worse: the whole interval is on the bad side of 1 */
	VERDICT_INCONCLUSIVE,
};

struct verdict_limits {
	double max_regression; /* 0.05: 5 % worse is allowed */
	double same;	       /* 0.02: within 2 % is the same */
};

struct verdict {
	enum verdict_word word;
	bool known;	    /* there are samples enough for an interval */
	bool regression;    /* the whole interval is beyond the limit */
	double base, fresh; /* medians, in the metric's unit */
	struct stat_interval base_interval, fresh_interval;
	double ratio;		    /* fresh / base */
	struct stat_interval range; /* of it */
	/* What a comparison of one side with itself would show: the larger of the
	 * interval's half and the difference between halves of one run. */
	double noise_floor;
};

/* Samples of a side that an interval needs; with fewer it is inconclusive. */
#define VERDICT_SAMPLES_MIN 6

/* The 95 % interval of a side's median, as verdict_judge() takes it. */
struct stat_interval verdict_interval(const struct verdict_side *s);

/* Judges two sides that were measured apart. Samples must be positive. */
void verdict_judge(const struct verdict_side *base, const struct verdict_side *fresh,
		   enum result_better better, const struct verdict_limits *limits,
		   struct verdict *v);

/* Judges pairs: ratio[i] is fresh / base of pair i, in order of time. */
void verdict_judge_pairs(const double *ratio, size_t n, enum result_better better,
			 const struct verdict_limits *limits, struct verdict *v);

/*
 * What pairs of one side with itself would show: x[0..n-1] is one side of n pairs, in
 * order of time; neighbours are compared. The end of the interval that is farther from
 * 1, for n pairs (there are but n / 2 of neighbours); 0 for too few.
 */
double verdict_floor(const double *x, size_t n);

/* "same", "faster", "slower", "inconclusive". */
const char *verdict_name(enum verdict_word word);

#endif
