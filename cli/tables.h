/*
 * tables.h - tables of a result, aligned for people.
 */
#ifndef CLI_TABLES_H
#define CLI_TABLES_H

#include "cli/render.h"

#include <stdio.h>

/*
 * Writes t: a title with kind and workers, where it has them, a row of heads, the
 * rows; numbers to the right, each column in the one unit that suits its largest
 * value. Nothing for a table without rows.
 */
void tables_draw(FILE *out, const struct view *v, const struct result_table *t);

/* The metrics of a result, a row a series: median, smallest, largest, percentiles. */
void tables_draw_metrics(FILE *out, const struct view *v);

#endif
