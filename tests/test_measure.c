/*
 * test_measure.c - the engine on bodies whose truth is known.
 */
#include "core/clock.h"
#include "core/measure.h"
#include "core/stat.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A body whose clock is its own: `truth` ns an operation, so no machine matters. */
struct fake {
	double truth;
	int opens, closes, runs;
	uint64_t done;
	int fail_at; /* run that fails; 0: none */
	int fail_with;
	bool wrong, idle, refuses;
	struct stop *stop_at_10;
};

static int
open_fake(struct measure_subject *s, struct err *e)
{
	struct fake *f = (struct fake *)s->context;

	if (f->refuses)
		return err_set(e, ENOTSUP, "needs libnone-dev");
	f->opens++;
	return 0;
}

static int
run_fake(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	 struct err *e)
{
	struct fake *f = (struct fake *)s->context;

	f->runs++;
	if (f->runs == f->fail_at)
		return err_set(e, f->fail_with, "it broke");
	if (f->stop_at_10 != NULL && f->runs == 25)
		stop_request(f->stop_at_10, SIGINT);
	if (f->idle)
		return 0;
	did->ops = iterations;
	did->ns = (uint64_t)(f->truth * (double)iterations) + 1;
	f->done += iterations;
	return 0;
}

static bool
check_fake(struct measure_subject *s, char *detail, size_t size)
{
	const struct fake *f = s->context;

	snprintf(detail, size, "the sum is wrong");
	return !f->wrong;
}

static void
close_fake(struct measure_subject *s)
{
	((struct fake *)s->context)->closes++;
}

static const struct measure_body body = {
	.name = "work",
	.op = "step",
	.summary = "a step",
	.version = 3,
	.open = open_fake,
	.run = run_fake,
	.check = check_fake,
	.close = close_fake,
};

static void
add(struct measure *m, const char *kind, int64_t workers, struct fake *f)
{
	struct err e;

	cr_assert_eq(measure_add(m,
				 &(struct measure_subject){ .body = &body,
							    .kind = kind,
							    .workers = workers,
							    .context = f },
				 &e),
		     0);
}

static void
run(struct measure *m, struct result *r)
{
	struct err e = { 0 };

	m->config.rounds = 30;
	m->config.warmup_ns = 0;
	cr_assert_eq(measure_check(m, &e), 0, "%s", e.msg);
	cr_assert_eq(measure_run(m, &e), 0, "%s", e.msg);
	result_init(r, "test");
	measure_report(m, r);
}

static const struct result_series *
find(const struct result *r, const char *kind, int64_t workers, const char *metric)
{
	for (size_t i = 0; i < r->nseries; i++)
		if (strcmp(r->series[i]->kind, kind) == 0 &&
		    r->series[i]->workers == workers &&
		    strcmp(r->series[i]->metric->name, metric) == 0)
			return r->series[i];
	return NULL;
}

Test(measure, medians_and_ratios)
{
	struct fake a = { .truth = 1000 }, b = { .truth = 1500 };
	struct measure m = { 0 };
	struct result r;
	const struct result_series *s;

	add(&m, "a", 2, &a);
	add(&m, "b", 2, &b);
	run(&m, &r);
	s = find(&r, "a", 2, "work");
	cr_assert_not_null(s);
	cr_assert_eq(s->n, 30);
	cr_assert_float_eq(stat_median(s->sample, s->n), 1000, 1);
	cr_assert_eq(s->measured->version, 3);
	cr_assert_null(s->measured->base);
	s = find(&r, "b", 2, "work");
	cr_assert_str_eq(s->measured->base, "a");
	cr_assert_float_eq(s->measured->ratio, 1.5, 0.01);
	cr_assert(s->measured->ratio_low <= s->measured->ratio);
	cr_assert_float_eq(find(&r, "a", 2, "work_rate")->sample[0], 1e6, 1e3);
	cr_assert(result_passed(&r));
	cr_assert_eq(a.opens, 1);
	cr_assert_eq(a.closes, 1);
	cr_assert_eq(m.end, MEASURE_ROUNDS);
	result_fini(&r);
	measure_fini(&m);
}

