/*
 * cmd_list.c - `concbench list`: every command, option, kind, metric and format, for
 * people and for programs.
 */
#include "cli/args.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/help.h"
#include "cli/suggest.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct list_opts {
	int format;
};

enum { LIST_TEXT, LIST_JSON };
static const struct choice list_formats[] = {
	[LIST_TEXT] = { "text", "a line an entry, in columns" },
	[LIST_JSON] = { "json", "one JSON document, schema concbench-list/1" },
	{ NULL, NULL },
};

/* A JSON string, or null; bytes that are no UTF-8 do not occur in our tables. */
static json_t *
text_or_null(const char *s)
{
	return s != NULL ? json_string(s) : json_null();
}

static json_t *
verbs_json(struct topic t)
{
	const struct verb *v = topic_verbs(t);
	json_t *all = json_array();

	for (; v != NULL && v->name != NULL; v++)
		json_array_append_new(all, json_pack("{s:s, s:s, s:o}", "name", v->name,
						     "summary", v->summary, "operands",
						     text_or_null(v->operands)));
	return all;
}

static json_t *
commands_json(void)
{
	json_t *all = json_array();
	size_t i, n = topic_count();

	for (i = 0; i < n; i++) {
		struct topic t = topic_at(i);
		const struct scenario *s = t.scenario;
		bool takes = s != NULL && (s->flags & SCENARIO_COMMAND);

		json_array_append_new(
			all,
			json_pack("{s:s, s:s, s:s, s:o, s:b, s:o}", "name",
				  topic_name(t), "sort",
				  s != NULL ? "scenario" : "tool", "summary",
				  topic_summary(t), "stands_for",
				  text_or_null(s != NULL ? s->stands_for : NULL),
				  "takes_command", (int)takes, "verbs", verbs_json(t)));
	}
	return all;
}

static void
commands_text(FILE *out)
{
	size_t i, n = topic_count();
	char name[64];

	for (i = 0; i < n; i++) {
		const struct verb *v = topic_verbs(topic_at(i));

		fprintf(out, "%-12s %s\n", topic_name(topic_at(i)),
			topic_summary(topic_at(i)));
		for (; v != NULL && v->name != NULL; v++) {
			snprintf(name, sizeof(name), "%s %s", topic_name(topic_at(i)),
				 v->name);
			fprintf(out, "%-12s %s\n", name, v->summary);
		}
	}
}

static const char *const type_names[] = {
	[PARAM_FLAG] = "flag",	   [PARAM_COUNT] = "count",
	[PARAM_COUNTS] = "counts", [PARAM_DURATION] = "duration",
	[PARAM_SIZE] = "size",	   [PARAM_SIZES] = "sizes",
	[PARAM_REAL] = "real",	   [PARAM_PERCENT] = "percent",
	[PARAM_CHOICE] = "choice", [PARAM_KINDS] = "kinds",
	[PARAM_TEXT] = "text",	   [PARAM_TEXTS] = "texts",
	[PARAM_WORK] = "work",	   [PARAM_CPUS] = "cpus",
	[PARAM_WHEN] = "when",	   [PARAM_AMOUNT] = "amount",
};

static json_t *
choices_json(const struct param *row)
{
	const struct choice *c;
	json_t *all;

	if (row->type != PARAM_CHOICE)
		return json_null();
	all = json_array();
	for (c = row->choices; c->name != NULL; c++)
		json_array_append_new(all,
				      json_pack("{s:s, s:o}", "name", c->name,
						"summary", text_or_null(c->summary)));
	return all;
}

static json_t *
option_json(const char *command, const struct param *row)
{
	char letter[2] = { row->letter, '\0' }, accepts[400];

	args_accepts(row, accepts, sizeof(accepts));
	return json_pack("{s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:s}",
			 "command", text_or_null(command), "name", row->name, "letter",
			 text_or_null(row->letter != 0 ? letter : NULL), "type",
			 type_names[row->type], "argument", text_or_null(row->arg),
			 "default", text_or_null(row->def), "accepts",
			 text_or_null(*accepts != '\0' ? accepts : NULL), "choices",
			 choices_json(row), "argument_optional",
			 (row->flags & PARAM_OPTIONAL_ARG) != 0, "repeatable",
			 row->type == PARAM_TEXTS, "help", row->help);
}

