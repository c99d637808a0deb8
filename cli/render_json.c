/*
 * render_json.c - the result as one JSON document, schema concbench/1.
 *
 * docs/schema.md says what stands where; docs/concbench-1.schema.json checks it.
 * Written a member at a time, tables row by row.
 */
#include "cli/json_context.h"
#include "cli/json_out.h"
#include "cli/render.h"
#include "core/stat.h"

#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static json_t *
params_object(const struct result *r)
{
	json_t *o = json_object(), *there, *list;

	for (size_t i = 0; i < r->nparams; i++) {
		const struct result_param *p = &r->param[i];

		/* What was given several times is a list. */
		there = p->name == NULL ? NULL : json_object_get(o, p->name);
		if (p->name == NULL || there == NULL) {
			json_object_set_new(o, p->name != NULL ? p->name : "?",
					    json_out_text(p->value));
			continue;
		}
		list = json_is_array(there) ? json_incref(there) : json_array();
		if (!json_is_array(there))
			json_array_append(list, there);
		json_array_append_new(list, json_out_text(p->value));
		json_object_set_new(o, p->name, list);
	}
	return o;
}

static void
put_place(json_t *o, const char *kind, int64_t workers)
{
	bool has = kind != NULL && *kind != '\0';

	json_object_set_new(o, "kind", has ? json_out_text(kind) : json_null());
	if (workers >= 0)
		json_object_set_new(o, "workers",
				    workers > 0 ? json_out_integer(workers)
						: json_null());
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
	return o;
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
	if (s->hist != NULL)
		json_object_set_new(o, "percentiles", percentiles_object(s->hist));
	return o;
}

static bool
same_group(const struct result_series *a, const struct result_series *b)
{
	return a->workers == b->workers && strcmp(a->kind != NULL ? a->kind : "",
						  b->kind != NULL ? b->kind : "") == 0;
}

static void
put_series(FILE *out, const struct result *r)
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
		put_place(group, r->series[i]->kind, r->series[i]->workers);
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

static json_t *
checks_array(const struct result *r)
{
	json_t *a = json_array(), *o;

	for (size_t i = 0; i < r->nchecks; i++) {
		o = json_object();
		put_place(o, r->check[i].kind, -1);
		json_object_set_new(o, "name", json_out_text(r->check[i].name));
		json_object_set_new(o, "passed", json_boolean(r->check[i].passed));
		json_object_set_new(o, "detail", json_out_text(r->check[i].detail));
		json_array_append_new(a, o);
	}
	return a;
}

/* Captured output, by task, stream and time of arrival. */
static int
by_task(const void *a, const void *b)
{
	const struct capture *const *x = a, *const *y = b;

	if ((*x)->task != (*y)->task)
		return (*x)->task < (*y)->task ? -1 : 1;
	if ((*x)->stream != (*y)->stream)
		return (*x)->stream - (*y)->stream;
	return *x < *y ? -1 : *x > *y;
}

struct shelf {
	const struct capture **item; /* sorted */
	size_t n;
	bool *used;
};

static void
shelf_init(struct shelf *s, const struct view *v)
{
	*s = (struct shelf){ 0 };
	s->item = calloc(v->ncaptures + 1, sizeof(*s->item));
	s->used = calloc(v->ncaptures + 1, sizeof(*s->used));
	if (s->item == NULL || s->used == NULL)
		return;
	s->n = v->ncaptures;
	for (size_t i = 0; i < s->n; i++)
		s->item[i] = &v->captures[i];
	qsort(s->item, s->n, sizeof(*s->item), by_task);
}

static void
shelf_fini(struct shelf *s)
{
	free(s->item);
	free(s->used);
}

/* The first item of task or of a later one. */
static size_t
shelf_find(const struct shelf *s, int64_t task)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->item[mid]->task < task)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Sets stdout and stderr of o to what the items from i on, of one task, hold. */
static size_t
put_captured(json_t *o, struct shelf *s, size_t i)
{
	int64_t task = s->item[i]->task;

	while (i < s->n && s->item[i]->task == task) {
		size_t first = i, n = 0;
		int stream = s->item[i]->stream;
		char *all;

		for (; i < s->n && s->item[i]->task == task &&
		       s->item[i]->stream == stream;
		     i++) {
			n += s->item[i]->n;
			s->used[i] = true;
		}
		all = malloc(n + 1);
		if (all == NULL)
			continue;
		n = 0;
		for (size_t j = first; j < i; j++) {
			memcpy(all + n, s->item[j]->data, s->item[j]->n);
			n += s->item[j]->n;
		}
		json_out_bytes(o, stream == 2 ? "stderr" : "stdout", all, n);
		free(all);
	}
	return i;
}

