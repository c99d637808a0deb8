/*
 * grid.c - cells of text, aligned for people or as a Markdown table.
 */
#include "cli/grid.h"

#include "cli/term.h"

#include <stdlib.h>
#include <string.h>

char (*grid_row(struct grid *g))[GRID_CELL]
{
	void *more = NULL;

	if (!g->lacks_memory)
		more = reallocarray(g->cell, g->nrows + 1, sizeof(*g->cell));
	if (more == NULL) {
		g->lacks_memory = true;
		return NULL;
	}
	g->cell = more;
	memset(g->cell[g->nrows], 0, sizeof(g->cell[0]));
	return g->cell[g->nrows++];
}

static bool
is_used(const struct grid *g, int column)
{
	for (size_t i = 0; i < g->nrows; i++)
		if (g->cell[i][column][0] != '\0')
			return true;
	return false;
}

static int
width(const struct grid *g, int column)
{
	int most = term_columns(g->head[column]), n;

	for (size_t i = 0; i < g->nrows; i++) {
		n = term_columns(g->cell[i][column]);
		most = n > most ? n : most;
	}
	return most;
}

/* One line of text; trailing blanks are not written. */
static void
text_line(const struct grid *g, FILE *out,
	  const char *(*text)(const struct grid *g, size_t row, int column), size_t row)
{
	int owed = 0;

	for (int j = 0; j < g->ncolumns; j++) {
		const char *s = text(g, row, j);
		const int pad = is_used(g, j) ? width(g, j) - term_columns(s) : 0;

		if (!is_used(g, j))
			continue;
		owed += 2 + (g->right[j] ? pad : 0);
		if (*s != '\0') {
			fprintf(out, "%*s%s", owed, "", s);
			owed = 0;
		} else {
			owed += term_columns(s);
		}
		owed += g->right[j] ? 0 : pad;
	}
	putc('\n', out);
}

static const char *
head_of(const struct grid *g, size_t row, int column)
{
	(void)row;
	return g->head[column];
}

static const char *
cell_of(const struct grid *g, size_t row, int column)
{
	return g->cell[row][column];
}

void
grid_text(const struct grid *g, FILE *out)
{
	text_line(g, out, head_of, 0);
	for (size_t i = 0; i < g->nrows; i++)
		text_line(g, out, cell_of, i);
}

/* A cell whose bars would end it. */
static void
put_escaped(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			putc('\\', out);
		putc(*text, out);
	}
}

void
grid_markdown(const struct grid *g, FILE *out)
{
	for (int j = 0; j < g->ncolumns; j++)
		if (is_used(g, j))
			fprintf(out, "| %s ", g->head[j]);
	fputs("|\n", out);
	for (int j = 0; j < g->ncolumns; j++)
		if (is_used(g, j))
			fprintf(out, "|%s", g->right[j] ? "---:" : "---");
	fputs("|\n", out);
	for (size_t i = 0; i < g->nrows; i++) {
		for (int j = 0; j < g->ncolumns; j++) {
			if (!is_used(g, j))
				continue;
			fputs("| ", out);
			put_escaped(out, g->cell[i][j]);
			putc(' ', out);
		}
		fputs("|\n", out);
	}
}

void
grid_fini(struct grid *g)
{
	free(g->cell);
	*g = (struct grid){ 0 };
}
