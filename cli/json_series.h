/*
 * json_series.h - the figures of a result in its JSON document.
 */
#ifndef CLI_JSON_SERIES_H
#define CLI_JSON_SERIES_H

#include "core/result.h"

#include <jansson.h>
#include <stdio.h>

/* Writes the array of series: grouped by kind and workers, with raw samples. */
void json_series(FILE *out, const struct result *r);

/* The flat object for scripts: counts and the median of each metric; the caller's. */
json_t *json_summary(const struct result *r);

#endif