Test(measure, a_wrong_body_has_no_number)
{
	struct fake good = { .truth = 1000 }, wrong = { .truth = 10, .wrong = true };
	struct fake idle = { .idle = true };
	struct fake dies = { .truth = 100, .fail_at = 20, .fail_with = EIO };
	struct measure m = { 0 };
	struct result r;
	const struct result_series *s;

	add(&m, "wrong", 0, &wrong);
	add(&m, "idle", 0, &idle);
	add(&m, "dies", 0, &dies);
	add(&m, "good", 0, &good);
	run(&m, &r);
	s = find(&r, "wrong", 0, "work");
	cr_assert_eq(s->n, 0);
	cr_assert_eq(s->measured->status, RESULT_BROKEN);
	cr_assert_str_eq(s->measured->why, "the sum is wrong");
	cr_assert_eq(find(&r, "idle", 0, "work")->measured->status, RESULT_BROKEN);
	cr_assert_eq(find(&r, "dies", 0, "work")->measured->status, RESULT_BROKEN);
	s = find(&r, "good", 0, "work");
	cr_assert_eq(s->n, 30);
	cr_assert_null(s->measured->base, "what is broken is nobody's base");
	cr_assert_eq(result_status(&r), 1);
	cr_assert_eq(dies.closes, 1);
	result_fini(&r);
	measure_fini(&m);
}

Test(measure, what_cannot_run_is_skipped_and_told)
{
	struct fake good = { .truth = 1000 }, none = { .refuses = true };
	struct measure m = { 0 };
	struct result r;
	const struct result_series *s;

	add(&m, "none", 0, &none);
	add(&m, "good", 0, &good);
	run(&m, &r);
	s = find(&r, "none", 0, "work");
	cr_assert_eq(s->measured->status, RESULT_SKIPPED);
	cr_assert_not_null(strstr(s->measured->why, "libnone-dev"));
	cr_assert_eq(result_status(&r), 0);
	cr_assert_eq(none.closes, 0);
	result_fini(&r);
	measure_fini(&m);
}

Test(measure, a_stop_keeps_what_there_is)
{
	struct stop stop;
	struct err e;
	struct fake f = { .truth = 1000, .stop_at_10 = &stop };
	struct measure m = { .config.stop = &stop };
	struct result r;

	cr_assert_eq(stop_init(&stop, &e), 0);
	add(&m, "f", 0, &f);
	run(&m, &r);
	cr_assert_eq(m.end, MEASURE_STOPPED);
	cr_assert_gt(find(&r, "f", 0, "work")->n, 0);
	cr_assert_lt(find(&r, "f", 0, "work")->n, 30);
	cr_assert_eq(f.closes, 1);
	result_fini(&r);
	measure_fini(&m);
	stop_fini(&stop);
}

Test(measure, precision_ends_it)
{
	struct fake f = { .truth = 1000 };
	struct measure m = { .config = { .precision = 0.01,
					 .time_ns = 10 * NS_PER_S } };
	struct result r;

	add(&m, "f", 0, &f);
	m.config.warmup_ns = 0;
	cr_assert_eq(measure_check(&m, NULL), 0);
	cr_assert_eq(measure_run(&m, NULL), 0);
	result_init(&r, "test");
	measure_report(&m, &r);
	cr_assert_eq(m.end, MEASURE_PRECISE);
	cr_assert_not_null(strstr(r.line[0], "--precision"));
	result_fini(&r);
	measure_fini(&m);
}

Test(measure, too_short_is_refused)
{
	struct fake f = { .truth = 1000 };
	struct measure m = { .config.time_ns = 100 * NS_PER_US };
	struct err e;

	add(&m, "f", 0, &f);
	cr_assert_eq(measure_check(&m, &e), -EINVAL);
	cr_assert_not_null(strstr(e.msg, "too short"));
	measure_fini(&m);
}

