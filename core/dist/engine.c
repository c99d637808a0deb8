/*
 * engine.c - finds the engine for a URL.
 */
#include "core/dist/engine.h"

#include <errno.h>
#include <string.h>

/* The part of a URL that may be shown: never a password. */
static int
scheme_length(const char *url)
{
	const char *end = strstr(url, "://");
	const size_t n = end != NULL ? (size_t)(end - url) : 0;

	return n <= 16 ? (int)n : 16;
}

const struct dist_engine *
dist_engine_find(const char *url, struct err *e)
{
	const int n = url != NULL ? scheme_length(url) : 0;
	char why[96];

	for (size_t i = 0; dist_engine_table[i] != NULL; i++) {
		const struct dist_engine *g = dist_engine_table[i];

		if (g->scheme == NULL
			    ? url != NULL
			    : n == 0 || strncmp(g->scheme, url, (size_t)n) != 0 ||
				      g->scheme[n] != '\0')
			continue;
		if (g->kind.available == NULL || g->kind.available(why, sizeof(why)))
			return g;
		err_set(e, ENOTSUP, "engine '%s' is unavailable: %s", g->kind.name,
			why);
		return NULL;
	}
	err_set(e, EINVAL, "no engine for '%.*s://...'", n, url != NULL ? url : "");
	return NULL;
}
