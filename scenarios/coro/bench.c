/*
 * bench.c - what --bench measures: what switch, creation and sleep(0) cost, of each
 * kind, in the calling thread.
 *
 * A batch makes its domain or hub anew; only what it runs is timed. Each operation is
 * counted where it was done, inside a coroutine: the kind that never switches does
 * none there, and is broken.
 *
 * `coro switch` has two threads beside the coroutines, which hand over by a futex.
 *
 * Edge T: a thread is done with its turn before it hands over -> the other one begins.
 */
#include "scenarios/coro/coro_run.h"

#include "core/atom.h"
#include "core/clock.h"
#include "core/futex.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLEEPERS = 2 };

struct counted {
	uint64_t done, inside;
};

static int
open_count(struct measure_subject *s, struct err *e)
{
	s->state = calloc(1, sizeof(struct counted));
	return s->state == NULL ? err_set(e, ENOMEM, "no memory to count in") : 0;
}

static void
close_count(struct measure_subject *s)
{
	free(s->state);
}

static bool
check_count(struct measure_subject *s, char *detail, size_t size)
{
	const struct counted *c = s->state;

	snprintf(detail, size, "%llu of %llu were done in a coroutine",
		 (unsigned long long)c->inside, (unsigned long long)c->done);
	return c->inside == c->done;
}

static struct coro_config
config_of(const struct measure_subject *s)
{
	struct coro_config c = coro_run_config(s->context, s->opts, s->impl);

	c.trace = NULL;
	return c;
}

static int
run_drive(struct measure_subject *s, struct coro_drive *drive, unsigned ops_a_round,
	  struct measure_did *did, struct err *e)
{
	const struct coro_kind *kind = s->impl;
	const struct coro_config config = config_of(s);
	struct counted *c = s->state;
	struct coro_domain d;
	uint64_t begin_ns;
	int rc = coro_domain_init(&d, &config, e);

	if (rc != 0)
		return rc;
	begin_ns = clock_ns();
	rc = kind->drive(drive, e);
	did->ns = clock_ns() - begin_ns;
	did->ops = ops_a_round * drive->rounds;
	c->done += did->ops;
	c->inside += ops_a_round * drive->inside;
	coro_domain_fini(&d);
	return rc;
}

struct turns {
	CACHE_ALIGNED atom_u32 whose; /* 0 the measuring thread, 1 the other; a futex */
	uint64_t rounds, taken;	      /* of the other one */
};

static void
hand_over(struct turns *t, uint32_t to)
{
	atom_store_rel(&t->whose, to); /* T */
	futex_wake(&t->whose, 1);
}

static void
await_turn(struct turns *t, uint32_t mine)
{
	while (atom_load_acq(&t->whose) != mine) /* T */
		futex_wait(&t->whose, 1 - mine, FUTEX_FOREVER);
}

static void *
other_thread(void *arg)
{
	struct turns *t = arg;

	for (; t->taken < t->rounds; t->taken++) {
		await_turn(t, 1);
		hand_over(t, 0);
	}
	return NULL;
}

/* Two threads instead of two coroutines; started where the calling one may run. */
static int
switch_threads(struct measure_subject *s, uint64_t rounds, struct measure_did *did,
	       struct err *e)
{
	struct turns t = { .rounds = rounds };
	struct counted *c = s->state;
	uint64_t begin_ns;
	pthread_t thread;
	int rc = pthread_create(&thread, NULL, other_thread, &t);

	if (rc != 0)
		return err_set(e, rc, "cannot start a thread");
	begin_ns = clock_ns();
	for (uint64_t i = 0; i < rounds; i++) {
		hand_over(&t, 1);
		await_turn(&t, 0);
	}
	did->ns = clock_ns() - begin_ns;
	did->ops = 2 * rounds;
	pthread_join(thread, NULL);
	c->done += did->ops;
	c->inside += 2 * t.taken;
	return 0;
}

