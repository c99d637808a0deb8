/*
 * bench.c - what a child process costs: made, run to its exit, reaped.
 */
#include "scenarios/fork/bench.h"

#include "core/clock.h"
#include "core/proc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct children {
	struct fork_request request;
	int n;
	pid_t *pid;
	uint64_t made, reaped, well; /* well: exited with 0 */
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
	struct children *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->pid = calloc((size_t)s->workers, sizeof(*c->pid));
	if (c == NULL || c->pid == NULL) {
		free(c);
		return err_set(e, ENOMEM, "cannot make room for children");
	}
	c->n = (int)s->workers;
	c->request = (struct fork_request){ .body = body,
					    .self = run->self,
					    .self_argv = words,
					    .inherit_fd = { -1, -1 } };
	s->state = c;
	return 0;
}

static int
run_children(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	     struct err *e)
{
	const struct fork_kind *kind = s->impl;
	struct children *c = s->state;
	struct hist *hist = c->n == 1 ? s->hist : NULL;
	uint64_t begin_ns = clock_ns(), now_ns;
	int i, exitcode, rc = 0;

	while (did->ops < iterations && rc == 0) {
		for (i = 0; i < c->n && rc == 0; i++) {
			c->pid[i] = kind->create(&c->request, e);
			rc = c->pid[i] < 0 ? (int)c->pid[i] : 0;
			c->made += rc == 0;
		}
		for (i -= rc != 0; i-- > 0; did->ops++) {
			if (proc_reap_pid(c->pid[i], &exitcode) != 0)
				continue;
			c->reaped++;
			c->well += exitcode == 0;
		}
		if (hist == NULL)
			continue;
		now_ns = clock_ns();
		hist_add(hist, now_ns - begin_ns);
		begin_ns = now_ns;
	}
	return rc;
}

static bool
check_children(struct measure_subject *s, char *detail, size_t size)
{
	const struct children *c = s->state;

	snprintf(detail, size, "%llu made, %llu reaped, %llu exited with 0",
		 (unsigned long long)c->made, (unsigned long long)c->reaped,
		 (unsigned long long)c->well);
	return c->reaped == c->made && c->well == c->made;
}

static void
close_children(struct measure_subject *s)
{
	struct children *c = s->state;

	free(c->pid);
	free(c);
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
	.close = close_children,
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
