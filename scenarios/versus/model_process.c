/*
 * model_process.c - a process a task, all at once.
 */
#include "scenarios/versus/model.h"

static int
process_run(struct versus_job *job, struct err *e)
{
	return versus_crew(job, "process", job->tasks, e);
}

const struct versus_model versus_model_process = {
	.kind = { .name = "process", .summary = "a process a task, all at once" },
	.order = 5,
	.processes = VERSUS_PER_TASK,
	.threads = VERSUS_PER_TASK,
	.run = process_run,
};
