/*
 * figures.h - what was measured, as tables for people: medians, ratios, ties, plots.
 */
#ifndef CLI_FIGURES_H
#define CLI_FIGURES_H

#include "cli/render.h"

#include <stdio.h>

/* The whole measured result for people. */
void figures_text(FILE *out, const struct view *v);

/* The same as Markdown, to be pasted. */
void figures_markdown(FILE *out, const struct view *v);

/*
 * A figure beside a measured series s, by its suffix ("cpu"); NULL when there is none.
 */
const struct result_series *figures_beside(const struct result *r,
					   const struct result_series *s,
					   const char *suffix);

#endif
