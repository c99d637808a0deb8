/*
 * coroutines.c - tasks as coroutines of one thread, for the models that have them.
 */
#include "scenarios/versus/model.h"

#include "core/clock.h"
#include "core/hub.h"

#include <errno.h>
#include <stdlib.h>

/* What one coroutine does. */
struct strand {
	struct versus_job *job;
	int task, slot;
};

#define LOOK_NS (100 * NS_PER_MS) /* how long at most without a look at cancel */

/* A task waits: the others go on. */
static int
wait_in_turn(uint64_t ns, atom_u32 *cancel)
{
	const uint64_t deadline_ns = clock_deadline_ns(ns);
	uint64_t now_ns = clock_ns();

	for (; now_ns < deadline_ns; now_ns = clock_ns()) {
		const uint64_t look_ns = clock_deadline_ns(LOOK_NS);

		hub_sleep_until(deadline_ns < look_ns ? deadline_ns : look_ns);
		if (atom_load_rlx(cancel) != 0)
			return -ECANCELED;
	}
	return 0;
}

static intptr_t
strand_run(void *arg)
{
	const struct strand *s = arg;

	versus_task(s->job, s->task, s->slot, wait_in_turn);
	return 0;
}

static int
spawn_share(struct hub *h, struct strand *strand, struct versus_job *job, int number,
	    int n, struct err *e)
{
	for (int i = number; i < job->tasks; i += n, strand++) {
		struct task *t;

		*strand = (struct strand){ .job = job, .task = i, .slot = number };
		t = hub_spawn(h, NULL, strand_run, strand, e);
		if (t == NULL)
			return -ENOMEM;
		hub_release(t); /* nobody joins it: it goes when it is done */
	}
	return 0;
}

int
versus_coroutines(struct versus_job *job, int number, int n, struct err *e)
{
	struct strand *strands = calloc((size_t)(job->tasks / n) + 1, sizeof(*strands));
	const struct hub_config config = { .role = -1 };
	struct hub h;
	int rc;

	if (strands == NULL)
		return err_set(e, ENOMEM, "no memory for %d coroutines", job->tasks);
	rc = hub_init(&h, &config, e);
	if (rc == 0) {
		rc = spawn_share(&h, strands, job, number, n, e);
		if (rc == 0)
			rc = hub_run(&h, e);
		hub_fini(&h);
	}
	free(strands);
	return rc;
}
