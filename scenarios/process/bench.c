/*
 * bench.c - what --bench measures: processes as objects, started, joined, asked for
 * their exit code. All n are started before the first is joined.
 */
#include "scenarios/process/process_run.h"

#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct batch {
	struct process *p;
	int n, exit;
	uint64_t started, joined, well; /* well: with the exit code asked for */
};

static int
target(void *arg)
{
	return ((const struct batch *)arg)->exit;
}

static int
open_batch(struct measure_subject *s, struct err *e)
{
	const struct process_opts *o = s->opts;
	struct batch *b = calloc(1, sizeof(*b));

	if (b != NULL)
		b->p = calloc((size_t)o->n, sizeof(*b->p));
	if (b == NULL || b->p == NULL) {
		free(b);
		return err_set(e, ENOMEM, "cannot make room for processes");
	}
	b->n = (int)o->n;
	b->exit = (int)o->exit;
	s->state = b;
	return 0;
}

static int
run_once(struct batch *b, const struct process_opts *o, struct err *e)
{
	int i, code, rc = 0;

	for (i = 0; i < b->n && rc == 0; i++) {
		process_init(&b->p[i], "bench", target, b, o->daemon);
		rc = process_start(&b->p[i], e);
		b->started += rc == 0;
	}
	for (i -= rc != 0; i-- > 0;) {
		const int joined = process_join(&b->p[i], UINT64_MAX, e);

		rc = rc == 0 ? joined : rc;
		b->joined += joined == 0;
		b->well += process_exitcode(&b->p[i], &code) && code == b->exit;
		process_close(&b->p[i], e);
	}
	return rc;
}

static int
run_batch(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	  struct err *e)
{
	struct batch *b = s->state;
	struct hist *hist = b->n == 1 ? s->hist : NULL;
	uint64_t begin_ns = clock_ns(), now_ns;
	int rc = 0;

	while (did->ops < iterations && rc == 0) {
		rc = run_once(b, s->opts, e);
		did->ops += (uint64_t)b->n;
		now_ns = clock_ns();
		if (hist != NULL)
			hist_add(hist, now_ns - begin_ns);
		begin_ns = now_ns;
	}
	return rc;
}

static bool
check_batch(struct measure_subject *s, char *detail, size_t size)
{
	const struct batch *b = s->state;

	snprintf(detail, size, "%llu started, %llu joined, %llu with exit code %d",
		 (unsigned long long)b->started, (unsigned long long)b->joined,
		 (unsigned long long)b->well, b->exit);
	return b->joined == b->started && b->well == b->started;
}

static void
close_batch(struct measure_subject *s)
{
	struct batch *b = s->state;

	free(b->p);
	free(b);
}

static const struct measure_body start_join = {
	.name = "start_join",
	.op = "process started and joined",
	.summary = "from start() until join() has returned, per process",
	.version = 1,
	.flags = MEASURE_INHERITS | MEASURE_SINGLE,
	.open = open_batch,
	.run = run_batch,
	.check = check_batch,
	.close = close_batch,
};

int
process_bench(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	static const char *const used[] = { "workers", "exit", "daemon", NULL };
	const struct process_opts *o = opts;
	const char *other = run_given_but(run, process_params, used);
	struct measure_subject s = { .body = &start_join,
				     .kind = "",
				     .workers = o->n,
				     .opts = o,
				     .context = run };

	if (other != NULL)
		return err_set(e, EINVAL, "'--%s' is not for --bench", other);
	return measure_add(m, &s, e);
}
