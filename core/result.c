/*
 * result.c - the one record of a run.
 */
#include "core/result.h"

#include "core/stop.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Makes room for one more element in array (n used, of size bytes each) and returns
 * the array, moved or not; NULL, with the record marked, when memory ran out. What
 * was there stays. Room is the power of two at or above n, at least 8.
 */
static void *
grow(struct result *r, void *array, size_t n, size_t size)
{
	void *more = array;

	if (r->out_of_memory)
		return NULL;
	if (n == 0)
		more = calloc(8, size);
	else if (n >= 8 && (n & (n - 1)) == 0)
		more = reallocarray(array, 2 * n, size);
	if (more == NULL)
		r->out_of_memory = true;
	return more;
}

static char *
copy(struct result *r, const char *text)
{
	char *s = r->out_of_memory ? NULL : strdup(text == NULL ? "" : text);

	if (s == NULL)
		r->out_of_memory = true;
	return s;
}

static char *
format(struct result *r, const char *fmt, va_list ap)
{
	char *s = NULL;

	if (r->out_of_memory || vasprintf(&s, fmt, ap) < 0) {
		r->out_of_memory = true;
		return NULL;
	}
	return s;
}

void
result_init(struct result *r, const char *command)
{
	*r = (struct result){ .command = command };
}

static void
free_table(struct result_table *t)
{
	for (size_t i = 0; i < t->nrows * t->ncolumns; i++)
		free(t->cell[i].text);
	free(t->cell);
	free(t->kind);
	free(t);
}

static void
free_series(struct result_series *s)
{
	free(s->kind);
	free(s->params);
	free(s->sample);
	free(s->hist);
	if (s->measured != NULL) {
		free(s->measured->why);
		free(s->measured->op);
		free(s->measured->base);
	}
	free(s->measured);
	free(s);
}

static void
free_metric(struct metric *m)
{
	free((char *)m->name);
	free((char *)m->unit);
	free((char *)m->summary);
	free(m);
}

void
result_fini(struct result *r)
{
	for (size_t i = 0; i < r->nparams; i++) {
		free(r->param[i].name);
		free(r->param[i].value);
	}
	for (size_t i = 0; i < r->nseries; i++)
		free_series(r->series[i]);
	for (size_t i = 0; i < r->nchecks; i++) {
		free(r->check[i].kind);
		free(r->check[i].name);
		free(r->check[i].detail);
	}
	for (size_t i = 0; i < r->ntables; i++)
		free_table(r->table[i]);
	for (size_t i = 0; i < r->nlines; i++)
		free(r->line[i]);
	for (size_t i = 0; i < r->nwarnings; i++)
		free(r->warning[i]);
	for (size_t i = 0; i < r->nmetrics; i++)
		free_metric(r->metric[i]);
	free(r->metric);
	free(r->param);
	free(r->series);
	free(r->check);
	free(r->table);
	free(r->line);
	free(r->warning);
	*r = (struct result){ .command = NULL };
}

void
result_param(struct result *r, const char *name, const char *value)
{
	struct result_param p = { copy(r, name), copy(r, value) };
	struct result_param *all = grow(r, r->param, r->nparams, sizeof(*all));

	if (all == NULL) {
		free(p.name);
		free(p.value);
		return;
	}
	r->param = all;
	r->param[r->nparams++] = p;
}

static struct result_series *
new_series(struct result *r, const char *kind, int64_t workers, const char *params,
	   const struct metric *metric)
{
	struct result_series *s = calloc(1, sizeof(*s));
	struct result_series **all = grow(r, r->series, r->nseries, sizeof(*all));

	if (all != NULL)
		r->series = all;
	if (s == NULL || all == NULL || (s->kind = copy(r, kind)) == NULL ||
	    (s->params = copy(r, params)) == NULL) {
		r->out_of_memory = true;
		if (s != NULL)
			free_series(s);
		return NULL;
	}
	s->workers = workers;
	s->metric = metric;
	r->series[r->nseries++] = s;
	return s;
}

