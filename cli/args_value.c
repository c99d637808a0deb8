/*
 * args_value.c - one value of an option: reading, checking, refusing.
 */
#include "cli/args.h"

#include "cli/suggest.h"
#include "cli/units.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is being read, for the messages. */
struct value {
	const struct param *row;
	const char *as, *text;
	void *field;
	struct err *e;
};

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
	case PARAM_PERCENT:
		return "such as 5% or 0.05";
	default:
		return "such as 0.5 or 1e3";
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

/* A number that did not read; rc is from units.h. */
static int
refuse_number(const struct value *v, int rc)
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
		return refuse_number(v, rc);
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
		return refuse_number(v, rc);
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
		return refuse_number(v, rc);
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

static bool
seen_before(const struct param_list *l, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (l->v[j] == l->v[i])
			return true;
	return false;
}

static int
read_counts(const struct value *v)
{
	struct param_list *field = v->field, l = { 0, NULL };
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
		return refuse_number(v, rc);
	for (i = 0; i < l.n && rc == 0; i++)
		if (!in_bounds(v->row, (double)l.v[i]))
			rc = refuse_element(v, &l, i, false);
		else if (seen_before(&l, i))
			rc = refuse_element(v, &l, i, true);
	if (rc != 0) {
		free(l.v);
		return rc;
	}
	free(field->v);
	*field = l;
	return 0;
}

/* The i-th name that may stand here; NULL behind the last. */
static const char *
nth_name(const struct param *row, size_t i)
{
	static const char *const whens[] = { "auto", "always", "never", NULL };
	static const char *const pins[] = { "none", "same", "compact", "scatter",
					    NULL };

	switch (row->type) {
	case PARAM_CHOICE:
		return row->choices[i].name;
	case PARAM_KINDS:
		return row->kinds[i] != NULL ? row->kinds[i]->name : NULL;
	case PARAM_WHEN:
		return whens[i];
	case PARAM_WORK:
		return units_work_names[i];
	case PARAM_CPUS:
		return pins[i];
	default:
		return NULL;
	}
}

/* Index of the name that is text[0..n-1], or -1. */
static int
index_of(const struct param *row, const char *text, size_t n)
{
	const char *name;
	size_t i;

	for (i = 0; (name = nth_name(row, i)) != NULL; i++)
		if (strlen(name) == n && strncmp(name, text, n) == 0)
			return (int)i;
	return -1;
}

/* The hint of a wrong name: "did you mean 'thread'?". */
static const char *
nearest(const struct param *row, const char *word)
{
	struct suggest s;
	const char *name;
	size_t i;

	suggest_init(&s, word);
	for (i = 0; (name = nth_name(row, i)) != NULL; i++)
		suggest_offer(&s, name);
	return s.best;
}

static int
refuse_name(const struct value *v)
{
	char quoted[ARGS_QUOTE], accepts[112];
	const char *best = nearest(v->row, v->text);

	err_set(v->e, EINVAL, "%s: '%s' is not one of %s", v->as,
		args_quote(v->text, quoted, sizeof(quoted)),
		args_accepts(v->row, accepts, sizeof(accepts)));
	if (best != NULL)
		err_hint(v->e, "did you mean '%s'?", best);
	return -EINVAL;
}

static int
read_choice(const struct value *v)
{
	int i = index_of(v->row, v->text, strlen(v->text));

	if (i < 0)
		return refuse_name(v);
	*(int *)v->field = i;
	return 0;
}

static int
refuse_kind(const struct value *v, const char *name)
{
	char quoted[ARGS_QUOTE], accepts[112];
	const char *best = nearest(v->row, name);

	err_set(v->e, EINVAL, "%s: unknown kind '%s'", v->as,
		args_quote(name, quoted, sizeof(quoted)));
	args_accepts(v->row, accepts, sizeof(accepts));
	if (best != NULL)
		err_hint(v->e, "did you mean '%s'?; kinds: %s", best, accepts);
	else
		err_hint(v->e, "kinds: %s", accepts);
	return -EINVAL;
}

static bool
available(const struct kind *k, char *why, size_t size)
{
	why[0] = '\0';
	return k->available == NULL || k->available(why, size);
}

/* Appends every kind that can run here; the others are passed over. */
static int
add_all(const struct value *v, struct param_list *l)
{
	char why[128] = "";
	size_t i;

	for (i = 0; v->row->kinds[i] != NULL; i++)
		if (available(v->row->kinds[i], why, sizeof(why)))
			l->v[l->n++] = (int64_t)i;
	if (l->n > 0)
		return 0;
	err_set(v->e, EINVAL, "%s: no kind is available here%s%s", v->as,
		*why ? ": " : "", why);
	return ARGS_UNAVAILABLE;
}

/* Appends the kind `name`. */
static int
add_kind(const struct value *v, struct param_list *l, const char *name)
{
	int i = index_of(v->row, name, strlen(name));
	char why[128];

	if (i < 0)
		return refuse_kind(v, name);
	l->v[l->n++] = i;
	if (seen_before(l, l->n - 1))
		return err_set(v->e, EINVAL, "%s: kind '%s' is given twice", v->as,
			       name);
	if (available(v->row->kinds[i], why, sizeof(why)))
		return 0;
	err_set(v->e, EINVAL, "%s: kind '%s' is unavailable%s%s", v->as, name,
		*why ? ": " : "", why);
	return ARGS_UNAVAILABLE;
}

