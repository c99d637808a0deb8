/*
 * model_thread_pool.c - a pool of -n threads takes the tasks.
 */
#include "scenarios/versus/model.h"

static int
thread_pool_run(struct versus_job *job, struct err *e)
{
	return versus_pool(job, "thread", e);
}

const struct versus_model versus_model_thread_pool = {
	.kind = { .name = "thread-pool",
		  .summary = "a pool of -n threads takes the tasks" },
	.order = 2,
	.processes = VERSUS_ONE,
	.threads = VERSUS_UP_TO_WORKERS,
	.run = thread_pool_run,
};
