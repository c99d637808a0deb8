/*
 * process_run.h - one run of the process scenario: its options, its state, its parts.
 *
 * scenarios/process.c has the tables; demo.c starts, joins and signals, report.c
 * puts what became of it into the result; bench.c is what --bench measures.
 */
#ifndef SCENARIOS_PROCESS_PROCESS_RUN_H
#define SCENARIOS_PROCESS_PROCESS_RUN_H

#include "core/atom.h"
#include "core/process.h"
#include "core/work.h"
#include "scenarios/scenario.h"

struct process_opts {
	int64_t n, exit;
	const char *name, *arg, *raise;
	struct work work;
	uint64_t join_timeout_ns, terminate_after_ns, kill_after_ns;
	bool daemon;
};

/* What a child tells the parent; shared memory. */
struct report {
	atom_u64 begin_ns, end_ns;
};

struct process_child {
	struct process p;
	struct process_demo *demo;
	int number;
	uint64_t start_ns, started_ns; /* start() called, returned */
	int sent;		       /* last signal we sent; 0: none */
};

/* A run. */
struct process_demo {
	struct run *run;
	const struct process_opts *o;
	struct process_child *child;
	struct report *report;
	int n, nstarted;
	int raise;			/* signal number; 0: none */
	uint64_t terminate_ns, kill_ns; /* deadlines; UINT64_MAX: none */
	bool stopped;
	bool dead_before, dead_after; /* is_alive() said so of all */
};

/* Plays the script of the run and fills its result. Returns 0 or -errno. */
int process_demo_play(struct process_demo *d, struct err *e);

/*
 * Puts the processes into the result and closes them. rc is what the run came to;
 * returns it, or -errno when a process did not end as asked.
 */
int process_demo_conclude(struct process_demo *d, uint64_t begin_ns, int rc,
			  struct err *e);

extern const struct metric process_metrics[];
extern const struct param process_params[];

/* scenario.bench. */
int process_bench(struct run *run, const void *opts, struct measure *m, struct err *e);

#endif
