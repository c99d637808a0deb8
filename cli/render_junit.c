/*
 * render_junit.c - checks and figures as test cases: JUnit XML.
 *
 * No two consumers agree on more than names, times and the text within a failure, so
 * all that matters stands in that text.
 */
#include "cli/places.h"
#include "cli/xml.h"
#include "core/stat.h"

#include <string.h>

static void
put_case(FILE *out, const struct result *r, const char *name, double time_s,
	 const char *tag, const char *why)
{
	fputs("<testcase classname=\"concbench.", out);
	xml_text(out, r->command);
	fputs("\" name=\"", out);
	xml_text(out, name);
	fprintf(out, "\" time=\"%.9f\">", time_s);
	if (tag != NULL) {
		fprintf(out, "<%s message=\"", tag);
		xml_text(out, why);
		fputs("\">", out);
		xml_text(out, name);
		fputs(": ", out);
		xml_text(out, why);
		fprintf(out, "</%s>", tag);
	}
	fputs("</testcase>\n", out);
}

static void
put_figures(FILE *out, const struct result *r)
{
	char name[256];

	for (size_t i = 0; i < r->nseries; i++) {
		const struct result_series *s = r->series[i];
		const struct result_measured *m = s->measured;
		const bool is_time = strcmp(s->metric->unit, "ns") == 0;

		if (m == NULL || !m->primary)
			continue;
		places_path(r, s, name, sizeof(name));
		put_case(out, r, name, is_time ? stat_median(s->sample, s->n) / 1e9 : 0,
			 m->status == RESULT_SKIPPED  ? "skipped"
			 : m->status == RESULT_BROKEN ? "failure"
						      : NULL,
			 m->why != NULL ? m->why : "");
	}
}

static size_t
count_figures(const struct result *r, int status)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nseries; i++) {
		const struct result_measured *m = r->series[i]->measured;

		n += m != NULL && m->primary &&
		     (status < 0 || (int)m->status == status);
	}
	return n;
}

static void
render(FILE *out, const struct view *v)
{
	const struct result *r = v->result;
	const bool error = r->end != END_DONE;
	size_t failures = count_figures(r, RESULT_BROKEN);
	char name[512];

	for (size_t i = 0; i < r->nchecks; i++)
		failures += !r->check[i].passed;
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		"<testsuite name=\"concbench %s\" tests=\"%zu\" failures=\"%zu\" "
		"errors=\"%d\" skipped=\"%zu\" time=\"%.6f\">\n",
		r->command, r->nchecks + count_figures(r, -1) + error, failures, error,
		count_figures(r, RESULT_SKIPPED), (double)r->wall_ns / 1e9);
	for (size_t i = 0; i < r->nchecks; i++) {
		const struct result_check *c = &r->check[i];
		const bool kind = c->kind != NULL && *c->kind != '\0';

		snprintf(name, sizeof(name), "%s%s%s", kind ? c->kind : "",
			 kind ? ": " : "", c->name);
		put_case(out, r, name, 0, c->passed ? NULL : "failure",
			 c->detail != NULL ? c->detail : "");
	}
	put_figures(out, r);
	if (error)
		put_case(out, r, "the run came to its end", 0, "error",
			 r->err.msg[0] != '\0' ? r->err.msg : result_verdict(r));
	fputs("</testsuite>\n</testsuites>\n", out);
}

const struct renderer renderer_junit = {
	.name = "junit",
	.summary = "checks and figures as test cases, JUnit XML",
	.machine = true,
	.render = render,
};