static json_t *
row_object(const struct result_table *t, size_t row, struct shelf *shelf)
{
	json_t *o = json_object();
	bool tasks = strcmp(t->name, "tasks") == 0;

	for (size_t j = 0; j < t->ncolumns; j++) {
		const struct result_cell *c = &t->cell[row * t->ncolumns + j];
		const struct result_column *col = &t->column[j];
		size_t at;

		if (!c->present) {
			json_object_set_new(o, col->name, json_null());
			continue;
		}
		json_object_set_new(o, col->name,
				    col->as == COLUMN_TEXT
					    ? json_out_text(c->text)
					    : json_out_number(c->number));
		if (!tasks || strcmp(col->name, "task") != 0)
			continue;
		at = shelf_find(shelf, (int64_t)c->number);
		if (at < shelf->n && shelf->item[at]->task == (int64_t)c->number)
			put_captured(o, shelf, at);
	}
	return o;
}

static void
put_table(FILE *out, const struct result_table *t, struct shelf *shelf)
{
	json_t *head = json_object();
	bool first = true;

	put_place(head, t->kind, t->workers);
	fputs("{\"name\":", out);
	json_out_value(out, json_out_text(t->name));
	fputs(",\"kind\":", out);
	json_out_value(out, json_incref(json_object_get(head, "kind")));
	fputs(",\"workers\":", out);
	json_out_value(out, json_incref(json_object_get(head, "workers")));
	fputs(",\"rows\":[", out);
	for (size_t i = 0; i < t->nrows; i++) {
		fputs(first ? "\n " : ",\n ", out);
		first = false;
		json_out_value(out, row_object(t, i, shelf));
	}
	fputs("]}", out);
	json_decref(head);
}

/* Tables, and what a command wrote for tasks that no row speaks of. */
static void
put_tables(FILE *out, bool *first, const struct view *v)
{
	const struct result *r = v->result;
	json_t *orphans = json_array(), *o;
	struct shelf shelf;

	shelf_init(&shelf, v);
	json_out_key(out, first, "tables");
	putc('[', out);
	for (size_t i = 0; i < r->ntables; i++) {
		fputs(i > 0 ? ",\n" : "\n", out);
		put_table(out, r->table[i], &shelf);
	}
	putc(']', out);
	for (size_t i = 0; i < shelf.n;) {
		if (shelf.used[i]) {
			i++;
			continue;
		}
		o = json_object();
		json_object_set_new(o, "task", json_out_integer(shelf.item[i]->task));
		i = put_captured(o, &shelf, i);
		json_array_append_new(orphans, o);
	}
	if (json_array_size(orphans) > 0)
		json_out_member(out, first, "outputs", json_incref(orphans));
	json_decref(orphans);
	shelf_fini(&shelf);
}

static json_t *
texts_array(char *const *text, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_out_text(text[i]));
	return a;
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
	const char *unit = unit_word(s->metric->unit);
	size_t same = 0;
	char n[32];

	key[0] = '\0';
	for (size_t i = 0; i < r->nseries; i++)
		same += strcmp(r->series[i]->metric->name, s->metric->name) == 0;
	if (same > 1 && s->kind != NULL && *s->kind != '\0')
		add_word(key, size, s->kind);
	if (same > 1 && s->workers > 0) {
		snprintf(n, sizeof(n), "n%" PRId64, s->workers);
		add_word(key, size, n);
	}
	add_word(key, size, s->metric->name);
	if (*unit != '\0')
		add_word(key, size, unit);
}

static json_t *
summary_object(const struct result *r)
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

static json_t *
error_object(const struct result *r)
{
	char text[sizeof(r->err) + 128];
	json_t *o;

	if (r->err.msg[0] == '\0')
		return json_null();
	o = json_object();
	json_object_set_new(o, "errno", json_out_integer(r->err.code));
	json_object_set_new(o, "message",
			    json_out_text(err_text(&r->err, text, sizeof(text))));
	return o;
}

static void
put_verdict(FILE *out, bool *first, const struct result *r)
{
	const char *name = NULL;

	if (r->end == END_STOPPED && r->stop_reason > 0)
		name = sigabbrev_np(r->stop_reason);
	json_out_member(out, first, "verdict", json_string(result_verdict(r)));
	json_out_member(out, first, "exit_code", json_integer(result_status(r)));
	json_out_member(out, first, "complete", json_boolean(r->end == END_DONE));
	json_out_member(out, first, "stopped_by", json_out_text(name));
	json_out_member(out, first, "error", error_object(r));
	json_out_member(out, first, "events_lost",
			json_out_number((double)r->events_lost));
}

static void
render(FILE *out, const struct view *v)
{
	const struct result *r = v->result;
	bool first = true;

	putc('{', out);
	json_out_member(out, &first, "schema", json_string("concbench/1"));
	json_out_member(out, &first, "command", json_out_text(r->command));
	put_verdict(out, &first, r);
	json_out_member(out, &first, "summary", summary_object(r));
	json_out_member(out, &first, "context", json_context(v));
	json_out_member(out, &first, "params", params_object(r));
	json_out_key(out, &first, "series");
	put_series(out, r);
	json_out_member(out, &first, "checks", checks_array(r));
	put_tables(out, &first, v);
	json_out_member(out, &first, "lines", texts_array(r->line, r->nlines));
	json_out_member(out, &first, "warnings", texts_array(r->warning, r->nwarnings));
	fputs("}\n", out);
}

const struct renderer renderer_json = {
	.name = "json",
	.summary = "the result as one JSON document (docs/schema.md)",
	.machine = true,
	.render = render,
};
