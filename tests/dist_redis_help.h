/*
 * dist_redis_help.h - a master and workers of a run in one thread, for tests.
 */
#ifndef TESTS_DIST_REDIS_HELP_H
#define TESTS_DIST_REDIS_HELP_H

#include "core/clock.h"
#include "core/dist/engine.h"
#include "tests/redis_server.h"

#include <hiredis/hiredis.h>

#define LONG_NS (60 * NS_PER_S) /* a deadline that only a hang reaches */

static const struct dist_engine *g;

static inline void
note(void *arg, const char *text)
{
	char *all = arg;
	const size_t n = strlen(all);

	snprintf(all + n, 2048 - n, "%s\n", text);
}

static inline struct dist_config
config(const struct server *s, char *notes)
{
	return (struct dist_config){ .url = s->url,
				     .who = "w1",
				     .bound = 100,
				     .lease_ns = 300 * NS_PER_MS,
				     .retries = 2,
				     .prefetch = 1,
				     .reconnect_ns = LONG_NS,
				     .on_note = notes != NULL ? note : NULL,
				     .arg = notes };
}

static inline struct dist_master *
master(const struct dist_config *c, uint64_t expected)
{
	struct dist_master *m;
	struct err e = { .code = 0 };
	uint64_t put;

	g = dist_engine_find(c->url, &e);
	cr_assert_not_null(g, "%s", e.msg);
	cr_assert_eq(g->master_open(&m, c, &put, &e), 0, "%s", e.msg);
	cr_assert_eq(put, expected, "%llu", (unsigned long long)put);
	return m;
}

static inline struct dist_worker *
worker(const struct dist_config *c)
{
	struct dist_worker *w;
	struct err e = { .code = 0 };

	cr_assert_eq(g->worker_open(&w, c, &e), 0, "%s", e.msg);
	return w;
}

static inline void
put(struct dist_master *m, uint64_t from, uint64_t to)
{
	struct err e;

	for (; from < to; from++) {
		char text[32];
		int n = snprintf(text, sizeof(text), "task %d", (int)from);

		cr_assert_eq(g->put(m, text, (size_t)n, &e), 1);
	}
	cr_assert_eq(g->flush(m, &e), 0, "%s", e.msg);
}

/* Takes a task, whichever it is, and checks its payload. */
static inline struct dist_task
take(struct dist_worker *w)
{
	struct dist_task t;
	struct err e = { .code = 0 };
	char text[32];
	int n, rc = g->take(w, &t, clock_deadline_ns(LONG_NS), &e);

	cr_assert_eq(rc, 1, "%d: %s", rc, e.msg);
	n = snprintf(text, sizeof(text), "task %d", (int)t.number);
	cr_assert_eq(t.bytes, (size_t)n);
	cr_assert_eq(memcmp(t.payload, text, t.bytes), 0);
	return t;
}

static inline void
give(struct dist_worker *w, const struct dist_task *t)
{
	struct err e;
	const struct dist_result r = { .number = t->number,
				       .attempt = t->attempt,
				       .payload = "done",
				       .bytes = 4 };

	cr_assert_eq(g->give(w, &r, &e), 0, "%s", e.msg);
}

static inline void
sync_now(struct dist_worker *w)
{
	struct err e = { .code = 0 };

	cr_assert_eq(g->sync(w, &e), 0, "%s", e.msg);
}

/* The next result: waits for it. */
static inline struct dist_result
result(struct dist_master *m)
{
	struct dist_result r = { .bytes = 0 };
	struct err e = { .code = 0 };
	int rc = g->wait(m, DIST_RESULT, -1, clock_deadline_ns(LONG_NS), &e);

	cr_assert_eq(rc, DIST_RESULT, "%d: %s", rc, e.msg);
	cr_assert_eq(g->result(m, &r, &e), 1);
	return r;
}

static inline void
end(struct dist_master *m)
{
	struct err e = { .code = 0 };

	cr_assert_eq(g->finish(m, clock_deadline_ns(LONG_NS), &e), 0, "%s", e.msg);
	cr_assert_eq(g->remove(m, &e), 0, "%s", e.msg);
	g->master_close(m);
}

/* Answer to a command of the test's own; freed by the caller. */
static inline redisReply *
ask(const struct server *s, const char *command)
{
	redisContext *c = redisConnect("127.0.0.1", s->port);
	redisReply *r;

	cr_assert(c != NULL && c->err == 0);
	r = redisCommand(c, command);
	cr_assert_not_null(r);
	cr_assert_neq(r->type, REDIS_REPLY_ERROR, "%s", r->str);
	redisFree(c);
	return r;
}

static inline void
expect_no_key(const struct server *s)
{
	redisReply *r = ask(s, "KEYS *");

	cr_assert_eq(r->elements, 0, "left: %s", r->element[0]->str);
	freeReplyObject(r);
}

#endif
