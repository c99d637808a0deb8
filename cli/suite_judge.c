/*
 * suite_judge.c - is what was measured within the limits?
 *
 * A limit is broken when all of the figure's interval is beyond it, kept when none of
 * it is; in between it is not clear. Where an entry has no limit but a baseline, each
 * of its figures is compared with it as `concbench compare` does.
 */
#include "cli/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_FAILED = 1, EXIT_BROKEN = 3, EXIT_STRICT = 4, EXIT_UNABLE = 77 };

static void
become(struct suite_entry *x, enum suite_word word, const char *why)
{
	x->outcome = word;
	if (why != NULL)
		snprintf(x->why, sizeof(x->why), "%s", why);
}

static struct suite_answer *
add_answer(struct suite_entry *x, const char *limit, const struct compare_row *row)
{
	struct suite_answer *all =
		reallocarray(x->answer, x->nanswers + 1, sizeof(*all));

	if (all == NULL)
		return NULL;
	x->answer = all;
	all = &x->answer[x->nanswers++];
	*all = (struct suite_answer){ .limit = limit };
	snprintf(all->figure, sizeof(all->figure), "%s", row->name);
	return all;
}

/* The unit of what a rule sees: of a percentile, the row's. */
static void
put_unit(struct suite_answer *a, const struct rule *r, const struct compare_row *row)
{
	const char *unit = row->unit;
	size_t i;
	json_t *m;
	char whole[160];

	snprintf(whole, sizeof(whole), "%s_%s", row->metric, r->name);
	json_array_foreach(json_object_get(row->fresh.group, "metrics"), i, m)
	{
		const char *name = json_string_value(json_object_get(m, "name"));

		if (name != NULL &&
		    (strcmp(name, whole) == 0 || strcmp(name, r->name) == 0))
			unit = json_string_value(json_object_get(m, "unit"));
	}
	if (strcmp(r->name, "ops") == 0)
		unit = "1/s";
	snprintf(a->unit, sizeof(a->unit), "%s", unit != NULL ? unit : "");
}

/* Asks a limit of all figures. Returns how many had it, or -ENOMEM. */
static int
ask_limit(struct suite_entry *x, const struct suite_limit *l, const struct compare *c)
{
	struct rule_seen seen;
	struct suite_answer *a;
	int asked = 0;

	for (size_t i = 0; i < c->nrows; i++) {
		const enum rule_answer answer = rule_ask(&l->rule, &c->row[i], &seen);

		if (answer == RULE_NONE)
			continue;
		asked++;
		a = add_answer(x, l->text, &c->row[i]);
		if (a == NULL)
			return -ENOMEM;
		a->answer = answer;
		a->seen = seen;
		a->relative = l->rule.relative;
		put_unit(a, &l->rule, &c->row[i]);
	}
	return asked;
}

/* No limit: no regression against the baseline. */
static int
ask_regression(struct suite_entry *x, const struct compare *c)
{
	struct suite_answer *a;

	for (size_t i = 0; i < c->nrows; i++) {
		const struct compare_row *row = &c->row[i];
		const struct verdict *v = &row->verdict;

		/* One run of a demonstration says nothing of the next. */
		if (!row->judged ||
		    json_object_get(row->fresh.metric, "status") == NULL)
			continue;
		a = add_answer(x, "--max-regression", row);
		if (a == NULL)
			return -ENOMEM;
		a->relative = true;
		a->seen = (struct rule_seen){ v->ratio, v->range.low, v->range.high };
		a->answer = v->regression ? RULE_NO
			    : !v->known || v->word == VERDICT_INCONCLUSIVE
				    ? RULE_UNCLEAR
				    : RULE_YES;
	}
	return 0;
}

static int
ask_all(const struct suite *s, struct suite_entry *x, struct err *e)
{
	struct compare c = { .limits = { s->max_regression, 0.02 } };
	int rc = compare_take(&c.base, x->base, e);

	if (rc == 0)
		rc = compare_take(&c.fresh, x->doc, e);
	if (rc == 0 && x->base != NULL)
		rc = compare_fits(&c, s->force, e);
	if (rc == 0)
		rc = compare_match(&c, NULL, 0, s->force, e);
	for (size_t i = 0; i < x->nlimits && rc == 0; i++) {
		const int n = ask_limit(x, &x->limit[i], &c);

		if (n == 0)
			rc = err_set(e, EINVAL, "limit '%.80s': no figure has that",
				     x->limit[i].text);
		else if (n < 0)
			rc = err_set(e, ENOMEM, "no memory for the answers");
	}
	if (rc == 0 && x->nlimits == 0 && x->base != NULL && ask_regression(x, &c) != 0)
		rc = err_set(e, ENOMEM, "no memory for the answers");
	compare_fini(&c);
	return rc;
}

static bool
failed_check(struct suite_entry *x)
{
	size_t i;
	json_t *check;

	json_array_foreach(json_object_get(x->doc, "checks"), i, check)
	{
		if (json_is_true(json_object_get(check, "passed")))
			continue;
		snprintf(x->why, sizeof(x->why), "%s: %s",
			 json_string_value(json_object_get(check, "name")),
			 json_string_value(json_object_get(check, "detail")));
		x->outcome = SUITE_FAILED;
		return true;
	}
	return false;
}

/* The run's own status: true when limits may be asked. */
static bool
ran_well(struct suite_entry *x)
{
	const json_t *message =
		json_object_get(json_object_get(x->doc, "error"), "message");

	if (x->status == EXIT_UNABLE) {
		become(x, SUITE_SKIPPED,
		       x->doc == NULL ? "this machine or build cannot do it" : NULL);
		return false;
	}
	if (x->doc != NULL && failed_check(x))
		return false;
	if (x->status == 0 && x->doc != NULL)
		return true;
	become(x, SUITE_ERROR, json_string_value(message));
	if (x->why[0] == '\0')
		snprintf(x->why, sizeof(x->why), "the run ended with status %d",
			 x->status);
	return false;
}

int
suite_judge(const struct suite *s, struct suite_entry *x, struct err *e)
{
	int rc;

	x->nanswers = 0;
	if (!ran_well(x))
		return 0;
	x->why[0] = '\0';
	rc = ask_all(s, x, e);
	if (rc != 0)
		return rc;
	x->outcome = SUITE_PASSED;
	for (size_t i = 0; i < x->nanswers; i++) {
		const enum rule_answer a = x->answer[i].answer;

		if (a == RULE_NO)
			x->outcome = SUITE_FAILED;
		else if (a == RULE_UNCLEAR && x->outcome == SUITE_PASSED)
			x->outcome = SUITE_UNCLEAR;
	}
	return 0;
}

int
suite_status(const struct suite *s, bool strict)
{
	size_t n[SUITE_NOT_RUN + 1] = { 0 };

	for (size_t i = 0; i < s->n; i++)
		n[s->entry[i].outcome]++;
	if (n[SUITE_FAILED] > 0)
		return EXIT_FAILED;
	if (n[SUITE_ERROR] + n[SUITE_NOT_RUN] > 0)
		return EXIT_BROKEN;
	if (n[SUITE_UNCLEAR] > 0 && strict)
		return EXIT_STRICT;
	return n[SUITE_SKIPPED] == s->n ? EXIT_UNABLE : 0;
}
