/*
 * json_series.c - the figures of a result in its JSON document.
 */
#include "cli/json_series.h"

#include "cli/json_out.h"
#include "core/stat.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static json_t *
pair(double low, double high)
{
	json_t *a = json_array();

	json_array_append_new(a, json_out_number(low));
	json_array_append_new(a, json_out_number(high));
	return a;
}

/* All of it, so that it can be rendered and merged again. */
static json_t *
buckets_array(const struct hist *h)
{
	json_t *all = json_array();
	uint64_t value, n;
	size_t i = 0;

	while (hist_next(h, &i, &value, &n))
		json_array_append_new(all, pair((double)value, (double)n));
	return all;
}

static json_t *
percentiles_object(const struct hist *h)
{
	static const struct {
		const char *key;
		double q;
	} points[] = {
		{ "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p99_9", 0.999 }
	};
	json_t *o = json_object();

	json_object_set_new(o, "count", json_out_number((double)h->count));
	if (h->count == 0)
		return o;
	json_object_set_new(o, "min", json_out_number((double)h->min));
	json_object_set_new(o, "mean", json_out_number(hist_mean(h)));
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		json_object_set_new(
			o, points[i].key,
			json_out_number((double)hist_quantile(h, points[i].q)));
	json_object_set_new(o, "max", json_out_number((double)h->max));
	json_object_set_new(o, "buckets", buckets_array(h));
	return o;
}

/* What the engine knows of a measured series. */
static void
put_measured(json_t *o, const struct result_series *s)
{
	static const char *const status[] = { [RESULT_OK] = "ok",
					      [RESULT_SKIPPED] = "skipped",
					      [RESULT_BROKEN] = "broken" };
	const struct result_measured *m = s->measured;
	json_t *ratio;

	json_object_set_new(o, "status", json_string(status[m->status]));
	json_object_set_new(o, "why", json_out_text(m->why));
	json_object_set_new(o, "version", json_out_integer(m->version));
	json_object_set_new(o, "operation", json_out_text(m->op));
	if (s->n == 0)
		return;
	json_object_set_new(o, "interval", pair(m->low, m->high));
	json_object_set_new(o, "outliers", json_out_number((double)m->outliers));
	json_object_set_new(o, "batch", json_out_number((double)m->batch));
	json_object_set_new(o, "operations", json_out_number((double)m->ops));
	if (m->base == NULL)
		return;
	ratio = json_object();
	json_object_set_new(ratio, "to", json_out_text(m->base));
	json_object_set_new(ratio, "median", json_out_number(m->ratio));
	json_object_set_new(ratio, "interval", pair(m->ratio_low, m->ratio_high));
	json_object_set_new(o, "ratio", ratio);
}

static json_t *
metric_object(const struct result_series *s)
{
	static const char *const better[] = { [BETTER_NONE] = "none",
					      [BETTER_LOWER] = "lower",
					      [BETTER_HIGHER] = "higher" };
	json_t *o = json_object(), *samples = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(samples, json_out_number(s->sample[i]));
	json_object_set_new(o, "name", json_out_text(s->metric->name));
	json_object_set_new(o, "unit", json_out_text(s->metric->unit));
	json_object_set_new(o, "better", json_string(better[s->metric->better]));
	json_object_set_new(o, "summary", json_out_text(s->metric->summary));
	json_object_set_new(o, "n", json_out_number((double)s->n));
	if (s->n > 0) {
		json_object_set_new(o, "median",
				    json_out_number(stat_median(s->sample, s->n)));
		json_object_set_new(o, "min",
				    json_out_number(stat_min(s->sample, s->n)));
		json_object_set_new(o, "max",
				    json_out_number(stat_max(s->sample, s->n)));
	}
	json_object_set_new(o, "samples", samples);
	if (s->measured != NULL && s->measured->primary)
		put_measured(o, s);
	if (s->hist != NULL)
		json_object_set_new(o, "percentiles", percentiles_object(s->hist));
	return o;
}

