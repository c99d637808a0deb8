/*
 * tables.c - tables of a result, aligned for people.
 */
#include "cli/tables.h"

#include "cli/term.h"
#include "core/human.h"
#include "core/stat.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MAX 200
#define APART 1000 /* in one unit the small ones would lose all digits */

struct column {
	struct term_unit unit; /* name "" where there is none */
	int digits, width;
	bool right;
	bool each; /* times so far apart that no unit suits all: each has its own */
	char head[80];
};

static const struct result_cell *
cell_of(const struct result_table *t, size_t row, size_t column)
{
	return &t->cell[row * t->ncolumns + column];
}

static struct term_unit
unit_for(int as, double max)
{
	switch (as) {
	case COLUMN_NS:
		return term_time_unit(max);
	case COLUMN_BYTES:
		return term_size_unit(max);
	case COLUMN_PERCENT:
		return (struct term_unit){ 1, "%" };
	default:
		return (struct term_unit){ 1, "" };
	}
}

/* Digits behind the point that give the largest value four significant ones. */
static int
digits_for(double max, bool whole)
{
	if (whole)
		return 0;
	return max >= 1000 ? 0 : max >= 100 ? 1 : max >= 10 ? 2 : 3;
}

static void
cell_text(const struct view *v, const struct result_table *t, const struct column *col,
	  size_t row, size_t column, char *buf, size_t size)
{
	const struct result_cell *c = cell_of(t, row, column);
	char human[HUMAN_TEXT];

	if (!c->present)
		snprintf(buf, size, "-");
	else if (t->column[column].as == COLUMN_TEXT)
		term_clean(c->text != NULL ? c->text : "", v->style->unicode, buf,
			   size);
	else if (col->each)
		snprintf(buf, size, "%s", human_ns(human, c->number));
	else
		snprintf(buf, size, "%.*f", col->digits, c->number / col->unit.scale);
}

static void
measure(const struct view *v, const struct result_table *t, struct column *col,
	size_t column)
{
	const struct result_column *what = &t->column[column];
	double max = 0, min = INFINITY, x;
	bool whole = true;
	char text[CELL_MAX];

	for (size_t i = 0; i < t->nrows; i++) {
		x = fabs(cell_of(t, i, column)->number);
		max = x > max ? x : max;
		min = x > 0 && x < min ? x : min;
	}
	col->right = what->as != COLUMN_TEXT;
	col->each = what->as == COLUMN_NS && max >= APART * min;
	col->unit =
		col->each ? (struct term_unit){ 1, "" } : unit_for((int)what->as, max);
	for (size_t i = 0; i < t->nrows; i++) {
		x = cell_of(t, i, column)->number / col->unit.scale;
		whole = whole && x == floor(x);
	}
	col->digits = digits_for(max / col->unit.scale, whole);
	snprintf(col->head, sizeof(col->head), "%s%s%s", what->head,
		 *col->unit.name ? " " : "", col->unit.name);
	col->width = term_columns(col->head);
	for (size_t i = 0; i < t->nrows; i++) {
		cell_text(v, t, col, i, column, text, sizeof(text));
		if (term_columns(text) > col->width)
			col->width = term_columns(text);
	}
}

static void
put(FILE *out, const char *text, const struct column *col, bool last)
{
	int pad = col->width - term_columns(text);

	pad = pad < 0 || (last && !col->right) ? 0 : pad;
	if (col->right)
		fprintf(out, "  %*s%s", pad, "", text);
	else
		fprintf(out, "  %s%*s", text, pad, "");
}

void
tables_draw(FILE *out, const struct view *v, const struct result_table *t)
{
	struct column *col;
	char text[CELL_MAX];

	if (t->nrows == 0 || t->ncolumns == 0)
		return;
	col = calloc(t->ncolumns, sizeof(*col));
	if (col == NULL)
		return;
	putc('\n', out);
	if (t->kind != NULL && *t->kind != '\0' && t->workers > 0)
		fprintf(out, "  %s, %s, n = %" PRId64 "\n", t->name, t->kind,
			t->workers);
	else if (t->kind != NULL && *t->kind != '\0')
		fprintf(out, "  %s, %s\n", t->name, t->kind);
	for (size_t j = 0; j < t->ncolumns; j++) {
		measure(v, t, &col[j], j);
		put(out, col[j].head, &col[j], j + 1 == t->ncolumns);
	}
	putc('\n', out);
	for (size_t i = 0; i < t->nrows; i++) {
		for (size_t j = 0; j < t->ncolumns; j++) {
			cell_text(v, t, &col[j], i, j, text, sizeof(text));
			put(out, text, &col[j], j + 1 == t->ncolumns);
		}
		putc('\n', out);
	}
	free(col);
}

static const char *
value(const char *unit, double x, char *buf, size_t size)
{
	char number[48];

	if (strcmp(unit, "ns") == 0)
		return term_time(x, buf, size);
	if (strcmp(unit, "bytes") == 0)
		return term_size(x, buf, size);
	snprintf(buf, size, "%s%s%s", term_number(x, number, sizeof(number)),
		 strcmp(unit, "1") == 0 ? "" : " ", strcmp(unit, "1") == 0 ? "" : unit);
	return buf;
}

static void
put_percentiles(FILE *out, const struct result_series *s)
{
	static const struct {
		const char *name;
		double q;
	} points[] = {
		{ "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p99.9", 0.999 }
	};
	char text[64];

	for (size_t i = 0; s->hist != NULL && i < sizeof(points) / sizeof(*points); i++)
		fprintf(out, "  %s %s", points[i].name,
			value(s->metric->unit,
			      (double)hist_quantile(s->hist, points[i].q), text,
			      sizeof(text)));
	if (s->hist != NULL)
		fprintf(out, "  max %s",
			value(s->metric->unit, (double)s->hist->max, text,
			      sizeof(text)));
}

void
tables_draw_metrics(FILE *out, const struct view *v)
{
	const struct result *r = v->result;
	const char *unit;
	char text[64];

	if (r->nseries > 0)
		putc('\n', out);
	for (size_t i = 0; i < r->nseries; i++) {
		const struct result_series *s = r->series[i];

		unit = s->metric->unit;
		fprintf(out, "  %-12s", s->metric->name);
		if (s->kind != NULL && *s->kind != '\0')
			fprintf(out, " %-10s", s->kind);
		if (s->workers > 0)
			fprintf(out, " n=%-4" PRId64, s->workers);
		if (*s->params != '\0')
			fprintf(out, " %s", s->params);
		if (s->n > 0)
			fprintf(out, "  %s",
				value(unit, stat_median(s->sample, s->n), text,
				      sizeof(text)));
		if (s->n > 1) {
			fprintf(out, "  (%s to ",
				value(unit, stat_min(s->sample, s->n), text,
				      sizeof(text)));
			fprintf(out, "%s, %zu samples)",
				value(unit, stat_max(s->sample, s->n), text,
				      sizeof(text)),
				s->n);
		}
		put_percentiles(out, s);
		putc('\n', out);
	}
}
