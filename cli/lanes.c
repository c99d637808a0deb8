/*
 * lanes.c - spans as a picture in the terminal.
 *
 * A span adds its time to the cells that it covers, as running or waiting, and takes
 * it away from the state of the span around it; so what is left in a cell is exact,
 * whatever the nesting, in one pass over the spans. A cell shows the state that has
 * most of it, but a beginning is always seen.
 */
#include "cli/lanes.h"

#include "cli/say.h"
#include "cli/spans.h"
#include "cli/term.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BAR_MIN 40
#define NAME_BYTES 24

struct cell {
	double run_ns, wait_ns;
	uint32_t starts; /* numbered spans that begin here */
	char digit;	 /* of the first of them */
	bool begins;	 /* another span begins here, be it ever so short */
};

struct row {
	char name[80];
	int32_t place; /* PID or TID; 0 when folded */
	int nroles;
	double busy_ns;
	struct cell *cell;
};

struct lanes {
	const struct view *v;
	struct spans spans;
	int nroles; /* that have spans */
	int fold;   /* roles a row */
	int nrows, width;
	int name_columns, place_columns;
	uint64_t base_ns;
	double total_ns;
	struct row *row;
	struct cell *cells;
	int32_t *row_of; /* by role: row number + 1; 0: no spans */
	uint32_t max_role;
};

static int
find_roles(struct lanes *l)
{
	const struct spans *s = &l->spans;
	int nroles = 0;

	for (size_t i = 0; i < s->ntracks; i++) {
		if (s->track[i].role > l->max_role)
			l->max_role = s->track[i].role;
	}
	l->row_of = calloc((size_t)l->max_role + 1, sizeof(*l->row_of));
	if (l->row_of == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->nspans; i++) {
		if (!s->span[i].point)
			l->row_of[s->track[s->span[i].track].role] = 1;
	}
	for (uint32_t r = 0; r <= l->max_role; r++)
		nroles += l->row_of[r];
	l->nroles = nroles;
	l->fold = nroles <= LANES_MAX ? 1 : (nroles + LANES_MAX - 1) / LANES_MAX;
	l->nrows = (nroles + l->fold - 1) / l->fold;
	return 0;
}

static void
name_row(struct lanes *l, struct row *row, uint32_t role)
{
	const char *name = say_role(l->v, role);
	char clean[NAME_BYTES + 1]; /* a longer name is cut */

	term_clean(name, l->v->style->unicode, clean, sizeof(clean));
	row->nroles++;
	if (row->nroles == 1) {
		snprintf(row->name, sizeof(row->name), "%s", clean);
	} else {
		size_t n = strcspn(row->name, "~");

		snprintf(row->name + n, sizeof(row->name) - n, "~%s", clean);
	}
	if (term_columns(row->name) > l->name_columns)
		l->name_columns = term_columns(row->name);
}

static int
make_rows(struct lanes *l)
{
	char place[16];
	int seen = 0;

	l->row = calloc((size_t)l->nrows, sizeof(*l->row));
	if (l->row == NULL)
		return -ENOMEM;
	l->name_columns = 4;
	for (uint32_t r = 0; r <= l->max_role; r++) {
		if (l->row_of[r] == 0)
			continue;
		l->row_of[r] = seen++ / l->fold + 1;
		name_row(l, &l->row[l->row_of[r] - 1], r);
	}
	for (size_t i = 0; i < l->spans.nspans && l->fold == 1; i++) {
		const struct track *t = &l->spans.track[l->spans.span[i].track];

		if (!l->spans.span[i].point)
			l->row[l->row_of[t->role] - 1].place = t->tid;
	}
	for (int i = 0; i < l->nrows && l->fold == 1; i++) {
		int n = snprintf(place, sizeof(place), "%d", l->row[i].place);

		l->place_columns = n > l->place_columns ? n : l->place_columns;
	}
	return 0;
}

static int
make_cells(struct lanes *l)
{
	int bar = l->v->style->width - 4 - l->name_columns - 6;

	bar -= l->place_columns > 0 ? l->place_columns + 1 : 0;
	l->width = bar < BAR_MIN ? BAR_MIN : bar;
	l->cells = calloc((size_t)l->nrows * (size_t)l->width, sizeof(*l->cells));
	if (l->cells == NULL)
		return -ENOMEM;
	for (int i = 0; i < l->nrows; i++)
		l->row[i].cell = l->cells + (size_t)i * (size_t)l->width;
	return 0;
}

static int
cell_at(const struct lanes *l, double t)
{
	int c = (int)(t / l->total_ns * l->width);

	return c < 0 ? 0 : c >= l->width ? l->width - 1 : c;
}

static void
paint(struct lanes *l, struct row *row, const struct span *span, bool wait, double sign)
{
	double a = (double)(span->begin_ns - l->base_ns);
	double b = (double)(span->end_ns - l->base_ns), cell = l->total_ns / l->width;

	if (!wait)
		row->busy_ns += sign * (b - a);
	for (int c = cell_at(l, a), last = cell_at(l, b); c <= last; c++) {
		double from = c * cell > a ? c * cell : a;
		double to = (c + 1) * cell < b ? (c + 1) * cell : b;

		if (to <= from)
			continue;
		if (wait)
			row->cell[c].wait_ns += sign * (to - from);
		else
			row->cell[c].run_ns += sign * (to - from);
	}
}

