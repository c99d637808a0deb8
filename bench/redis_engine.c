/*
 * redis_engine.c - the same through our engine (core/dist/engine.h), with all that it
 * promises: results counted once, leases, dead letters, reconnection.
 *
 * $PREFETCH: tasks that a worker holds at once (1).
 */
#include "bench/redis_peer.h"

#include "core/clock.h"
#include "core/dist/engine.h"

extern const struct dist_engine dist_engine_redis;

static const struct dist_engine *const g = &dist_engine_redis;
static struct dist_master *master;
static char url[64];

static struct dist_config
config(void)
{
	const char *prefetch = getenv("PREFETCH");

	return (struct dist_config){
		.url = url,
		.run = "bench",
		.who = "w",
		.bound = PEER_BOUND,
		.lease_ns = 30 * NS_PER_S,
		.retries = 2,
		.prefetch =
			prefetch != NULL ? (uint32_t)strtoul(prefetch, NULL, 10) : 1,
		.reconnect_ns = 10 * NS_PER_S
	};
}

static void
peer_open(int port)
{
	struct dist_config c;
	struct err e;
	uint64_t put;

	snprintf(url, sizeof(url), "redis://127.0.0.1:%d", port);
	c = config();
	signal(SIGPIPE, SIG_IGN);
	if (g->master_open(&master, &c, &put, &e) != 0)
		peer_die(e.msg);
}

static void
peer_work(int port, int number)
{
	struct dist_config c = config();
	struct dist_worker *w;
	struct dist_task t;
	struct err e;

	(void)port;
	(void)number;
	if (g->worker_open(&w, &c, &e) != 0)
		peer_die(e.msg);
	for (;;) {
		int rc = g->take(w, &t, clock_deadline_ns(NS_PER_S), &e);
		struct dist_result r = { .number = t.number,
					 .attempt = t.attempt,
					 .payload = t.payload,
					 .bytes = 8 };

		if (rc < 0 || (rc > 0 && g->give(w, &r, &e) != 0))
			peer_die(e.msg);
	}
}

static void
peer_put(uint64_t number, const void *payload, size_t bytes)
{
	struct err e;

	(void)number;
	if (g->put(master, payload, bytes, &e) != 1)
		peer_die("a task was not taken");
}

static void
peer_results(void)
{
	struct dist_result r;
	struct err e;
	int rc = g->wait(master, DIST_RESULT, -1, clock_deadline_ns(NS_PER_S), &e);

	if (rc < 0)
		peer_die(e.msg);
	while ((rc = g->result(master, &r, &e)) == 1) {
		uint64_t number;

		memcpy(&number, r.payload, sizeof(number));
		if (number != r.number)
			peer_die("the result of another task");
		peer_result(number);
	}
	if (rc < 0)
		peer_die(e.msg);
}

static void
peer_close(void)
{
	struct err e;

	/* The workers were killed: nobody is waited for. */
	if (g->remove(master, &e) != 0)
		peer_die(e.msg);
	g->master_close(master);
}
