/*
 * model_coro_process.c - -n processes, each with its share of the tasks as coroutines.
 */
#include "scenarios/versus/model.h"

static int
share(struct versus_job *job, int number, int n, struct err *e)
{
	return versus_coroutines(job, number, n, e);
}

static int
coro_process_run(struct versus_job *job, struct err *e)
{
	const int n = job->workers < job->tasks ? job->workers : job->tasks;

	return versus_crew_by(job, "process", n, share, e);
}

const struct versus_model versus_model_coro_process = {
	.kind = { .name = "coro-process",
		  .summary = "a coroutine a task, shared out to -n processes" },
	.order = 6,
	.processes = VERSUS_UP_TO_WORKERS,
	.threads = VERSUS_UP_TO_WORKERS,
	.run = coro_process_run,
};
