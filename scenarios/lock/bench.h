/*
 * bench.h - measuring: subjects, what they have added up, what is told of them.
 *
 * Each kind and size is two subjects, measured in turns: one as it is, and one with
 * the times of some rounds taken; what the second says about waiting the first need not
 * pay for, and the ratio of the two is what taking them costs.
 */
#ifndef SCENARIOS_LOCK_BENCH_H
#define SCENARIOS_LOCK_BENCH_H

#include "scenarios/lock/arena.h"
#include "scenarios/lock/contest.h"
#include "scenarios/lock/figures.h"

/* What the subjects of a run have in common. */
struct bench_plan {
	struct run *run;
	const struct lock_opts *o;
	double steps_per_ns;
	uint64_t fixed; /* rounds of each contender in a batch; 0: by time */
	struct lock_choice *choice; /* NULL: one lock */
	struct bench_cell *cell;
	size_t ncells;
};

/* A kind at a size, and its two subjects. */
struct bench_cell {
	struct bench_plan *plan;
	char params[16]; /* of the subjects: "reads=90"; "" where that is not asked */
	struct lock_figures f;
};

/* What a subject has added up. Of the rounds that count but for the first two. */
struct bench_state {
	struct bench_cell *cell;
	struct arena arena;
	bool sampled;
	uint64_t stride;
	uint64_t all_done, all_value; /* warm-up included: changes, and what is there */
	uint64_t torn;		      /* warm-up included */
	uint64_t rounds, reads_done, all_reads, retries;
	uint64_t span_ns;   /* of contenders, from begin to end, added up */
	uint64_t wall_ns;   /* of batches */
	double together_ns; /* of it, all were at work */
	uint64_t changes, handovers, longest;
	uint64_t free_ns;     /* longest */
	double window_square; /* sum of squares of the turns of windows */
	uint64_t *last_ops;   /* of the last batch, by contender */
	uint64_t worker_ops[];
};

/* The subjects of a plan: bench_plan.c. What --bench measures. */
int lock_bench(struct run *run, const void *opts, struct measure *m, struct err *e);

/* What it tells beside the engine's figures. */
void lock_judge(struct run *run, const void *opts, const struct measure *m);

/* -q: the same engine after the contest, in few rounds of a fixed number. */
int lock_measure(struct run *run, const struct lock_opts *o, struct err *e);

/* Adds up a batch: into b and did. */
void bench_add_up(const struct contest *c, struct bench_state *b,
		  struct measure_did *did);

/* What follows for the figures, from either half. 0 or -ENOMEM. */
void bench_settle_plain(const struct bench_state *b, struct lock_figures *f);
int bench_settle_sampled(const struct bench_state *b, struct lock_figures *f);

/* The plan of what was measured; and gives it back. */
struct bench_plan *bench_plan_of(const struct measure *m);
void bench_plan_fini(struct bench_plan *p);

/* The figures as tables: a row a kind and size. */
void lock_tell_tables(struct result *r, const struct bench_plan *p);

/* The figures as series of the result, beside those of `acquire`. */
void lock_tell_series(struct result *r, const char *params,
		      const struct lock_figures *f);

/* The body, as it is and with times taken. */
extern const struct measure_body bench_acquire, bench_acquire_sampled;

/* The body of a contender, for the crew. */
crew_body bench_contend;

/* True when the rounds are all alike, so that the plain loop does. */
bool bench_is_plain(const struct lock_opts *o, int reads);

#endif