/* The rows of a table, with the command that they belong to: NULL for all. */
static void
add_options_json(json_t *all, const char *command, const struct param *row)
{
	for (; row->name != NULL; row++)
		if (!(row->flags & PARAM_HIDDEN))
			json_array_append_new(all, option_json(command, row));
}

static json_t *
options_json(void)
{
	json_t *all = json_array();
	size_t i, n = topic_count();

	for (i = 0; i < n; i++)
		add_options_json(all, topic_name(topic_at(i)),
				 topic_params(topic_at(i)));
	add_options_json(all, NULL, common_params());
	return all;
}

static void
add_options_text(FILE *out, const char *command, const struct param *row)
{
	char head[80], text[640];

	for (; row->name != NULL; row++)
		if (!(row->flags & PARAM_HIDDEN))
			fprintf(out, "%-12s %-26s %s\n", command,
				help_option_head(row, head, sizeof(head)),
				help_option_text(row, text, sizeof(text)));
}

static void
options_text(FILE *out)
{
	size_t i, n = topic_count();

	for (i = 0; i < n; i++)
		add_options_text(out, topic_name(topic_at(i)),
				 topic_params(topic_at(i)));
	add_options_text(out, "(common)", common_params());
}

static json_t *
kinds_json(void)
{
	json_t *all = json_array();
	const struct kind *const *k;
	char why[128];
	size_t i;

	for (i = 0; scenario_table[i] != NULL; i++)
		for (k = scenario_table[i]->kinds; k != NULL && *k != NULL; k++) {
			bool here = help_kind_available(*k, why, sizeof(why));

			json_array_append_new(
				all, json_pack("{s:s, s:s, s:s, s:b, s:o}", "command",
					       scenario_table[i]->name, "name",
					       (*k)->name, "summary", (*k)->summary,
					       "available", (int)here, "why",
					       text_or_null(here ? NULL : why)));
		}
	return all;
}

static void
kinds_text(FILE *out)
{
	const struct kind *const *k;
	char why[128];
	size_t i;

	for (i = 0; scenario_table[i] != NULL; i++)
		for (k = scenario_table[i]->kinds; k != NULL && *k != NULL; k++) {
			fprintf(out, "%-12s %-12s %s", scenario_table[i]->name,
				(*k)->name, (*k)->summary);
			if (!help_kind_available(*k, why, sizeof(why)))
				fprintf(out, "; unavailable%s%s", *why ? ": " : "",
					why);
			fputc('\n', out);
		}
}

static const char *
better_name(enum result_better better)
{
	return better == BETTER_LOWER	 ? "lower"
	       : better == BETTER_HIGHER ? "higher"
					 : NULL;
}

static json_t *
metrics_json(void)
{
	json_t *all = json_array();
	const struct metric *m;
	size_t i;

	for (i = 0; scenario_table[i] != NULL; i++)
		for (m = scenario_table[i]->metrics; m != NULL && m->name != NULL; m++)
			json_array_append_new(
				all, json_pack("{s:s, s:s, s:s, s:o, s:s}", "command",
					       scenario_table[i]->name, "name", m->name,
					       "unit", m->unit, "better",
					       text_or_null(better_name(m->better)),
					       "summary", m->summary));
	return all;
}

static void
metrics_text(FILE *out)
{
	const struct metric *m;
	const char *better;
	size_t i;

	for (i = 0; scenario_table[i] != NULL; i++)
		for (m = scenario_table[i]->metrics; m != NULL && m->name != NULL;
		     m++) {
			better = better_name(m->better);
			fprintf(out, "%-12s %-16s %-6s %-7s %s\n",
				scenario_table[i]->name, m->name, m->unit,
				better != NULL ? better : "-", m->summary);
		}
}

