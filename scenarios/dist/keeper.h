/*
 * keeper.h - a thread of a worker that gives signs of life while a task runs, and
 * ends the task when the run is stopped.
 */
#ifndef SCENARIOS_DIST_KEEPER_H
#define SCENARIOS_DIST_KEEPER_H

#include "core/atom.h"
#include "core/dist/engine.h"

#include <pthread.h>

struct keeper {
	const struct dist_engine *engine;
	struct dist_worker *worker;
	const struct stop *stop;
	uint64_t every_ns; /* 0: no signs of life are needed */
	int end_fd;	   /* eventfd: the thread is to leave */
	atom_u32 busy;	   /* a task runs */
	atom_u32 cancel;   /* not 0: the task is to end; a futex */
	pthread_t thread;
	bool runs;
};

/* Starts the thread. 0 or -errno. */
int keeper_open(struct keeper *k, const struct dist_engine *g, struct dist_worker *w,
		const struct stop *stop, struct err *e);

/* A task begins or ends. */
void keeper_busy(struct keeper *k, bool busy);

/* Joins the thread. Accepts one that was not started. */
void keeper_close(struct keeper *k);

#endif
