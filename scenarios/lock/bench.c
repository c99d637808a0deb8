/*
 * bench.c - what --bench measures: rounds of acquire, change, release by n contenders.
 *
 * A batch is a contest of its own, over an arena that stays.
 */
#include "scenarios/lock/bench.h"

#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Clock readings of a sampled round, and what they may take of the time. */
#define SAMPLE_READINGS 3
#define SAMPLE_SHARE 0.02
enum { FIRST_STRIDE = 64, STRIDE_MAX = 1 << 16, TRIES = 12 };

static int
open_batches(struct measure_subject *s, struct err *e)
{
	struct bench_cell *cell = s->context;
	const struct lock_opts *o = cell->plan->o;
	const size_t n = (size_t)s->workers;
	struct bench_state *b =
		calloc(1, sizeof(*b) + 2 * n * sizeof(b->worker_ops[0]));
	int rc;

	if (b == NULL)
		return err_set(e, ENOMEM, "cannot make room for contenders");
	b->cell = cell;
	b->last_ops = b->worker_ops + n;
	b->sampled = s->body == &bench_acquire_sampled;
	b->stride = o->sample > 0 ? (uint64_t)o->sample : FIRST_STRIDE;
	rc = arena_open(
		&b->arena, (int)n, (int)o->locks, o->hold.lines ? LOCK_LINES_MAX : 0,
		o->think.lines ? LOCK_LINES_MAX : 0, o->between == BETWEEN_PROCESS, e);
	if (rc != 0) {
		free(b);
		return rc;
	}
	s->state = b;
	return 0;
}

/* So that the readings take as much as they may; 1 where a round takes long. */
static uint64_t
stride_for(double round_ns)
{
	const double cost_ns = SAMPLE_READINGS * clock_info()->read_ns;
	const double stride = cost_ns / (SAMPLE_SHARE * (round_ns > 0 ? round_ns : 1));

	return stride < 1 ? 1 : stride > STRIDE_MAX ? STRIDE_MAX : (uint64_t)stride;
}

/* The warm-up is forgotten, but for what must be right in it, too. */
static void
forget(struct bench_state *b, int n)
{
	struct bench_state kept = { .cell = b->cell,
				    .arena = b->arena,
				    .sampled = b->sampled,
				    .stride = b->stride,
				    .all_done = b->all_done,
				    .all_value = b->all_value,
				    .torn = b->torn,
				    .last_ops = b->last_ops };

	if (b->rounds > 0 && b->cell->plan->o->sample == 0)
		kept.stride = stride_for((double)b->wall_ns / (double)b->rounds);
	arena_forget(&b->arena);
	memset(b->worker_ops, 0, (size_t)n * sizeof(b->worker_ops[0]));
	*b = kept;
}

/* A number of rounds that was asked for, or a time. */
static int
play(struct measure_subject *s, uint64_t time_ns, struct measure_did *did,
     struct err *e)
{
	struct bench_state *b = s->state;
	const struct bench_plan *plan = b->cell->plan;
	struct contest c = { .run = plan->run,
			     .o = plan->o,
			     .kind = s->impl,
			     .n = (int)s->workers,
			     .role0 = 1,
			     .bench = b,
			     .rounds = plan->fixed,
			     .time_ns = plan->fixed > 0 ? 0 : time_ns };
	int rc;

	rc = contest_map(&c, e);
	if (rc != 0)
		return rc;
	rc = arena_ready(&b->arena, c.kind, e);
	if (rc == 0) {
		rc = contest_play(&c, bench_contend, e);
		if (rc == 0)
			bench_add_up(&c, b, did);
		arena_done(&b->arena, c.kind);
	}
	contest_close(&c);
	return rc;
}

static int
run_batch(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	  struct err *e)
{
	struct bench_state *b = s->state;
	int rc = 0;

	(void)iterations; /* the plan knows */
	if (s->nrounds == 0)
		forget(b, (int)s->workers);
	/* A lock that has collapsed may need more turns of the scheduler. */
	for (int i = 0; i < TRIES && rc == 0 && did->ops == 0; i++)
		rc = play(s, s->batch_ns << i, did, e);
	return rc;
}

static bool
check_batches(struct measure_subject *s, char *detail, size_t size)
{
	const struct bench_state *b = s->state;

	if (b->torn > 0) {
		snprintf(detail, size, "%llu reads saw half a change",
			 (unsigned long long)b->torn);
		return false;
	}
	snprintf(detail, size, "%llu changes were made, the numbers say %llu",
		 (unsigned long long)b->all_done, (unsigned long long)b->all_value);
	return b->all_done == b->all_value;
}

static void
close_batches(struct measure_subject *s)
{
	struct bench_state *b = s->state;
	struct lock_figures *f = &b->cell->f;

	if (b->rounds > 0 && s->nrounds > 0 && s->status == RESULT_OK) {
		if (!b->sampled)
			bench_settle_plain(b, f);
		else if (bench_settle_sampled(b, f) != 0)
			s->status = RESULT_BROKEN;
	}
	arena_close(&b->arena);
	free(b);
}

#define BODY                                                                           \
	.op = "acquire, change, release", .version = 2, .open = open_batches,          \
	.run = run_batch, .check = check_batches, .close = close_batches

const struct measure_body bench_acquire = {
	.name = "acquire",
	.summary = "time a round of all contenders together: acquire, change, release",
	.flags = MEASURE_PARALLEL,
	BODY
};

const struct measure_body bench_acquire_sampled = {
	.name = "acquire_sampled",
	.summary = "the same with the times of some rounds taken",
	.flags = MEASURE_PARALLEL | MEASURE_BESIDE,
	BODY
};
