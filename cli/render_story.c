/*
 * render_story.c - the run told to people: a line an event, lanes, the summary.
 */
#include "cli/lanes.h"
#include "cli/render.h"
#include "cli/say.h"
#include "cli/tables.h"
#include "cli/term.h"
#include "core/libc.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#define ROLES_LOOKED_AT 64 /* for the width of their column, before they speak */
#define LINE_MAX_BYTES 4096

/* Writes text, its passed and failed marks in colour. */
static void
put_colored(FILE *out, const struct style *st, const char *text)
{
	static const char *const mark[] = { "✔", "✖" }, *const color[] = { "32", "31" };
	const char *at;

	for (int i = 0; st->color && i < 2; i++) {
		at = strstr(text, mark[i]);
		if (at == NULL)
			continue;
		fprintf(out, "%.*s\033[%sm%s\033[0m%s", (int)(at - text), text,
			color[i], mark[i], at + strlen(mark[i]));
		return;
	}
	fputs(text, out);
}

static void
put_role(FILE *out, const struct view *v, const struct event *e)
{
	static const int color[] = { 36, 33, 35, 34, 32, 96, 93, 95, 94, 92 };
	char name[TRACE_NAME * 4];
	int pad;

	term_clean(say_role(v, e->role), v->style->unicode, name, sizeof(name));
	if (v->columns->role == 0) {
		v->columns->role = 4;
		for (int i = 0; i < v->trace->nroles && i < ROLES_LOOKED_AT; i++) {
			int n = term_columns(trace_role_name(v->trace, i));

			v->columns->role = n > v->columns->role ? n : v->columns->role;
		}
	}
	pad = v->columns->role - term_columns(name);
	if (v->style->color)
		fprintf(out, "\033[%dm%s\033[0m", color[e->role % 10], name);
	else
		fputs(name, out);
	fprintf(out, "%*s", pad > 0 ? pad : 0, "");
}

static void
story_event(FILE *out, const struct view *v, const struct event *e)
{
	char text[SAY_MAX], place[64];
	double ms;
	int n;

	if (v->style->quiet || *say_event(v, e, text, sizeof(text)) == '\0')
		return;
	ms = ((double)e->ts_ns - (double)v->trace->start_ns) / 1e6;
	fprintf(out, "%9.3f ms  ", ms);
	put_role(out, v, e);
	n = term_columns(say_place(v, e, place, sizeof(place)));
	if (n > v->columns->place)
		v->columns->place = n;
	fprintf(out, "  %s%*s  ", place, v->columns->place - n, "");
	put_colored(out, v->style, text);
	putc('\n', out);
}

static void
put_line(FILE *out, const struct view *v, const char *text)
{
	char clean[LINE_MAX_BYTES];

	fputs("  ", out);
	put_colored(out, v->style,
		    term_clean(text == NULL ? "" : text, v->style->unicode, clean,
			       sizeof(clean)));
	putc('\n', out);
}

static void
put_failed_check(FILE *out, const struct view *v, const struct result_check *c)
{
	bool kind = c->kind != NULL && *c->kind != '\0';
	char text[LINE_MAX_BYTES];

	snprintf(text, sizeof(text), "✖ check failed: %s%s%s: %s", kind ? c->kind : "",
		 kind ? ": " : "", c->name, c->detail != NULL ? c->detail : "");
	put_line(out, v, text);
}

/* True when an earlier check that passed has the same name, of another kind. */
static bool
told_already(const struct result *r, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (r->check[j].passed &&
		    strcmp(r->check[j].name, r->check[i].name) == 0)
			return true;
	return false;
}

static void
put_checks(FILE *out, const struct view *v)
{
	const struct result *r = v->result;
	char text[LINE_MAX_BYTES];
	size_t passed = 0, used;

	for (size_t i = 0; i < r->nchecks; i++) {
		if (!r->check[i].passed)
			put_failed_check(out, v, &r->check[i]);
		passed += r->check[i].passed;
	}
	if (passed == 0 || v->style->quiet)
		return;
	used = (size_t)snprintf(text, sizeof(text), "✔ %zu check%s passed:", passed,
				passed == 1 ? "" : "s");
	for (size_t i = 0; i < r->nchecks && used < sizeof(text) - 1; i++) {
		if (!r->check[i].passed || told_already(r, i))
			continue;
		snprintf(text + used, sizeof(text) - used, "%s %s",
			 passed == 0 ? "," : "", r->check[i].name);
		passed = 0;
		used += strlen(text + used);
	}
	put_line(out, v, text);
}

static void
put_end(FILE *out, const struct view *v)
{
	const struct result *r = v->result;
	const char *name = NULL;
	char why[64], text[160], wall[32];

	if (r->end == END_DONE)
		return;
	if (r->end == END_STOPPED)
		name = libc_signal_name(r->stop_reason);
	snprintf(why, sizeof(why), "stopped by SIG%s", name != NULL ? name : "?");
	if (r->end == END_TIMEOUT)
		snprintf(why, sizeof(why), "stopped by --timeout");
	else if (r->end == END_FAILED)
		snprintf(why, sizeof(why), "the run failed");
	snprintf(text, sizeof(text), "✖ partial results: %s after %s", why,
		 term_time((double)r->wall_ns, wall, sizeof(wall)));
	put_line(out, v, text);
}

static void
story_render(FILE *out, const struct view *v)
{
	const struct result *r = v->result;
	const struct style *st = v->style;

	if (st->timeline && lanes_draw(out, v) != 0)
		put_line(out, v, "no memory for the timeline");
	for (size_t i = 0; i < r->ntables; i++) {
		if (st->verbose || (!st->quiet && !r->table[i]->quiet))
			tables_draw(out, v, r->table[i]);
	}
	if (st->verbose)
		tables_draw_metrics(out, v);
	if (v->nevents > 0 && !st->quiet)
		putc('\n', out);
	for (size_t i = 0; i < r->nlines; i++)
		put_line(out, v, r->line[i]);
	put_checks(out, v);
	put_end(out, v);
	if (!st->quiet)
		fprintf(out, "  seed %" PRIu64 "\n", r->seed);
}

const struct renderer renderer_story = {
	.name = "story",
	.summary = "lines as things happen, lanes, a summary: for people",
	.live = true,
	.event = story_event,
	.render = story_render,
};
