/*
 * redis_link.h - one connection to Redis or Valkey, by hiredis, that never blocks.
 *
 * hiredis formats commands and parses answers; connecting and every wait is ours, so
 * that each has a deadline and hears the stop. Commands are appended, sent together,
 * and their answers come in the same order. Errors are those of the connection;
 * an answer that is an error is told apart by redis_fault().
 *
 * A link belongs to one thread.
 */
#ifndef CORE_DIST_REDIS_LINK_H
#define CORE_DIST_REDIS_LINK_H

#include "core/dist/redis_url.h"
#include "core/rng.h"
#include "core/stop.h"
#include "core/trace.h"

#include <stdint.h>

struct redisContext;
struct ssl_st;
struct redisReply;

/* Longest wait for the answer to a command that does not itself wait. */
#define REDIS_CALL_NS (10 * UINT64_C(1000000000))

/* What an answer that is an error asks for. */
enum redis_fault {
	REDIS_FINE,	/* it is none */
	REDIS_GONE,	/* the connection broke: try again */
	REDIS_PASSING,	/* LOADING, READONLY, OOM ...: try again later */
	REDIS_REFUSED,	/* password, user or rights: trying again is of no use */
	REDIS_NO_GROUP, /* the stream or its group is not there */
	REDIS_OLD_ID,	/* XADD: an entry of this number is there already */
	REDIS_BAD,	/* anything else */
};

typedef void redis_note(void *arg, const char *text);

struct redis_link {
	/* Set by the user, borrowed. */
	const struct redis_url *url;
	const char *password; /* NULL: none */
	size_t password_bytes;
	struct stop *stop;    /* NULL: hears none */
	struct trace *trace;  /* NULL: none is pumped */
	uint64_t patience_ns; /* of redis_link_reach() */
	redis_note *note;     /* told of outages; NULL: nobody */
	void *arg;

	struct redisContext *ctx; /* NULL: not connected */
	struct ssl_st *tls;	  /* of ctx; NULL: in clear */
	unsigned due;		  /* answers that are on their way */
	struct rng rng;		  /* of the pauses */
	uint64_t out_since_ns;	  /* when the outage began; 0: all is well */
	unsigned failures;	  /* since then */
	uint64_t retry_ns;	  /* the next attempt is not earlier */
	enum redis_fault told;	  /* of which the note was told */
};

/*
 * Connects, shows the password, chooses the database and asks whether the server is
 * ready. One attempt. Returns REDIS_FINE, or the fault with e filled (REDIS_GONE with
 * -ECANCELED in e: the stop).
 */
enum redis_fault redis_link_open(struct redis_link *l, uint64_t deadline_ns,
				 struct err *e);

/*
 * The same, again and again until until_ns, with pauses that double from 50 ms up to
 * 2 s, each shortened by a random part, as long as trying is of use and the outage is
 * no longer than patience_ns. Returns 1 (at once when it is connected); 0 when until_ns
 * came first; -ECANCELED, -EACCES (refused), -EBUSY or another -errno (it will not
 * come).
 */
int redis_link_reach(struct redis_link *l, uint64_t until_ns, struct err *e);

/* Something failed that another attempt may cure: closes, and begins the outage, or
 * goes on with it. e says what; f is its kind. */
void redis_link_fail(struct redis_link *l, enum redis_fault f, const struct err *e);

/* Something succeeded: ends an outage. */
void redis_link_well(struct redis_link *l);

/* Closes. Answers that are due will not come. Accepts one that is closed. */
void redis_link_close(struct redis_link *l);

/*
 * Appends a command; %s is a text, %b takes a pointer and a size_t (hiredis' format).
 * What does not fit into memory, or a link that is closed, shows at the next answer.
 */
void redis_link_add(struct redis_link *l, const char *format, ...);

/* Sends what can be sent without waiting. Returns 0 or -errno (the link is closed). */
int redis_link_push(struct redis_link *l, struct err *e);

/* Takes an answer that has come: 1; 0: none yet; -errno: the link is closed now. */
int redis_link_try(struct redis_link *l, struct redisReply **r, struct err *e);

/*
 * Waits for the next answer until the deadline. 1 with *r, which the caller frees by
 * freeReplyObject(); 0 past the deadline; -ECANCELED; -errno (the link is closed now).
 */
int redis_link_next(struct redis_link *l, struct redisReply **r, uint64_t deadline_ns,
		    struct err *e);

/* The descriptor for poll(2), and whether it waits to send; -1 when closed. */
int redis_link_fd(const struct redis_link *l, bool *sends);

/* What the answer means. Anything but REDIS_FINE fills e with one line, in which
 * `doing` says what was being done ("put a task"). NULL: the connection broke. */
enum redis_fault redis_fault(const struct redis_link *l, const struct redisReply *r,
			     const char *doing, struct err *e);

/* -errno that a fault stands for: -EACCES for a refusal, -EBUSY for one that passes,
 * else -EIO. */
int redis_fault_errno(enum redis_fault f);

#endif
