/*
 * model_process_pool.c - a pool of -n processes takes the tasks.
 */
#include "scenarios/versus/model.h"

static int
process_pool_run(struct versus_job *job, struct err *e)
{
	return versus_pool(job, "process", e);
}

const struct versus_model versus_model_process_pool = {
	.kind = { .name = "process-pool",
		  .summary = "a pool of -n processes takes the tasks" },
	.order = 3,
	.processes = VERSUS_UP_TO_WORKERS,
	.threads = VERSUS_UP_TO_WORKERS,
	.run = process_pool_run,
};
