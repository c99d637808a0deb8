/*
 * model.h - ways to get many tasks done: what each model of `versus` is.
 *
 * A model does tasks 0..n-1 once each, by versus_task(), and returns when all are done
 * and whatever it started has ended. It runs in a child process of its own, so that it
 * may start what it likes, and its memory is apart. A model is one file,
 * scenarios/versus/model_NAME.c; the table is generated from what is there.
 */
#ifndef SCENARIOS_VERSUS_MODEL_H
#define SCENARIOS_VERSUS_MODEL_H

#include "core/atom.h"
#include "core/err.h"
#include "core/param.h"
#include "core/work.h"

#include <stdbool.h>
#include <stdint.h>

/* What is known of one task; in shared memory, written by who runs it. */
struct versus_task {
	_Alignas(64) atom_u32 runs; /* how often it was run */
	int32_t pid, tid;
	int32_t error; /* errno of its work, 0 */
	uint64_t token;
};

/* A process that a model made, and what it held; written by itself when weighing. */
struct versus_process {
	uint64_t begin_ns, end_ns; /* first task begun, last one done */
	uint64_t own_bytes, peak_bytes;
};

/* Written by the first worker that fails, read when it has ended. */
struct versus_failure {
	atom_u32 taken;
	struct err err;
};

struct versus_job {
	struct work work;
	uint64_t seed;
	int tasks, workers;
	const struct param_cpus *pin;
	struct versus_failure *failure; /* shared: why a worker could not go on */
	atom_u32 *cancel;		/* shared: 1 = give up; a futex */
	struct versus_task *task;	/* tasks */
	struct versus_process *own;	/* a slot a process: at most tasks + workers */
	int nslots;
	int runner;  /* PID of the process that run() is called in */
	bool weighs; /* this run is for the memory; times do not count */
};

/* In how many processes and threads the tasks are run. */
enum versus_count { VERSUS_ONE, VERSUS_PER_TASK, VERSUS_UP_TO_WORKERS };

struct versus_model {
	struct kind kind;
	int order; /* place in tables; of two equal ones, the simpler comes first */
	enum versus_count processes, threads;
	/* Does all tasks. Returns 0 or -errno, with nothing left running. */
	int (*run)(struct versus_job *job, struct err *e);
};

extern const struct versus_model *const versus_model_table[];
extern const struct kind *const versus_model_list[];

/*
 * Runs task i where it is called, and notes who ran it. `slot` is the number of the
 * process among those that the model made (below job->nslots); it does not count in
 * the runner itself.
 * Returns its token; what its work came to is noted. `wait` NULL: work_do()'s own.
 */
uint64_t versus_task(struct versus_job *job, int i, int slot, work_wait *wait);

/* What running task i must give. */
uint64_t versus_token(uint64_t seed, int i);

/* Where there is one thread for all: it runs on the first CPU of the policy. */
void versus_pin(const struct versus_job *job);

/*
 * Does the tasks by n workers of a kind of crew ("process", "thread"): worker w calls
 * body, which runs the tasks w, w + n, ... Waits for all. 0 or -errno.
 */
int versus_crew(struct versus_job *job, const char *kind, int n, struct err *e);

/* The same with a body of the model's own: it does the tasks of worker `number` and
 * returns 0, or -errno with the error filled. */
typedef int versus_share(struct versus_job *job, int number, int n, struct err *e);
int versus_crew_by(struct versus_job *job, const char *kind, int n, versus_share *share,
		   struct err *e);

/* Does the tasks number, number + n, ... as coroutines of the calling thread. */
int versus_coroutines(struct versus_job *job, int number, int n, struct err *e);

/* Does the tasks by a pool of job->workers workers of a kind of crew. */
int versus_pool(struct versus_job *job, const char *kind, struct err *e);

#endif
