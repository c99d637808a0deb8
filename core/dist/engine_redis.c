/*
 * engine_redis.c - Redis or Valkey as the engine: streams with a consumer group.
 * docs/dist-redis.md tells the keys, the commands, and what becomes of faults.
 */
#include "core/dist/engine.h"

#include "core/dist/redis_url.h"

#include <stdio.h>

#ifdef CONCBENCH_HIREDIS
#include "core/dist/redis_master.h"
#include "core/dist/redis_worker.h"
#define redis_available NULL
#else
static bool
redis_available(char *why, size_t size)
{
	snprintf(why, size, "needs libhiredis-dev");
	return false;
}
#endif

static int
check(const char *url, struct err *e)
{
	struct redis_url u;

	return redis_url_parse(&u, url, e);
}

const struct dist_engine dist_engine_redis = {
	.kind = { .name = "redis",
		  .summary = "a Redis or Valkey server: streams with a consumer group",
		  .available = redis_available },
	.scheme = "redis rediss valkey valkeys",
	.check = check,
#ifdef CONCBENCH_HIREDIS
	.master_open = redis_master_open,
	.master_address = redis_master_address,
	.master_run = redis_master_run,
	.put = redis_master_put,
	.flush = redis_master_flush,
	.result = redis_master_result,
	.wait = redis_master_wait,
	.counts = redis_master_counts,
	.master_clock = redis_master_clock,
	.finish = redis_master_finish,
	.remove = redis_master_remove,
	.master_close = redis_master_close,
	.worker_open = redis_worker_open,
	.take = redis_worker_take,
	.give = redis_worker_give,
	.give_back = redis_worker_give_back,
	.sync = redis_worker_sync,
	.extend = redis_worker_extend,
	.extend_every_ns = redis_worker_extend_every_ns,
	.worker_clock = redis_worker_clock,
	.send_trace = redis_worker_send_trace,
	.worker_close = redis_worker_close,
#endif
};
