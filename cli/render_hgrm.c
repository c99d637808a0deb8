/*
 * render_hgrm.c - distributions as HdrHistogram percentile text (.hgrm).
 *
 * Values in nanoseconds. One block a distribution, each after a comment that names it;
 * plotters read one block a file. A series without a distribution gives one of its
 * samples. Source: HdrHistogram_c, hdr_percentiles_print(), 5 ticks a half distance.
 */
#include "cli/places.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TICKS = 5 };

static void
put_block(FILE *out, const char *name, const struct hist *h)
{
	double at = 0;

	fprintf(out, "#[%s, ns]\n%12s %14s %10s %14s\n\n", name, "Value", "Percentile",
		"TotalCount", "1/(1-Percentile)");
	for (;;) {
		const uint64_t value = hist_quantile(h, at);
		const uint64_t seen = value >= h->max ? h->count : hist_rank(h, value);
		double half;

		if (seen >= h->count)
			break;
		fprintf(out, "%12.3f %2.12f %10" PRIu64 " %14.2f\n", (double)value, at,
			seen, 1 / (1 - at));
		half = pow(2, floor(log2(1 / (1 - at))) + 1);
		at += 1 / (half * TICKS);
	}
	fprintf(out, "%12.3f %2.12f %10" PRIu64 " %14s\n", (double)h->max, 1.0,
		h->count, "inf");
	fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", hist_mean(h),
		hist_stddev(h));
	fprintf(out, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n",
		(double)h->max, h->count);
	fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n",
		HIST_BUCKETS >> HIST_BITS, 1 << HIST_BITS);
}

static void
put_series(FILE *out, const struct result *r, const struct result_series *s)
{
	struct hist *h;
	char name[256];

	places_path(r, s, name, sizeof(name));
	if (s->hist != NULL && s->hist->count > 0) {
		put_block(out, name, s->hist);
		return;
	}
	h = s->n > 0 && places_is_figure(r, s) ? malloc(sizeof(*h)) : NULL;
	if (h == NULL)
		return;
	hist_init(h);
	for (size_t i = 0; i < s->n; i++)
		hist_add(h, (uint64_t)llround(s->sample[i]));
	put_block(out, name, h);
	free(h);
}

static void
render(FILE *out, const struct view *v)
{
	for (size_t i = 0; i < v->result->nseries; i++)
		if (strcmp(v->result->series[i]->metric->unit, "ns") == 0)
			put_series(out, v->result, v->result->series[i]);
}

const struct renderer renderer_hgrm = {
	.name = "hgrm",
	.summary = "distributions as HdrHistogram percentiles",
	.machine = true,
	.render = render,
};
