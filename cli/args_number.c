/*
 * args_number.c - values of options that are numbers: reading, checking, refusing.
 */
#include "cli/args_value.h"

#include "cli/units.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
args_seen_before(const struct param_list *l, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (l->v[j] == l->v[i])
			return true;
	return false;
}

/* What a number of the type should look like. */
static const char *
looks(enum param_type type)
{
	switch (type) {
	case PARAM_COUNT:
	case PARAM_COUNTS:
		return "a whole number";
	case PARAM_DURATION:
		return "a duration";
	case PARAM_SIZE:
		return "a size";
	case PARAM_SIZES:
		return "a list of sizes";
	case PARAM_PERCENT:
		return "a percentage";
	default:
		return "a number";
	}
}

static const char *
example(enum param_type type)
{
	switch (type) {
	case PARAM_COUNT:
		return "such as 4, 10k or 1e6";
	case PARAM_COUNTS:
		return "such as 4, 1,2,8, 1-4 or 1..64*2";
	case PARAM_DURATION:
		return "such as 50ns, 1.5ms, 2s or 1m";
	case PARAM_SIZE:
		return "such as 64, 64K or 1MiB";
	case PARAM_SIZES:
		return "such as 64 or 64K,1MiB";
	case PARAM_PERCENT:
		return "such as 5% or 0.05";
	default:
		return "such as 0.5, 10k or 1e3";
	}
}

/* " in 1..8", ", 1 or more", or nothing, behind what a number should be. */
static const char *
bounds(const struct param *row, char *buf, size_t size)
{
	char accepts[72];

	args_accepts(row, accepts, sizeof(accepts));
	snprintf(buf, size, "%s%s",
		 *accepts == '\0'      ? ""
		 : row->max > row->min ? " in "
				       : ", ",
		 accepts);
	return buf;
}

/* A number that reads well but is out of bounds. */
static int
refuse_bounds(const struct value *v)
{
	char quoted[ARGS_QUOTE], accepts[72];

	args_quote(v->text, quoted, sizeof(quoted));
	args_accepts(v->row, accepts, sizeof(accepts));
	return err_set(v->e, EINVAL, "%s: '%s' is %s%s", v->as, quoted,
		       *accepts == '\0'		   ? "negative"
		       : v->row->max > v->row->min ? "not in "
						   : "not ",
		       accepts);
}

int
args_refuse_number(const struct value *v, int rc)
{
	char quoted[ARGS_QUOTE], range[80];
	const char *text = args_quote(v->text, quoted, sizeof(quoted));
	enum param_type type = v->row->type;

	/* A minus before a number: it is the value that is wrong, not the form. */
	if (rc == -EINVAL && v->text[0] == '-' && v->text[1] >= '0' &&
	    v->text[1] <= '9')
		return refuse_bounds(v);
	if (rc == -ENOMEM)
		return err_set(v->e, ENOMEM, "%s: reading the list", v->as);
	if (rc == -E2BIG)
		return err_set(v->e, EINVAL, "%s: '%s' has more than %d elements",
			       v->as, text, UNITS_LIST_MAX);
	if (rc == -ERANGE) {
		bool ranged = *args_accepts(v->row, range, sizeof(range)) != '\0';

		return err_set(v->e, EINVAL, "%s: '%s' is out of range%s%s%s", v->as,
			       text, ranged ? " (" : "", range, ranged ? ")" : "");
	}
	if (rc == -EDOM && (type == PARAM_DURATION || type == PARAM_SIZE))
		return err_set(v->e, EINVAL, "%s: '%s' is not a whole number of %s",
			       v->as, text,
			       type == PARAM_SIZE ? "bytes" : "nanoseconds");
	err_set(v->e, EINVAL, "%s: '%s' is not %s%s", v->as, text, looks(type),
		bounds(v->row, range, sizeof(range)));
	err_hint(v->e, "%s", example(type));
	return -EINVAL;
}

static bool
in_bounds(const struct param *row, double x)
{
	bool any = !(row->min < 0) && !(row->min > 0) && !(row->max > 0);

	if (any)
		return x >= 0;
	return x >= row->min && (x <= row->max || !(row->max > row->min));
}

/* "cpus", where the default is that. */
static bool
is_cpus(const struct value *v)
{
	return v->row->def != NULL && strcmp(v->row->def, "cpus") == 0 &&
	       strcmp(v->text, "cpus") == 0;
}