static int
read_kinds(const struct value *v)
{
	struct param_list *field = v->field, l = { 0, NULL };
	char *copy = strdup(v->text), *rest = copy, *name;
	size_t nkinds = 0;
	int rc = 0;

	while (v->row->kinds[nkinds] != NULL)
		nkinds++;
	/* One more: a name given twice is found when it has been added. */
	l.v = calloc(nkinds + 1, sizeof(*l.v));
	if (copy == NULL || l.v == NULL)
		rc = err_set(v->e, ENOMEM, "%s: reading the list", v->as);
	else if (strcmp(copy, "list") == 0)
		rc = ARGS_LIST_KINDS;
	else if (strcmp(copy, "all") == 0)
		rc = add_all(v, &l);
	else
		while (rc == 0 && (name = strsep(&rest, ",")) != NULL)
			rc = add_kind(v, &l, name);
	free(copy);
	if (rc != 0) {
		free(l.v);
		return rc;
	}
	free(field->v);
	*field = l;
	return 0;
}

static int
read_work(const struct value *v)
{
	int rc = units_work(v->text, v->field);
	char quoted[ARGS_QUOTE], *name;
	const char *best = NULL;

	if (rc == 0)
		return 0;
	args_quote(v->text, quoted, sizeof(quoted));
	if (rc == -ERANGE)
		return err_set(v->e, EINVAL, "%s: '%s' is out of range", v->as, quoted);
	if (rc == -EDOM)
		return err_set(v->e, EINVAL,
			       "%s: '%s' is not a whole number of nanoseconds or bytes",
			       v->as, quoted);
	name = strndup(v->text, strcspn(v->text, ":"));
	if (name != NULL && index_of(v->row, name, strlen(name)) < 0)
		best = nearest(v->row, name);
	free(name);
	err_set(v->e, EINVAL,
		"%s: '%s' is not one of noop, echo, sleep:LO-HI, cpu:LO-HI, mem:LO-HI",
		v->as, quoted);
	if (best != NULL)
		err_hint(v->e, "did you mean '%s'?", best);
	else
		err_hint(v->e, "such as sleep:0-3s, cpu:10ms or mem:64M");
	return -EINVAL;
}

static int
read_cpus(const struct value *v)
{
	struct param_cpus *field = v->field, c = { PIN_LIST, { 0, NULL } };
	int i = index_of(v->row, v->text, strlen(v->text)), rc = 0;
	char quoted[ARGS_QUOTE];
	size_t k;

	if (i >= 0)
		c.policy = (enum pin_policy)i;
	else if (*v->text < '0' || *v->text > '9')
		return refuse_name(v);
	else
		rc = units_list(v->text, &c.cpus);
	if (rc == -ENOMEM || rc == -E2BIG)
		return refuse_number(v, rc);
	if (rc != 0)
		return refuse_name(v);
	for (k = 0; k < c.cpus.n; k++)
		if (!units_cpu_allowed(c.cpus.v[k])) {
			rc = err_set(
				v->e, EINVAL,
				"%s: CPU %lld of '%s' is not allowed to this process",
				v->as, (long long)c.cpus.v[k],
				args_quote(v->text, quoted, sizeof(quoted)));
			free(c.cpus.v);
			return rc;
		}
	free(field->cpus.v);
	*field = c;
	return 0;
}

static int
read_text(const struct value *v)
{
	struct param_texts *texts = v->field;
	const char **bigger;

	if (*v->text == '\0')
		return err_set(v->e, EINVAL, "%s: '' is empty, %s is needed", v->as,
			       v->row->arg != NULL ? v->row->arg : "a text");
	if (v->row->type == PARAM_TEXT) {
		*(const char **)v->field = v->text;
		return 0;
	}
	bigger = realloc(texts->v, (texts->n + 1) * sizeof(*texts->v));
	if (bigger == NULL)
		return err_set(v->e, ENOMEM, "%s: reading it", v->as);
	texts->v = bigger;
	texts->v[texts->n++] = v->text;
	return 0;
}

int
args_value(const struct param *row, void *opts, const char *as, const char *text,
	   struct err *e)
{
	static int (*const readers[])(const struct value *) = {
		[PARAM_COUNT] = read_count,	[PARAM_COUNTS] = read_counts,
		[PARAM_DURATION] = read_amount, [PARAM_SIZE] = read_amount,
		[PARAM_REAL] = read_real,	[PARAM_PERCENT] = read_real,
		[PARAM_CHOICE] = read_choice,	[PARAM_KINDS] = read_kinds,
		[PARAM_TEXT] = read_text,	[PARAM_TEXTS] = read_text,
		[PARAM_WORK] = read_work,	[PARAM_CPUS] = read_cpus,
		[PARAM_WHEN] = read_choice,
	};
	struct value v = { row, as, text, (char *)opts + row->offset, e };

	if (row->type == PARAM_FLAG)
		return err_set(e, EINVAL, "%s: takes no value", as);
	return readers[row->type](&v);
}
