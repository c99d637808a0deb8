/*
 * server.h - the embedded engine's master: a manager server over the ledger; private
 * to its files.
 *
 * One thread, one epoll. A connection shakes hands, makes one control request, and is
 * closed, or (accept_connection) serves the methods of two queues from then on. All
 * replies of a turn go out at its end, after the journal has what they confirm.
 *
 *   SHAKES -> CONTROL -> (answered, closed)
 *                    \-> SERVES
 *
 * Python's workers know get() and put() only: a task that one got is owed by its
 * connection, whose next result is that task's. Our own say hello and use the methods
 * whose names begin with concbench_.
 */
#ifndef CORE_DIST_SERVER_H
#define CORE_DIST_SERVER_H

#include "core/clock.h"
#include "core/dist/address.h"
#include "core/dist/auth.h"
#include "core/dist/eager.h"
#include "core/dist/journal.h"
#include "core/dist/ledger.h"
#include "core/dist/pickle.h"

#include <netinet/in.h>

/* A message of a peer that both sides know: a payload and what is around it. */
#define MESSAGE_MAX ((size_t)DIST_PAYLOAD_MAX + 65536)

enum {
	PEERS_SHAKING_MAX = 64, /* connections that did not prove anything yet */
	OWED_MAX = 4096,	/* tasks that a worker with get() alone may take */
	PROTOCOL = 1,		/* of the methods concbench_* */
};

#define SHAKE_NS (5 * NS_PER_S)
#define CONTROL_NS (10 * NS_PER_S)
#define PARTIAL_NS (30 * NS_PER_S) /* from the first byte of a message to its last */

enum peer_state { PEER_SHAKES, PEER_CONTROL, PEER_SERVES };
enum peer_wait { WAITS_NOT, WAITS_GET, WAITS_SWAP };

struct peer {
	struct peer *prev, *next; /* all of them */
	struct peer *next_dirty;
	int fd; /* -1: closed, freed at the end of the turn */
	enum peer_state state;
	bool closing;	    /* once its replies are out */
	bool dirty, writes; /* has replies; waits until it can send */
	bool python2;
	bool own;  /* said hello: one of our workers */
	bool side; /* a second connection of one, for signs of life */
	uint64_t token;
	struct auth auth;
	struct wire in, out;
	uint64_t deadline_ns; /* of its state, or of the wait */
	char address[64];
	struct ledger_owner owner;
	uint64_t *owed; /* without hello: numbers of the tasks that it got, in order */
	uint32_t *owed_attempt;
	size_t nowed;
	uint64_t undone; /* taken, without a task_done() */
	enum peer_wait waits;
	struct peer *next_waiting;
	int64_t want; /* WAITS_SWAP: tasks at most */
};

struct dist_master {
	struct dist_config config;
	struct ledger ledger;
	struct journal journal;
	bool has_journal;
	char address[80], run[DIST_RUN_MAX];
	int epoll_fd, listen_fd;
	int near_fd;		 /* for workers of this machine; -1: there is none */
	char near[ADDRESS_NEAR]; /* its name; "" without */
	struct eager eager;
	struct peer *peers, *dirty, *dead;
	struct peer *waiting, **last_waiting;
	size_t npeers, nshaking, peers_max;
	uint64_t next_ns;   /* the earliest deadline of a peer, or before it */
	uint64_t leases_ns; /* when leases are to be looked at */
	uint64_t accept_ns; /* not before: descriptors had run out; 0: listens */
	uint64_t refused;
	bool over;		     /* finish(): there will be no more tasks */
	struct ledger_result *taken; /* what result() handed out last */
	struct arena arena;
	struct err trouble; /* what ended a turn: memory or the journal */
};

/* --- server_accept.c: who comes -------------------------------------------- */

int server_open(struct dist_master *m, struct err *e);

/* Whether an event's data is one of the listeners; then serves it. */
bool server_accepts(struct dist_master *m, const void *who);

/* Listens again after descriptors had run out, if it is time. */
void server_accept_again(struct dist_master *m, uint64_t now_ns);

/* --- server.c -------------------------------------------------------------- */

void server_close(struct dist_master *m);

/* One turn: waits for events until the deadline, serves them, sends the replies.
 * input_fd (-1: none) is waited for, too: *input. 0 or -errno. */
int server_turn(struct dist_master *m, int input_fd, bool *input, uint64_t deadline_ns,
		struct err *e);

/* Closes a connection; what it held comes back. The peer stays valid for this turn. */
void server_drop(struct dist_master *m, struct peer *p, const char *why);

/* A line for people. */
void server_note(struct dist_master *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Gives queued tasks to those that wait; with `over`, lets all go. */
void server_wake(struct dist_master *m);

/* --- server_io.c ----------------------------------------------------------- */

/* Reads what came from a peer, and handles the messages that are whole. */
void server_read(struct dist_master *m, struct peer *p);

/* Sends what a peer, or each marked one, is to get; what does not fit waits for room.
 */
void server_flush(struct dist_master *m, struct peer *p);
void server_flush_dirty(struct dist_master *m);

/* --- server_peer.c: a connection ------------------------------------------- */

/* Handles the whole messages that have come. */
void peer_handle(struct dist_master *m, struct peer *p);

/* It has something to be sent at the end of the turn. */
void peer_mark(struct dist_master *m, struct peer *p);

/* A reply: ('#RETURN', value): begin, one value, end. */
size_t reply_begin(struct peer *p, const char *kind);
void reply_end(struct dist_master *m, struct peer *p, size_t begin);
void reply_none(struct dist_master *m, struct peer *p);
void reply_int(struct dist_master *m, struct peer *p, int64_t i);
void reply_bool(struct dist_master *m, struct peer *p, bool b);
/* ('#ERROR', Empty()), ('#TRACEBACK', text). */
void reply_error(struct dist_master *m, struct peer *p, const char *name,
		 const char *text);
void reply_failure(struct dist_master *m, struct peer *p, const char *text);

/* Waits in line for a task until deadline_ns (of clock_ns()). */
void peer_wait(struct dist_master *m, struct peer *p, enum peer_wait what,
	       uint64_t deadline_ns);
void peer_stop_waiting(struct dist_master *m, struct peer *p);

/* Owes a task from now on; its next result is that task's. */
bool peer_owes(struct peer *p, uint64_t number, uint32_t attempt);

/* --- server_queue.c, server_own.c: methods of the queues ------------------- */

extern const char *const queue_methods[]; /* ended by NULL */
extern const char *const own_methods[];

/* A call of a method of the queue of tasks (or of results). True: it was one. */
bool queue_call(struct dist_master *m, struct peer *p, bool tasks, const char *method,
		const struct value *args, const struct value *kwds);
bool own_call(struct dist_master *m, struct peer *p, const char *method,
	      const struct value *args);

/* Answers a peer that waits: with tasks, if there are some, or else that there are
 * none. Handles nothing that it sent later. */
void queue_answer(struct dist_master *m, struct peer *p);
void own_answer(struct dist_master *m, struct peer *p);

#endif
