/*
 * render_markdown.c - tables to paste into a pull request.
 */
#include "cli/figures.h"
#include "cli/grid.h"
#include "cli/places.h"
#include "core/human.h"
#include "core/stat.h"

#include <inttypes.h>
#include <string.h>

/* What a run that was shown, not measured, has counted. */
static void
put_series(FILE *out, const struct result *r)
{
	static const char *const head[] = { "metric", "kind", "n",   "params", "unit",
					    "median", "min",  "max", "samples" };
	struct grid g = { .ncolumns = 9 };
	char text[HUMAN_TEXT];

	for (int i = 0; i < g.ncolumns; i++) {
		g.head[i] = head[i];
		g.right[i] = i == 2 || i >= 5;
	}
	for (size_t i = 0; i < r->nseries; i++) {
		const struct result_series *s = r->series[i];
		const char *unit = s->metric->unit;
		char(*row)[GRID_CELL] = s->n > 0 ? grid_row(&g) : NULL;

		if (row == NULL)
			continue;
		snprintf(row[0], GRID_CELL, "%s", s->metric->name);
		snprintf(row[1], GRID_CELL, "%s", s->kind);
		if (s->workers > 0)
			snprintf(row[2], GRID_CELL, "%" PRId64, s->workers);
		snprintf(row[3], GRID_CELL, "%s", s->params);
		snprintf(row[4], GRID_CELL, "%s", unit);
		snprintf(row[5], GRID_CELL, "%s",
			 human_figure(text, unit, stat_median(s->sample, s->n)));
		snprintf(row[6], GRID_CELL, "%s",
			 human_figure(text, unit, stat_min(s->sample, s->n)));
		snprintf(row[7], GRID_CELL, "%s",
			 human_figure(text, unit, stat_max(s->sample, s->n)));
		snprintf(row[8], GRID_CELL, "%zu", s->n);
	}
	fprintf(out, "### concbench %s\n\n", r->command);
	if (g.nrows > 0)
		grid_markdown(&g, out);
	putc('\n', out);
	for (size_t i = 0; i < r->nlines; i++)
		fprintf(out, "- %s\n", r->line[i] != NULL ? r->line[i] : "");
	for (size_t i = 0; i < r->nchecks; i++)
		fprintf(out, "- %s %s: %s\n", r->check[i].passed ? "✔" : "✖",
			r->check[i].name,
			r->check[i].detail != NULL ? r->check[i].detail : "");
	grid_fini(&g);
}

static void
render(FILE *out, const struct view *v)
{
	if (v->result->measured)
		figures_markdown(out, v);
	else
		put_series(out, v->result);
}

const struct renderer renderer_markdown = {
	.name = "markdown",
	.summary = "tables to paste into a pull request",
	.machine = true,
	.joins = true,
	.render = render,
};
