/*
 * bench.c - what a thread costs: created, run to its end, joined or waited for.
 */
#include "scenarios/thread/thread_run.h"

#include "core/measure_set.h"
#include "core/sys.h"

#include <stdio.h>

/* n threads at a time; each counts itself. */
struct thread_batch {
	struct measure_set set; /* of struct thread */
	size_t stack_bytes;
	const struct run *run;
	atom_u64 ran;
};

static void
target(void *arg)
{
	struct thread_batch *b = arg;

	atom_add_rlx(&b->ran, 1);
}

static int
open_batch(struct measure_subject *s, struct err *e)
{
	const struct thread_opts *o = s->opts;
	const int rc = measure_set_open(s, sizeof(struct thread_batch),
					sizeof(struct thread), "threads", e);
	struct thread_batch *b = s->state;

	if (rc != 0)
		return rc;
	b->stack_bytes = o->stack_bytes;
	b->run = s->context;
	return 0;
}

static int
start(struct thread_batch *b, struct thread *t, bool detached, struct err *e)
{
	thread_init(t, "bench", target, b);
	/* The one who makes them has the first place. */
	t->cpu = sys_pin_cpu(b->run->pin, (int)(t - (struct thread *)b->set.item) + 1);
	t->stack_bytes = b->stack_bytes;
	return detached ? thread_start_detached(t, e) : thread_start(t, e);
}

static int
end(struct thread *t, bool detached, struct err *e)
{
	return detached ? thread_wait(t, UINT64_MAX) : thread_join(t, UINT64_MAX, e);
}

static int
run_once(struct measure_subject *s, struct measure_did *did, struct err *e)
{
	const bool detached = *(const int *)s->impl == THREAD_DETACHED;
	struct thread_batch *b = s->state;
	struct thread *thread = b->set.item;
	int i, rc = 0;

	for (i = 0; i < b->set.n && rc == 0; i++) {
		rc = start(b, &thread[i], detached, e);
		b->set.made += rc == 0;
	}
	/* Also after a refusal: those that run must end. */
	for (i -= rc != 0; i-- > 0; did->ops++)
		end(&thread[i], detached, e);
	return rc;
}

static int
run_batch(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	  struct err *e)
{
	return measure_set_run(s, iterations, did, e, run_once);
}

static bool
check_batch(struct measure_subject *s, char *detail, size_t size)
{
	struct thread_batch *b = s->state;
	const uint64_t ran = atom_load_rlx(&b->ran);

	snprintf(detail, size, "%llu threads were made, %llu ran",
		 (unsigned long long)b->set.made, (unsigned long long)ran);
	return ran == b->set.made;
}

static const struct measure_body create = {
	.name = "create",
	.op = "thread created, run to its end, joined",
	.summary = "from the call that makes a thread until it was joined, per thread",
	.version = 1,
	.flags = MEASURE_ALONE | MEASURE_SINGLE,
	.open = open_batch,
	.run = run_batch,
	.check = check_batch,
	.close = measure_set_close,
};

int
thread_bench(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	static const int sort[] = { THREAD_JOINED, THREAD_DETACHED };
	const struct thread_opts *o = opts;
	int rc = 0;

	for (int i = 0; i < (o->detached ? 2 : 1) && rc == 0; i++)
		rc = measure_add(m,
				 &(struct measure_subject){
					 .body = &create,
					 .kind = thread_sort_name[sort[i]],
					 .workers = o->n,
					 .opts = o,
					 .impl = &sort[i],
					 .context = run,
				 },
				 e);
	return rc;
}
