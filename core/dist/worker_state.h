/*
 * worker_state.h - what a worker of the embedded engine holds; private to its files.
 */
#ifndef CORE_DIST_WORKER_STATE_H
#define CORE_DIST_WORKER_STATE_H

#include "core/clock.h"
#include "core/dist/address.h"
#include "core/dist/client.h"
#include "core/dist/worker.h"
#include "core/rng.h"

#define IDENT_MAX 64
#define FLIGHTS_MAX 8
#define REPLY_NS (10 * NS_PER_S) /* beyond the time that a request waits */

/* A task that came before its turn. */
struct ready_task {
	struct ready_task *next;
	struct dist_task task; /* payload stands behind it */
};

/* Results as they go over the wire, (number, attempt, status, result) each. */
struct parcel {
	struct wire bodies;
	size_t n;
};

/* A swap on its way. */
struct flight {
	size_t results, bytes; /* of `sent` */
	int64_t want;
};

struct dist_worker {
	struct dist_config config;
	struct client_config client_config, side_config;
	char near[ADDRESS_NEAR]; /* text of client_config.near */
	struct client client;
	struct client side; /* of the thread that extends */
	struct rng rng;	    /* pauses */
	char token[8];
	char task_ident[IDENT_MAX], result_ident[IDENT_MAX];
	bool known; /* the idents, and whether it is a Python master */
	bool python;
	bool over;
	char run[DIST_RUN_MAX];
	uint64_t lease_ns;
	uint64_t turn;			   /* Python: tasks taken so far */
	struct flight flight[FLIGHTS_MAX]; /* swaps on their way, oldest first */
	int nflights;
	int64_t asked_for;	    /* tasks, by all of them */
	uint64_t asked_ns;	    /* when the last reply is due */
	struct parcel unsent, sent; /* sent: not confirmed yet, of all flights */
	struct ready_task *ready, **last_ready, *taken;
	size_t nready;
};

/* worker_connect.c: connects (again), or fails. Requests of the old connection are
 * void. */
int worker_connect(struct dist_worker *w, uint64_t deadline_ns, struct err *e);

/* A connection that serves calls; then says who we are. */
int worker_serve(struct dist_worker *w, struct client *c, uint64_t deadline_ns,
		 struct err *e);
int worker_hello(struct dist_worker *w, struct client *c, bool side,
		 uint64_t deadline_ns, const struct value **v, struct err *e);

/* Forgets what the old connection had: tasks are others' now, results are given
 * again. */
void worker_start_anew(struct dist_worker *w);

/* worker.c: tries to connect for reconnect_ns, with growing pauses. */
int worker_reconnect(struct dist_worker *w, struct err *e);

/* True when it was the connection that failed, and another may do better. */
bool worker_can_retry(int rc);

/* worker_swap.c: results that were kept back go to the master, and tasks that wait for
 * their turn go back. */
void worker_give_ready_back(struct dist_worker *w);

/* worker_python.c: the same for a master with get() and put() alone. */
int python_take(struct dist_worker *w, struct dist_task *t, uint64_t deadline_ns,
		struct err *e);
int python_give(struct dist_worker *w, const struct dist_result *r, struct err *e);
int python_give_back(struct dist_worker *w, struct err *e);

/* A task of a value, which becomes the one that is taken. */
struct ready_task *worker_task(uint64_t number, uint32_t attempt, const struct value *v,
			       struct err *e);

#endif
