/*
 * bench.c - what --bench measures: a command, started and waited for, by each way of
 * starting. With -n, so many are started before the first is waited for.
 */
#include "scenarios/subprocess/subprocess_run.h"

#include "core/clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct commands {
	struct subprocess_config config;
	struct subprocess *p;
	int n;
	uint64_t started, ended, well; /* well: exited with 0 */
};

static int
open_commands(struct measure_subject *s, struct err *e)
{
	static char *nothing[] = { "true", NULL };
	const struct run *run = s->context;
	struct commands *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->p = calloc((size_t)s->workers, sizeof(*c->p));
	if (c == NULL || c->p == NULL) {
		free(c);
		return err_set(e, ENOMEM, "cannot make room for commands");
	}
	c->n = (int)s->workers;
	c->config = (struct subprocess_config){
		.kind = s->impl,
		.argv = run->argc > 0 ? run->argv : nothing,
		.stream = { SUBPROCESS_NULL, SUBPROCESS_NULL, SUBPROCESS_NULL },
		.flags = SPAWN_DIES_WITH_PARENT,
	};
	s->state = c;
	return 0;
}

static int
start(struct commands *c, struct subprocess *p, struct measure_did *did, struct err *e)
{
	const struct spawn_child *child = &p->spawned;
	const int rc = subprocess_start(p, &c->config, e);

	if (rc != 0)
		return rc;
	c->started++;
	did->counted[0] += (double)(child->return_ns - child->call_ns);
	did->counted[1] +=
		child->exec_ns == 0 ? NAN : (double)(child->exec_ns - child->call_ns);
	return 0;
}

static int
run_once(struct commands *c, struct measure_did *did, struct err *e)
{
	int i, rc = 0;

	for (i = 0; i < c->n && rc == 0; i++)
		rc = start(c, &c->p[i], did, e);
	/* One that was refused, or not even tried, is to be closed, too. */
	while (i-- > 0) {
		if (c->p[i].pidfd >= 0 && subprocess_wait(&c->p[i], UINT64_MAX) == 0) {
			c->ended++;
			c->well += c->p[i].returncode == 0;
			did->ops++;
		}
		subprocess_close(&c->p[i]);
	}
	return rc;
}

static int
run_commands(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	     struct err *e)
{
	struct commands *c = s->state;
	struct hist *hist = c->n == 1 ? s->hist : NULL;
	uint64_t begin_ns = clock_ns(), now_ns;
	int rc = 0;

	while (did->ops < iterations && rc == 0) {
		rc = run_once(c, did, e);
		now_ns = clock_ns();
		if (hist != NULL)
			hist_add(hist, now_ns - begin_ns);
		begin_ns = now_ns;
	}
	return rc;
}

static bool
check_commands(struct measure_subject *s, char *detail, size_t size)
{
	const struct commands *c = s->state;

	snprintf(detail, size, "%llu started, %llu ended, %llu of these with 0",
		 (unsigned long long)c->started, (unsigned long long)c->ended,
		 (unsigned long long)c->well);
	return c->ended == c->started && c->well == c->started;
}

static void
close_commands(struct measure_subject *s)
{
	struct commands *c = s->state;

	free(c->p);
	free(c);
}

static const struct metric counts[] = {
	{ "spawn", "ns", BETTER_LOWER,
	  "from the call until the program was there (exec done)" },
	{ "own", "ns", BETTER_LOWER, "our part of it: until the child called exec" },
	{ .name = NULL },
};

static const struct measure_body command = {
	.name = "command",
	.op = "command started, run to its end, reaped",
	.summary = "from the call that starts a command until it was reaped",
	.version = 1,
	.flags = MEASURE_INHERITS | MEASURE_SINGLE,
	.counts = counts,
	.open = open_commands,
	.run = run_commands,
	.check = check_commands,
	.close = close_commands,
};

static int
add(struct run *run, const struct subprocess_opts *o, struct measure *m,
    const struct spawn_kind *k, struct err *e)
{
	struct measure_subject s = { .body = &command,
				     .kind = k->kind.name,
				     .workers = o->n,
				     .impl = k,
				     .opts = o,
				     .context = run };

	if (k->kind.available != NULL && !k->kind.available(s.why, sizeof(s.why)))
		s.status = RESULT_SKIPPED;
	return measure_add(m, &s, e);
}

int
subprocess_bench(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	static const char *const used[] = { "workers", "kind", NULL };
	const struct subprocess_opts *o = opts;
	const char *other = run_given_but(run, subprocess_params, used);
	int rc = 0;

	if (other != NULL)
		return err_set(e, EINVAL, "'--%s' is not for --bench", other);
	for (size_t i = 0; i < o->kinds.n && rc == 0; i++)
		rc = add(run, o, m, spawn_kind_table[o->kinds.v[i]], e);
	for (size_t i = 0; o->kinds.n == 0 && spawn_kind_table[i] != NULL && rc == 0;
	     i++)
		rc = add(run, o, m, spawn_kind_table[i], e);
	return rc;
}
