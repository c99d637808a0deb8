/*
 * render_records.c - tab-separated records, one a line: events, then the result.
 *
 *   t_ms  pid  tid  role  event  key=value...
 *
 * The records of the result (metric, check, row, summary, warning, end) have the
 * time of its end, and the place of the role that owns the run.
 */
#include "cli/render.h"
#include "cli/say.h"
#include "cli/term.h"
#include "core/stat.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
put_text(FILE *out, const char *key, const char *text)
{
	size_t size = 4 * strlen(text) + 1;
	char *escaped = malloc(size);

	if (escaped == NULL)
		return;
	fprintf(out, "\t%s=%s", key, say_escaped(text, escaped, size));
	free(escaped);
}

static void
put_number(FILE *out, const char *key, double x)
{
	if (x == floor(x) && fabs(x) < 9007199254740992.0)
		fprintf(out, "\t%s=%.0f", key, x);
	else
		fprintf(out, "\t%s=%.15g", key, x);
}

static void
put_argument(FILE *out, const struct view *v, const char *key, enum event_unit unit,
	     int64_t x)
{
	if (key == NULL)
		return;
	if (unit == EVENT_ROLE)
		put_text(out, key, say_role(v, x));
	else
		fprintf(out, "\t%s=%" PRId64, key, x);
}

static void
put_head(FILE *out, double ms, int pid, int tid, const char *role, const char *event)
{
	char name[TRACE_NAME * 4];

	fprintf(out, "%.3f\t%d\t%d\t%s\t%s", ms, pid, tid,
		say_escaped(role, name, sizeof(name)), event);
}

static void
records_event(FILE *out, const struct view *v, const struct event *e)
{
	const struct event_type *type = event_type_of(e);
	double ms = ((double)e->ts_ns - (double)v->trace->start_ns) / 1e6;

	if (v->style->quiet)
		return;
	put_head(out, ms, e->pid, e->tid, say_role(v, e->role), type->name);
	put_argument(out, v, type->key_a, type->unit_a, e->a);
	put_argument(out, v, type->key_b, type->unit_b, e->b);
	if (type->key_s != NULL)
		put_text(out, type->key_s, event_text(e));
	putc('\n', out);
}

static void
begin(FILE *out, const struct view *v, const char *event)
{
	int pid = (int)getpid();

	put_head(out, (double)v->result->wall_ns / 1e6, pid, pid, say_role(v, 0),
		 event);
}

static void
put_kind(FILE *out, const char *kind, int64_t workers)
{
	if (kind != NULL && *kind != '\0')
		put_text(out, "kind", kind);
	if (workers > 0)
		fprintf(out, "\tworkers=%" PRId64, workers);
}

static void
put_measured(FILE *out, const struct result_series *s)
{
	const struct result_measured *m = s->measured;

	if (m->status != RESULT_OK) {
		put_text(out, "status",
			 m->status == RESULT_SKIPPED ? "skipped" : "broken");
		put_text(out, "why", m->why != NULL ? m->why : "");
	}
	if (s->n == 0)
		return;
	put_number(out, "low", m->low);
	put_number(out, "high", m->high);
	if (m->base == NULL)
		return;
	put_text(out, "base", m->base);
	put_number(out, "ratio", m->ratio);
	put_number(out, "ratio_low", m->ratio_low);
	put_number(out, "ratio_high", m->ratio_high);
}

static void
put_series(FILE *out, const struct view *v, const struct result_series *s)
{
	const char *at = s->params;
	struct result_pair p;

	begin(out, v, "metric");
	put_text(out, "name", s->metric->name);
	put_kind(out, s->kind, s->workers);
	while (result_params_next(&at, &p))
		put_text(out, p.key, p.value);
	put_text(out, "unit", s->metric->unit);
	if (s->n > 0) {
		fprintf(out, "\tn=%zu", s->n);
		put_number(out, "median", stat_median(s->sample, s->n));
		put_number(out, "min", stat_min(s->sample, s->n));
		put_number(out, "max", stat_max(s->sample, s->n));
	}
	if (s->measured != NULL && s->measured->primary)
		put_measured(out, s);
	if (s->hist != NULL && s->hist->count > 0) {
		fprintf(out, "\tcount=%" PRIu64, s->hist->count);
		put_number(out, "p50", (double)hist_quantile(s->hist, 0.5));
		put_number(out, "p90", (double)hist_quantile(s->hist, 0.9));
		put_number(out, "p99", (double)hist_quantile(s->hist, 0.99));
		put_number(out, "p99.9", (double)hist_quantile(s->hist, 0.999));
		put_number(out, "p100", (double)s->hist->max);
	}
	putc('\n', out);
}

static void
put_table(FILE *out, const struct view *v, const struct result_table *t)
{
	for (size_t i = 0; i < t->nrows; i++) {
		begin(out, v, "row");
		put_text(out, "table", t->name);
		put_kind(out, t->kind, t->workers);
		for (size_t j = 0; j < t->ncolumns; j++) {
			const struct result_cell *c = &t->cell[i * t->ncolumns + j];

			if (!c->present)
				continue;
			if (t->column[j].as == COLUMN_TEXT)
				put_text(out, t->column[j].name,
					 c->text != NULL ? c->text : "");
			else
				put_number(out, t->column[j].name, c->number);
		}
		putc('\n', out);
	}
}

static void
put_check(FILE *out, const struct view *v, const struct result_check *c)
{
	begin(out, v, "check");
	put_text(out, "name", c->name);
	put_kind(out, c->kind, 0);
	fprintf(out, "\tpassed=%s", c->passed ? "true" : "false");
	put_text(out, "detail", c->detail != NULL ? c->detail : "");
	putc('\n', out);
}

static void
put_texts(FILE *out, const struct view *v, const char *event, char *const *text,
	  size_t n)
{
	char escaped[1024], ascii[1024];

	for (size_t i = 0; i < n; i++) {
		const char *said = text[i] != NULL ? text[i] : "";

		begin(out, v, event);
		if (v->style->unicode) {
			put_text(out, "text", said);
		} else {
			/* Our own sentences; data stays as it is. */
			say_escaped(said, escaped, sizeof(escaped));
			term_clean(escaped, false, ascii, sizeof(ascii));
			fprintf(out, "\ttext=%s", ascii);
		}
		putc('\n', out);
	}
}

static void
records_render(FILE *out, const struct view *v)
{
	const struct result *r = v->result;

	for (size_t i = 0; i < r->nseries; i++)
		put_series(out, v, r->series[i]);
	for (size_t i = 0; i < r->ntables && v->style->verbose; i++)
		put_table(out, v, r->table[i]);
	for (size_t i = 0; i < r->nchecks; i++)
		put_check(out, v, &r->check[i]);
	put_texts(out, v, "summary", r->line, r->nlines);
	put_texts(out, v, "warning", r->warning, r->nwarnings);
	begin(out, v, "end");
	fprintf(out,
		"\tverdict=%s\texit_code=%d\tcomplete=%s\tseed=%" PRIu64
		"\tevents_lost=%" PRIu64 "\n",
		result_verdict(r), result_status(r),
		r->end == END_DONE ? "true" : "false", r->seed, r->events_lost);
}

const struct renderer renderer_records = {
	.name = "records",
	.summary = "tab-separated records, one a line: for grep, sort and awk",
	.live = true,
	.event = records_event,
	.render = records_render,
};
