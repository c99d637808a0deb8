/*
 * model_none.c - control: does no task and says that all are done; its check must fail.
 */
#include "scenarios/versus/model.h"

static int
none_run(struct versus_job *job, struct err *e)
{
	(void)job;
	(void)e;
	return 0;
}

const struct versus_model versus_model_none = {
	.kind = { .name = "none",
		  .control = true,
		  .summary = "control: does no task and says that all are done; its "
			     "check must fail" },
	.order = 9,
	.processes = VERSUS_ONE,
	.threads = VERSUS_ONE,
	.run = none_run,
};
