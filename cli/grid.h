/*
 * grid.h - cells of text, aligned for people or as a Markdown table.
 */
#ifndef CLI_GRID_H
#define CLI_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { GRID_COLUMNS = 20, GRID_CELL = 192 };

struct grid {
	int ncolumns;
	const char *head[GRID_COLUMNS];
	bool right[GRID_COLUMNS]; /* numbers stand to the right */
	size_t nrows;
	char (*cell)[GRID_COLUMNS][GRID_CELL]; /* owned */
	bool lacks_memory;
};

/* Adds a row of empty cells and returns it; NULL when memory ran out. */
char (*grid_row(struct grid *g))[GRID_CELL];

/* Writes it; columns without any text are left out. */
void grid_text(const struct grid *g, FILE *out);
void grid_markdown(const struct grid *g, FILE *out);

void grid_fini(struct grid *g);

#endif
