/*
 * bench.c - what a child process costs: made, run to its exit, reaped.
 */
#include "scenarios/fork/bench.h"

#include "core/measure_set.h"
#include "core/proc.h"

struct children {
	struct measure_set set; /* of pid_t */
	struct fork_request request;
};

static int
body(void *arg)
{
	(void)arg;
	return 0;
}

static int
open_children(struct measure_subject *s, struct err *e)
{
	static char *words[] = { "concbench", "__child", "fork", FORK_BENCH_WORD,
				 NULL };
	const struct run *run = s->context;
	const int rc = measure_set_open(s, sizeof(struct children), sizeof(pid_t),
					"children", e);
	struct children *c = s->state;

	if (rc != 0)
		return rc;
	c->request = (struct fork_request){ .body = body,
					    .self = run->self,
					    .self_argv = words,
					    .inherit_fd = { -1, -1 } };
	return 0;
}

static int
run_once(struct measure_subject *s, struct measure_did *did, struct err *e)
{
	const struct fork_kind *kind = s->impl;
	struct children *c = s->state;
	pid_t *pid = c->set.item;
	int i, exitcode, rc = 0;

	for (i = 0; i < c->set.n && rc == 0; i++) {
		pid[i] = kind->create(&c->request, e);
		rc = pid[i] < 0 ? (int)pid[i] : 0;
		c->set.made += rc == 0;
	}
	for (i -= rc != 0; i-- > 0; did->ops++) {
		if (proc_reap_pid(pid[i], &exitcode) != 0)
			continue;
		c->set.ended++;
		c->set.well += exitcode == 0;
	}
	return rc;
}

static int
run_children(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	     struct err *e)
{
	return measure_set_run(s, iterations, did, e, run_once);
}

static bool
check_children(struct measure_subject *s, char *detail, size_t size)
{
	return measure_set_check(s, "made", "reaped", "exited with 0", detail, size);
}

static const struct measure_body create = {
	.name = "create",
	.op = "child made, run to its exit, reaped",
	.summary = "from the call that makes a child until it was reaped, per child",
	.version = 1,
	.flags = MEASURE_INHERITS | MEASURE_SINGLE,
	.open = open_children,
	.run = run_children,
	.check = check_children,
	.close = measure_set_close,
};

int
fork_bench_add(struct measure *m, struct run *run, const struct fork_kind *kind,
	       int64_t n, struct err *e)
{
	return measure_add(m,
			   &(struct measure_subject){ .body = &create,
						      .kind = kind->kind.name,
						      .workers = n,
						      .impl = kind,
						      .context = run },
			   e);
}