/* The law over sizes: sigma 0.1, kappa 0.01. */
Test(measure, sizes_are_fitted)
{
	struct fake f[5];
	struct measure m = { 0 };
	struct result r;
	const struct result_table *t = NULL;

	for (int i = 0; i < 5; i++) {
		const double n = 1 << i;

		f[i] = (struct fake){
			.truth = 1000 * (1 + 0.1 * (n - 1) + 0.01 * n * (n - 1)) / n
		};
		add(&m, "f", 1 << i, &f[i]);
	}
	run(&m, &r);
	for (size_t i = 0; i < r.ntables; i++)
		if (strcmp(r.table[i]->name, "usl") == 0)
			t = r.table[i];
	cr_assert_not_null(t);
	cr_assert_float_eq(t->cell[3].number, 0.1, 0.01);
	cr_assert_float_eq(t->cell[4].number, 0.01, 0.001);
	result_fini(&r);
	measure_fini(&m);
}

/* --- what a body counts beside -----------------------------------------------------
 */

static int
run_counting(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	     struct err *e)
{
	const int rc = run_fake(s, iterations, did, e);

	did->cpu_ns = 7 * did->ops;
	did->bytes = 10 * did->ops;
	did->counted[0] = 0.5 * (double)did->ops;
	did->counted[1] = NAN;
	return rc;
}

static const struct metric own[] = { { "sleeps", "1", BETTER_LOWER, "sleeps" },
				     { "unknown", "1", BETTER_LOWER, "not here" },
				     { .name = NULL } };

static const struct measure_body counting = {
	.name = "work",
	.op = "step",
	.summary = "a step",
	.version = 1,
	.counts = own,
	.open = open_fake,
	.run = run_counting,
	.check = check_fake,
	.close = close_fake,
};

Test(measure, what_a_body_counts_is_told_per_operation)
{
	struct fake f = { .truth = 1000 };
	struct measure m = { 0 };
	struct err e = { 0 };
	struct result r;

	cr_assert_eq(measure_add(&m,
				 &(struct measure_subject){ .body = &counting,
							    .kind = "a",
							    .params = "size=10",
							    .context = &f },
				 &e),
		     0);
	run(&m, &r);
	cr_assert_float_eq(find(&r, "a", 0, "work_cpu")->sample[0], 7, 0.01);
	cr_assert_float_eq(find(&r, "a", 0, "work_sleeps")->sample[0], 0.5, 0.001);
	cr_assert_float_eq(find(&r, "a", 0, "work_bandwidth")->sample[0], 1e7, 1e5);
	cr_assert_null(find(&r, "a", 0, "work_unknown"));
	cr_assert_str_eq(find(&r, "a", 0, "work")->params, "size=10");
	result_fini(&r);
	measure_fini(&m);
}

Test(measure, sizes_are_compared_each_with_its_own_base)
{
	struct fake f[4] = { { .truth = 1000 },
			     { .truth = 2000 },
			     { .truth = 3000 },
			     { .truth = 9000 } };
	struct measure m = { 0 };
	struct err e = { 0 };
	struct result r;
	int with_base = 0;

	for (int i = 0; i < 4; i++) {
		struct measure_subject s = { .body = &body,
					     .kind = i % 2 == 0 ? "a" : "b",
					     .context = &f[i] };

		snprintf(s.params, sizeof(s.params), "size=%d", i / 2);
		cr_assert_eq(measure_add(&m, &s, &e), 0);
	}
	run(&m, &r);
	for (size_t i = 0; i < r.nseries; i++) {
		const struct result_series *s = r.series[i];

		if (s->measured == NULL || s->measured->base == NULL)
			continue;
		with_base++;
		cr_assert_float_eq(s->measured->ratio,
				   strcmp(s->params, "size=0") == 0 ? 2 : 3, 0.01);
	}
	cr_assert_eq(with_base, 2);
	result_fini(&r);
	measure_fini(&m);
}
