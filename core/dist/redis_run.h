/*
 * redis_run.h - what master and workers of a run on Redis or Valkey agree on.
 *
 * Keys, all of them PREFIX:{RUN}:x, so that a cluster keeps them on one node:
 *
 *   t  stream: the tasks, field p. The entry of task N has the ID N+1-0, hence a put
 *      that is sent again after an outage is refused by the server instead of doubled,
 *      and its last ID tells a new master how many were put. Group g of it knows who
 *      has which task since when, and how often it was handed out.
 *   r  stream: what came of the tasks, in the order of coming: the task's number (t),
 *      attempt (a), worker (w), and a result (v, with its status s) or the reason why
 *      it was given up (d). The first entry of a number counts.
 *   d  stream: the dead letters: number, attempts, reason and payload.
 *   x  stream: what workers tell: hello, traces, good-bye (k = h, t, b).
 *   m  hash: state (open, over), lease_ms, retries.
 *
 * and PREFIX:runs, a hash with the open runs, in which a worker that was not told
 * finds the only one. Source of the commands: redis.io, Streams (Redis 6.2).
 */
#ifndef CORE_DIST_REDIS_RUN_H
#define CORE_DIST_REDIS_RUN_H

#include "core/dist/engine.h"
#include "core/dist/redis_link.h"

enum { REDIS_KEY_MAX = REDIS_NAME_MAX + DIST_RUN_MAX + 8, REDIS_ID_MAX = 48 };

struct redis_run {
	struct redis_url url;
	char run[DIST_RUN_MAX];
	char t[REDIS_KEY_MAX], r[REDIS_KEY_MAX], d[REDIS_KEY_MAX], x[REDIS_KEY_MAX],
		m[REDIS_KEY_MAX], runs[REDIS_KEY_MAX];
	uint64_t lease_ms, retries;
};

/*
 * What the answers that are on their way belong to, in order. A queue with room for
 * all that is ever sent at once.
 */
enum { REDIS_EXPECT_MAX = 4096 };

struct redis_expect {
	uint16_t first, n;
	struct {
		uint8_t kind;
		uint32_t slot;
	} at[REDIS_EXPECT_MAX];
};

/* Reads the URL and clears the rest; the run is named later. 0 or -EINVAL. */
int redis_run_init(struct redis_run *k, const char *url, struct err *e);

/* Names the run, and its keys with it. */
void redis_run_name(struct redis_run *k, const char *run);

/* A link for the run as the configuration has it. */
void redis_run_link(const struct redis_run *k, struct redis_link *l,
		    const struct dist_config *c);

void redis_expect_add(struct redis_expect *q, uint8_t kind, uint32_t slot);
/* Takes the oldest; false when nothing is expected. */
bool redis_expect_next(struct redis_expect *q, uint8_t *kind, uint32_t *slot);

/* The number of the task whose entry has this ID; UINT64_MAX: no ID of ours. */
uint64_t redis_task_number(const struct redisReply *id);

/* The value of a field in an entry's list of fields and values; NULL: not there. */
const struct redisReply *redis_field(const struct redisReply *fields, char name);
uint64_t redis_field_number(const struct redisReply *fields, char name);

/* Nanoseconds of an answer to TIME. */
uint64_t redis_time_ns(const struct redisReply *r);

/*
 * One command whose answer is waited for, on a link with nothing else under way.
 * 1 with *r, to be freed; 0 past the deadline or when the link broke (then it is
 * closed) or the answer passes, told to the link as an outage; -errno for the rest.
 */
int redis_ask(struct redis_link *l, struct redisReply **r, uint64_t deadline_ns,
	      const char *doing, struct err *e);

/* Appends the commands that end a task without a result. 5 answers. */
void redis_bury(struct redis_link *l, const struct redis_run *k, uint64_t number,
		uint64_t attempts, const char *who, const void *payload, size_t bytes);
enum { REDIS_BURY_ANSWERS = 5 };

#endif
