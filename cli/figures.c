/*
 * figures.c - what was measured, as tables for people.
 *
 * One table a metric, from figures_grid.c. Rates over sizes are drawn.
 */
#include "cli/figures.h"

#include "cli/figures_grid.h"
#include "cli/tables.h"
#include "cli/term.h"
#include "core/human.h"
#include "core/libc.h"
#include "core/stat.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

/* The first of its metric: each metric has a table. */
static bool
is_first(const struct result *r, size_t i)
{
	if (!figures_is_primary(r->series[i]))
		return false;
	for (size_t j = 0; j < i; j++)
		if (figures_is_primary(r->series[j]) &&
		    r->series[j]->metric == r->series[i]->metric)
			return false;
	return true;
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

		if (!figures_is_primary(s) || s->metric != metric)
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

		if (!figures_is_primary(s) || s->metric != metric || s->n == 0)
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
	struct figures_heads own = { .versus = "" };
	struct grid g;

	fprintf(out, put == grid_text ? "\n  %s: %s\n\n" : "\n**%s**: %s\n\n",
		s->metric->name, s->metric->summary);
	figures_medians(&g, v->result, s->metric,
			put == grid_markdown || v->style->unicode, &own);
	put(&g, out);
	grid_fini(&g);
	figures_percentiles(&g, v->result, s->metric, &own);
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
