/*
 * tell_series.c - the figures as metrics, for machines: acquire_handover_share ...
 */
#include "scenarios/lock/bench.h"

#include <stdio.h>

static const struct figure {
	const char *suffix, *unit;
	enum result_better better;
	const char *summary;
} figures[] = {
	{ "handover_share", "%", BETTER_NONE,
	  "rounds whose holder was another than before" },
	{ "run_mean", "1", BETTER_NONE, "rounds of one holder in a row, on average" },
	{ "run_longest", "1", BETTER_NONE, "rounds of one holder in a row, at most" },
	{ "jain_windows", "1", BETTER_HIGHER,
	  "Jain's fairness over short windows of rounds, harmonic mean" },
	{ "least_share", "%", BETTER_HIGHER, "rounds of the least served contender" },
	{ "most_share", "%", BETTER_LOWER, "rounds of the most served contender" },
	{ "together", "%", BETTER_HIGHER, "time in which all contenders were at work" },
	{ "waiting_share", "%", BETTER_NONE, "contenders' time spent waiting" },
	{ "free_longest", "ns", BETTER_LOWER,
	  "longest time the lock was free while one waited, as sampled" },
	{ "passed_by", "1", BETTER_LOWER,
	  "rounds of others while one waited, at most, as sampled" },
	{ "sampling_cost", "%", BETTER_NONE,
	  "by so much a round took longer while times were taken" },
	{ "retries", "1", BETTER_LOWER, "times that a read was void, on average" },
};

enum {
	F_HANDOVER,
	F_RUN,
	F_LONGEST,
	F_WINDOWS,
	F_LEAST,
	F_MOST,
	F_TOGETHER,
	F_WAITING,
	F_FREE,
	F_PASSED,
	F_COST,
	F_RETRIES
};

struct teller {
	struct result *r;
	const char *params;
	const struct lock_figures *f;
};

static void
tell(const struct teller *t, int which, double value)
{
	const struct figure *g = &figures[which];
	char name[96];
	const struct metric *metric;

	snprintf(name, sizeof(name), "acquire_%s", g->suffix);
	metric = result_metric(t->r, name, g->unit, g->better, g->summary);
	if (metric != NULL)
		result_sample(
			t->r,
			result_series_at(t->r, t->f->kind, t->f->n, t->params, metric),
			value);
}

static void
tell_waits(const struct teller *t, const char *suffix, const struct hist *h)
{
	char name[96];
	const struct metric *metric;

	if (h == NULL || h->count == 0)
		return;
	snprintf(name, sizeof(name), "acquire_%s", suffix);
	metric = result_metric(t->r, name, "ns", BETTER_LOWER,
			       "from asking for the lock to having it, timed rounds");
	if (metric != NULL)
		result_hist(
			t->r,
			result_series_at(t->r, t->f->kind, t->f->n, t->params, metric),
			h);
}

static void
tell_arrivals(const struct teller *t)
{
	static const struct {
		const char *suffix;
		double q;
	} point[] = { { "arrival_p50", 0.5 },
		      { "arrival_p99", 0.99 },
		      { "arrival_p99_9", 0.999 } };

	if (t->f->arrivals == NULL)
		return;
	for (size_t i = 0; i < sizeof(point) / sizeof(point[0]); i++) {
		char name[96];
		const struct metric *metric;

		snprintf(name, sizeof(name), "acquire_%s", point[i].suffix);
		metric = result_metric(t->r, name, "ns", BETTER_LOWER,
				       "what an arrival at a random moment waits");
		if (metric != NULL)
			result_sample(t->r,
				      result_series_at(t->r, t->f->kind, t->f->n,
						       t->params, metric),
				      lock_arrival_quantile(t->f->arrivals,
							    t->f->waiting, point[i].q));
	}
}

void
lock_tell_series(struct result *r, const char *params, const struct lock_figures *f)
{
	const struct teller t = { r, params, f };

	if (f->rate <= 0)
		return;
	if (f->handover >= 0) {
		tell(&t, F_HANDOVER, 100 * f->handover);
		tell(&t, F_RUN, f->run);
		tell(&t, F_LONGEST, f->longest_run);
	}
	tell(&t, F_LEAST, 100 * f->least);
	tell(&t, F_MOST, 100 * f->most);
	tell(&t, F_TOGETHER, 100 * f->together);
	if (f->retries >= 0)
		tell(&t, F_RETRIES, f->retries);
	if (f->wait == NULL)
		return;
	tell(&t, F_WAITING, 100 * f->waiting);
	if (f->handover >= 0) {
		tell(&t, F_FREE, f->free_ns);
		tell(&t, F_PASSED, f->passed);
	}
	if (f->jain_windows >= 0)
		tell(&t, F_WINDOWS, f->jain_windows);
	if (f->perturbed > -1)
		tell(&t, F_COST, 100 * f->perturbed);
	tell_waits(&t, "wait", f->wait);
	tell_waits(&t, "read_wait", f->read_wait);
	tell_arrivals(&t);
}
