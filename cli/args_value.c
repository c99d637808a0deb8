/*
 * args_value.c - one value of an option: names, texts, works, CPUs.
 */
#include "cli/args_value.h"

#include "cli/suggest.h"
#include "cli/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	if (v->row->load != NULL && strstr(name, ".so") != NULL)
		err_hint(v->e, "a file is written './%s'", quoted);
	else if (strcmp(name, "all") == 0 || strcmp(name, "list") == 0)
		err_hint(v->e, "'%s' stands alone", name);
	else if (best != NULL)
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

/* Appends every kind that can run here; the others and controls are passed over. */
static int
add_all(const struct value *v, struct param_list *l)
{
	char why[128] = "";
	size_t i;

	l->all = true;
	for (i = 0; v->row->kinds[i] != NULL; i++)
		if (!v->row->kinds[i]->control &&
		    available(v->row->kinds[i], why, sizeof(why)))
			l->v[l->n++] = (int64_t)i;
	if (l->n > 0)
		return 0;
	err_set(v->e, EINVAL, "%s: no kind is available here%s%s", v->as,
		*why ? ": " : "", why);
	return ARGS_UNAVAILABLE;
}

/* The place of a kind that is loaded from a file; or -errno. */
static int64_t
load_kind(const struct value *v, const char *path)
{
	int64_t i = -1;
	struct err e = { 0 };
	int rc = v->row->load(path, &i, &e);

	if (rc == 0)
		return i;
	err_set(v->e, e.code, "%s: %s", v->as, e.msg);
	if (e.hint[0] != '\0')
		err_hint(v->e, "%s", e.hint);
	return rc;
}

/* Appends the kind `name`. */
static int
add_kind(const struct value *v, struct param_list *l, const char *name)
{
	const bool is_file = v->row->load != NULL && strchr(name, '/') != NULL;
	const int64_t i =
		is_file ? load_kind(v, name) : index_of(v->row, name, strlen(name));
	char why[128];

	if (i < 0)
		return is_file ? (int)i : refuse_kind(v, name);
	l->v[l->n++] = i;
	if (args_seen_before(l, l->n - 1))
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
	struct param_list *field = v->field, l = { .v = NULL };
	char *copy = strdup(v->text), *rest = copy, *name;
	size_t nkinds = 0;
	int rc = 0;

	while (v->row->kinds[nkinds] != NULL)
		nkinds++;
	for (const char *at = v->text; v->row->load != NULL && *at != '\0'; at++)
		nkinds += *at == '/'; /* files come beside the kinds */
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
		"%s: '%s' is not one of noop, echo, sleep:LO-HI, cpu:LO-HI, "
		"io:LO-HI, mixed:LO-HI, mem:LO-HI",
		v->as, quoted);
	if (best != NULL)
		err_hint(v->e, "did you mean '%s'?", best);
	else
		err_hint(v->e, "such as sleep:0-3s, cpu:10ms or mem:64M");
	return -EINVAL;
}

/* Policies with commas between: same,scatter. False where one is none, or twice. */
static bool
read_places(const struct value *v, struct param_cpus *c)
{
	const char *at = v->text;

	for (;;) {
		const size_t n = strcspn(at, ",");
		const int i = index_of(v->row, at, n);

		for (size_t k = 0; k < c->nplaces; k++)
			if (i == (int)c->place[k])
				return false;
		if (i < 0 || c->nplaces == PIN_LIST)
			return false;
		c->place[c->nplaces++] = (enum pin_policy)i;
		if (at[n] == '\0')
			break;
		at += n + 1;
	}
	c->policy = c->place[0];
	return true;
}

static int
read_cpus(const struct value *v)
{
	struct param_cpus *field = v->field, c = { .policy = PIN_LIST };
	int i = index_of(v->row, v->text, strlen(v->text)), rc = 0;
	char quoted[ARGS_QUOTE];
	size_t k;

	if (i >= 0)
		c.policy = (enum pin_policy)i;
	else if (*v->text < '0' || *v->text > '9')
		rc = read_places(v, &c) ? 0 : -EINVAL;
	else
		rc = units_list(v->text, &c.cpus);
	if (rc == -ENOMEM || rc == -E2BIG)
		return args_refuse_number(v, rc);
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
		[PARAM_COUNT] = args_number,	[PARAM_COUNTS] = args_number,
		[PARAM_DURATION] = args_number, [PARAM_SIZE] = args_number,
		[PARAM_SIZES] = args_number,	[PARAM_REAL] = args_number,
		[PARAM_PERCENT] = args_number,	[PARAM_CHOICE] = read_choice,
		[PARAM_KINDS] = read_kinds,	[PARAM_TEXT] = read_text,
		[PARAM_TEXTS] = read_text,	[PARAM_WORK] = read_work,
		[PARAM_CPUS] = read_cpus,	[PARAM_WHEN] = read_choice,
		[PARAM_AMOUNT] = args_amount,
	};
	struct value v = { row, as, text, (char *)opts + row->offset, e };

	if (row->type == PARAM_FLAG)
		return err_set(e, EINVAL, "%s: takes no value", as);
	return readers[row->type](&v);
}
