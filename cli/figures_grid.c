/*
 * figures_grid.c - the figures of a metric as a table: a row a kind and size.
 *
 * The best of each size is marked; a kind whose rounds do not tell it from the best is
 * a tie.
 */
#include "cli/figures_grid.h"

#include "cli/figures.h"
#include "core/human.h"
#include "core/stat.h"

#include <inttypes.h>
#include <string.h>

enum column {
	MARK,
	KIND,
	SIZE,
	PARAM, /* up to FIGURES_PARAMS of them */
	MEDIAN = PARAM + FIGURES_PARAMS,
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

bool
figures_is_primary(const struct result_series *s)
{
	return s->measured != NULL && s->measured->primary;
}

/* The values of what else it differs by, a column each, from `cell` on. */
static void
put_params(const struct result_series *s, char (*cell)[GRID_CELL])
{
	const char *at = s->params;
	struct result_pair p;

	for (int i = 0; i < FIGURES_PARAMS && result_params_next(&at, &p); i++)
		snprintf(cell[i], GRID_CELL, "%s", p.value);
}

/* The names of these, for heads; all series of a metric have the same. */
static void
name_params(const struct result *r, const struct metric *metric,
	    struct result_pair name[FIGURES_PARAMS])
{
	for (int i = 0; i < FIGURES_PARAMS; i++)
		name[i].key[0] = '\0';
	for (size_t i = 0; i < r->nseries; i++) {
		const char *at = r->series[i]->params;

		if (r->series[i]->metric != metric)
			continue;
		for (int j = 0; j < FIGURES_PARAMS && result_params_next(&at, &name[j]);
		     j++)
			;
		return;
	}
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
	figures_mark(r, s, unicode, cell[MARK]);
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

static const char *
base_of(const struct result *r, const struct metric *metric)
{
	for (size_t i = 0; i < r->nseries; i++)
		if (figures_is_primary(r->series[i]) &&
		    r->series[i]->metric == metric &&
		    r->series[i]->measured->base != NULL)
			return r->series[i]->measured->base;
	return "";
}

void
figures_medians(struct grid *g, const struct result *r, const struct metric *metric,
		bool unicode, struct figures_heads *own)
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
	snprintf(own->versus, GRID_CELL, "ratio to %s", base_of(r, metric));
	name_params(r, metric, own->param);
	for (int i = 0; i <= NOTE; i++) {
		g->head[i] = heads[i];
		g->right[i] = (i >= SIZE && i <= MEDIAN) || (i >= RATE && i < NOTE);
	}
	g->head[RATIO] = own->versus;
	for (int i = 0; i < FIGURES_PARAMS; i++)
		g->head[PARAM + i] = own->param[i].key;
	for (size_t i = 0; i < r->nseries; i++) {
		const struct result_series *s = r->series[i];
		char(*row)[GRID_CELL];

		if (!figures_is_primary(s) || s->metric != metric)
			continue;
		for (int j = 0; j < RESULT_COUNTS; j++)
			g->head[OWN + j] = own_name(s->measured, j);
		row = grid_row(g);
		if (row != NULL)
			fill_row(r, s, unicode, row);
	}
}

void
figures_percentiles(struct grid *g, const struct result *r, const struct metric *metric,
		    struct figures_heads *own)
{
	static const char *const heads[] = { "operations", "p50",   "p90",
					     "p99",	   "p99.9", "max" };
	static const double point[] = { 0.5, 0.9, 0.99, 0.999, 1 };
	enum { OPS = 2 + FIGURES_PARAMS };
	char text[HUMAN_TEXT];

	*g = (struct grid){ .ncolumns = OPS + 6, .head = { "kind", "n" } };
	name_params(r, metric, own->param);
	for (int i = 0; i < FIGURES_PARAMS; i++)
		g->head[2 + i] = own->param[i].key;
	for (int i = 0; i < 6; i++)
		g->head[OPS + i] = heads[i];
	for (int i = 1; i < g->ncolumns; i++)
		g->right[i] = true;
	for (size_t i = 0; i < r->nseries; i++) {
		const struct result_series *s = r->series[i], *l;
		char(*row)[GRID_CELL];

		if (!figures_is_primary(s) || s->metric != metric || s->n == 0)
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
