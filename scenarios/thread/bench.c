/*
 * bench.c - what a thread costs: created, run to its end, joined or waited for.
 */
#include "scenarios/thread/thread_run.h"

#include "core/clock.h"
#include "core/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* n threads at a time; each counts itself. */
struct thread_batch {
	struct thread *thread;
	int n;
	size_t stack_bytes;
	const struct run *run;
	atom_u64 ran;
	uint64_t made;
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
	struct thread_batch *b = calloc(1, sizeof(*b));

	if (b != NULL)
		b->thread = calloc((size_t)o->n, sizeof(*b->thread));
	if (b == NULL || b->thread == NULL) {
		free(b);
		return err_set(e, ENOMEM, "cannot make room for threads");
	}
	b->n = (int)o->n;
	b->stack_bytes = o->stack_bytes;
	b->run = s->context;
	s->state = b;
	return 0;
}

static int
start(struct thread_batch *b, struct thread *t, bool detached, struct err *e)
{
	thread_init(t, "bench", target, b);
	/* The one who makes them has the first place. */
	t->cpu = sys_pin_cpu(b->run->pin, (int)(t - b->thread) + 1);
	t->stack_bytes = b->stack_bytes;
	return detached ? thread_start_detached(t, e) : thread_start(t, e);
}

static int
end(struct thread *t, bool detached, struct err *e)
{
	return detached ? thread_wait(t, UINT64_MAX) : thread_join(t, UINT64_MAX, e);
}

static int
run_batch(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	  struct err *e)
{
	const bool detached = *(const int *)s->impl == THREAD_DETACHED;
	struct thread_batch *b = s->state;
	struct hist *hist = b->n == 1 ? s->hist : NULL;
	uint64_t begin_ns = clock_ns(), now_ns;
	int i, rc = 0;

	while (did->ops < iterations && rc == 0) {
		for (i = 0; i < b->n && rc == 0; i++) {
			rc = start(b, &b->thread[i], detached, e);
			b->made += rc == 0;
		}
		/* Also after a refusal: those that run must end. */
		for (i -= rc != 0; i-- > 0; did->ops++)
			end(&b->thread[i], detached, e);
		if (hist == NULL)
			continue;
		now_ns = clock_ns();
		hist_add(hist, now_ns - begin_ns);
		begin_ns = now_ns;
	}
	return rc;
}

static bool
check_batch(struct measure_subject *s, char *detail, size_t size)
{
	struct thread_batch *b = s->state;
	const uint64_t ran = atom_load_rlx(&b->ran);

	snprintf(detail, size, "%llu threads were made, %llu ran",
		 (unsigned long long)b->made, (unsigned long long)ran);
	return ran == b->made;
}

static void
close_batch(struct measure_subject *s)
{
	struct thread_batch *b = s->state;

	free(b->thread);
	free(b);
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
	.close = close_batch,
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
