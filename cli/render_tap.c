/*
 * render_tap.c - checks and figures as test points: TAP 13.
 */
#include "cli/places.h"
#include "core/human.h"
#include "core/stat.h"

#include <ctype.h>
#include <string.h>

/* A description: '#' would begin a directive, a line break end the line. */
static void
put_clean(FILE *out, const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		putc(*text == '#'		     ? '-'
		     : iscntrl((unsigned char)*text) ? ' '
						     : *text,
		     out);
}

/* A YAML double-quoted scalar. */
static void
put_yaml(FILE *out, const char *key, const char *text)
{
	fprintf(out, "  %s: \"", key);
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(iscntrl((unsigned char)*text) ? ' ' : *text, out);
	}
	fputs("\"\n", out);
}

static void
put_point(FILE *out, size_t number, bool ok, const char *kind, const char *name)
{
	fprintf(out, "%sok %zu - ", ok ? "" : "not ", number);
	if (kind != NULL && *kind != '\0') {
		put_clean(out, kind);
		fputs(": ", out);
	}
	put_clean(out, name);
}

static void
put_figure(FILE *out, const struct result *r, const struct result_series *s,
	   size_t number)
{
	const struct result_measured *m = s->measured;
	char name[256], text[HUMAN_TEXT];

	put_point(out, number, m->status != RESULT_BROKEN, NULL,
		  places_path(r, s, name, sizeof(name)));
	if (m->status == RESULT_SKIPPED) {
		fputs(" # SKIP ", out);
		put_clean(out, m->why);
	}
	putc('\n', out);
	fputs("  ---\n", out);
	if (m->status == RESULT_OK && s->n > 0)
		put_yaml(out, "median", human_ns(text, stat_median(s->sample, s->n)));
	else
		put_yaml(out, "message", m->why);
	fputs("  ...\n", out);
}

static bool
is_figure(const struct result_series *s)
{
	return s->measured != NULL && s->measured->primary;
}

static void
render(FILE *out, const struct view *v)
{
	const struct result *r = v->result;
	const bool error = r->end != END_DONE;
	size_t n = r->nchecks + error, number = 0;

	for (size_t i = 0; i < r->nseries; i++)
		n += is_figure(r->series[i]);
	fprintf(out, "TAP version 13\n1..%zu\n", n);
	for (size_t i = 0; i < r->nchecks; i++) {
		const struct result_check *c = &r->check[i];

		put_point(out, ++number, c->passed, c->kind, c->name);
		putc('\n', out);
		if (c->passed)
			continue;
		fputs("  ---\n", out);
		put_yaml(out, "message", c->detail);
		fputs("  ...\n", out);
	}
	for (size_t i = 0; i < r->nseries; i++)
		if (is_figure(r->series[i]))
			put_figure(out, r, r->series[i], ++number);
	if (error) {
		put_point(out, ++number, false, NULL, "the run came to its end");
		fputs("\n  ---\n", out);
		put_yaml(out, "message",
			 r->err.msg[0] != '\0' ? r->err.msg : result_verdict(r));
		fputs("  ...\n", out);
	}
}

const struct renderer renderer_tap = {
	.name = "tap",
	.summary = "checks and figures as test points, TAP 13",
	.machine = true,
	.render = render,
};
