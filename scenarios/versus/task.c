/*
 * task.c - one task, and who ran it.
 */
#include "scenarios/versus/model.h"

#include "core/clock.h"
#include "core/footprint.h"
#include "core/proc.h"
#include "core/rng.h"
#include "core/sys.h"

#include <unistd.h>

#define TOKEN_STREAM (UINT64_C(1) << 40) /* beyond the numbers of tasks */

uint64_t
versus_token(uint64_t seed, int i)
{
	struct rng r;

	rng_init(&r, seed, TOKEN_STREAM + (uint64_t)i);
	return rng_u64(&r);
}

/* What this process holds for itself, at its peak so far. */
static void
weigh(struct versus_process *own)
{
	struct footprint f;

	if (footprint_read(&f) == 0) {
		own->own_bytes = f.own_bytes;
		if (f.peak_bytes > own->peak_bytes)
			own->peak_bytes = f.peak_bytes;
	}
	own->end_ns = clock_ns();
}

uint64_t
versus_task(struct versus_job *job, int i, int slot, work_wait *wait)
{
	struct versus_task *t = &job->task[i];
	struct versus_process *own =
		job->weighs && getpid() != job->runner ? &job->own[slot] : NULL;
	const uint64_t amount = work_amount(&job->work, job->seed, (uint64_t)i);
	int rc;

	if (own != NULL && own->begin_ns == 0)
		own->begin_ns = clock_ns();
	if (wait != NULL)
		rc = work_do_by(&job->work, amount, job->cancel, wait);
	else
		rc = work_do(&job->work, amount, job->cancel);
	atom_add_rlx(&t->runs, 1);
	t->pid = getpid();
	t->tid = gettid();
	t->error = -rc;
	t->token = versus_token(job->seed, i);
	if (own != NULL)
		weigh(own);
	return t->token;
}

void
versus_pin(const struct versus_job *job)
{
	/* A refusal costs speed alone, and shows there. */
	proc_pin(sys_pin_cpu(job->pin, 0));
}
