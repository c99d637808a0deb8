/*
 * pool_run.h - one run of the pool scenario: its options, its state, its parts.
 *
 * scenarios/pool.c has the tables and the loop over kinds and sizes; demo.c runs
 * the tasks of --work, command.c those of a COMMAND, report.c keeps the books.
 */
#ifndef SCENARIOS_POOL_POOL_RUN_H
#define SCENARIOS_POOL_POOL_RUN_H

#include "core/hist.h"
#include "core/pool.h"
#include "core/work.h"
#include "scenarios/scenario.h"

enum pool_api { API_APPLY_ASYNC, API_APPLY, API_MAP, API_IMAP };

struct pool_opts {
	struct param_list kinds, workers;
	int64_t tasks; /* 0: not given */
	struct work work;
	int api;       /* enum pool_api */
	int64_t chunk; /* 0: as Python chooses */
	int64_t max_tasks_per_child;
	uint64_t task_timeout_ns;
	int on_crash; /* enum pool_on_crash */
	int64_t retries;
	bool initializer;
	struct param_list crash_at;
	bool crash_always;
	uint64_t terminate_after_ns;
	bool assist;
	bool shell, null_ends, fail_fast;
};

#define POOL_TASKS_DEFAULT 5

/* What one worker did, as the outcomes tell. */
struct worker_books {
	uint64_t tasks, busy_ns;
	pid_t pid, tid;
};

struct pool_run {
	struct run *run;
	const struct pool_opts *opts;
	const struct crew_kind *kind;
	int workers, role0;
	uint64_t tasks; /* to be done; of a COMMAND: known at the end of its input */
	struct pool *pool;
	bool observed;	    /* times and tables are kept: not with --quiet */
	bool count_results; /* on_done compares each result with what it must be */

	size_t chunk;	   /* of a map: tasks of --work in one task of the pool */
	uint64_t expected; /* tasks that the pool is given */
	uint64_t submit_ns, done_ns;  /* first submission, last result */
	uint64_t next;		      /* number that the next outcome must have */
	uint64_t out_of_order, wrong; /* outcomes that were not as they must be */
	uint64_t busy_ns;
	uint64_t count[POOL_CANCELLED + 1]; /* outcomes by status */
	struct worker_books *books;	    /* workers + 1 */
	struct hist *queued, *ran, *round_trip;
	uint64_t longest_queued_ns, longest_queued_task;
	struct result_table *table;
	bool table_full;
	const char *refused_join, *refused_submit; /* what was said; NULL: nothing */
};

/* What a task of --work gives back: proves that it was run, with its own argument. */
static inline int64_t
pool_token(uint64_t task)
{
	return (int64_t)((task + 1) * UINT64_C(0x9E3779B97F4A7C15) >> 1);
}

/* The parts that the kinds of work share. */
void pool_run_config(struct pool_run *r, struct pool_config *f);
int pool_run_finish(struct pool_run *r, struct err *e);

/* Runs the tasks of --work, of a COMMAND. The pool is freed at the end. */
int pool_demo(struct pool_run *r, struct err *e);
int pool_commands(struct pool_run *r, struct err *e);

/* bench.c: what --bench measures. Places in the table of options. */
enum { POOL_PARAM_WORK = 3, POOL_PARAM_API = 4 };
int pool_bench(struct run *run, const void *opts, struct measure *m, struct err *e);

/* report.c */
int books_open(struct pool_run *r, struct err *e);
void books_outcome(struct pool_run *r, const struct pool_outcome *o);
void books_close(struct pool_run *r); /* series, checks, tables, summary */
void books_free(struct pool_run *r);

/* Metrics of the scenario, by place in pool_metrics[]. */
enum {
	METRIC_WALL,
	METRIC_THROUGHPUT,
	METRIC_BUSY,
	METRIC_SPEED_UP,
	METRIC_IDLE,
	METRIC_QUEUED,
	METRIC_TASK,
	METRIC_ROUND_TRIP,
	METRIC_STARTED,
};
extern const struct metric pool_metrics[];

#endif
