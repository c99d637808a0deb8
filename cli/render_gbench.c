/*
 * render_gbench.c - Google Benchmark's JSON, for its compare.py and trackers.
 *
 * Repetitions are at most 20, each the median of neighbouring rounds, and an aggregate
 * row of the median; a skipped or broken one has error_occurred, and no figures but 0.
 * Times only. Source: google/benchmark, src/json_reporter.cc, tools/gbench.
 */
#include "cli/figures.h"
#include "cli/json_context.h"
#include "cli/json_out.h"
#include "cli/places.h"
#include "core/stat.h"

#include <string.h>

static json_t *
context(const struct view *v)
{
	json_t *o = json_object(), *machine = json_context(v);
	const char *governor = json_out_text_of(machine, "governor");
	char date[48];

	/* "2025-11-02T10:11:12.345678901Z" without its fraction. */
	snprintf(date, sizeof(date), "%.19s+00:00", json_out_text_of(machine, "start"));
	json_object_set_new(o, "date", json_string(date));
	json_object_set_new(o, "host_name", json_string(""));
	json_object_set_new(o, "executable", json_string("concbench"));
	json_object_set_new(o, "num_cpus",
			    json_incref(json_object_get(machine, "cpus_online")));
	json_object_set_new(o, "mhz_per_cpu", json_integer(0));
	json_object_set_new(o, "cpu_scaling_enabled",
			    json_boolean(strcmp(governor, "performance") != 0 &&
					 strcmp(governor, "unknown") != 0));
	json_object_set_new(o, "caches", json_array());
	json_object_set_new(o, "load_avg",
			    json_incref(json_object_get(machine, "load")));
	json_object_set_new(o, "library_version", json_string(CONCBENCH_VERSION));
	json_object_set_new(o, "library_build_type", json_string("release"));
	json_object_set_new(o, "json_schema_version", json_integer(1));
	json_decref(machine);
	return o;
}

/* What all rows of a series share. */
static json_t *
row(const struct result *r, const struct result_series *s, size_t family, size_t n,
    const char *suffix, const char *type)
{
	json_t *o = json_object();
	char name[256], full[272];

	places_path(r, s, name, sizeof(name));
	snprintf(full, sizeof(full), "%s%s", name, suffix);
	json_object_set_new(o, "name", json_out_text(full));
	json_object_set_new(o, "family_index", json_out_number((double)family));
	json_object_set_new(o, "per_family_instance_index", json_integer(0));
	json_object_set_new(o, "run_name", json_out_text(name));
	json_object_set_new(o, "run_type", json_string(type));
	json_object_set_new(o, "repetitions", json_out_number((double)n));
	json_object_set_new(o, "threads",
			    json_out_integer(s->workers > 0 ? s->workers : 1));
	return o;
}

static void
put_times(json_t *o, double iterations, double real, double cpu)
{
	json_object_set_new(o, "iterations", json_out_number(iterations));
	json_object_set_new(o, "real_time", json_out_number(real));
	json_object_set_new(o, "cpu_time", json_out_number(cpu));
	json_object_set_new(o, "time_unit", json_string("ns"));
}

static void
add_series(json_t *all, const struct result *r, const struct result_series *s,
	   size_t family)
{
	const struct result_series *c = figures_beside(r, s, "cpu");
	const double cpu = c != NULL && c->n > 0 ? c->sample[0] : 0;
	const struct result_measured *m = s->measured;
	const double batch = m != NULL && m->batch > 0 ? (double)m->batch : 1;
	double block[PLACES_BLOCKS];
	size_t rounds[PLACES_BLOCKS], n = places_blocks(s, block, rounds);
	json_t *o;

	for (size_t i = 0; i < n; i++) {
		o = row(r, s, family, n, "", "iteration");
		json_object_set_new(o, "repetition_index", json_out_number((double)i));
		put_times(o, batch * (double)rounds[i], block[i],
			  cpu > 0 ? cpu : block[i]);
		json_array_append_new(all, o);
	}
	if (n == 0) {
		o = row(r, s, family, 1, "", "iteration");
		json_object_set_new(o, "repetition_index", json_integer(0));
		json_object_set_new(o, "error_occurred", json_true());
		json_object_set_new(
			o, "error_message",
			json_out_text(m != NULL && m->why != NULL ? m->why : "-"));
		put_times(o, 0, 0, 0);
	} else {
		o = row(r, s, family, n, "_median", "aggregate");
		json_object_set_new(o, "aggregate_name", json_string("median"));
		json_object_set_new(o, "aggregate_unit", json_string("time"));
		put_times(o, (double)n, stat_median(s->sample, s->n),
			  cpu > 0 ? cpu : stat_median(s->sample, s->n));
	}
	json_array_append_new(all, o);
}

static void
render(FILE *out, const struct view *v)
{
	const struct result *r = v->result;
	json_t *all = json_array();
	bool first = true;

	for (size_t i = 0; i < r->nseries; i++)
		if (places_is_figure(r, r->series[i]) &&
		    strcmp(r->series[i]->metric->unit, "ns") == 0)
			add_series(all, r, r->series[i], i);
	putc('{', out);
	json_out_member(out, &first, "context", context(v));
	json_out_member(out, &first, "benchmarks", all);
	fputs("}\n", out);
}

const struct renderer renderer_gbench = {
	.name = "gbench",
	.summary = "Google Benchmark's JSON, for its compare.py",
	.machine = true,
	.render = render,
};
