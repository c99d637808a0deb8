/*
 * judge.c - is a later command slower than the first?
 */
#include "core/human.h"
#include "core/stat.h"
#include "core/verdict.h"
#include "scenarios/ab/ab.h"

#include <stdlib.h>

/* Compares a later command with the first; false when there are no figures. */
static bool
compare(const struct ab_opts *o, const struct measure *m, size_t i, struct verdict *v)
{
	const struct verdict_limits limits = { o->max_regression, o->same };
	const struct measure_subject *a = m->subject[0], *b = m->subject[i];
	const size_t n = a->nrounds < b->nrounds ? a->nrounds : b->nrounds;
	double *ratio = calloc(n == 0 ? 1 : n, sizeof(*ratio));

	*v = (struct verdict){ .word = VERDICT_INCONCLUSIVE };
	if (ratio == NULL || b->body != &ab_wall || a->status != RESULT_OK ||
	    b->status != RESULT_OK) {
		free(ratio);
		return false;
	}
	for (size_t j = 0; j < n; j++)
		ratio[j] = b->value[j] / a->value[j];
	/* Of the empty command's time alone nothing can be said. */
	if (n > 0 && stat_median(a->value, n) > 0 && stat_median(b->value, n) > 0)
		verdict_judge_pairs(ratio, n, BETTER_LOWER, &limits, v);
	free(ratio);
	return true;
}

bool
ab_doubt(struct run *run, const void *opts, const struct measure *m)
{
	const struct ab_opts *o = opts;
	struct verdict v;
	bool any = false;

	for (size_t i = 1; o->max_regression > 0 && i < m->n; i++) {
		if (!compare(o, m, i, &v) || !v.regression)
			continue;
		result_line(run->result,
			    "measured once more: at first %s took %.3f times the time "
			    "of A (%.3f to %.3f)",
			    m->subject[i]->kind, v.ratio, v.range.low, v.range.high);
		any = true;
	}
	return any;
}

/* The verdict on a later command, against the first. */
static void
judge_one(struct run *run, const struct ab_opts *o, const struct measure *m, size_t i)
{
	const struct measure_subject *b = m->subject[i];
	struct verdict v;

	if (!compare(o, m, i, &v))
		return;
	result_line(run->result,
		    "%s is %s: %.3f times the time of A (%.3f to %.3f, %zu pairs)",
		    b->kind,
		    v.word == VERDICT_SAME ? "the same"
		    : v.known		   ? verdict_name(v.word)
					   : "not known well enough",
		    v.ratio, v.range.low, v.range.high, b->nrounds);
	if (o->max_regression > 0)
		result_check(run->result, b->kind, "no regression", !v.regression,
			     "%.3f (%.3f to %.3f) times the time of A; allowed is "
			     "%.3f",
			     v.ratio, v.range.low, v.range.high, 1 + o->max_regression);
	if (v.word == VERDICT_INCONCLUSIVE && o->strict)
		run->result->status = 4;
}

/* What A against A would show on this machine, beside the limit. */
static void
say_floor(struct run *run, const struct ab_opts *o, const struct measure *m)
{
	const struct measure_subject *a = m->subject[0];
	const double floor =
		a->status == RESULT_OK ? verdict_floor(a->value, a->nrounds) : 0;
	char text[HUMAN_TEXT];

	if (floor <= 0)
		return;
	human_percent(text, 100 * floor);
	if (o->max_regression <= 0) {
		result_line(run->result, "noise floor: A against A may differ by %s",
			    text);
		return;
	}
	result_line(run->result,
		    "noise floor: A against A may differ by %s; the limit is "
		    "%.3g %%",
		    text, 100 * o->max_regression);
	if (o->max_regression < floor)
		result_warn(run->result,
			    "the limit of %.3g %% is below the noise floor of %s: "
			    "more --time, or a larger limit",
			    100 * o->max_regression, text);
}

void
ab_judge(struct run *run, const void *opts, const struct measure *m)
{
	const struct ab_opts *o = opts;

	for (size_t i = 0; i < m->n; i++) {
		const struct measure_subject *s = m->subject[i];

		if (s->body == &ab_wall)
			result_line(run->result, "%s: %s", s->kind,
				    (const char *)s->impl);
		else if (s->nrounds > 0)
			result_line(run->result,
				    "the time of an empty command (%s) is taken off",
				    o->shell ? "sh -c ''" : (const char *)s->impl);
		if (o->subtract && s->body == &ab_wall && s->nrounds > 0 &&
		    stat_median(s->value, s->nrounds) <= 0)
			result_warn(run->result,
				    "%s takes no longer than an empty command: "
				    "nothing is left to compare",
				    s->kind);
	}
	for (size_t i = 1; i < m->n; i++)
		judge_one(run, o, m, i);
	say_floor(run, o, m);
}
