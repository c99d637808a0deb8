/*
 * saved.c - a result that was written as JSON, read back.
 */
#include "cli/saved.h"

#include "cli/args.h"
#include "cli/json_out.h"
#include "cli/json_tables.h"
#include "core/libc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double
number_of(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

/* Both ends of an interval. */
static void
ends_of(const json_t *pair, double *low, double *high)
{
	*low = json_number_value(json_array_get(pair, 0));
	*high = json_number_value(json_array_get(pair, 1));
}

static char *
copy_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? strdup(s) : NULL;
}

static void
load_measured(struct result *r, struct result_series *s, const json_t *metric)
{
	static const char *const word[] = { "ok", "skipped", "broken" };
	struct result_measured *m = result_measured(r, s);
	const json_t *ratio = json_object_get(metric, "ratio");

	if (m == NULL)
		return;
	r->measured = true;
	m->primary = true;
	for (int i = 0; i < 3; i++)
		if (strcmp(json_out_text_of(metric, "status"), word[i]) == 0)
			m->status = (enum result_status)i;
	m->why = copy_of(metric, "why");
	m->op = copy_of(metric, "operation");
	m->version = (int)number_of(metric, "version");
	m->outliers = (uint64_t)number_of(metric, "outliers");
	m->batch = (uint64_t)number_of(metric, "batch");
	m->ops = (uint64_t)number_of(metric, "operations");
	ends_of(json_object_get(metric, "interval"), &m->low, &m->high);
	if (ratio == NULL)
		return;
	m->base = copy_of(ratio, "to");
	m->ratio = number_of(ratio, "median");
	ends_of(json_object_get(ratio, "interval"), &m->ratio_low, &m->ratio_high);
}

static void
load_hist(struct result *r, struct result_series *s, const json_t *p)
{
	struct hist *h = malloc(sizeof(*h));
	double value, n;
	size_t i;
	json_t *pair;

	if (h == NULL) {
		r->out_of_memory = true;
		return;
	}
	hist_init(h);
	json_array_foreach(json_object_get(p, "buckets"), i, pair)
	{
		ends_of(pair, &value, &n);
		if (value >= 0 && value < 1.8e19 && n >= 0 && n < 1.8e19)
			hist_add_many(h, (uint64_t)value, (uint64_t)n);
	}
	/* Buckets are coarse, these are exact. */
	if (number_of(p, "min") >= 0 && number_of(p, "max") < 1.8e19)
		hist_refine(h, (uint64_t)number_of(p, "min"),
			    (uint64_t)number_of(p, "max"), number_of(p, "mean"));
	result_hist(r, s, h);
	free(h);
}

/* "capacity=64 size=8" of a group of series. */
static void
params_of(const json_t *group, char *buf, size_t size)
{
	size_t used = 0;
	const char *key;
	json_t *value;

	buf[0] = '\0';
	json_object_foreach(json_object_get(group, "params"), key, value)
	{
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s=%s",
						 used > 0 ? " " : "", key,
						 json_string_value(value));
	}
}

static void
load_metric(struct result *r, const json_t *group, const json_t *metric)
{
	const char *better = json_out_text_of(metric, "better");
	const struct metric *m = result_metric(
		r, json_out_text_of(metric, "name"), json_out_text_of(metric, "unit"),
		strcmp(better, "lower") == 0	? BETTER_LOWER
		: strcmp(better, "higher") == 0 ? BETTER_HIGHER
						: BETTER_NONE,
		json_out_text_of(metric, "summary"));
	struct result_series *s;
	char params[160];
	size_t i;
	json_t *sample;

	params_of(group, params, sizeof(params));
	s = m == NULL
		    ? NULL
		    : result_series_at(r, json_out_text_of(group, "kind"),
				       (int64_t)number_of(group, "workers"), params, m);
	if (s == NULL)
		return;
	json_array_foreach(json_object_get(metric, "samples"), i, sample)
	{
		result_sample(r, s, json_number_value(sample));
	}
	if (json_object_get(metric, "status") != NULL)
		load_measured(r, s, metric);
	if (json_object_get(metric, "percentiles") != NULL)
		load_hist(r, s, json_object_get(metric, "percentiles"));
}

/* Columns of a table, which must outlive it. NULL without memory. */
static struct result_column *
load_columns(struct saved *s, const json_t *columns)
{
	struct result_column **all =
		reallocarray(s->column, s->ncolumns + 1, sizeof(*all));
	struct result_column *column;
	size_t i;
	json_t *o;

	if (all == NULL)
		return NULL;
	s->column = all;
	column = calloc(json_array_size(columns) + 1, sizeof(*column));
	if (column == NULL)
		return NULL;
	all[s->ncolumns++] = column;
	json_array_foreach(columns, i, o)
	{
		column[i].name = json_out_text_of(o, "name");
		column[i].head = json_out_text_of(o, "head");
		column[i].as = COLUMN_TEXT;
		for (int as = 0; json_column_as[as] != NULL; as++)
			if (strcmp(json_out_text_of(o, "as"), json_column_as[as]) == 0)
				column[i].as = (unsigned)as;
	}
	return column;
}

