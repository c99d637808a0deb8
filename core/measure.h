/*
 * measure.h - the one engine that measures every primitive.
 *
 * A plan holds subjects: one for each kind and size that is compared. Each is opened,
 * warmed up until its batches agree, and then measured in rounds; every round runs
 * one batch of each subject, in an order shuffled anew, so that a machine whose speed
 * drifts hits all alike. A batch is so long that reading the clock costs less than
 * 1 % of it. Each figure is a median with a 95 % interval; subjects are compared by
 * the ratio to the first kind within each round. Rounds end when every interval is as
 * narrow as asked, or the time is spent, and the result says which.
 *
 * No round is thrown away: outliers are counted. What a body says it did is the
 * divisor; one that did nothing, or whose check fails, is broken and has no number.
 * Main thread only. Sources: T. Hoefler, R. Belli, "Scientific benchmarking of
 * parallel computing systems", 2015; outliers by J. Tukey's fences, 1977.
 */
#ifndef CORE_MEASURE_H
#define CORE_MEASURE_H

#include "core/err.h"
#include "core/hist.h"
#include "core/param.h"
#include "core/result.h"
#include "core/stop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct measure_subject;

/* Figures of its own that a body may count beside. */
enum { MEASURE_COUNTS = RESULT_COUNTS };

/* What one batch did. Zeroed before run(). */
struct measure_did {
	uint64_t ops; /* operations really done: the divisor */
	/* The window in which all workers were running, by their own clocks; 0: the
	 * time that run() took. ops must be those of that window. */
	uint64_t ns;
	const uint64_t *worker_ops; /* by worker, for fairness; NULL: not told */
	int workers;
	/* Where the body knows better than the kernel's account of this process, which
	 * has the start and end of workers in it: CPU time of these operations, */
	uint64_t cpu_ns; /* 0: not told */
	/* and their context switches, when has_switches. */
	bool has_switches;
	int64_t voluntary, involuntary;
	uint64_t bytes; /* payload that was moved: a bandwidth is told; 0: none */
	/* Sums of what body->counts names; NAN: cannot be told here. */
	double counted[MEASURE_COUNTS];
};

/* A benchmark body: constant data of a scenario. */
struct measure_body {
	const char *name;    /* metric: "create", "round_trip" */
	const char *op;	     /* what one operation is: "thread created and joined" */
	const char *summary; /* the metric's definition, one line */
	int version; /* raised whenever the figures of old and new bodies differ */
	unsigned flags;
	/* What did->counted adds up, told per operation as NAME_name: up to
	 * MEASURE_COUNTS, ended by a NULL name where there are fewer; NULL: nothing. */
	const struct metric *counts;
	/* Gets ready what run() needs, s->state. Returns 0; -ENOTSUP when this machine
	 * or build cannot (skipped, e says why); other -errno: broken. May be NULL. */
	int (*open)(struct measure_subject *s, struct err *e);
	/* Does `iterations` operations and says what was done. Returns 0 or -errno;
	 * -EINTR when the run was stopped. */
	int (*run)(struct measure_subject *s, uint64_t iterations,
		   struct measure_did *did, struct err *e);
	/* True when all that was done was right; fills detail either way. May be NULL
	 * only where run() itself cannot go wrong unseen. */
	bool (*check)(struct measure_subject *s, char *detail, size_t size);
	/* Gives everything back; after an open() that succeeded. May be NULL. */
	void (*close)(struct measure_subject *s);
};

enum {
	/* Several workers: batches span scheduler quanta, and fairness is told. */
	MEASURE_PARALLEL = 1,
	/* run() may be called for single operations: --rate can schedule them, and
	 * their times are worth a distribution. */
	MEASURE_SINGLE = 2,
	/* It is the ratio to the first kind that --precision is about. */
	MEASURE_PAIRED = 4,
	/* It has no workers that the body places: the measuring thread is put where the
	 * first worker belongs. */
	MEASURE_ALONE = 8,
	/* MEASURE_ALONE, and the children that it makes inherit that place: only one
	 * CPU for all can be asked for. */
	MEASURE_INHERITS = 16,
	/* It is measured to be told beside another: no row, no interval to wait for. */
	MEASURE_BESIDE = 32,
};

struct measure_round {
	uint64_t start_ns, wall_ns, ops; /* wall_ns: the window that was divided */
	uint64_t cpu_ns;
	int64_t steal_ns; /* -1 unknown */
	int64_t voluntary, involuntary;
	uint64_t bytes;
	double counted[MEASURE_COUNTS];
	uint64_t real_ns; /* all of it, what is outside of the window as well */
	double pace_ns;	  /* of the CPU, just before (core/pace.h) */
};

