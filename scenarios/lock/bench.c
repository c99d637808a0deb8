/*
 * bench.c - what --bench measures: rounds of acquire, change, release by n contenders.
 *
 * A batch is a contest of its own. All meet before they begin; who has done its rounds
 * first ends the others, so that all were at it in the whole window. An unfair lock
 * shows in how the rounds are shared.
 *
 * The word that ends the others is the phase of the first seat, which nobody else uses
 * here; nothing is read by who sees it, so it needs no order.
 */
#include "scenarios/lock/contest.h"

#include "core/clock.h"
#include "core/futex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct lock_batches {
	struct lock_opts opts; /* ours, with the rounds of one batch */
	uint64_t done, value;  /* of all batches: rounds, and what the number says */
	uint64_t worker_ops[];
};

static int
contend(struct crew *crew, int number, void *arg)
{
	struct contest *c = arg;
	struct contest_shared *shared = c->shared;
	struct contest_seat *s = &shared->seat[number];
	struct lock_run r = { .state = shared->state,
			      .node = s->node,
			      .section = &shared->section,
			      .kind = c->kind,
			      .self = number,
			      .rounds = (uint64_t)c->o->iterations,
			      .delta = 1,
			      .stop = &shared->seat[0].phase };
	const atom_u32 *cancel = &crew->block[number].cancel;
	unsigned spins = 0;

	while (atom_load_rlx(&shared->gate) == 0)
		futex_wait(&shared->gate, 0, FUTEX_FOREVER);
	atom_add_rlx(&shared->arrived, 1);
	while (atom_load_rlx(&shared->arrived) < c->n && atom_load_rlx(cancel) == 0)
		lock_spin(&spins);
	s->begin_ns = clock_ns();
	c->kind->drive(&r);
	s->end_ns = clock_ns();
	atom_store_rlx(r.stop, PHASE_DONE);
	s->rounds = r.done;
	s->error = r.error;
	return 0;
}

static int
open_batches(struct measure_subject *s, struct err *e)
{
	const struct lock_opts *o = s->opts;
	struct lock_batches *b =
		calloc(1, sizeof(*b) + (size_t)o->n * sizeof(b->worker_ops[0]));

	if (b == NULL)
		return err_set(e, ENOMEM, "cannot make room for contenders");
	b->opts = *o;
	s->state = b;
	return 0;
}

static void
add_up(const struct contest *c, struct lock_batches *b, struct measure_did *did)
{
	uint64_t begin_ns = UINT64_MAX, end_ns = 0;

	for (int i = 0; i < c->n; i++) {
		const struct contest_seat *seat = &c->shared->seat[i];

		begin_ns = seat->begin_ns < begin_ns ? seat->begin_ns : begin_ns;
		end_ns = seat->end_ns > end_ns ? seat->end_ns : end_ns;
		b->worker_ops[i] = seat->rounds;
		did->ops += seat->rounds;
	}
	did->ns = end_ns - begin_ns;
	did->worker_ops = b->worker_ops;
	did->workers = c->n;
	b->done += did->ops;
	b->value += c->shared->section.value;
}

static int
run_batch(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	  struct err *e)
{
	struct lock_batches *b = s->state;
	struct contest c = { .run = s->context,
			     .o = &b->opts,
			     .kind = s->impl,
			     .n = (int)s->workers,
			     .role0 = 1 };
	int rc;

	/* Each looks for the end every 64 rounds. */
	b->opts.iterations = (int64_t)(iterations / (uint64_t)c.n) + 64;
	rc = contest_open(&c, e);
	if (rc != 0)
		return rc;
	rc = contest_play(&c, contend, e);
	if (rc == 0)
		add_up(&c, b, did);
	contest_close(&c);
	return rc;
}

static bool
check_batches(struct measure_subject *s, char *detail, size_t size)
{
	const struct lock_kind *kind = s->impl;
	const struct lock_batches *b = s->state;

	snprintf(detail, size, "%llu rounds were done, the number says %llu",
		 (unsigned long long)b->done, (unsigned long long)b->value);
	/* One that excludes nobody loses updates: that is what it is there for. */
	return !(kind->traits & LOCK_EXCLUDES) || b->done == b->value;
}

static void
close_batches(struct measure_subject *s)
{
	free(s->state);
}

static const struct measure_body acquire = {
	.name = "acquire",
	.op = "acquire, change, release",
	.summary = "time a round of all contenders together: acquire, change, release",
	.version = 1,
	.flags = MEASURE_PARALLEL,
	.open = open_batches,
	.run = run_batch,
	.check = check_batches,
	.close = close_batches,
};

int
lock_bench(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	const struct lock_opts *o = opts;
	int rc = 0;

	if (o->hold_ns > 0 || o->timeout_ns > 0 || o->try_only || o->fail_at > 0 ||
	    o->kill_holder || o->misuse)
		return err_set(e, EINVAL,
			       "'--hold', '--acquire-timeout', '--try', '--fail-at', "
			       "'--kill-holder' and '--misuse' are not for --bench");
	for (size_t k = 0; k < o->kinds.n && rc == 0; k++) {
		const struct lock_kind *kind = lock_kind_table[o->kinds.v[k]];

		rc = measure_add(m,
				 &(struct measure_subject){ .body = &acquire,
							    .kind = kind->kind.name,
							    .workers = o->n,
							    .impl = kind,
							    .opts = o,
							    .context = run },
				 e);
	}
	return rc;
}