static int
run_switch(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	   struct err *e)
{
	/* A round is there and back. */
	struct coro_drive drive = { .what = DRIVE_SWITCH,
				    .rounds = (iterations + 1) / 2 };

	if (s->impl == NULL)
		return switch_threads(s, drive.rounds, did, e);
	return run_drive(s, &drive, 2, did, e);
}

static int
run_create(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	   struct err *e)
{
	struct coro_drive drive = { .what = DRIVE_SPAWN, .rounds = iterations };

	return run_drive(s, &drive, 1, did, e);
}

static intptr_t
sleep_much(void *arg)
{
	const uint64_t n = *(const uint64_t *)arg;

	for (uint64_t i = 0; i < n; i++)
		hub_sleep(0);
	return (intptr_t)n;
}

static int
run_sleep(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	  struct err *e)
{
	const struct hub_config config = { .coro = config_of(s) };
	uint64_t each = (iterations + SLEEPERS - 1) / SLEEPERS, begin_ns;
	struct task *t[SLEEPERS] = { NULL };
	struct counted *c = s->state;
	struct hub h;
	int rc = hub_init(&h, &config, e);

	if (rc != 0)
		return rc;
	for (int i = 0; i < SLEEPERS && rc == 0; i++) {
		t[i] = hub_spawn(&h, NULL, sleep_much, &each, e);
		rc = t[i] == NULL ? -ENOMEM : 0;
	}
	begin_ns = clock_ns();
	if (rc == 0)
		rc = hub_run(&h, e);
	did->ns = clock_ns() - begin_ns;
	did->ops = each * SLEEPERS;
	c->done += did->ops;
	for (int i = 0; i < SLEEPERS; i++) {
		c->inside += t[i] != NULL ? (uint64_t)t[i]->result : 0;
		hub_release(t[i]);
	}
	hub_fini(&h);
	return rc;
}

static const struct measure_body bodies[] = {
	{ .name = "switch",
	  .op = "hand over to another coroutine",
	  .summary = "hand over from one coroutine to another",
	  .version = 1,
	  .flags = MEASURE_ALONE,
	  .open = open_count,
	  .run = run_switch,
	  .check = check_count,
	  .close = close_count },
	{ .name = "create",
	  .op = "coroutine created, run to its end, freed",
	  .summary = "create, run to its end and free a coroutine",
	  .version = 1,
	  .flags = MEASURE_ALONE,
	  .open = open_count,
	  .run = run_create,
	  .check = check_count,
	  .close = close_count },
	{ .name = "sleep0",
	  .op = "sleep(0)",
	  .summary = "sleep(0) of one of two tasks of the scheduler",
	  .version = 1,
	  .flags = MEASURE_ALONE,
	  .open = open_count,
	  .run = run_sleep,
	  .check = check_count,
	  .close = close_count },
};

int
coro_bench(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	const struct coro_opts *o = opts;
	int rc = 0;

	if (run->verb == VERB_FETCH || run->verb == VERB_ECHO)
		return err_set(e, EINVAL,
			       "'--bench' is for generator, switch and spawn");
	for (size_t b = 0; b < sizeof(bodies) / sizeof(*bodies); b++)
		for (size_t k = 0; k < coro_run_kinds(o) && rc == 0; k++) {
			const struct coro_kind *kind = coro_run_kind(o, k);
			struct measure_subject s = { .body = &bodies[b],
						     .kind = kind->kind.name,
						     .impl = kind,
						     .opts = o,
						     .context = run };

			if (bodies[b].run == run_sleep &&
			    strcmp(kind->kind.name, "none") == 0) {
				s.status = RESULT_SKIPPED;
				snprintf(
					s.why, sizeof(s.why),
					"tasks that never run are waited for for ever");
			}
			rc = measure_add(m, &s, e);
		}
	if (rc == 0 && run->verb == VERB_SWITCH && o->kinds.n == 0)
		rc = measure_add(m,
				 &(struct measure_subject){ .body = &bodies[0],
							    .kind = "thread",
							    .opts = o,
							    .context = run },
				 e);
	return rc;
}
