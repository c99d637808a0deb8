/*
 * figures_grid.h - the figures of a metric as a table; for figures.c.
 */
#ifndef CLI_FIGURES_GRID_H
#define CLI_FIGURES_GRID_H

#include "cli/grid.h"
#include "core/result.h"

#include <stdbool.h>

enum { FIGURES_PARAMS = 3 }; /* what rows differ by beside kind and size: most */

/* Heads that a table does not own; they live as long as it. */
struct figures_heads {
	char versus[GRID_CELL];
	struct result_pair param[FIGURES_PARAMS];
};

/* True of a series that was measured for its own sake, not beside another. */
bool figures_is_primary(const struct result_series *s);

/* The mark of a series among those of its metric and size: a star for the best, "=" for
 * who ties with it, else nothing. cell has GRID_CELL bytes. */
void figures_mark(const struct result *r, const struct result_series *s, bool unicode,
		  char *cell);

/* Fills a table of all series of the metric: medians, ratios, what stands beside. The
 * caller ends it by grid_fini(). */
void figures_medians(struct grid *g, const struct result *r,
		     const struct metric *metric, bool unicode,
		     struct figures_heads *own);

/* The same of the latencies of single operations; without rows where there are none. */
void figures_percentiles(struct grid *g, const struct result *r,
			 const struct metric *metric, struct figures_heads *own);

#endif
