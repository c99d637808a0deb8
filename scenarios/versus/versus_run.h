/*
 * versus_run.h - one run of the versus scenario: its options, its state, its parts.
 *
 * scenarios/versus.c has the tables and the rounds; runner.c runs one model in a child
 * and measures it; books.c checks what was done and keeps the samples, report.c makes
 * table and bars of them, advice.c the sentence. bench.c is what --bench measures.
 */
#ifndef SCENARIOS_VERSUS_VERSUS_RUN_H
#define SCENARIOS_VERSUS_VERSUS_RUN_H

#include "core/stat.h"
#include "scenarios/scenario.h"
#include "scenarios/versus/model.h"

#define VERSUS_ROUNDS 5 /* where it is shown, not measured */

struct versus_opts {
	struct param_list kinds;
	int64_t workers, tasks;
	struct work work;
};

/* What one run of a model came to; in shared memory, written by its runner. */
struct versus_outcome {
	int rc;
	struct err err;
	uint64_t wall_ns, cpu_ns;
	uint64_t delay_ns; /* that the runner waited for a CPU that others had */
	int64_t voluntary, involuntary;
	uint64_t memory_bytes;
	bool is_complete; /* the runner got to its end */
};

struct versus_shared {
	atom_u32 cancel;
	struct versus_failure failure;
	struct versus_outcome outcome;
};

/* A model in this run: its samples, one a round, and what its runs did wrong. */
struct versus_entry {
	const struct versus_model *model;
	int role; /* of the trace */
	double *wall_ns, *cpu_ns, *startup_ns, *voluntary, *involuntary, *speed_up,
		*delay_ns;
	size_t n; /* samples of each */
	uint64_t memory_bytes;
	uint64_t runs;				  /* that ended */
	uint64_t missed, repeated, wrong, failed; /* tasks, over all runs */
	int first_error;
	int processes_min, processes_max, threads_min, threads_max;
};

struct versus_run {
	struct run *run;
	const struct versus_opts *o;
	struct versus_shared *shared;
	struct versus_job job; /* as the runners get it */
	size_t map_bytes;
	struct versus_entry *entry; /* in the order of the models */
	size_t n;
	int rounds_done;
	int *ids; /* room for 2 * tasks: who ran them */
};

enum {
	METRIC_WALL,
	METRIC_SPEED_UP,
	METRIC_CPU,
	METRIC_MEMORY,
	METRIC_VOLUNTARY,
	METRIC_INVOLUNTARY,
	METRIC_STARTUP,
};

extern const struct metric versus_metrics[];

/* Maps what the runners share. 0 or -errno; versus_close() gives back, in any case. */
int versus_open(struct versus_run *v, struct err *e);
void versus_close(struct versus_run *v);

/*
 * Runs a model's tasks, with `work`, in a child, and leaves its outcome in v->shared.
 * Returns 0; -ECANCELED when the run was stopped meanwhile; -errno when the model could
 * not run or its runner died.
 */
int versus_measure(struct versus_run *v, const struct versus_model *m,
		   const struct work *work, bool weighs, struct err *e);

/* Looks at what the last run of the entry's model did to the tasks. */
void versus_examine(struct versus_run *v, struct versus_entry *entry);

/* Puts checks, samples, table, bars and the sentence into the result. */
void versus_conclude(struct versus_run *v);

/* True when as many processes and threads ran the tasks as the model says. */
bool versus_is_where_said(const struct versus_run *v, const struct versus_entry *entry);

/* scenario.bench and .judge. */
int versus_bench(struct run *run, const void *opts, struct measure *m, struct err *e);
void versus_judge(struct run *run, const void *opts, const struct measure *m);

/* What the sentence is made from: medians. */
struct versus_fact {
	const char *name;
	int order;
	double wall_ns, cpu_ns, startup_ns, memory_bytes;
	double speed_up; /* over sequential, or over the slowest */
	double delay_ns; /* of sequential: waited for a CPU that others had */
};

struct versus_case {
	int tasks, workers, cpus;
	const struct versus_fact *fact;
	size_t n;
};

/* Bars of the speed-ups, and the sentence, as lines of the result. */
void versus_say(struct run *run, const struct versus_opts *o,
		const struct versus_fact *fact, size_t n);

/*
 * Which to take, and why: fills text with one sentence and returns the place of the
 * chosen one. n >= 1. A pure function.
 *
 * The rule: of those within a tenth of the fastest (and faster than sequential by more
 * than a tenth, unless that is one of them), those that need the least memory
 * (a quarter more, or 256 KiB, is no difference), of these the least CPU time (a tenth
 * is none), of these the simplest.
 */
size_t versus_advise(const struct versus_case *c, char *text, size_t size);

#endif