static int
read_count(const struct value *v)
{
	int64_t *field = v->field, n;
	int rc = 0;

	if (is_cpus(v))
		n = units_cpus_allowed();
	else
		rc = units_count(v->text, &n);
	if (rc != 0)
		return args_refuse_number(v, rc);
	if (!in_bounds(v->row, (double)n))
		return refuse_bounds(v);
	*field = n;
	return 0;
}

static int
read_amount(const struct value *v)
{
	uint64_t *field = v->field, n;
	int rc = v->row->type == PARAM_SIZE ? units_size(v->text, &n)
					    : units_duration(v->text, &n);

	if (rc != 0)
		return args_refuse_number(v, rc);
	if (!in_bounds(v->row, (double)n))
		return refuse_bounds(v);
	*field = n;
	return 0;
}

static int
read_real(const struct value *v)
{
	double *field = v->field, x;
	int rc = v->row->type == PARAM_PERCENT ? units_percent(v->text, &x)
					       : units_real(v->text, &x);

	if (rc != 0)
		return args_refuse_number(v, rc);
	if (!in_bounds(v->row, x))
		return refuse_bounds(v);
	*field = x;
	return 0;
}

/* Element i of a list is out of bounds, or stands in it a second time. */
static int
refuse_element(const struct value *v, const struct param_list *l, size_t i, bool twice)
{
	char quoted[ARGS_QUOTE], accepts[72];

	args_quote(v->text, quoted, sizeof(quoted));
	if (twice)
		return err_set(v->e, EINVAL, "%s: %lld stands twice in '%s'", v->as,
			       (long long)l->v[i], quoted);
	if (l->n == 1)
		return refuse_bounds(v);
	return err_set(v->e, EINVAL, "%s: %lld of '%s' is not %s%s", v->as,
		       (long long)l->v[i], quoted,
		       v->row->max > v->row->min ? "in " : "",
		       args_accepts(v->row, accepts, sizeof(accepts)));
}

static int
read_counts(const struct value *v)
{
	struct param_list *field = v->field, l = { .v = NULL };
	char cpus[16];
	const char *text = v->text;
	size_t i;
	int rc;

	if (is_cpus(v)) {
		snprintf(cpus, sizeof(cpus), "%d", units_cpus_allowed());
		text = cpus;
	}
	rc = units_list(text, &l);
	if (rc != 0)
		return args_refuse_number(v, rc);
	for (i = 0; i < l.n && rc == 0; i++)
		if (!in_bounds(v->row, (double)l.v[i]))
			rc = refuse_element(v, &l, i, false);
		else if (args_seen_before(&l, i))
			rc = refuse_element(v, &l, i, true);
	if (rc != 0) {
		free(l.v);
		return rc;
	}
	free(field->v);
	*field = l;
	return 0;
}

/* Reads the sizes of a list, the text of which is cut at its commas. */
static int
read_sizes_of(const struct value *v, char *copy, struct param_list *l)
{
	char *rest = copy, *word;
	uint64_t bytes;
	int rc;

	while ((word = strsep(&rest, ",")) != NULL) {
		if (l->n == UNITS_LIST_MAX)
			return -E2BIG;
		rc = units_size(word, &bytes);
		if (rc != 0)
			return rc;
		if (!in_bounds(v->row, (double)bytes))
			return -ERANGE;
		l->v[l->n++] = (int64_t)bytes;
	}
	return 0;
}

static int
read_sizes(const struct value *v)
{
	struct param_list *field = v->field, l = { .v = NULL };
	char *copy = strdup(v->text);
	int rc = -ENOMEM;

	l.v = calloc(strlen(v->text) + 1, sizeof(*l.v));
	if (copy != NULL && l.v != NULL)
		rc = read_sizes_of(v, copy, &l);
	free(copy);
	if (rc != 0) {
		free(l.v);
		return args_refuse_number(v, rc);
	}
	free(field->v);
	*field = l;
	return 0;
}

int
args_number(const struct value *v)
{
	switch (v->row->type) {
	case PARAM_COUNT:
		return read_count(v);
	case PARAM_COUNTS:
		return read_counts(v);
	case PARAM_SIZES:
		return read_sizes(v);
	case PARAM_DURATION:
	case PARAM_SIZE:
		return read_amount(v);
	default:
		return read_real(v);
	}
}
