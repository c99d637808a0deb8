/*
 * bench.c - what --bench measures: an access of each kind, by the calling thread.
 */
#include "scenarios/tls/school.h"

#include <errno.h>
#include <stdlib.h>

static int
open_object(struct measure_subject *s, struct err *e)
{
	static tls_destructor *const none[TLS_SLOTS];
	const struct tls_kind *kind = s->impl;
	struct tls *t = calloc(1, sizeof(*t));
	int rc;

	if (t == NULL)
		return err_set(e, ENOMEM, "cannot make room for an object");
	rc = tls_open(t, kind, none, e);
	if (rc != 0) {
		free(t);
		return rc;
	}
	s->state = t;
	return 0;
}

/* Objects of some kinds are one: each batch sets its own value, and must find it. */
static int
run_batch(struct measure_subject *s, void (*drive)(const struct tls_run *run),
	  uint64_t iterations, struct measure_did *did, struct err *e)
{
	const struct tls_kind *kind = s->impl;
	const struct tls_run r = { .tls = s->state,
				   .rounds = iterations,
				   .value = s->state };

	kind->set(s->state, 0, s->state);
	drive(&r);
	if (kind->get(s->state, 0) != s->state)
		return err_set(e, EINVAL, "the value set was not found");
	did->ops = iterations;
	return 0;
}

static int
run_get(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	struct err *e)
{
	const struct tls_kind *kind = s->impl;

	return run_batch(s, kind->drive_get, iterations, did, e);
}

static int
run_set(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	struct err *e)
{
	const struct tls_kind *kind = s->impl;

	return run_batch(s, kind->drive_set, iterations, did, e);
}

static void
close_object(struct measure_subject *s)
{
	const struct tls_kind *kind = s->impl;
	struct tls *t = s->state;

	kind->set(t, 0, NULL);
	if (kind->leave != NULL)
		kind->leave(t);
	tls_close(t);
	free(t);
}

static const struct measure_body get = {
	.name = "get",
	.op = "value read",
	.summary = "one read of the thread's value",
	.version = 1,
	.flags = MEASURE_ALONE,
	.open = open_object,
	.run = run_get,
	.close = close_object,
};

static const struct measure_body set = {
	.name = "set",
	.op = "value written",
	.summary = "one write of the thread's value",
	.version = 1,
	.flags = MEASURE_ALONE,
	.open = open_object,
	.run = run_set,
	.close = close_object,
};

int
tls_bench(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	const struct tls_opts *o = opts;
	int rc = 0;

	(void)run;
	if (o->sharing)
		return err_set(e, EINVAL, "'--sharing' is not for --bench");
	for (int b = 0; b < 2; b++)
		for (size_t k = 0; k < o->kinds.n && rc == 0; k++) {
			const struct tls_kind *kind = tls_kind_table[o->kinds.v[k]];

			rc = measure_add(
				m,
				&(struct measure_subject){ .body = b == 0 ? &get : &set,
							   .kind = kind->kind.name,
							   .impl = kind },
				e);
		}
	return rc;
}
