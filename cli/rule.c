/*
 * rule.c - what is asked of a figure: read, and answered with its interval.
 */
#include "cli/rule.h"

#include "cli/units.h"
#include "core/stat.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "0.8 x baseline", "1.2x base", "baseline"; `word` is where its name begins. */
static bool
read_times(const char *text, const char *word, struct rule *r)
{
	char number[RULE_NAME];
	size_t n = (size_t)(word - text);

	if (strcmp(word, "baseline") != 0 && strcmp(word, "base") != 0)
		return false;
	r->relative = true;
	r->value = 1;
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	if (n == 0)
		return true;
	if (text[--n] != 'x' && text[n] != '*')
		return false;
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	if (n == 0 || n >= sizeof(number))
		return false;
	memcpy(number, text, n);
	number[n] = '\0';
	return units_real(number, &r->value) == 0 && r->value > 0;
}

/* A value: +5%, -3%, 0.8 x baseline, 50us, 0.3ns, 10MiB, 2.5, 10k. */
static bool
read_value(const char *text, struct rule *r)
{
	const size_t n = strlen(text);
	const char *word = strstr(text, "base");
	uint64_t bytes;
	char *end;

	if (word != NULL)
		return read_times(text, word, r);
	if ((*text == '+' || *text == '-') && n > 2 && text[n - 1] == '%') {
		r->relative = true;
		r->value = 1 + strtod(text, &end) / 100;
		return *end == '%' && end[1] == '\0' && isfinite(r->value);
	}
	if (units_real(text, &r->value) == 0 || units_nanoseconds(text, &r->value) == 0)
		return true;
	if (units_size(text, &bytes) != 0)
		return false;
	r->value = (double)bytes;
	return true;
}

static bool
is_percentile(const char *name)
{
	return name[0] == 'p' && isdigit((unsigned char)name[1]);
}

/* Takes "mutex." and "round_trip." off the name. */
static bool
read_scopes(const char *words, struct rule *r)
{
	const char *dot;

	for (int i = 0; !is_percentile(words); i++) {
		dot = strchr(words, '.');
		if (dot == NULL)
			break;
		if (i == RULE_SCOPES || dot == words || dot - words >= RULE_NAME)
			return false;
		memcpy(r->scope[i], words, (size_t)(dot - words));
		words = dot + 1;
	}
	if (*words == '\0' || strlen(words) >= RULE_NAME)
		return false;
	memcpy(r->name, words, strlen(words) + 1);
	return true;
}

const char *
rule_read(const char *text, struct rule *r)
{
	char name[3 * RULE_NAME] = "", op[3] = "", value[RULE_NAME] = "", rest = '\0';
	size_t n;

	*r = (struct rule){ .name = "" };
	if (sscanf(text, " %119[a-zA-Z0-9_.-] %2[<>=] %39[^\t\n]%c", name, op, value,
		   &rest) != 3)
		return "it is no NAME, < or >, VALUE";
	for (n = strlen(value); n > 0 && value[n - 1] == ' '; n--)
		value[n - 1] = '\0';
	r->less = op[0] == '<';
	r->or_equal = op[1] == '=';
	if ((op[0] != '<' && op[0] != '>') || (op[1] != '\0' && op[1] != '='))
		return "only <, <=, > and >= are known";
	if (!read_scopes(name, r))
		return "the name does not read";
	if (!read_value(value, r))
		return "the value does not read";
	return NULL;
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
	char key[RULE_NAME];

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
	if (is_percentile(name))
		return percentile(s->metric, name, value) ||
		       percentile(find_metric(s->group, row, "latency"), name, value);
	m = find_metric(s->group, row, name);
	v = json_object_get(m, "median");
	*value = json_number_value(v);
	return json_is_number(v);
}

static enum rule_answer
answer(const struct rule *r, const struct rule_seen *s)
{
	const double v = r->value;

	if (r->less ? (r->or_equal ? s->high <= v : s->high < v)
		    : (r->or_equal ? s->low >= v : s->low > v))
		return RULE_YES;
	if (r->less ? (r->or_equal ? s->low > v : s->low >= v)
		    : (r->or_equal ? s->high < v : s->high <= v))
		return RULE_NO;
	return RULE_UNCLEAR;
}

/* The row's own figure, which has an interval; `inverse`: operations a second. */
static enum rule_answer
ask_median(const struct rule *r, const struct compare_row *row, bool inverse,
	   struct rule_seen *seen)
{
	const struct verdict *v = &row->verdict;
	const struct verdict_side side = { row->fresh.sample, row->fresh.n,
					   row->fresh.run, row->fresh.nruns };
	struct stat_interval i;
	double scale = 1e9;

	if (row->fresh.n == 0)
		return RULE_NONE;
	if (r->relative && row->base.n == 0)
		return RULE_NO_BASE;
	if (r->relative && !v->known)
		return RULE_UNCLEAR;
	if (r->relative) {
		*seen = (struct rule_seen){ v->ratio, v->range.low, v->range.high };
		scale = 1;
	} else {
		i = verdict_interval(&side);
		*seen = (struct rule_seen){ stat_median(side.sample, side.n), i.low,
					    i.high };
	}
	if (inverse)
		*seen = (struct rule_seen){ scale / seen->middle, scale / seen->high,
					    scale / seen->low };
	return answer(r, seen);
}

/* The scopes are the row's kind or metric. */
static bool
is_meant(const struct rule *r, const struct compare_row *row)
{
	for (int i = 0; i < RULE_SCOPES; i++)
		if (r->scope[i][0] != '\0' && strcmp(r->scope[i], row->kind) != 0 &&
		    strcmp(r->scope[i], row->metric) != 0)
			return false;
	return true;
}

enum rule_answer
rule_ask(const struct rule *r, const struct compare_row *row, struct rule_seen *seen)
{
	const bool is_time = strcmp(row->unit, "ns") == 0;
	double fresh, base;

	*seen = (struct rule_seen){ 0 };
	if (!is_meant(r, row) || row->fresh.metric == NULL)
		return RULE_NONE;
	if (strcmp(r->name, "median") == 0 || strcmp(r->name, row->metric) == 0)
		return ask_median(r, row, false, seen);
	if (is_time && (strcmp(r->name, "ops") == 0 || strcmp(r->name, "rate") == 0))
		return ask_median(r, row, true, seen);
	if (!point_of(&row->fresh, row->metric, r->name, &fresh))
		return RULE_NONE;
	*seen = (struct rule_seen){ fresh, fresh, fresh };
	if (!r->relative)
		return answer(r, seen);
	if (!point_of(&row->base, row->metric, r->name, &base) || !(base > 0))
		return RULE_NO_BASE;
	*seen = (struct rule_seen){ fresh / base, fresh / base, fresh / base };
	return answer(r, seen);
}
