/*
 * json_tables.c - tables of a result in its JSON document.
 */
#include "cli/json_tables.h"

#include "cli/json_out.h"

#include <stdlib.h>
#include <string.h>

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

const char *const json_column_as[] = {
	[COLUMN_TEXT] = "text",	      [COLUMN_NUMBER] = "number", [COLUMN_NS] = "ns",
	[COLUMN_PERCENT] = "percent", [COLUMN_BYTES] = "bytes",	  NULL
};

static json_t *
columns_array(const struct result_table *t)
{
	json_t *all = json_array();

	for (size_t i = 0; i < t->ncolumns; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "name", json_out_text(t->column[i].name));
		json_object_set_new(o, "head", json_out_text(t->column[i].head));
		json_object_set_new(o, "as",
				    json_string(json_column_as[t->column[i].as]));
		json_array_append_new(all, o);
	}
	return all;
}

static void
put_table(FILE *out, const struct result_table *t, struct shelf *shelf)
{
	json_t *head = json_object();
	bool first = true;

	json_out_place(head, t->kind, t->workers);
	fputs("{\"name\":", out);
	json_out_value(out, json_out_text(t->name));
	fputs(",\"kind\":", out);
	json_out_value(out, json_incref(json_object_get(head, "kind")));
	fputs(",\"workers\":", out);
	json_out_value(out, json_incref(json_object_get(head, "workers")));
	fputs(t->quiet ? ",\"quiet\":true,\"columns\":"
		       : ",\"quiet\":false,\"columns\":",
	      out);
	json_out_value(out, columns_array(t));
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
void
json_tables(FILE *out, bool *first, const struct view *v)
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
