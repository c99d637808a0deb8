/*
 * compare_rule.c - --fail-if: "p99 > 50us", "median > +5%", "jain < 0.9".
 *
 * A name is median, min, max, or a percentile of the figure or of the latencies beside
 * it; or the last part of a metric's name (jain, rate, cpu), or all of it. A value with
 * a sign and % is relative to the base. Where there is an interval, all of it must be
 * beyond the value.
 */
#include "cli/args.h"
#include "cli/compare.h"
#include "cli/units.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rule {
	char name[40];
	bool less, or_equal;
	bool relative; /* value is the change, 0.05 for +5% */
	double value;
};

static int
refuse(const char *text, const char *why, struct err *e)
{
	char quoted[ARGS_QUOTE];

	err_set(e, EINVAL, "--fail-if '%s': %s",
		args_quote(text, quoted, sizeof(quoted)), why);
	err_hint(e, "as in 'p99 > 50us', 'median > +5%%', 'jain < 0.9'");
	return -EINVAL;
}

/* A value: +5%, -3%, 50us, 2.5, 10k. */
static bool
read_value(const char *text, struct rule *r)
{
	const size_t n = strlen(text);
	uint64_t ns;
	int64_t count;
	char *end;

	if ((*text == '+' || *text == '-') && n > 2 && text[n - 1] == '%') {
		r->relative = true;
		r->value = strtod(text, &end) / 100;
		return *end == '%' && end[1] == '\0' && isfinite(r->value);
	}
	if (units_real(text, &r->value) == 0)
		return true;
	if (n > 1 && text[n - 1] == 's' && units_duration(text, &ns) == 0)
		r->value = (double)ns;
	else if (units_count(text, &count) == 0)
		r->value = (double)count;
	else
		return false;
	return true;
}

static int
read_rule(const char *text, struct rule *r, struct err *e)
{
	char op[3] = "", value[40] = "", rest = '\0';

	*r = (struct rule){ .name = "" };
	if (sscanf(text, " %39[a-z0-9_.] %2[<>=] %39[^ \t] %c", r->name, op, value,
		   &rest) != 3)
		return refuse(text, "it is no NAME, < or >, VALUE", e);
	r->less = op[0] == '<';
	r->or_equal = op[1] == '=';
	if ((op[0] != '<' && op[0] != '>') || (op[1] != '\0' && op[1] != '='))
		return refuse(text, "only <, <=, > and >= are known", e);
	if (!read_value(value, r))
		return refuse(text, "the value does not read", e);
	return 0;
}

/* The metric beside the row's, in a group: its name ends in "_NAME", or is it. */
static const json_t *
find_metric(const json_t *group, const char *row, const char *name)
{
	size_t i;
	json_t *m;
	char whole[160];

	snprintf(whole, sizeof(whole), "%s_%s", row, name);
	json_array_foreach(json_object_get(group, "metrics"), i, m)
	{
		const char *s = json_string_value(json_object_get(m, "name"));

		if (s != NULL && (strcmp(s, whole) == 0 || strcmp(s, name) == 0))
			return m;
	}
	return NULL;
}

static bool
percentile(const json_t *metric, const char *name, double *value)
{
	const json_t *v, *p = json_object_get(metric, "percentiles");
	char key[40];

	snprintf(key, sizeof(key), "%s", strcmp(name, "p99.9") == 0 ? "p99_9" : name);
	v = json_object_get(p, key);
	*value = json_number_value(v);
	return json_is_number(v);
}

/* What the name means on one side: a value without an interval. */
static bool
point_of(const struct compare_side *s, const char *row, const char *name, double *value)
{
	const json_t *m, *v;

	if (s->group == NULL)
		return false;
	v = json_object_get(s->metric, name);
	if (strcmp(name, "min") == 0 || strcmp(name, "max") == 0) {
		*value = json_number_value(v);
		return json_is_number(v);
	}
	if (name[0] == 'p' && name[1] >= '0' && name[1] <= '9')
		return percentile(s->metric, name, value) ||
		       percentile(find_metric(s->group, row, "latency"), name, value);
	m = find_metric(s->group, row, name);
	v = json_object_get(m, "median");
	*value = json_number_value(v);
	return json_is_number(v);
}

/* True when all of low..high is beyond the value. */
static bool
holds(const struct rule *r, double low, double high, double value)
{
	if (r->less)
		return r->or_equal ? high <= value : high < value;
	return r->or_equal ? low >= value : low > value;
}

/* 1: it holds; 0: it does not; -1: the row has no such figure. */
static int
ask(const struct compare_row *row, const struct rule *r)
{
	const struct verdict *v = &row->verdict;
	double fresh, base;

	if (strcmp(r->name, "median") == 0 || strcmp(r->name, row->metric) == 0) {
		if (!row->judged)
			return -1;
		if (r->relative)
			return v->known &&
			       holds(r, v->range.low, v->range.high, 1 + r->value);
		return holds(r, v->fresh_interval.low, v->fresh_interval.high,
			     r->value);
	}
	if (!point_of(&row->fresh, row->metric, r->name, &fresh))
		return -1;
	if (!r->relative)
		return holds(r, fresh, fresh, r->value);
	if (!point_of(&row->base, row->metric, r->name, &base) || !(base > 0))
		return -1;
	return holds(r, fresh / base, fresh / base, 1 + r->value);
}

int
compare_rule(struct compare *c, const char *text, struct err *e)
{
	struct rule r;
	int rc = read_rule(text, &r, e), asked = 0;

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < c->nrows; i++) {
		struct compare_row *row = &c->row[i];
		const int answer = ask(row, &r);

		asked += answer >= 0;
		if (answer == 1 && row->rule[0] == '\0')
			snprintf(row->rule, sizeof(row->rule), "%s", text);
	}
	return asked;
}