static json_t *
formats_json(void)
{
	json_t *all = json_array();
	size_t i;

	for (i = 0; renderer_table[i] != NULL; i++)
		json_array_append_new(all,
				      json_pack("{s:s, s:s, s:b}", "name",
						renderer_table[i]->name, "summary",
						renderer_table[i]->summary, "machine",
						(int)renderer_table[i]->machine));
	return all;
}

static void
formats_text(FILE *out)
{
	size_t i;

	for (i = 0; renderer_table[i] != NULL; i++)
		fprintf(out, "%-12s %s\n", renderer_table[i]->name,
			renderer_table[i]->summary);
}

static const struct section {
	const char *name;
	json_t *(*json)(void);
	void (*text)(FILE *out);
} sections[] = {
	{ "commands", commands_json, commands_text },
	{ "options", options_json, options_text },
	{ "kinds", kinds_json, kinds_text },
	{ "metrics", metrics_json, metrics_text },
	{ "formats", formats_json, formats_text },
};

#define NSECTIONS (sizeof(sections) / sizeof(sections[0]))

/* Prints sections[first..last-1] as one document. */
static int
print_json(FILE *out, size_t first, size_t last, struct err *e)
{
	json_t *doc = json_pack("{s:s, s:s}", "schema", "concbench-list/1", "version",
				CONCBENCH_VERSION);
	char *text;
	size_t i;

	for (i = first; i < last; i++)
		json_object_set_new(doc, sections[i].name, sections[i].json());
	text = json_dumps(doc, JSON_INDENT(2));
	json_decref(doc);
	if (text == NULL) {
		err_set(e, ENOMEM, "writing the list");
		return 3;
	}
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}

static void
print_text(FILE *out, size_t first, size_t last)
{
	size_t i;

	for (i = first; i < last; i++) {
		if (last - first > 1)
			fprintf(out, "%s%s:\n", i > first ? "\n" : "",
				sections[i].name);
		sections[i].text(out);
	}
}

static int
refuse_section(const char *name, struct err *e)
{
	char quoted[ARGS_QUOTE];
	struct suggest s;
	size_t i;

	err_set(e, EINVAL,
		"'%s' is not one of commands, options, kinds, metrics, formats, all",
		args_quote(name, quoted, sizeof(quoted)));
	suggest_init(&s, name);
	for (i = 0; i < NSECTIONS; i++)
		suggest_offer(&s, sections[i].name);
	suggest_offer(&s, "all");
	if (s.best != NULL)
		err_hint(e, "did you mean '%s'?", s.best);
	return 2;
}

static int
run(FILE *out, const void *opts, int argc, char **argv, struct err *e)
{
	const struct args_rest rest = { .noperands = argc, .operand = argv };
	const struct list_opts *o = opts;
	size_t first = 0, last = NSECTIONS;

	if (args_expect(&rest, 1, false, e) != 0)
		return 2;
	if (argc == 1 && strcmp(argv[0], "all") != 0) {
		while (first < NSECTIONS && strcmp(argv[0], sections[first].name) != 0)
			first++;
		if (first == NSECTIONS)
			return refuse_section(argv[0], e);
		last = first + 1;
	}
	if (o->format == LIST_JSON)
		return print_json(out, first, last, e);
	print_text(out, first, last);
	return 0;
}

static const struct param params[] = {
	{ .name = "format",
	  .letter = 'f',
	  .type = PARAM_CHOICE,
	  .offset = offsetof(struct list_opts, format),
	  .arg = "FORMAT",
	  .def = "text",
	  .choices = list_formats,
	  .help = "form of the list" },
	PARAM_END,
};

const struct command command_list = {
	.name = "list",
	.summary = "show every command, option, kind, metric and format",
	.operands = "[commands|options|kinds|metrics|formats|all]",
	.about = "Without an operand: all. One line an entry, in columns; options that "
		 "every scenario has stand under (common), in JSON under the command "
		 "null.",
	.params = params,
	.opts_size = sizeof(struct list_opts),
	.run = run,
};
