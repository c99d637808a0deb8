/*
 * places.c - names of series in the formats of others.
 */
#include "cli/places.h"

#include "core/stat.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

bool
places_is_figure(const struct result *r, const struct result_series *s)
{
	if (r->measured)
		return s->measured != NULL && s->measured->primary;
	return s->n > 0;
}

const char *
places_path(const struct result *r, const struct result_series *s, char *buf,
	    size_t size)
{
	char kind[128] = "", workers[40] = "";
	const char *at = s->params;
	struct result_pair p;
	size_t used;

	if (*s->kind != '\0')
		snprintf(kind, sizeof(kind), "/kind=%s", s->kind);
	if (s->workers > 0)
		snprintf(workers, sizeof(workers), "/workers=%" PRId64, s->workers);
	snprintf(buf, size, "%c%s/metric=%s%s%s", toupper((unsigned char)*r->command),
		 r->command + 1, s->metric->name, kind, workers);
	while (result_params_next(&at, &p)) {
		used = strlen(buf);
		snprintf(buf + used, size - used, "/%s=%s", p.key, p.value);
	}
	for (char *c = buf; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == '"' || *c == '\x7f')
			*c = '_';
	return buf;
}

size_t
places_blocks(const struct result_series *s, double block[PLACES_BLOCKS],
	      size_t rounds[PLACES_BLOCKS])
{
	const size_t n = s->n < PLACES_BLOCKS ? s->n : PLACES_BLOCKS;

	for (size_t i = 0; i < n; i++) {
		const size_t from = i * s->n / n, to = (i + 1) * s->n / n;

		block[i] = stat_median(&s->sample[from], to - from);
		rounds[i] = to - from;
	}
	return n;
}
