/*
 * figures.c - what was measured, as tables for people.
 *
 * One table a metric: a row a kind and size. The best of each size is marked; a kind
 * whose rounds do not tell it from the best is a tie. Rates over sizes are drawn.
 */
#include "cli/figures.h"

#include "cli/grid.h"
#include "cli/tables.h"
#include "cli/term.h"
#include "core/human.h"
#include "core/libc.h"
#include "core/stat.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum column {
	MARK,
	KIND,
	SIZE,
	PARAM, /* up to PARAMS of them */
	MEDIAN = PARAM + 3,
	INTERVAL,
	RATIO,
	RATE,
	BANDWIDTH,
	CPU,
	WAITS,
	OWN, /* up to RESULT_COUNTS of them */
	ROUNDS = OWN + RESULT_COUNTS,
	NOTE
};

enum { PARAMS = MEDIAN - PARAM };

const struct result_series *
figures_beside(const struct result *r, const struct result_series *s,
	       const char *suffix)
{
	const size_t n = strlen(s->metric->name);

	for (size_t i = 0; i < r->nseries; i++) {
		const struct result_series *b = r->series[i];

		if (b->workers == s->workers && strcmp(b->kind, s->kind) == 0 &&
		    strcmp(b->params, s->params) == 0 &&
		    strncmp(b->metric->name, s->metric->name, n) == 0 &&
		    b->metric->name[n] == '_' &&
		    strcmp(b->metric->name + n + 1, suffix) == 0)
			return b;
	}
	return NULL;
}

static bool
is_primary(const struct result_series *s)
{
	return s->measured != NULL && s->measured->primary;
}

static bool
is_rival(const struct result_series *a, const struct result_series *b)
{
	return is_primary(b) && b->n > 0 && a->metric == b->metric &&
	       a->workers == b->workers && strcmp(a->params, b->params) == 0;
}

/* The values of what else it differs by, a column each, from `cell` on. */
static void
put_params(const struct result_series *s, char (*cell)[GRID_CELL])
{
	const char *at = s->params;
	struct result_pair p;

	for (int i = 0; i < PARAMS && result_params_next(&at, &p); i++)
		snprintf(cell[i], GRID_CELL, "%s", p.value);
}

/* The names of these, for heads; all series of a metric have the same. */
static void
name_params(const struct result *r, const struct metric *metric,
	    struct result_pair name[PARAMS])
{
	for (int i = 0; i < PARAMS; i++)
		name[i].key[0] = '\0';
	for (size_t i = 0; i < r->nseries; i++) {
		const char *at = r->series[i]->params;

		if (r->series[i]->metric != metric)
			continue;
		for (int j = 0; j < PARAMS && result_params_next(&at, &name[j]); j++)
			;
		return;
	}
}

/* The least median of those of the same metric and size. */
static const struct result_series *
best_of(const struct result *r, const struct result_series *s)
{
	const struct result_series *best = NULL;

	for (size_t i = 0; i < r->nseries; i++)
		if (is_rival(s, r->series[i]) &&
		    (best == NULL ||
		     stat_median(r->series[i]->sample, r->series[i]->n) <
			     stat_median(best->sample, best->n)))
			best = r->series[i];
	return best;
}

static size_t
count_rivals(const struct result *r, const struct result_series *s)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nseries; i++)
		n += is_rival(s, r->series[i]);
	return n;
}

/* True when the rounds do not tell a from b. */
static bool
is_tie(const struct result_series *a, const struct result_series *b)
{
	const size_t n = a->n < b->n ? a->n : b->n;
	double *ratio = calloc(n == 0 ? 1 : n, sizeof(*ratio));
	struct stat_interval i = { 0, 0 };

	for (size_t j = 0; ratio != NULL && j < n; j++)
		ratio[j] = a->sample[j] / b->sample[j];
	if (ratio != NULL)
		i = stat_median_series(ratio, n, 0.95);
	free(ratio);
	return i.low <= 1 && i.high >= 1;
}

