/*
 * ledger.h - the books of the embedded engine: who has which task, until when.
 *
 * A task is queued, leased by an owner, or over: done or dead. Pure data: time is
 * given by the caller, nothing waits. The rules are those of core/dist/engine.h.
 * One thread.
 */
#ifndef CORE_DIST_LEDGER_H
#define CORE_DIST_LEDGER_H

#include "core/dist/engine.h"

struct journal;

/* A place in a ring of tasks; zero is no ring. */
struct ledger_link {
	struct ledger_link *prev, *next;
};

struct ledger_task {
	struct ledger_link line;    /* in the queue, or in a line of leases */
	struct ledger_link owned;   /* among its owner's */
	struct ledger_owner *owner; /* NULL: it is queued */
	uint64_t number;
	uint64_t until_ns; /* end of the lease */
	uint32_t attempt;  /* begun so far */
	size_t bytes;
	uint8_t payload[];
};

/* Whoever holds leases; its memory is the caller's. */
struct ledger_owner {
	struct ledger_link tasks; /* in the order they were taken */
	size_t ntasks;
	bool patient; /* cannot give a sign of life: its leases end by plain_lease_ns */
	char who[DIST_WHO_MAX];
};

struct ledger_result {
	struct ledger_result *next;
	struct dist_result r; /* payload and who point behind it */
};

struct ledger {
	uint64_t bound, lease_ns, plain_lease_ns;
	uint32_t retries;
	struct journal *journal; /* NULL: none */

	struct ledger_task **task; /* [number - base]; NULL: over */
	uint64_t base;
	size_t ntasks, room;
	struct ledger_link queue;
	struct ledger_link leases, plain_leases; /* the first ends first */
	struct ledger_result *first, **last;	 /* results not taken yet */
	struct dist_counts n;
};

/* No tasks. Limits are set by the caller afterwards. */
void ledger_init(struct ledger *l);
void ledger_fini(struct ledger *l);
void ledger_owner_init(struct ledger_owner *o, const char *who, bool patient);

/* Adds a task: 1; 0 when `bound` are in flight; -ENOMEM. */
int ledger_put(struct ledger *l, const void *payload, size_t bytes);

/* True when a put would not be refused. */
bool ledger_has_room(const struct ledger *l);

/* Leases the first task of the queue to o; NULL when there is none. */
struct ledger_task *ledger_take(struct ledger *l, struct ledger_owner *o,
				uint64_t now_ns);

/* Notes a result, whoever gives it: 1; 0: it does not count; -ENOMEM. */
int ledger_give(struct ledger *l, const struct dist_result *r);

/* Takes a task of o back; the attempt does not count. False: o has no such. */
bool ledger_give_back(struct ledger *l, struct ledger_owner *o, uint64_t number);

/* Takes all tasks of o back, for `why`: to the front of the queue, or to the dead. */
int ledger_release(struct ledger *l, struct ledger_owner *o, const char *why);

/* Begins the leases of o anew. */
void ledger_extend(struct ledger *l, struct ledger_owner *o, uint64_t now_ns);

/* Takes back what has expired. *next_ns: when to call again; UINT64_MAX: no lease. */
int ledger_expire(struct ledger *l, uint64_t now_ns, uint64_t *next_ns);

/* The oldest result that was not taken, which is freed by the caller; NULL: none. */
struct ledger_result *ledger_result(struct ledger *l);

/* What a journal tells (core/dist/journal.h); not written to it again. */
int ledger_replay_put(struct ledger *l, const void *payload, size_t bytes);
int ledger_replay_result(struct ledger *l, const struct dist_result *r);
void ledger_replay_attempt(struct ledger *l, uint64_t number, uint32_t attempt);

#endif
