/*
 * render_json.c - the result as one JSON document, schema concbench/1.
 *
 * docs/schema.md says what stands where; docs/concbench-1.schema.json checks it.
 * Written a member at a time, tables row by row.
 */
#include "cli/json_context.h"
#include "cli/json_out.h"
#include "cli/json_series.h"
#include "cli/json_tables.h"
#include "cli/render.h"
#include "core/libc.h"

#include <signal.h>
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

static json_t *
checks_array(const struct result *r)
{
	json_t *a = json_array(), *o;

	for (size_t i = 0; i < r->nchecks; i++) {
		o = json_object();
		json_out_place(o, r->check[i].kind, -1);
		json_object_set_new(o, "name", json_out_text(r->check[i].name));
		json_object_set_new(o, "passed", json_boolean(r->check[i].passed));
		json_object_set_new(o, "detail", json_out_text(r->check[i].detail));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *
texts_array(char *const *text, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_out_text(text[i]));
	return a;
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
		name = libc_signal_name(r->stop_reason);
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
	json_out_member(out, &first, "summary", json_summary(r));
	json_out_member(out, &first, "context", json_context(v));
	json_out_member(out, &first, "params", params_object(r));
	json_out_key(out, &first, "series");
	json_series(out, r);
	json_out_member(out, &first, "checks", checks_array(r));
	json_tables(out, &first, v);
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
