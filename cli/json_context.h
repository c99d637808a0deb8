/*
 * json_context.h - where and how a result came about, as a JSON object.
 */
#ifndef CLI_JSON_CONTEXT_H
#define CLI_JSON_CONTEXT_H

#include "cli/render.h"

#include <jansson.h>

/* Program, call, seed, start, build, machine, limits, clock; the caller's. */
json_t *json_context(const struct view *v);

#endif
