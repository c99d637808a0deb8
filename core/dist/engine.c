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

/* Whether the scheme, n bytes, is one of the words of a list. */
static bool
speaks(const char *list, const char *scheme, size_t n)
{
	for (; list != NULL; list = strchr(list, ' ')) {
		list += *list == ' ';
		if (n > 0 && strncmp(list, scheme, n) == 0 &&
		    (list[n] == '\0' || list[n] == ' '))
			return true;
	}
	return false;
}

/* The engine of a URL, available or not. */
static const struct dist_engine *
engine_of(const char *url, struct err *e)
{
	const int n = url != NULL ? scheme_length(url) : 0;

	for (size_t i = 0; dist_engine_table[i] != NULL; i++) {
		const struct dist_engine *g = dist_engine_table[i];

		if (url == NULL ? g->scheme == NULL : speaks(g->scheme, url, (size_t)n))
			return g;
	}
	err_set(e, EINVAL, "no engine for '%.*s://...'", n, url != NULL ? url : "");
	err_hint(e, "it looks like redis://HOST:PORT");
	return NULL;
}

const struct dist_engine *
dist_engine_find(const char *url, struct err *e)
{
	const struct dist_engine *g = engine_of(url, e);
	char why[96];

	if (g == NULL || g->kind.available == NULL ||
	    g->kind.available(why, sizeof(why)))
		return g;
	err_set(e, ENOTSUP, "engine '%s' is unavailable (%s)", g->kind.name, why);
	return NULL;
}

int
dist_engine_check(const char *url, struct err *e)
{
	const struct dist_engine *g = engine_of(url, e);

	if (g == NULL)
		return -EINVAL;
	return g->check != NULL ? g->check(url, e) : 0;
}
