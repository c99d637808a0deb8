/*
 * model_sequential.c - one task after the other, in one thread.
 */
#include "scenarios/versus/model.h"

static int
sequential_run(struct versus_job *job, struct err *e)
{
	(void)e;
	versus_pin(job);
	for (int i = 0; i < job->tasks; i++)
		versus_task(job, i, 0, NULL);
	return 0;
}

const struct versus_model versus_model_sequential = {
	.kind = { .name = "sequential",
		  .summary = "one task after the other, in one thread" },
	.order = 0,
	.processes = VERSUS_ONE,
	.threads = VERSUS_ONE,
	.run = sequential_run,
};
