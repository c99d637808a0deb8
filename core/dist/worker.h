/*
 * worker.h - a worker of the embedded engine, or of a master written in Python.
 *
 * Functions as in core/dist/engine.h. Of one of our masters it uses the methods
 * concbench_*; of a Python master, which has none of them, get() and put(): there a
 * task has no number but its turn, and there are no leases.
 */
#ifndef CORE_DIST_WORKER_H
#define CORE_DIST_WORKER_H

#include "core/dist/engine.h"

int worker_open(struct dist_worker **w, const struct dist_config *c, struct err *e);
int worker_take(struct dist_worker *w, struct dist_task *t, uint64_t deadline_ns,
		struct err *e);
int worker_give(struct dist_worker *w, const struct dist_result *r, struct err *e);
int worker_give_back(struct dist_worker *w, uint64_t number, struct err *e);
int worker_sync(struct dist_worker *w, struct err *e);
void worker_extend(struct dist_worker *w);
uint64_t worker_extend_every_ns(const struct dist_worker *w);
int worker_clock(struct dist_worker *w, uint64_t *ns, struct err *e);
int worker_send_trace(struct dist_worker *w, const void *data, size_t bytes,
		      struct err *e);
void worker_close(struct dist_worker *w);

#endif
