/*
 * master.h - the master's side of a run; private to its files.
 *
 * master.c opens the engine and goes on until all is done, master_put.c knows what to
 * put, master_take.c what results mean. All of it is one thread's.
 */
#ifndef SCENARIOS_DIST_MASTER_H
#define SCENARIOS_DIST_MASTER_H

#include "scenarios/dist/dist_run.h"

struct master {
	struct run *run;
	const struct dist_opts *o;
	const struct dist_engine *engine;
	struct dist_master *m;
	struct dist_key key;
	struct lanes lanes;
	bool commands;
	uint64_t put, taken; /* tasks put; results and dead ones */
	uint64_t skip;	     /* items that an earlier master has put already */
	bool at_end;	     /* of what there is to put */
	bool later;	     /* the input must be read first */
	struct items items;
	struct template template;
	struct wire payload; /* of the next task, when it was refused */
	char item[EVENT_TEXT];
	int64_t number;
	struct outputs outputs;
	struct arena arena;
	uint64_t done, dead, wrong, notes;
	uint64_t begin_ns, first_ns, end_ns; /* of putting, of the results */
};

/* Where the items of the COMMAND come from. Before the first put. */
void master_choose_items(struct master *x);

/* Puts what there is room for: 0 or -errno; at_end and later say what is left. */
int master_put(struct master *x, struct err *e);

/* Takes the results that there are: 0 or -errno. */
int master_take(struct master *x, struct err *e);

/* Samples, checks and the summary of the run. The engine is still open. */
void master_report(struct master *x);

#endif