static void
load_table(struct saved *s, const json_t *table)
{
	struct result *r = &s->result;
	const json_t *columns = json_object_get(table, "columns");
	struct result_column *column = load_columns(s, columns);
	struct result_table *t;
	size_t i, row;
	json_t *o;

	t = column == NULL ? NULL
			   : result_table(r, json_out_text_of(table, "name"),
					  json_out_text_of(table, "kind"),
					  (int64_t)number_of(table, "workers"), column,
					  json_array_size(columns));
	if (t == NULL) {
		r->out_of_memory = true;
		return;
	}
	t->quiet = json_is_true(json_object_get(table, "quiet"));
	json_array_foreach(json_object_get(table, "rows"), i, o)
	{
		row = result_row(r, t);
		for (size_t j = 0; j < t->ncolumns; j++) {
			const json_t *cell = json_object_get(o, column[j].name);

			if (json_is_string(cell) && column[j].as == COLUMN_TEXT)
				result_text(r, t, row, j, json_string_value(cell));
			else if (json_is_number(cell) && column[j].as != COLUMN_TEXT)
				result_number(t, row, j, json_number_value(cell));
		}
	}
}

static void
load_params(struct result *r, const json_t *params)
{
	const char *key;
	json_t *value, *one;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)params, key, value)
	{
		if (json_is_string(value))
			result_param(r, key, json_string_value(value));
		json_array_foreach(value, i, one)
		{
			result_param(r, key, json_string_value(one));
		}
	}
}

/* How it ended, so that result_status() says what it said then. */
static void
load_end(struct result *r, const json_t *doc)
{
	const char *verdict = json_out_text_of(doc, "verdict"),
		   *by = json_out_text_of(doc, "stopped_by");
	const json_t *error = json_object_get(doc, "error");
	const int status = (int)number_of(doc, "exit_code");

	if (strcmp(verdict, "stopped") == 0) {
		r->end = END_STOPPED;
		r->stop_reason = SIGTERM;
		for (int sig = 1; sig < 32; sig++)
			if (libc_signal_name(sig) != NULL &&
			    strcmp(libc_signal_name(sig), by) == 0)
				r->stop_reason = sig;
	} else if (strcmp(verdict, "timeout") == 0) {
		r->end = END_TIMEOUT;
	} else if (strcmp(verdict, "error") == 0) {
		r->end = END_FAILED;
		r->failure = status;
	} else if (strcmp(verdict, "failed") == 0 && result_passed(r)) {
		r->status = status;
	}
	if (json_is_object(error)) {
		r->err.code = (int)number_of(error, "errno");
		snprintf(r->err.msg, sizeof(r->err.msg), "%s",
			 json_out_text_of(error, "message"));
		r->err.code = 0; /* its words are in the message already */
	}
}

static void
load_all(struct saved *s)
{
	struct result *r = &s->result;
	const json_t *doc = s->doc;
	size_t i, j;
	json_t *o, *m;

	load_params(r, json_object_get(doc, "params"));
	json_array_foreach(json_object_get(doc, "series"), i, o)
	{
		json_array_foreach(json_object_get(o, "metrics"), j, m)
		{
			load_metric(r, o, m);
		}
	}
	json_array_foreach(json_object_get(doc, "checks"), i, o)
	{
		result_check(r, json_out_text_of(o, "kind"),
			     json_out_text_of(o, "name"),
			     json_is_true(json_object_get(o, "passed")), "%s",
			     json_out_text_of(o, "detail"));
	}
	json_array_foreach(json_object_get(doc, "tables"), i, o)
	{
		load_table(s, o);
	}
	json_array_foreach(json_object_get(doc, "lines"), i, o)
	{
		if (json_is_string(o))
			result_line(r, "%s", json_string_value(o));
	}
	json_array_foreach(json_object_get(doc, "warnings"), i, o)
	{
		if (json_is_string(o))
			result_warn(r, "%s", json_string_value(o));
	}
	r->seed = (uint64_t)number_of(json_object_get(doc, "context"), "seed");
	r->wall_ns = (uint64_t)number_of(json_object_get(doc, "summary"), "wall_ns");
	r->events_lost = (uint64_t)number_of(doc, "events_lost");
	load_end(r, doc);
}

int
saved_read(struct saved *s, const char *file, struct err *e)
{
	char quoted[ARGS_QUOTE];
	json_error_t why;
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");

	*s = (struct saved){ .doc = NULL };
	args_quote(file, quoted, sizeof(quoted));
	if (f == NULL)
		return err_set(e, errno, "cannot read '%s'", quoted);
	s->doc = json_loadf(f, JSON_REJECT_DUPLICATES, &why);
	if (f != stdin)
		fclose(f);
	if (s->doc == NULL)
		return err_set(e, json_out_errno(), "'%s', line %d: %s", quoted,
			       why.line, why.text);
	if (strcmp(json_out_text_of(s->doc, "schema"), "concbench/1") != 0 ||
	    !json_is_array(json_object_get(s->doc, "series")) ||
	    *json_out_text_of(s->doc, "command") == '\0') {
		saved_fini(s);
		return err_set(e, EINVAL, "'%s' is no result of schema concbench/1",
			       quoted);
	}
	result_init(&s->result, json_out_text_of(s->doc, "command"));
	load_all(s);
	if (!s->result.out_of_memory)
		return 0;
	saved_fini(s);
	return err_set(e, ENOMEM, "no memory for '%s'", quoted);
}

const json_t *
saved_context(const struct saved *s)
{
	return json_object_get(s->doc, "context");
}

void
saved_fini(struct saved *s)
{
	result_fini(&s->result);
	for (size_t i = 0; i < s->ncolumns; i++)
		free(s->column[i]);
	free(s->column);
	json_decref(s->doc);
	*s = (struct saved){ .doc = NULL };
}
