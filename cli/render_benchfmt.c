/*
 * render_benchfmt.c - Go's benchmark text, for benchstat and what else reads it.
 *
 * Lines of the same name are samples: at most 20, each the median of neighbouring
 * rounds, since benchstat takes samples to be independent. Source: golang/proposal,
 * design/14313-benchmark-format.md.
 */
#include "cli/json_context.h"
#include "cli/json_out.h"
#include "cli/places.h"

#include <inttypes.h>
#include <string.h>

/* Go's names of units; per operation where it is a time. */
static const char *
unit_of(const struct metric *m)
{
	if (strcmp(m->unit, "ns") == 0)
		return "ns/op";
	if (strcmp(m->unit, "bytes") == 0)
		return "B";
	if (strcmp(m->unit, "%") == 0)
		return "percent";
	return strcmp(m->unit, "1") == 0 ? m->name : "op/s";
}

static void
put_directions(FILE *out, const struct result *r)
{
	/* ns/op and B are known to be better when lower. */
	for (size_t i = 0; i < r->nseries; i++) {
		const struct metric *m = r->series[i]->metric;
		const char *unit = unit_of(m);
		bool seen = false;

		for (size_t j = 0; j < i; j++)
			seen = seen || strcmp(unit_of(r->series[j]->metric), unit) == 0;
		if (seen || m->better == BETTER_NONE || strcmp(unit, "ns/op") == 0 ||
		    strcmp(unit, "B") == 0 || !places_is_figure(r, r->series[i]))
			continue;
		fprintf(out, "Unit %s better=%s assume=nothing\n", unit,
			m->better == BETTER_LOWER ? "lower" : "higher");
	}
}

static void
put_series(FILE *out, const struct result *r, const struct result_series *s)
{
	const uint64_t batch =
		s->measured != NULL && s->measured->batch > 0 ? s->measured->batch : 1;
	double block[PLACES_BLOCKS];
	size_t rounds[PLACES_BLOCKS], n = places_blocks(s, block, rounds);
	char name[256];

	places_path(r, s, name, sizeof(name));
	for (size_t i = 0; i < n; i++)
		fprintf(out, "Benchmark%s %" PRIu64 " %.6g %s\n", name,
			batch * rounds[i], block[i], unit_of(s->metric));
}

static void
render(FILE *out, const struct view *v)
{
	const struct result *r = v->result;
	json_t *machine = json_context(v);
	const char *arch = json_out_text_of(machine, "arch");

	fprintf(out, "goos: linux\ngoarch: %s\npkg: concbench/%s\ncpu: %s\n",
		strcmp(arch, "x86_64") == 0    ? "amd64"
		: strcmp(arch, "aarch64") == 0 ? "arm64"
					       : arch,
		r->command, json_out_text_of(machine, "cpu_model"));
	json_decref(machine);
	put_directions(out, r);
	for (size_t i = 0; i < r->nseries; i++)
		if (places_is_figure(r, r->series[i]))
			put_series(out, r, r->series[i]);
}

const struct renderer renderer_benchfmt = {
	.name = "benchfmt",
	.summary = "Go benchmark text, for benchstat",
	.machine = true,
	.joins = true,
	.render = render,
};