static void
put_mark(const struct result *r, const struct result_series *s, bool unicode,
	 char *cell)
{
	const struct result_series *best = best_of(r, s);

	if (count_rivals(r, s) < 2)
		return;
	if (best == s)
		snprintf(cell, GRID_CELL, "%s", unicode ? "★" : "*");
	else if (is_tie(s, best))
		snprintf(cell, GRID_CELL, "=");
}

static void
put_ratio(const struct result_measured *m, char *cell)
{
	if (m->base == NULL)
		return;
	snprintf(cell, GRID_CELL, "%.3gx (%.3g to %.3g)%s", m->ratio, m->ratio_low,
		 m->ratio_high, m->ratio_low <= 1 && m->ratio_high >= 1 ? " tie" : "");
}

static void
put_beside(const struct result *r, const struct result_series *s, const char *suffix,
	   char *cell)
{
	const struct result_series *b = figures_beside(r, s, suffix);
	char text[HUMAN_TEXT];

	if (b == NULL || b->n == 0)
		return;
	snprintf(cell, GRID_CELL, "%s",
		 human_figure(text, b->metric->unit, b->sample[0]));
}

/* Of what the body counts beside, number i: its name, NULL when there are fewer. */
static const char *
own_name(const struct result_measured *m, int i)
{
	const struct metric *c = m->counts;

	for (int j = 0; c != NULL && c->name != NULL; j++, c++)
		if (j == i)
			return c->name;
	return NULL;
}

static void
fill_row(const struct result *r, const struct result_series *s, bool unicode,
	 char (*cell)[GRID_CELL])
{
	static const char *const word[] = { "", "skipped", "broken" };
	const struct result_measured *m = s->measured;
	char a[HUMAN_TEXT], b[HUMAN_TEXT];

	snprintf(cell[KIND], GRID_CELL, "%s", s->kind);
	if (s->workers > 0)
		snprintf(cell[SIZE], GRID_CELL, "%" PRId64, s->workers);
	put_params(s, &cell[PARAM]);
	if (s->n == 0) {
		snprintf(cell[MEDIAN], GRID_CELL, "%s",
			 m->status == RESULT_OK ? "-" : word[m->status]);
		snprintf(cell[NOTE], GRID_CELL, "%s", m->why != NULL ? m->why : "");
		return;
	}
	put_mark(r, s, unicode, cell[MARK]);
	snprintf(cell[MEDIAN], GRID_CELL, "%s",
		 human_figure(a, "ns", stat_median(s->sample, s->n)));
	snprintf(cell[INTERVAL], GRID_CELL, "%s to %s", human_figure(a, "ns", m->low),
		 human_figure(b, "ns", m->high));
	put_ratio(m, cell[RATIO]);
	put_beside(r, s, "rate", cell[RATE]);
	put_beside(r, s, "bandwidth", cell[BANDWIDTH]);
	put_beside(r, s, "cpu", cell[CPU]);
	put_beside(r, s, "voluntary_switches", cell[WAITS]);
	for (int i = 0; i < RESULT_COUNTS && own_name(m, i) != NULL; i++)
		put_beside(r, s, own_name(m, i), cell[OWN + i]);
	snprintf(cell[ROUNDS], GRID_CELL, "%zu", s->n);
	if (m->outliers > 0)
		snprintf(cell[NOTE], GRID_CELL, "%" PRIu64 " outlier%s", m->outliers,
			 m->outliers == 1 ? "" : "s");
}

/* The first of its metric: each metric has a table. */
static bool
is_first(const struct result *r, size_t i)
{
	if (!is_primary(r->series[i]))
		return false;
	for (size_t j = 0; j < i; j++)
		if (is_primary(r->series[j]) &&
		    r->series[j]->metric == r->series[i]->metric)
			return false;
	return true;
}

static const char *
base_of(const struct result *r, const struct metric *metric)
{
	for (size_t i = 0; i < r->nseries; i++)
		if (is_primary(r->series[i]) && r->series[i]->metric == metric &&
		    r->series[i]->measured->base != NULL)
			return r->series[i]->measured->base;
	return "";
}

