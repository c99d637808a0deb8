/*
 * redis_master.h - the master's side of a run on Redis or Valkey.
 *
 * Two connections: on one, commands whose answers come at once (puts, leases); on the
 * other, one XREAD that waits for results. Both are driven by redis_master_wait().
 *
 * Puts go in batches, each a transaction, one at a time: the server takes all of it or
 * nothing, so the stream has every task up to a number and none beyond it, whatever
 * breaks. The master keeps what is not done: a server that comes back without it (its
 * log was behind, or there is none) is given it again.
 */
#ifndef CORE_DIST_REDIS_MASTER_H
#define CORE_DIST_REDIS_MASTER_H

#include "core/dist/redis_run.h"

struct redis_task {
	void *payload; /* ours, until it is done; NULL: not known (put by another) */
	uint32_t bytes;
	bool done; /* or dead */
};

/* What answers on the link for commands belong to. */
enum { AT_NOTHING, AT_QUEUED, AT_PUT, AT_LATE, AT_CENSUS };

/* A worker that has said hello. */
struct redis_known {
	char name[DIST_WHO_MAX];
	bool gone;
};

struct dist_master {
	struct redis_run k;
	struct dist_config c;
	char address[REDIS_HOST_MAX + 32];

	struct redis_link cmd, in;
	struct redis_expect expect; /* on cmd */
	struct err batch_err;	    /* first refusal within a transaction */
	enum redis_fault batch_fault;

	struct redis_task *task;
	uint64_t ntask, max;	  /* put; room */
	uint64_t safe, sent, low; /* in the stream; on their way; all below are done */
	bool sending;		  /* a batch is on its way */
	uint64_t trimmed;

	struct redisReply *batch; /* of XREAD */
	size_t stream, entry;	  /* where in it */
	bool asked;		  /* XREAD is on its way */
	uint64_t asked_ns;
	char last_r[REDIS_ID_MAX], last_x[REDIS_ID_MAX];
	struct dist_result next; /* the fresh result that comes next */
	bool has_next;
	char who[DIST_WHO_MAX];

	struct redis_known *known;
	size_t nknown;
	uint64_t done, dead, redelivered, duplicates, leased, workers;
	uint64_t tick_ns, late_ns; /* next look; 0: none is under way, else since */
	bool found;		   /* the run was found or made once */
	bool flushing;		   /* wait() ends when all puts are safe */
	bool over;		   /* finish() has told the workers */
};

/* Opens both links and finds or makes the run. Both when the run begins and after an
 * outage. 1 done, 0 not before until_ns, -errno. */
int redis_master_reach(struct dist_master *m, uint64_t until_ns, struct err *e);

/* Sends the next batch if none is under way. */
void redis_master_send(struct dist_master *m);

/* Takes the answers that have come on cmd. 0, or -errno when it is final. */
int redis_master_hear(struct dist_master *m, struct err *e);

/* Goes on to the next fresh result, has_next tells. 0 or -errno. */
int redis_master_advance(struct dist_master *m, struct err *e);

/* An outage: closes both links; work goes on after redis_master_reach(). */
void redis_master_lost(struct dist_master *m, enum redis_fault f, const struct err *e);

/* Everything that can be done without waiting, but for reaching an engine that is
 * gone, until until_ns. 0 or -errno. */
int redis_master_work(struct dist_master *m, uint64_t until_ns, struct err *e);

/* Sleeps until something comes: DIST_INPUT when it is on fd, 0, -errno. */
int redis_master_sleep(struct dist_master *m, int fd, uint64_t until_ns, struct err *e);

/* Takes late leases' ends and who is there from the answers of a look. */
void redis_master_late(struct dist_master *m, const struct redisReply *r);
void redis_master_census(struct dist_master *m, const struct redisReply *r);

/* The worker with this consumer's name; a new one when `make`; NULL: there is none. */
struct redis_known *redis_known(struct dist_master *m, const char *name, bool make);

/* Looks for leases that ended, if it is time. */
void redis_master_tick(struct dist_master *m);

/* The engine's functions (core/dist/engine.h). */
int redis_master_open(struct dist_master **out, const struct dist_config *c,
		      uint64_t *put, struct err *e);
const char *redis_master_address(const struct dist_master *m);
const char *redis_master_run(const struct dist_master *m);
int redis_master_put(struct dist_master *m, const void *payload, size_t bytes,
		     struct err *e);
int redis_master_flush(struct dist_master *m, struct err *e);
int redis_master_result(struct dist_master *m, struct dist_result *r, struct err *e);
int redis_master_wait(struct dist_master *m, unsigned want, int fd,
		      uint64_t deadline_ns, struct err *e);
void redis_master_counts(struct dist_master *m, struct dist_counts *n);
int redis_master_clock(struct dist_master *m, uint64_t *ns, struct err *e);
int redis_master_finish(struct dist_master *m, uint64_t deadline_ns, struct err *e);
int redis_master_remove(struct dist_master *m, struct err *e);
void redis_master_close(struct dist_master *m);

#endif