static void
paint_all(struct lanes *l)
{
	const struct spans *s = &l->spans;

	for (size_t i = 0; i < s->nspans; i++) {
		const struct span *span = &s->span[i];
		const struct event *e = &l->v->events[span->begin];
		struct row *row;
		struct cell *cell;

		if (span->point || span->begin_ns < l->base_ns)
			continue;
		row = &l->row[l->row_of[s->track[span->track].role] - 1];
		paint(l, row, span, span->wait, 1);
		if (span->parent != SPAN_NONE)
			paint(l, row, span, s->span[span->parent].wait, -1);
		if (span->wait)
			continue;
		cell = &row->cell[cell_at(l, (double)(span->begin_ns - l->base_ns))];
		if (!say_is_numbered(event_type_of(e)))
			cell->begins = true;
		else if (cell->starts++ == 0)
			cell->digit =
				(char)('0' + (e->a < 0 ? -(e->a % 10) : e->a % 10));
	}
}

static void
put_cell(FILE *out, const struct lanes *l, const struct cell *c)
{
	bool unicode = l->v->style->unicode;
	double cell = l->total_ns / l->width, idle = cell - c->run_ns - c->wait_ns;

	if (c->starts > 1)
		fputs(unicode ? "▓" : "%", out);
	else if (c->starts == 1)
		putc(c->digit, out);
	else if (c->begins ||
		 (c->run_ns > 0 && c->run_ns >= c->wait_ns && c->run_ns >= idle))
		fputs(unicode ? "█" : "#", out);
	else if (c->wait_ns > 0 && c->wait_ns >= idle)
		fputs(unicode ? "░" : "=", out);
	else
		fputs(unicode ? "·" : ".", out);
}

/* Of k roles, how many ran in this cell, on average over its time. */
static void
put_level(FILE *out, const struct lanes *l, const struct row *row, const struct cell *c)
{
	static const char *const levels[] = { " ", "▁", "▂", "▃", "▄",
					      "▅", "▆", "▇", "█" };
	double share = c->run_ns / (l->total_ns / l->width * row->nroles);
	int level = (int)(share * 8 + 0.5);

	level = level > 8 ? 8 : level < 0 ? 0 : level;
	if (level == 0 && (c->run_ns > 0 || c->starts > 0 || c->begins))
		level = 1;
	if (l->v->style->unicode)
		fputs(levels[level], out);
	else
		putc(" .:-=+*#@"[level], out);
}

static void
put_name(FILE *out, const char *name, int columns)
{
	fprintf(out, "%s%*s", name, columns - term_columns(name), "");
}

static void
put_row(FILE *out, const struct lanes *l, const struct row *row)
{
	double busy = row->busy_ns / (l->total_ns * row->nroles) * 100;

	fputs("  ", out);
	put_name(out, row->name, l->name_columns);
	if (l->place_columns > 0)
		fprintf(out, " %*d", l->place_columns, row->place);
	putc(' ', out);
	for (int c = 0; c < l->width; c++) {
		if (l->fold > 1)
			put_level(out, l, row, &row->cell[c]);
		else
			put_cell(out, l, &row->cell[c]);
	}
	fprintf(out, " %4.0f%%\n", busy > 100 ? 100 : busy);
}

static void
put_ruler(FILE *out, const struct lanes *l)
{
	struct term_unit u = term_time_unit(l->total_ns);
	double end = l->total_ns / u.scale;
	int digits = end >= 99.95 ? 0 : end >= 9.995 ? 1 : 2;
	int ticks = l->width >= 48 ? 4 : 2, at = 0;
	int left = 3 + l->name_columns;
	char number[32];

	left += l->place_columns > 0 ? l->place_columns + 1 : 0;
	fprintf(out, "%*s", left, "");
	for (int i = 0; i <= ticks; i++) {
		int n = snprintf(number, sizeof(number), "%.*f", i == 0 ? 0 : digits,
				 end * i / ticks);
		int column = l->width * i / ticks - (i == ticks ? n : 0);

		int pad = column > at ? column - at : i > 0;

		fprintf(out, "%*s%s", pad, "", number);
		at += pad + n;
	}
	fprintf(out, " %s\n", u.name);
}

int
lanes_draw(FILE *out, const struct view *v)
{
	struct lanes l = { .v = v };
	int rc;

	rc = spans_init(&l.spans, v->events, v->nevents);
	if (rc == 0)
		rc = find_roles(&l);
	if (rc != 0 || l.nroles == 0)
		goto out;
	l.base_ns = v->trace != NULL ? v->trace->start_ns : v->events[0].ts_ns;
	l.total_ns =
		l.spans.last_ns > l.base_ns ? (double)(l.spans.last_ns - l.base_ns) : 1;
	rc = make_rows(&l);
	if (rc == 0)
		rc = make_cells(&l);
	if (rc != 0)
		goto out;
	paint_all(&l);
	putc('\n', out);
	put_ruler(out, &l);
	for (int i = 0; i < l.nrows; i++)
		put_row(out, &l, &l.row[i]);
out:
	free(l.cells);
	free(l.row);
	free(l.row_of);
	spans_fini(&l.spans);
	return rc;
}