static void
fill_grid(struct grid *g, const struct result *r, const struct metric *metric,
	  bool unicode, char *versus, struct result_pair name[PARAMS])
{
	static const char *const heads[] = {
		[MARK] = "",
		[KIND] = "kind",
		[SIZE] = "n",
		[MEDIAN] = "median",
		[RATE] = "rate",
		[INTERVAL] = "95 % interval",
		[CPU] = "CPU",
		[WAITS] = "waits",
		[NOTE] = "",
		[ROUNDS] = "rounds",
		[BANDWIDTH] = "payload",
	};

	*g = (struct grid){ .ncolumns = NOTE + 1 };
	snprintf(versus, GRID_CELL, "ratio to %s", base_of(r, metric));
	name_params(r, metric, name);
	for (int i = 0; i <= NOTE; i++) {
		g->head[i] = heads[i];
		g->right[i] = (i >= SIZE && i <= MEDIAN) || (i >= RATE && i < NOTE);
	}
	g->head[RATIO] = versus;
	for (int i = 0; i < PARAMS; i++)
		g->head[PARAM + i] = name[i].key;
	for (size_t i = 0; i < r->nseries; i++) {
		const struct result_series *s = r->series[i];
		char(*row)[GRID_CELL];

		if (!is_primary(s) || s->metric != metric)
			continue;
		for (int j = 0; j < RESULT_COUNTS; j++)
			g->head[OWN + j] = own_name(s->measured, j);
		row = grid_row(g);
		if (row != NULL)
			fill_row(r, s, unicode, row);
	}
}

static void
fill_percentiles(struct grid *g, const struct result *r, const struct metric *metric,
		 struct result_pair name[PARAMS])
{
	static const char *const heads[] = { "operations", "p50",   "p90",
					     "p99",	   "p99.9", "max" };
	static const double point[] = { 0.5, 0.9, 0.99, 0.999, 1 };
	enum { OPS = 2 + PARAMS };
	char text[HUMAN_TEXT];

	*g = (struct grid){ .ncolumns = OPS + 6, .head = { "kind", "n" } };
	name_params(r, metric, name);
	for (int i = 0; i < PARAMS; i++)
		g->head[2 + i] = name[i].key;
	for (int i = 0; i < 6; i++)
		g->head[OPS + i] = heads[i];
	for (int i = 1; i < g->ncolumns; i++)
		g->right[i] = true;
	for (size_t i = 0; i < r->nseries; i++) {
		const struct result_series *s = r->series[i], *l;
		char(*row)[GRID_CELL];

		if (!is_primary(s) || s->metric != metric || s->n == 0)
			continue;
		l = figures_beside(r, s, "latency");
		row = l != NULL && l->hist != NULL ? grid_row(g) : NULL;
		if (row == NULL)
			continue;
		snprintf(row[0], GRID_CELL, "%s", s->kind);
		if (s->workers > 0)
			snprintf(row[1], GRID_CELL, "%" PRId64, s->workers);
		put_params(s, &row[2]);
		snprintf(row[OPS], GRID_CELL, "%s",
			 human_count(text, (double)l->hist->count));
		for (int q = 0; q < 5; q++)
			snprintf(row[OPS + 1 + q], GRID_CELL, "%s",
				 human_ns(text,
					  (double)hist_quantile(l->hist, point[q])));
	}
}

static double
rate_of(const struct result_series *s)
{
	return s->n == 0 ? 0 : 1e9 / stat_median(s->sample, s->n);
}

