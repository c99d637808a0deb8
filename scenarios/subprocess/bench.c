/*
 * bench.c - what --bench measures: a command, started and waited for, by each way of
 * starting. With -n, so many are started before the first is waited for.
 */
#include "scenarios/subprocess/subprocess_run.h"

#include "core/measure_set.h"

#include <errno.h>
#include <math.h>

struct commands {
	struct measure_set set; /* of struct subprocess */
	struct subprocess_config config;
};

static int
open_commands(struct measure_subject *s, struct err *e)
{
	static char *nothing[] = { "true", NULL };
	const struct run *run = s->context;
	const int rc = measure_set_open(s, sizeof(struct commands),
					sizeof(struct subprocess), "commands", e);
	struct commands *c = s->state;

	if (rc != 0)
		return rc;
	c->config = (struct subprocess_config){
		.kind = s->impl,
		.argv = run->argc > 0 ? run->argv : nothing,
		.stream = { SUBPROCESS_NULL, SUBPROCESS_NULL, SUBPROCESS_NULL },
		.flags = SPAWN_DIES_WITH_PARENT,
	};
	return 0;
}

static int
start(struct commands *c, struct subprocess *p, struct measure_did *did, struct err *e)
{
	const struct spawn_child *child = &p->spawned;
	const int rc = subprocess_start(p, &c->config, e);

	if (rc != 0)
		return rc;
	c->set.made++;
	did->counted[0] += (double)(child->return_ns - child->call_ns);
	did->counted[1] +=
		child->exec_ns == 0 ? NAN : (double)(child->exec_ns - child->call_ns);
	return 0;
}

static int
run_once(struct measure_subject *s, struct measure_did *did, struct err *e)
{
	struct commands *c = s->state;
	struct subprocess *p = c->set.item;
	int i, rc = 0;

	for (i = 0; i < c->set.n && rc == 0; i++)
		rc = start(c, &p[i], did, e);
	/* One that was refused, or not even tried, is to be closed, too. */
	while (i-- > 0) {
		if (p[i].pidfd >= 0 && subprocess_wait(&p[i], UINT64_MAX) == 0) {
			c->set.ended++;
			c->set.well += p[i].returncode == 0;
			did->ops++;
		}
		subprocess_close(&p[i]);
	}
	return rc;
}

static int
run_commands(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	     struct err *e)
{
	return measure_set_run(s, iterations, did, e, run_once);
}

static bool
check_commands(struct measure_subject *s, char *detail, size_t size)
{
	return measure_set_check(s, "started", "ended", "of these with 0", detail,
				 size);
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
	.close = measure_set_close,
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
