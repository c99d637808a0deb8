/*
 * saved.h - a result that was written as JSON (schema concbench/1), read back.
 *
 * Everything but what commands wrote and the events, which are not in it.
 */
#ifndef CLI_SAVED_H
#define CLI_SAVED_H

#include "core/err.h"
#include "core/result.h"

#include <jansson.h>

struct saved {
	struct result result;
	json_t *doc;		       /* texts of the result point into it */
	struct result_column **column; /* owned, a table each */
	size_t ncolumns;
};

/*
 * Reads a file ("-": standard input). Returns 0; -EINVAL for what is no result of
 * ours, -ENOMEM or -errno, with the error naming the file and nothing held.
 */
int saved_read(struct saved *s, const char *file, struct err *e);

/* Where and how it came about, for struct view. */
const json_t *saved_context(const struct saved *s);

void saved_fini(struct saved *s);

#endif
