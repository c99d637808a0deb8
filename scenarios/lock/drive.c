/*
 * drive.c - measures throughput and hand-overs: kinds by turns, in an order shuffled
 * anew each turn, so that a machine whose speed drifts hits all alike.
 */
#include "scenarios/lock/contest.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/human.h"
#include "core/rng.h"
#include "core/stat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS = 7, BAR = 30 };

/* The body: all of the loop is the kind's own. */
static int
drive(struct crew *crew, int number, void *arg)
{
	struct contest *c = arg;
	struct contest_seat *s = &c->shared->seat[number];
	struct lock_run r = { .state = c->shared->state,
			      .node = s->node,
			      .section = &c->shared->section,
			      .kind = c->kind,
			      .self = number,
			      .rounds = (uint64_t)c->o->iterations,
			      .delta = 1,
			      .stop = &crew->block[number].cancel };
	unsigned spins = 0;

	while (atom_load_rlx(&c->shared->gate) == 0)
		futex_wait(&c->shared->gate, 0, FUTEX_FOREVER);
	/* Woken one by one, they meet once more, so that they are at it together. */
	atom_add_rlx(&c->shared->arrived, 1);
	while (atom_load_rlx(&c->shared->arrived) < c->n && atom_load_rlx(r.stop) == 0)
		lock_spin(&spins);
	s->begin_ns = clock_ns();
	c->kind->drive(&r);
	s->end_ns = clock_ns();
	s->rounds = r.done;
	s->repaired = r.repairs;
	s->error = r.error;
	return 0;
}

static void
add_samples(struct contest *c, uint64_t done, uint64_t span_ns, double together)
{
	const char *kind = c->kind->kind.name;
	const struct lock_section *s = &c->shared->section;
	struct result *r = c->run->result;

	result_sample(r, result_series(r, kind, c->n, &lock_metrics[METRIC_THROUGHPUT]),
		      (double)done * 1e9 / (double)(span_ns > 0 ? span_ns : 1));
	result_sample(r, result_series(r, kind, c->n, &lock_metrics[METRIC_TOGETHER]),
		      together);
	if (!(c->kind->traits & LOCK_EXCLUDES))
		return;
	result_sample(
		r, result_series(r, kind, c->n, &lock_metrics[METRIC_DRIVE_HANDOVERS]),
		100 * (double)s->handovers / (double)done);
	result_sample(r, result_series(r, kind, c->n, &lock_metrics[METRIC_LONGEST]),
		      (double)s->longest);
}

/* One turn of one kind. */
static int
measure(struct contest *c, struct err *e)
{
	const struct lock_section *s;
	uint64_t begin_ns = UINT64_MAX, end_ns = 0, done = 0;
	uint64_t all_in_ns = 0, first_out_ns = UINT64_MAX;
	int rc;

	rc = contest_open(c, e);
	if (rc != 0)
		return rc;
	s = &c->shared->section;
	rc = contest_play(c, drive, e);
	for (int i = 0; i < c->n; i++) {
		const struct contest_seat *seat = &c->shared->seat[i];

		begin_ns = seat->begin_ns < begin_ns ? seat->begin_ns : begin_ns;
		end_ns = seat->end_ns > end_ns ? seat->end_ns : end_ns;
		all_in_ns = seat->begin_ns > all_in_ns ? seat->begin_ns : all_in_ns;
		first_out_ns =
			seat->end_ns < first_out_ns ? seat->end_ns : first_out_ns;
		done += seat->rounds;
	}
	if (rc == 0 && c->kind->traits & LOCK_EXCLUDES && s->value != done)
		result_check(c->run->result, c->kind->kind.name,
			     "the measured rounds add up", false,
			     "%llu rounds, the number says %llu",
			     (unsigned long long)done, (unsigned long long)s->value);
	if (rc == 0 && done > 0)
		add_samples(c, done, end_ns - begin_ns,
			    first_out_ns > all_in_ns
				    ? 100 * (double)(first_out_ns - all_in_ns) /
					      (double)(end_ns - begin_ns)
				    : 0);
	contest_close(c);
	return rc;
}

static double
median_of(struct run *run, const char *kind, int64_t n, int metric)
{
	const struct result_series *s =
		result_series(run->result, kind, n, &lock_metrics[metric]);

	return s != NULL ? stat_median(s->sample, s->n) : 0;
}

/* A line a kind: its throughput, as a bar, too, and how often the owner changed. */
static void
say_all(struct run *run, const struct lock_opts *o)
{
	double best = 0;
	size_t i;

	for (i = 0; i < o->kinds.n; i++) {
		const char *kind = lock_kind_table[o->kinds.v[i]]->kind.name;
		const double x = median_of(run, kind, o->n, METRIC_THROUGHPUT);

		best = x > best ? x : best;
	}
	for (i = 0; i < o->kinds.n && best > 0; i++) {
		const struct lock_kind *k = lock_kind_table[o->kinds.v[i]];
		const double x = median_of(run, k->kind.name, o->n, METRIC_THROUGHPUT);
		char rate[HUMAN_TEXT], each[HUMAN_TEXT], owner[64] = "",
							 bar[3 * BAR + 1];
		const int length = (int)(x / best * BAR + 0.5);

		if (x <= 0)
			continue;
		bar[0] = '\0';
		for (int j = 0; j < length; j++)
			memcpy(bar + 3 * j, "█", 4);
		if (k->traits & LOCK_EXCLUDES)
			snprintf(owner, sizeof(owner), ", owner changed in %.2f %%",
				 median_of(run, k->kind.name, o->n,
					   METRIC_DRIVE_HANDOVERS));
		result_line(run->result,
			    "%-11s %s%*s %s rounds/s, %s each, together %.0f %%%s",
			    k->kind.name, bar, BAR - length, "", human_count(rate, x),
			    human_ns(each, 1e9 / x),
			    median_of(run, k->kind.name, o->n, METRIC_TOGETHER), owner);
	}
}

int
contest_measure(struct run *run, const struct lock_opts *o, struct err *e)
{
	size_t *order = calloc(o->kinds.n, sizeof(*order));
	struct rng rng;
	int rc = 0;

	if (order == NULL)
		return err_set(e, ENOMEM, "no memory for %zu kinds", o->kinds.n);
	rng_init(&rng, run->seed, UINT64_MAX);
	for (int turn = 0; turn < TURNS && rc == 0; turn++) {
		rng_shuffle(&rng, order, o->kinds.n);
		for (size_t i = 0; i < o->kinds.n && rc == 0; i++) {
			struct contest c = {
				.run = run,
				.o = o,
				.kind = lock_kind_table[o->kinds.v[order[i]]],
				.n = (int)o->n,
				.role0 = 1,
			};

			rc = measure(&c, e);
		}
	}
	free(order);
	say_all(run, o);
	return rc;
}