/* Body, kind and size; the rest belongs to the engine, but for state. */
struct measure_subject {
	const struct measure_body *body;
	const char *kind;  /* "" where there are no kinds */
	int64_t workers;   /* 0: does not apply */
	char params[96];   /* what else it differs by: "capacity=64 size=8"; or "" */
	int64_t arg[3];	   /* for the body: the numbers in params */
	const void *impl;  /* for the body: the kind's table entry */
	const void *opts;  /* for the body: the scenario's options */
	void *context;	   /* for the body: the run */
	struct hist *hist; /* single operations go here, in ns; may be NULL */
	uint64_t fixed;	   /* iterations of a batch; 0: as many as it has time for */
	uint64_t batch_ns; /* how long a batch shall take; 0: the engine settles it */
	void *state;	   /* the body's, from open() to close() */
	enum result_status status;
	bool is_open;
	char why[160];	    /* skipped or broken */
	uint64_t batch;	    /* iterations of one */
	double warm_spread; /* of the last warm-up batches, relative; < 0: one only */
	/* Its time in the same round is taken off each of ours; NULL: nothing. */
	const struct measure_subject *subtract;
	const struct param_cpus *pin; /* where it runs; NULL: nothing was asked for */
	/* Timing each operation would change the figure by a percent or more: rounds
	 * are not timed, but each TIMED_EVERYth has a timed batch beside it. */
	bool apart;
	double *timed; /* ratio of such a batch to its round */
	size_t ntimed;
	int attempt; /* measured for the first time (0), once more (1) */
	struct measure_round *round;
	double *value; /* ns per operation, a round each */
	double *jain;  /* fairness of each round; valid when fair */
	bool fair;
	size_t nrounds, max_rounds;
	uint64_t all_ops; /* warm-up included, for what is counted over all */
	uint64_t all_cpu_ns;
	int64_t children_cpu_ns, rss_bytes;
};

struct measure_progress {
	size_t rounds;
	uint64_t spent_ns, time_ns;
	double widest; /* half of the widest interval, relative; 0: not known yet */
	const struct measure_subject *subject; /* that runs now */
};

struct measure_config {
	uint64_t time_ns;     /* for all rounds; 0: 1 s a subject */
	uint64_t warmup_ns;   /* for each subject; UINT64_MAX: until stable */
	uint64_t rounds;      /* at most; 0: no limit */
	double precision;     /* half of an interval, relative; 0: go on until time */
	double rate;	      /* operations a second; 0: one after the other */
	uint64_t interval_ns; /* a table over time in such steps; 0: none */
	bool samples;	      /* a table of all rounds */
	uint64_t seed;
	struct stop *stop;					       /* borrowed */
	void (*progress)(void *arg, const struct measure_progress *p); /* or NULL */
	void *progress_arg;
	/* Told which subject comes, before any function of its body is called, where
	 * subjects differ by their place; or NULL. */
	void (*enter)(void *arg, const struct measure_subject *s);
	void *enter_arg;
};

enum measure_end { MEASURE_PRECISE, MEASURE_TIME, MEASURE_ROUNDS, MEASURE_STOPPED };

struct measure {
	struct measure_subject **subject;
	size_t n;
	struct measure_config config;
	enum measure_end end;
	double widest; /* when it ended */
	size_t rounds;
	uint64_t spent_ns;
};

/* Adds a subject (copied) to a zeroed or used plan. Returns 0 or -ENOMEM. */
int measure_add(struct measure *m, const struct measure_subject *s, struct err *e);

/*
 * Settles m->config for the plan: -EINVAL when the time is too short for what clock
 * and scheduler need. Starts nothing.
 */
int measure_check(struct measure *m, struct err *e);

/*
 * Measures a plan that was checked. Returns 0, also when it was stopped or subjects
 * are broken or skipped; -ENOMEM.
 */
int measure_run(struct measure *m, struct err *e);

/* Forgets what a run found, so that measure_run() can measure the same once more. */
void measure_again(struct measure *m);

/* Puts what was found into the record: series, checks, tables, lines. */
void measure_report(struct measure *m, struct result *r);

/* Gives all back. Accepts a zeroed plan. */
void measure_fini(struct measure *m);

/* For the engine's parts: one batch, timed; fills rd and did. As body->run(). */
int measure_batch(struct measure *m, struct measure_subject *s, uint64_t iterations,
		  struct measure_round *rd, struct measure_did *did, struct err *e);

/* True when a and b have the same body and size, of other kinds. */
bool measure_is_rival(const struct measure_subject *a, const struct measure_subject *b);

/* For the engine's parts: what comes is about s (NULL: about nothing any more); the
 * calling thread is put where it belongs. */
void measure_enter(const struct measure *m, const struct measure_subject *s);

/* For the engine's parts: the n-th round of s was rd; times single operations beside it
 * where they are timed apart. As body->run(). */
int measure_time_apart(struct measure *m, struct measure_subject *s,
		       const struct measure_round *rd, struct err *e);

/* The first subject of the same body and size that has figures: the base of ratios. */
const struct measure_subject *measure_base(const struct measure *m,
					   const struct measure_subject *s);

#endif
