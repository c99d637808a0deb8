/*
 * model_thread.c - a thread a task, all at once.
 */
#include "scenarios/versus/model.h"

static int
thread_run(struct versus_job *job, struct err *e)
{
	return versus_crew(job, "thread", job->tasks, e);
}

const struct versus_model versus_model_thread = {
	.kind = { .name = "thread", .summary = "a thread a task, all at once" },
	.order = 4,
	.processes = VERSUS_ONE,
	.threads = VERSUS_PER_TASK,
	.run = thread_run,
};
