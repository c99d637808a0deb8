/*
 * figures_mark.c - who is the best of each size; a kind whose rounds do not tell it
 * from the best is a tie.
 */
#include "cli/figures_grid.h"

#include "core/stat.h"

#include <stdlib.h>
#include <string.h>

static bool
is_rival(const struct result_series *a, const struct result_series *b)
{
	return figures_is_primary(b) && b->n > 0 && a->metric == b->metric &&
	       a->workers == b->workers && strcmp(a->params, b->params) == 0;
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

void
figures_mark(const struct result *r, const struct result_series *s, bool unicode,
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