static bool
same_group(const struct result_series *a, const struct result_series *b)
{
	return a->workers == b->workers && strcmp(a->kind, b->kind) == 0 &&
	       strcmp(a->params, b->params) == 0;
}

static void
put_params(json_t *o, const char *params)
{
	json_t *all = json_object();
	struct result_pair p;

	while (result_params_next(&params, &p))
		json_object_set_new(all, p.key, json_out_text(p.value));
	json_object_set_new(o, "params", all);
}

void
json_series(FILE *out, const struct result *r)
{
	const char *comma = "";

	putc('[', out);
	for (size_t i = 0; i < r->nseries; i++) {
		json_t *group, *metrics;
		bool seen = false;

		for (size_t j = 0; j < i; j++)
			seen = seen || same_group(r->series[i], r->series[j]);
		if (seen)
			continue;
		group = json_object();
		metrics = json_array();
		json_out_place(group, r->series[i]->kind, r->series[i]->workers);
		if (*r->series[i]->params != '\0')
			put_params(group, r->series[i]->params);
		for (size_t j = i; j < r->nseries; j++) {
			if (same_group(r->series[i], r->series[j]))
				json_array_append_new(metrics,
						      metric_object(r->series[j]));
		}
		json_object_set_new(group, "metrics", metrics);
		fprintf(out, "%s\n ", comma);
		json_out_value(out, group);
		comma = ",";
	}
	putc(']', out);
}

/* Appends word in snake_case, after an underscore where something stands already. */
static void
add_word(char *key, size_t size, const char *word)
{
	size_t used = strlen(key);

	if (used > 0 && used + 1 < size)
		key[used++] = '_';
	for (; *word != '\0' && used + 1 < size; word++)
		key[used++] = (char)(isalnum((unsigned char)*word)
					     ? tolower((unsigned char)*word)
					     : '_');
	key[used] = '\0';
}

static const char *
unit_word(const char *unit)
{
	static const char *const table[][2] = { { "1", "" },
						{ "%", "percent" },
						{ "1/s", "per_s" },
						{ "bytes/s", "bytes_per_s" } };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(unit, table[i][0]) == 0)
			return table[i][1];
	}
	return unit;
}

/* "wall_ns", or "thread_n4_wall_ns" when there are several of the same metric. */
static void
summary_key(const struct result *r, const struct result_series *s, char *key,
	    size_t size)
{
	const char *unit = unit_word(s->metric->unit), *at = s->params;
	struct result_pair p;
	size_t same = 0;
	char n[100];

	key[0] = '\0';
	for (size_t i = 0; i < r->nseries; i++)
		same += strcmp(r->series[i]->metric->name, s->metric->name) == 0;
	if (same > 1 && *s->kind != '\0')
		add_word(key, size, s->kind);
	if (same > 1 && s->workers > 0) {
		snprintf(n, sizeof(n), "n%" PRId64, s->workers);
		add_word(key, size, n);
	}
	while (same > 1 && result_params_next(&at, &p)) {
		snprintf(n, sizeof(n), "%s%s", p.key, p.value);
		add_word(key, size, n);
	}
	add_word(key, size, s->metric->name);
	if (*unit != '\0')
		add_word(key, size, unit);
}

json_t *
json_summary(const struct result *r)
{
	json_t *o = json_object();
	size_t failed = 0;
	char key[128];

	for (size_t i = 0; i < r->nchecks; i++)
		failed += !r->check[i].passed;
	json_object_set_new(o, "wall_ns", json_out_number((double)r->wall_ns));
	json_object_set_new(o, "checks", json_out_number((double)r->nchecks));
	json_object_set_new(o, "checks_failed", json_out_number((double)failed));
	for (size_t i = 0; i < r->nseries; i++) {
		const struct result_series *s = r->series[i];

		if (s->n == 0)
			continue;
		summary_key(r, s, key, sizeof(key));
		json_object_set_new(o, key,
				    json_out_number(stat_median(s->sample, s->n)));
	}
	return o;
}
