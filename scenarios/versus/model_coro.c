/*
 * model_coro.c - a coroutine a task, all in one thread.
 */
#include "scenarios/versus/model.h"

static int
coro_run(struct versus_job *job, struct err *e)
{
	versus_pin(job);
	return versus_coroutines(job, 0, 1, e);
}

const struct versus_model versus_model_coro = {
	.kind = { .name = "coro", .summary = "a coroutine a task, all in one thread" },
	.order = 1,
	.processes = VERSUS_ONE,
	.threads = VERSUS_ONE,
	.run = coro_run,
};
