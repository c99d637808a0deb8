/*
 * json_tables.h - tables of a result in its JSON document.
 */
#ifndef CLI_JSON_TABLES_H
#define CLI_JSON_TABLES_H

#include "cli/render.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * Writes the member "tables", row by row; the rows of the table "tasks" get what a
 * command wrote in their task. What is left over is the member "outputs".
 */
void json_tables(FILE *out, bool *first, const struct view *v);

/* Names of result_column.as, by its value; ended by NULL. */
extern const char *const json_column_as[];

#endif
