/*
 * cost.c - nanoseconds of an access: batches timed whole, kinds by turns in an order
 * shuffled anew each turn. A plain global is the floor.
 */
#include "scenarios/tls/school.h"

#include "core/clock.h"
#include "core/rng.h"
#include "core/stat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A batch takes 0.1 ms and more, a clock read 30 ns. */
enum { TURNS = 9, BATCH = 200000 };

const char *
tls_bar(char *buf, int length)
{
	buf[0] = '\0';
	for (int i = 0; i < length; i++)
		memcpy(buf + 3 * i, "█", 4);
	return buf;
}

static double
time_batch(void (*drive)(const struct tls_run *), const struct tls_run *r)
{
	const uint64_t begin_ns = clock_ns();

	drive(r);
	return (double)(clock_ns() - begin_ns) / (double)r->rounds;
}

static int
measure(struct run *run, const struct tls_kind *kind, struct err *e)
{
	static tls_destructor *const none[TLS_SLOTS];
	struct tls tls;
	struct tls_run r = { .tls = &tls, .rounds = BATCH, .value = &tls };
	int rc = tls_open(&tls, kind, none, e);

	if (rc != 0)
		return rc;
	kind->set(&tls, 0, &tls);
	result_sample(run->result,
		      result_series(run->result, kind->kind.name, 0,
				    &tls_metrics[METRIC_GET]),
		      time_batch(kind->drive_get, &r));
	result_sample(run->result,
		      result_series(run->result, kind->kind.name, 0,
				    &tls_metrics[METRIC_SET]),
		      time_batch(kind->drive_set, &r));
	kind->set(&tls, 0, NULL);
	if (kind->leave != NULL)
		kind->leave(&tls);
	tls_close(&tls);
	return 0;
}

static double
median_of(struct run *run, const struct tls_kind *kind, int metric)
{
	const struct result_series *s =
		result_series(run->result, kind->kind.name, 0, &tls_metrics[metric]);

	return s != NULL ? stat_median(s->sample, s->n) : 0;
}

static void
say_all(struct run *run, const struct tls_kind *const *kinds, size_t n)
{
	double most = 0, floor_ns = 0;

	for (size_t i = 0; i < n; i++) {
		const double ns = median_of(run, kinds[i], METRIC_GET);

		most = ns > most ? ns : most;
		if (!(kinds[i]->traits & TLS_LOCAL))
			floor_ns = ns;
	}
	for (size_t i = 0; i < n && most > 0 && floor_ns > 0; i++) {
		const double ns = median_of(run, kinds[i], METRIC_GET);
		const int length = (int)(ns / most * TLS_BAR + 0.5);
		char bar[3 * TLS_BAR + 1];

		result_line(run->result,
			    "%-12s get %6.2f ns, set %6.2f ns  %s  %.1f times a plain "
			    "global",
			    kinds[i]->kind.name, ns,
			    median_of(run, kinds[i], METRIC_SET), tls_bar(bar, length),
			    ns / floor_ns);
	}
}

int
tls_measure(struct run *run, const struct tls_opts *o, struct err *e)
{
	const struct tls_kind **kinds = calloc(o->kinds.n + 1, sizeof(*kinds));
	size_t *order = calloc(o->kinds.n + 1, sizeof(*order));
	struct rng rng;
	size_t n = 0;
	int rc = 0;

	if (kinds == NULL || order == NULL) {
		rc = err_set(e, ENOMEM, "no memory for %zu kinds", o->kinds.n);
		goto out;
	}
	/* The floor is always measured. */
	kinds[n++] = tls_kind_find("global");
	for (size_t i = 0; i < o->kinds.n; i++)
		if (tls_kind_table[o->kinds.v[i]] != kinds[0])
			kinds[n++] = tls_kind_table[o->kinds.v[i]];
	rng_init(&rng, run->seed, 0);
	for (int turn = 0; turn < TURNS && rc == 0; turn++) {
		rng_shuffle(&rng, order, n);
		for (size_t i = 0; i < n && rc == 0; i++)
			rc = stop_reason(run->stop) != STOP_NONE
				     ? -ECANCELED
				     : measure(run, kinds[order[i]], e);
	}
	if (rc == 0)
		say_all(run, kinds, n);
out:
	free(kinds);
	free(order);
	return rc;
}
