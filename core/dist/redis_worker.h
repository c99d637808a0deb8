/*
 * redis_worker.h - a worker's side of a run on Redis or Valkey.
 *
 * A slot for each task that it holds. One connection for tasks and results, on which
 * a result and the request for the next task travel together; another for signs of
 * life, which alone another thread uses.
 */
#ifndef CORE_DIST_REDIS_WORKER_H
#define CORE_DIST_REDIS_WORKER_H

#include "core/dist/redis_run.h"

#include <pthread.h>

enum {
	REDIS_PREFETCH_MAX = 256,
	REDIS_GIVEN_MAX = 128, /* results that are not confirmed */
	REDIS_SLOTS_MAX = REDIS_PREFETCH_MAX + REDIS_GIVEN_MAX,
};

/*
 * FREE -> WAITING (fetched) -> OUT (taken) -> GIVEN -> FREE (confirmed);
 * CLAIMED comes before WAITING: from another worker, the attempt not yet known.
 */
enum redis_hold { HOLD_FREE, HOLD_CLAIMED, HOLD_WAITING, HOLD_OUT, HOLD_GIVEN };

struct redis_slot {
	enum redis_hold hold;
	uint64_t number;
	uint32_t attempt;
	int status;
	void *data; /* malloc'd: of the task, from GIVEN on of the result */
	size_t bytes;
};

/* What answers belong to. */
enum { OF_NOTHING, OF_QUEUED, OF_GIVEN, OF_FETCH, OF_CLAIM, OF_COUNT };

struct dist_worker {
	struct redis_run k;
	struct dist_config c;
	char me[DIST_WHO_MAX]; /* consumer: no other worker has this name */
	uint32_t prefetch;

	struct redis_link link;
	struct redis_expect expect;
	uint64_t heard_ns; /* when the last answer came, or the first was asked for */
	uint64_t slice_ns; /* of the fetch that is under way */
	bool asked;	   /* a fetch is under way */
	bool joined;	   /* has the run, and has told so */
	bool check;	   /* the queue is not there: is the run over? */
	bool over;
	uint64_t claim_ns;	   /* when late tasks are looked for */
	char cursor[REDIS_ID_MAX]; /* where that goes on */
	struct err queued_err;	   /* first refusal within a transaction */
	enum redis_fault queued_fault;

	/* Slots change in the worker's own thread; the mutex lets another one read
	 * numbers and states of them. */
	pthread_mutex_t mutex;
	struct redis_slot slot[REDIS_SLOTS_MAX];
	unsigned nslots;  /* none beyond was ever used */
	unsigned held[5]; /* how many are in each state but the first */

	struct redis_link beat; /* of the thread that extends */
};

/* Connects (again), finds the run, gives again what was not confirmed. 1; 0: not
 * before until_ns; -errno. */
int redis_worker_reach(struct dist_worker *w, uint64_t until_ns, struct err *e);

/* Takes one answer: 1; 0: none until until_ns, or an outage has begun; -errno. */
int redis_worker_hear(struct dist_worker *w, uint64_t until_ns, struct err *e);

/* An outage. */
void redis_worker_lost(struct dist_worker *w, enum redis_fault f, const struct err *e);

/* Asks for up to n new tasks, waiting for them up to block_ns (0: not). */
void redis_worker_fetch(struct dist_worker *w, unsigned n, uint64_t block_ns);

/* Looks for up to n tasks whose lease has ended, and takes them over. */
void redis_worker_claim(struct dist_worker *w, unsigned n);

/* Sends the result in a slot, or gives the task in it back. */
void redis_worker_send(struct dist_worker *w, unsigned slot);
void redis_worker_release(struct dist_worker *w, uint64_t number, uint32_t attempt);

/* Slots: how many are in a state, one with a number or a state (the lowest number;
 * REDIS_SLOTS_MAX: none), and changes. */
unsigned redis_slots(const struct dist_worker *w, enum redis_hold hold);
unsigned redis_slot_of(const struct dist_worker *w, uint64_t number);
unsigned redis_slot_first(const struct dist_worker *w, enum redis_hold hold);
void redis_slot_set(struct dist_worker *w, unsigned slot, enum redis_hold hold);
/* A new slot with the task; takes data over. REDIS_SLOTS_MAX when none is free. */
unsigned redis_slot_add(struct dist_worker *w, uint64_t number, uint32_t attempt,
			void *data, size_t bytes, enum redis_hold hold);

/* The engine's functions (core/dist/engine.h). */
int redis_worker_open(struct dist_worker **out, const struct dist_config *c,
		      struct err *e);
int redis_worker_take(struct dist_worker *w, struct dist_task *t, uint64_t deadline_ns,
		      struct err *e);
int redis_worker_give(struct dist_worker *w, const struct dist_result *r,
		      struct err *e);
int redis_worker_give_back(struct dist_worker *w, uint64_t number, struct err *e);
int redis_worker_sync(struct dist_worker *w, struct err *e);
void redis_worker_extend(struct dist_worker *w);
uint64_t redis_worker_extend_every_ns(const struct dist_worker *w);
int redis_worker_clock(struct dist_worker *w, uint64_t *ns, struct err *e);
int redis_worker_send_trace(struct dist_worker *w, const void *data, size_t bytes,
			    struct err *e);
void redis_worker_close(struct dist_worker *w);

#endif