struct result_series *
result_series(struct result *r, const char *kind, int64_t workers,
	      const struct metric *metric)
{
	return result_series_at(r, kind, workers, "", metric);
}

static const char *
take_word(const char *at, char end, char *word, size_t size)
{
	const size_t n = strcspn(at, end == '=' ? "= " : " ");

	snprintf(word, size, "%.*s", (int)n, at);
	return at + n + (at[n] == end);
}

bool
result_params_next(const char **at, struct result_pair *pair)
{
	if (**at == '\0')
		return false;
	*at = take_word(*at, '=', pair->key, sizeof(pair->key));
	*at = take_word(*at, ' ', pair->value, sizeof(pair->value));
	return true;
}

struct result_series *
result_series_at(struct result *r, const char *kind, int64_t workers,
		 const char *params, const struct metric *metric)
{
	for (size_t i = 0; i < r->nseries; i++) {
		struct result_series *s = r->series[i];

		if (s->metric == metric && s->workers == workers &&
		    strcmp(s->kind, kind == NULL ? "" : kind) == 0 &&
		    strcmp(s->params, params) == 0)
			return s;
	}
	return new_series(r, kind, workers, params, metric);
}

const struct metric *
result_metric(struct result *r, const char *name, const char *unit,
	      enum result_better better, const char *summary)
{
	struct metric **all, *m;

	for (size_t i = 0; i < r->nmetrics; i++) {
		if (strcmp(r->metric[i]->name, name) == 0 &&
		    strcmp(r->metric[i]->unit, unit) == 0)
			return r->metric[i];
	}
	all = grow(r, r->metric, r->nmetrics, sizeof(*all));
	m = calloc(1, sizeof(*m));
	if (all != NULL)
		r->metric = all;
	if (m == NULL || all == NULL) {
		r->out_of_memory = true;
		free(m);
		return NULL;
	}
	m->name = copy(r, name);
	m->unit = copy(r, unit);
	m->better = better;
	m->summary = copy(r, summary);
	if (r->out_of_memory) {
		free_metric(m);
		return NULL;
	}
	r->metric[r->nmetrics++] = m;
	return m;
}

struct result_measured *
result_measured(struct result *r, struct result_series *s)
{
	if (s == NULL)
		return NULL;
	if (s->measured == NULL)
		s->measured = calloc(1, sizeof(*s->measured));
	if (s->measured == NULL)
		r->out_of_memory = true;
	return s->measured;
}

void
result_sample(struct result *r, struct result_series *s, double value)
{
	double *all;

	if (s == NULL)
		return;
	if (!isfinite(value)) {
		result_warn(r, "a value of '%s' was not a number and is left out",
			    s->metric->name);
		return;
	}
	all = grow(r, s->sample, s->n, sizeof(*all));
	if (all == NULL)
		return;
	s->sample = all;
	s->sample[s->n++] = value;
}

void
result_hist(struct result *r, struct result_series *s, const struct hist *h)
{
	if (s == NULL || r->out_of_memory)
		return;
	if (s->hist == NULL) {
		s->hist = malloc(sizeof(*s->hist));
		if (s->hist == NULL) {
			r->out_of_memory = true;
			return;
		}
		hist_init(s->hist);
	}
	hist_merge(s->hist, h);
}

void
result_check(struct result *r, const char *kind, const char *name, bool passed,
	     const char *detail, ...)
{
	struct result_check c = { .passed = passed }, *all;
	va_list ap;

	va_start(ap, detail);
	c.detail = format(r, detail, ap);
	va_end(ap);
	c.kind = copy(r, kind);
	c.name = copy(r, name);
	all = grow(r, r->check, r->nchecks, sizeof(*all));
	if (all == NULL) {
		free(c.kind);
		free(c.name);
		free(c.detail);
		return;
	}
	r->check = all;
	r->check[r->nchecks++] = c;
}

/* Adds a text, which is freed when that fails, to an array of texts. */
static void
add_text(struct result *r, char ***texts, size_t *n, char *text)
{
	char **all = text == NULL ? NULL : grow(r, *texts, *n, sizeof(*all));

	if (all == NULL) {
		free(text);
		return;
	}
	*texts = all;
	all[(*n)++] = text;
}

