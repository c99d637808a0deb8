/*
 * bench.c - what --bench measures: processes as objects, started, joined, asked for
 * their exit code. All n are started before the first is joined.
 */
#include "scenarios/process/process_run.h"

#include "core/measure_set.h"

#include <errno.h>

struct batch {
	struct measure_set set; /* of struct process */
	int exit;
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
	const int rc = measure_set_open(s, sizeof(struct batch), sizeof(struct process),
					"processes", e);

	if (rc == 0)
		((struct batch *)s->state)->exit = (int)o->exit;
	return rc;
}

static int
run_once(struct measure_subject *s, struct measure_did *did, struct err *e)
{
	const struct process_opts *o = s->opts;
	struct batch *b = s->state;
	struct process *p = b->set.item;
	int i, code, rc = 0;

	for (i = 0; i < b->set.n && rc == 0; i++) {
		process_init(&p[i], "bench", target, b, o->daemon);
		rc = process_start(&p[i], e);
		b->set.made += rc == 0;
	}
	for (i -= rc != 0; i-- > 0; did->ops++) {
		const int joined = process_join(&p[i], UINT64_MAX, e);

		rc = rc == 0 ? joined : rc;
		b->set.ended += joined == 0;
		b->set.well += process_exitcode(&p[i], &code) && code == b->exit;
		process_close(&p[i], e);
	}
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
	return measure_set_check(s, "started", "joined", "with the exit code", detail,
				 size);
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
	.close = measure_set_close,
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
