/*
 * render_openmetrics.c - gauges for Prometheus: OpenMetrics text that the textfile
 * collector takes, too.
 *
 * Base units (seconds, bytes, ratios), unit as the last part of the name, gauges only:
 * what both dialects understand.
 */
#include "cli/places.h"
#include "core/stat.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

struct base {
	const char *unit, *suffix, *name; /* name: of the # UNIT line; NULL: none */
	double scale;
};

static struct base
base_of(const char *unit)
{
	static const struct base all[] = { { "ns", "_seconds", "seconds", 1e-9 },
					   { "bytes", "_bytes", "bytes", 1 },
					   { "%", "_ratio", "ratio", 0.01 },
					   { "1/s", "_per_second", NULL, 1 } };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (strcmp(all[i].unit, unit) == 0)
			return all[i];
	return (struct base){ unit, "", NULL, 1 };
}

static void
put_word(FILE *out, const char *word)
{
	for (; *word != '\0'; word++)
		putc(isalnum((unsigned char)*word) ? tolower((unsigned char)*word)
						   : '_',
		     out);
}

static void
put_family(FILE *out, const struct result *r, const struct metric *m)
{
	fputs("concbench_", out);
	put_word(out, r->command);
	putc('_', out);
	put_word(out, m->name);
	fputs(base_of(m->unit).suffix, out);
}

static void
put_value(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text == '\n' ? ' ' : *text, out);
	}
}

static void
put_sample(FILE *out, const struct result *r, const struct result_series *s,
	   const char *quantile, double value)
{
	const char *comma = "", *at = s->params;
	struct result_pair p;

	put_family(out, r, s->metric);
	putc('{', out);
	if (*s->kind != '\0') {
		fputs("kind=\"", out);
		put_value(out, s->kind);
		putc('"', out);
		comma = ",";
	}
	if (s->workers > 0) {
		fprintf(out, "%sworkers=\"%" PRId64 "\"", comma, s->workers);
		comma = ",";
	}
	while (result_params_next(&at, &p)) {
		fprintf(out, "%s%s=\"", comma, p.key);
		put_value(out, p.value);
		putc('"', out);
		comma = ",";
	}
	/* Not "quantile", which belongs to summaries. */
	fprintf(out, "%sstat=\"%s\"} %.15g\n", comma, quantile,
		value * base_of(s->metric->unit).scale);
}

static void
put_series(FILE *out, const struct result *r, const struct result_series *s)
{
	const struct result_measured *m = s->measured;

	if (s->n > 0)
		put_sample(out, r, s, "median", stat_median(s->sample, s->n));
	if (s->n > 0 && m != NULL && m->primary) {
		put_sample(out, r, s, "low", m->low);
		put_sample(out, r, s, "high", m->high);
	}
	if (s->hist == NULL || s->hist->count == 0)
		return;
	put_sample(out, r, s, "p50", (double)hist_quantile(s->hist, 0.5));
	put_sample(out, r, s, "p90", (double)hist_quantile(s->hist, 0.9));
	put_sample(out, r, s, "p99", (double)hist_quantile(s->hist, 0.99));
	put_sample(out, r, s, "p99_9", (double)hist_quantile(s->hist, 0.999));
	put_sample(out, r, s, "max", (double)s->hist->max);
}

static bool
has_samples(const struct result_series *s)
{
	return s->n > 0 || (s->hist != NULL && s->hist->count > 0);
}

static bool
same_family(const struct metric *a, const struct metric *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->unit, b->unit) == 0;
}

static void
put_head(FILE *out, const struct result *r, const struct metric *m)
{
	fputs("# TYPE ", out);
	put_family(out, r, m);
	fputs(" gauge\n", out);
	if (base_of(m->unit).name != NULL) {
		fputs("# UNIT ", out);
		put_family(out, r, m);
		fprintf(out, " %s\n", base_of(m->unit).name);
	}
	fputs("# HELP ", out);
	put_family(out, r, m);
	putc(' ', out);
	put_value(out, m->summary);
	putc('\n', out);
}

static void
render(FILE *out, const struct view *v)
{
	const struct result *r = v->result;

	for (size_t i = 0; i < r->nseries; i++) {
		const struct metric *m = r->series[i]->metric;
		bool seen = !has_samples(r->series[i]);

		for (size_t j = 0; j < i; j++)
			seen = seen || (same_family(r->series[j]->metric, m) &&
					has_samples(r->series[j]));
		if (seen)
			continue;
		put_head(out, r, m);
		for (size_t j = i; j < r->nseries; j++)
			if (same_family(r->series[j]->metric, m))
				put_series(out, r, r->series[j]);
	}
	fputs("# EOF\n", out);
}

const struct renderer renderer_openmetrics = {
	.name = "openmetrics",
	.summary = "gauges for Prometheus, OpenMetrics text",
	.machine = true,
	.render = render,
};
