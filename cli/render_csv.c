/*
 * render_csv.c - one row a metric of a kind and size: RFC 4180, with a head.
 *
 * Empty is what is not known; numbers are plain, in the unit beside them.
 */
#include "cli/render.h"
#include "core/stat.h"

#include <inttypes.h>
#include <string.h>

static void
put_text(FILE *out, const char *text)
{
	if (text == NULL || strpbrk(text, ",\"\r\n") == NULL) {
		fputs(text != NULL ? text : "", out);
		return;
	}
	putc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void
put_number(FILE *out, bool known, double x)
{
	putc(',', out);
	if (known)
		fprintf(out, "%.15g", x);
}

static void
put_samples(FILE *out, const struct result_series *s)
{
	const struct result_measured *m = s->measured;
	const bool primary = m != NULL && m->primary && s->n > 0;

	put_number(out, true, (double)s->n);
	put_number(out, s->n > 0, stat_median(s->sample, s->n));
	put_number(out, primary, primary ? m->low : 0);
	put_number(out, primary, primary ? m->high : 0);
	put_number(out, s->n > 0, stat_min(s->sample, s->n));
	put_number(out, s->n > 0, stat_max(s->sample, s->n));
}

static void
put_distribution(FILE *out, const struct hist *h)
{
	static const double point[] = { 0.5, 0.9, 0.99, 0.999, 1 };
	const bool known = h != NULL && h->count > 0;

	put_number(out, known, known ? (double)h->count : 0);
	for (size_t i = 0; i < sizeof(point) / sizeof(*point); i++)
		put_number(out, known, known ? (double)hist_quantile(h, point[i]) : 0);
}

static void
put_row(FILE *out, const struct result *r, const struct result_series *s)
{
	static const char *const better[] = { "", "lower", "higher" };
	static const char *const status[] = { "ok", "skipped", "broken" };
	const struct result_measured *m = s->measured;
	const bool ratio = m != NULL && m->base != NULL;

	put_text(out, r->command);
	putc(',', out);
	put_text(out, s->kind);
	putc(',', out);
	if (s->workers > 0)
		fprintf(out, "%" PRId64, s->workers);
	putc(',', out);
	put_text(out, s->params);
	putc(',', out);
	put_text(out, s->metric->name);
	putc(',', out);
	put_text(out, s->metric->unit);
	fprintf(out, ",%s,%s", better[s->metric->better],
		m == NULL ? "ok" : status[m->status]);
	put_samples(out, s);
	put_distribution(out, s->hist);
	putc(',', out);
	put_text(out, ratio ? m->base : "");
	put_number(out, ratio, ratio ? m->ratio : 0);
	put_number(out, ratio, ratio ? m->ratio_low : 0);
	put_number(out, ratio, ratio ? m->ratio_high : 0);
	fputs("\r\n", out);
}

static void
render(FILE *out, const struct view *v)
{
	fputs("command,kind,workers,params,metric,unit,better,status,n,median,low,high,"
	      "min,"
	      "max,"
	      "count,p50,p90,p99,p99_9,p100,ratio_to,ratio,ratio_low,ratio_high\r\n",
	      out);
	for (size_t i = 0; i < v->result->nseries; i++)
		put_row(out, v->result, v->result->series[i]);
}

const struct renderer renderer_csv = {
	.name = "csv",
	.summary = "one row a metric, with a head (RFC 4180)",
	.machine = true,
	.render = render,
};