/* Rates over sizes as bars, where there are at least two sizes. */
static void
draw_sweep(FILE *out, const struct view *v, const struct metric *metric)
{
	enum { BAR = 40 };
	const struct result *r = v->result;
	const struct result_series *first = NULL;
	double most = 0;
	bool sweep = false;
	int wide = 0;
	char text[HUMAN_TEXT];

	for (size_t i = 0; i < r->nseries; i++) {
		const struct result_series *s = r->series[i];

		if (!is_primary(s) || s->metric != metric)
			continue;
		first = first == NULL ? s : first;
		sweep = sweep || s->workers != first->workers ||
			strcmp(s->params, first->params) != 0;
		most = rate_of(s) > most ? rate_of(s) : most;
		if ((int)strlen(s->params) > wide)
			wide = (int)strlen(s->params);
	}
	if (!sweep || most <= 0)
		return;
	fprintf(out, "\n  %s: operations a second\n", metric->name);
	for (size_t i = 0; i < r->nseries; i++) {
		const struct result_series *s = r->series[i];
		int full;

		if (!is_primary(s) || s->metric != metric || s->n == 0)
			continue;
		full = (int)(rate_of(s) / most * BAR + 0.5);
		fprintf(out, "  %-12s ", s->kind);
		if (s->workers > 0)
			fprintf(out, "%5" PRId64 " ", s->workers);
		if (*s->params != '\0')
			fprintf(out, "%-*s ", wide, s->params);
		for (int j = 0; j < full; j++)
			fputs(v->style->unicode ? "█" : "#", out);
		fprintf(out, " %s/s\n", human_count(text, rate_of(s)));
	}
}

static void
put_lines(FILE *out, const struct view *v, const char *before)
{
	const struct result *r = v->result;
	char clean[1024];

	for (size_t i = 0; i < r->nlines; i++)
		fprintf(out, "%s%s\n", before,
			term_clean(r->line[i] != NULL ? r->line[i] : "",
				   v->style->unicode, clean, sizeof(clean)));
	for (size_t i = 0; i < r->nchecks; i++)
		if (!r->check[i].passed)
			fprintf(out, "%s%s check failed: %s: %s\n", before,
				v->style->unicode ? "✖" : "!", r->check[i].name,
				r->check[i].detail != NULL ? r->check[i].detail : "");
	if (r->end == END_STOPPED)
		fprintf(out, "%sincomplete: stopped by SIG%s\n", before,
			r->stop_reason > 0 ? libc_signal_name(r->stop_reason) : "?");
	else if (r->end == END_TIMEOUT)
		fprintf(out, "%sincomplete: stopped by --timeout\n", before);
	if (!v->style->quiet)
		fprintf(out, "%sseed %" PRIu64 "\n", before, r->seed);
}

static void
put_metric(FILE *out, const struct view *v, const struct result_series *s,
	   void (*put)(const struct grid *g, FILE *out))
{
	struct result_pair name[PARAMS];
	char versus[GRID_CELL];
	struct grid g;

	fprintf(out, put == grid_text ? "\n  %s: %s\n\n" : "\n**%s**: %s\n\n",
		s->metric->name, s->metric->summary);
	fill_grid(&g, v->result, s->metric, put == grid_markdown || v->style->unicode,
		  versus, name);
	put(&g, out);
	grid_fini(&g);
	fill_percentiles(&g, v->result, s->metric, name);
	if (g.nrows > 0 && !v->style->quiet) {
		putc('\n', out);
		put(&g, out);
	}
	grid_fini(&g);
}

/* The scenario's own tables: over time, and with -v all. */
static bool
is_shown(const struct view *v, const struct result_table *t)
{
	return v->style->verbose || (!v->style->quiet && !t->quiet);
}

void
figures_text(FILE *out, const struct view *v)
{
	const struct result *r = v->result;

	for (size_t i = 0; i < r->nseries; i++) {
		if (!is_first(r, i))
			continue;
		put_metric(out, v, r->series[i], grid_text);
		draw_sweep(out, v, r->series[i]->metric);
	}
	for (size_t i = 0; i < r->ntables; i++)
		if (is_shown(v, r->table[i]))
			tables_draw(out, v, r->table[i]);
	putc('\n', out);
	put_lines(out, v, "  ");
}

void
figures_markdown(FILE *out, const struct view *v)
{
	const struct result *r = v->result;

	fprintf(out, "### concbench %s\n", r->command);
	for (size_t i = 0; i < r->nseries; i++)
		if (is_first(r, i))
			put_metric(out, v, r->series[i], grid_markdown);
	putc('\n', out);
	put_lines(out, v, "- ");
}