void
result_line(struct result *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(r, &r->line, &r->nlines, format(r, fmt, ap));
	va_end(ap);
}

void
result_warn(struct result *r, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format(r, fmt, ap);
	va_end(ap);
	for (size_t i = 0; text != NULL && i < r->nwarnings; i++) {
		if (strcmp(r->warning[i], text) == 0) {
			free(text);
			return;
		}
	}
	add_text(r, &r->warning, &r->nwarnings, text);
}

struct result_table *
result_table(struct result *r, const char *name, const char *kind, int64_t workers,
	     const struct result_column *columns, size_t ncolumns)
{
	struct result_table *t = calloc(1, sizeof(*t));
	struct result_table **all = grow(r, r->table, r->ntables, sizeof(*all));

	if (all != NULL)
		r->table = all;
	if (t == NULL || all == NULL || (t->kind = copy(r, kind)) == NULL) {
		r->out_of_memory = true;
		free(t);
		return NULL;
	}
	t->name = name;
	t->workers = workers;
	t->column = columns;
	t->ncolumns = ncolumns;
	r->table[r->ntables++] = t;
	return t;
}

size_t
result_row(struct result *r, struct result_table *t)
{
	size_t row_bytes;
	struct result_cell *all;

	if (t == NULL)
		return 0;
	row_bytes = t->ncolumns * sizeof(*t->cell);
	all = grow(r, t->cell, t->nrows, row_bytes);
	if (all == NULL)
		return SIZE_MAX;
	t->cell = all;
	memset(&all[t->nrows * t->ncolumns], 0, row_bytes);
	return t->nrows++;
}

void
result_number(struct result_table *t, size_t row, size_t column, double value)
{
	struct result_cell *c;

	if (t == NULL || row >= t->nrows || column >= t->ncolumns || !isfinite(value))
		return;
	c = &t->cell[row * t->ncolumns + column];
	c->present = true;
	c->number = value;
}

void
result_text(struct result *r, struct result_table *t, size_t row, size_t column,
	    const char *text)
{
	struct result_cell *c;

	if (t == NULL || row >= t->nrows || column >= t->ncolumns)
		return;
	c = &t->cell[row * t->ncolumns + column];
	free(c->text);
	c->text = copy(r, text);
	c->present = c->text != NULL;
}

bool
result_passed(const struct result *r)
{
	for (size_t i = 0; i < r->nchecks; i++) {
		if (!r->check[i].passed)
			return false;
	}
	return true;
}

enum verdict { PASSED, FAILED, ERROR, STOPPED, TIMEOUT };

static enum verdict
judge(const struct result *r)
{
	if (r->end == END_STOPPED && r->stop_reason > 0)
		return STOPPED;
	if (r->end == END_TIMEOUT ||
	    (r->end == END_STOPPED && r->stop_reason == STOP_TIMEOUT))
		return TIMEOUT;
	if (r->end != END_DONE || r->out_of_memory)
		return ERROR;
	if (!result_passed(r))
		return FAILED;
	if (r->status == 0)
		return PASSED;
	/* Where failing has a status of its own, 3 is any other. */
	return r->status == 3 && r->failure == 0 ? ERROR : FAILED;
}

int
result_status(const struct result *r)
{
	switch (judge(r)) {
	case STOPPED:
		return 128 + r->stop_reason;
	case TIMEOUT:
		return 124;
	case ERROR:
		return r->failure != 0 ? r->failure : 3;
	case FAILED:
		return result_passed(r) ? r->status : 1;
	case PASSED:
		break;
	}
	return 0;
}

const char *
result_verdict(const struct result *r)
{
	static const char *const word[] = { [PASSED] = "passed",
					    [FAILED] = "failed",
					    [ERROR] = "error",
					    [STOPPED] = "stopped",
					    [TIMEOUT] = "timeout" };

	return word[judge(r)];
}
