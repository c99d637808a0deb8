/*
 * places.h - names of series in the formats of others.
 */
#ifndef CLI_PLACES_H
#define CLI_PLACES_H

#include "cli/render.h"

#include <stdbool.h>
#include <stddef.h>

/* True when the series is one that the formats of others carry: it was measured, or
 * nothing was and it has samples. */
bool places_is_figure(const struct result *r, const struct result_series *s);

/* "Queue/metric=message/kind=mutex/workers=4/capacity=64": Go's and Google's sort.
 * Blanks and what else would end a name become '_'. Returns buf. */
const char *places_path(const struct result *r, const struct result_series *s,
			char *buf, size_t size);

/*
 * Samples as others want them: at most PLACES_BLOCKS, each the median of neighbouring
 * rounds. Returns their number; block[i] is in the metric's unit, rounds[i] how many
 * rounds it stands for.
 */
enum { PLACES_BLOCKS = 20 };
size_t places_blocks(const struct result_series *s, double block[PLACES_BLOCKS],
		     size_t rounds[PLACES_BLOCKS]);

#endif
