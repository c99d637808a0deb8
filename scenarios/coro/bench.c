/*
 * bench.c - `concbench coro VERB -b`: what switch, creation and sleep(0) cost, all
 * kinds by turns in an order shuffled anew each round.
 */
#include "scenarios/coro/coro_run.h"

#include "core/clock.h"
#include "core/rng.h"
#include "core/stat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 25, SLEEPERS = 2 };

#define SAMPLE_NS (4 * NS_PER_MS) /* one sample: the clock is below 1 % of it */

struct bench {
	struct run *run;
	const struct coro_opts *o;
	const struct coro_kind *kind;
	uint64_t n[3]; /* of each metric, so that a sample takes SAMPLE_NS */
};

static const int metric_of[3] = { CORO_M_SWITCH, CORO_M_CREATE, CORO_M_SLEEP0 };

static intptr_t
sleep_much(void *arg)
{
	const uint64_t n = *(const uint64_t *)arg;

	for (uint64_t i = 0; i < n; i++)
		hub_sleep(0);
	return (intptr_t)n;
}

/* n rounds of sleep(0) by two tasks. */
static int
run_sleep(const struct coro_config *c, uint64_t n, uint64_t *inside, uint64_t *took_ns,
	  struct err *e)
{
	const struct hub_config hc = { .coro = *c };
	struct task *t[SLEEPERS] = { NULL };
	uint64_t each = n / SLEEPERS;
	struct hub h;
	int rc = hub_init(&h, &hc, e);

	if (rc != 0)
		return rc;
	for (int i = 0; i < SLEEPERS && rc == 0; i++) {
		t[i] = hub_spawn(&h, NULL, sleep_much, &each, e);
		rc = t[i] == NULL ? -ENOMEM : 0;
	}
	*took_ns = clock_ns();
	if (rc == 0)
		rc = hub_run(&h, e);
	*took_ns = clock_ns() - *took_ns;
	*inside = 0;
	for (int i = 0; i < SLEEPERS; i++) {
		*inside += t[i] != NULL ? (uint64_t)t[i]->result : 0;
		hub_release(t[i]);
	}
	hub_fini(&h);
	return rc;
}

/* Runs n of metric m: how long it took, and how many were done in coroutines. */
static int
run_one(const struct bench *b, int m, uint64_t n, uint64_t *inside, uint64_t *took_ns,
	struct err *e)
{
	struct coro_config c = coro_run_config(b->run, b->o, b->kind);
	struct coro_drive drive = { .what = m == 0 ? DRIVE_SWITCH : DRIVE_SPAWN,
				    .rounds = m == 0 ? n / 2 : n };
	struct coro_domain d;
	int rc;

	c.trace = NULL;
	if (m == 2)
		return run_sleep(&c, n, inside, took_ns, e);
	rc = coro_domain_init(&d, &c, e);
	if (rc != 0)
		return rc;
	*took_ns = clock_ns();
	rc = b->kind->drive(&drive, e);
	*took_ns = clock_ns() - *took_ns;
	*inside = m == 0 ? 2 * drive.inside : drive.inside;
	coro_domain_fini(&d);
	return rc;
}

static bool
is_none(const struct bench *b)
{
	return strcmp(b->kind->kind.name, "none") == 0;
}

/* Finds how many make a sample; a hub of coroutines that never run would wait. */
static int
calibrate(struct bench *b, struct err *e)
{
	uint64_t inside, took_ns;
	int rc = 0;

	for (int m = 0; m < 3 && rc == 0; m++) {
		if (m == 2 && is_none(b))
			continue;
		b->n[m] = 64;
		do {
			b->n[m] *= 2;
			rc = run_one(b, m, b->n[m], &inside, &took_ns, e);
		} while (rc == 0 && took_ns < SAMPLE_NS / 2);
	}
	return rc;
}

static int
sample(struct bench *b, uint64_t *done, uint64_t *wanted, struct err *e)
{
	struct result *r = b->run->result;
	uint64_t inside, took_ns;
	int rc;

	for (int m = 0; m < 3; m++) {
		if (b->n[m] == 0)
			continue;
		rc = run_one(b, m, b->n[m], &inside, &took_ns, e);
		if (rc != 0)
			return rc;
		*done += inside;
		*wanted += b->n[m];
		result_sample(r,
			      result_series(r, b->kind->kind.name, 0,
					    &coro_metrics[metric_of[m]]),
			      (double)took_ns / (double)b->n[m]);
	}
	return 0;
}

static double
median_of(struct result *r, const char *kind, int metric)
{
	struct result_series *s = result_series(r, kind, 0, &coro_metrics[metric]);

	return s == NULL || s->n == 0 ? 0 : stat_median(s->sample, s->n);
}

static void
conclude(const struct bench *b, uint64_t done, uint64_t wanted)
{
	struct result *r = b->run->result;
	const char *kind = b->kind->kind.name;
	const double ns[3] = { median_of(r, kind, CORO_M_SWITCH),
			       median_of(r, kind, CORO_M_CREATE),
			       median_of(r, kind, CORO_M_SLEEP0) };

	result_check(r, kind, "every round was run in a coroutine", done == wanted,
		     "%llu of %llu", (unsigned long long)done,
		     (unsigned long long)wanted);
	if (is_none(b))
		result_line(r,
			    "%s: the bookkeeping of a switch %.1f ns, of a coroutine "
			    "%.1f ns",
			    kind, ns[0], ns[1]);
	else
		result_line(r,
			    "%s: a switch %.1f ns, create, run and free %.1f ns, "
			    "sleep(0) %.1f ns",
			    kind, ns[0], ns[1], ns[2]);
}

/* Rounds over all kinds, in an order shuffled anew. */
static int
rounds(struct bench *b, size_t n, uint64_t (*count)[2], struct err *e)
{
	struct rng rng;
	size_t *order = calloc(n, sizeof(*order));
	int rc = 0;

	if (order == NULL)
		return err_set(e, ENOMEM, "no memory for %zu kinds", n);
	rng_init(&rng, b[0].run->seed, 0);
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (int round = 0; round < ROUNDS && rc == 0; round++) {
		if (stop_reason(b[0].run->stop) != STOP_NONE)
			break;
		for (size_t i = n; i > 1; i--) {
			const size_t j = (size_t)rng_range(&rng, 0, i - 1);
			const size_t kept = order[i - 1];

			order[i - 1] = order[j];
			order[j] = kept;
		}
		for (size_t i = 0; i < n && rc == 0; i++)
			rc = sample(&b[order[i]], &count[order[i]][0],
				    &count[order[i]][1], e);
	}
	free(order);
	return rc;
}

static int
bench_all(struct bench *b, size_t n, uint64_t (*count)[2], struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = calibrate(&b[i], e);
	if (rc == 0)
		rc = rounds(b, n, count, e);
	for (size_t i = 0; i < n && rc == 0; i++)
		conclude(&b[i], count[i][0], count[i][1]);
	return rc;
}

int
coro_bench(struct run *run, const struct coro_opts *o, struct err *e)
{
	const size_t n = coro_run_kinds(o);
	struct bench *b = calloc(n, sizeof(*b));
	uint64_t(*count)[2] = calloc(n, sizeof(*count));
	int rc;

	if (b == NULL || count == NULL) {
		rc = err_set(e, ENOMEM, "no memory for %zu kinds", n);
	} else {
		for (size_t i = 0; i < n; i++)
			b[i] = (struct bench){ .run = run,
					       .o = o,
					       .kind = coro_run_kind(o, i) };
		rc = bench_all(b, n, count, e);
	}
	free(b);
	free(count);
	return rc;
}
