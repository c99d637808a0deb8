/*
 * suite_report.c - what came of a suite: text, Markdown, JSON, JUnit, TAP.
 */
#include "cli/grid.h"
#include "cli/json_out.h"
#include "cli/suite.h"
#include "core/human.h"

#include <string.h>

enum column { NAME, FIGURE, LIMIT, SEEN, VERDICT };

const char *
suite_word(const struct suite_entry *x)
{
	static const char *const word[] = {
		[SUITE_PASSED] = "passed",   [SUITE_FAILED] = "FAILED",
		[SUITE_UNCLEAR] = "unclear", [SUITE_SKIPPED] = "skipped",
		[SUITE_ERROR] = "error",     [SUITE_NOT_RUN] = "not run",
	};

	return word[x->outcome];
}

static const char *
answer_word(const struct suite_answer *a)
{
	static const char *const word[] = { [RULE_YES] = "kept",
					    [RULE_NO] = "BROKEN",
					    [RULE_UNCLEAR] = "unclear",
					    [RULE_NO_BASE] = "no baseline",
					    [RULE_NONE] = "" };

	return word[a->answer];
}

/* "1.23x (1.10 to 1.30)", "0.95". */
static void
put_seen(const struct suite_answer *a, char *buf, size_t size)
{
	const struct rule_seen *s = &a->seen;
	char m[HUMAN_TEXT], l[HUMAN_TEXT], h[HUMAN_TEXT];

	if (s->middle == 0 && s->low == 0 && s->high == 0)
		snprintf(buf, size, "-");
	else if (a->relative && s->low == s->high)
		snprintf(buf, size, "%.3fx", s->middle);
	else if (a->relative)
		snprintf(buf, size, "%.3fx (%.3f to %.3f)", s->middle, s->low, s->high);
	else if (s->low == s->high)
		snprintf(buf, size, "%s", human_figure(m, a->unit, s->middle));
	else
		snprintf(buf, size, "%s (%s to %s)",
			 human_figure(m, a->unit, s->middle),
			 human_figure(l, a->unit, s->low),
			 human_figure(h, a->unit, s->high));
}

static void
entry_row(struct grid *g, const struct suite_entry *x)
{
	char(*row)[GRID_CELL] = grid_row(g);

	if (row == NULL)
		return;
	snprintf(row[NAME], GRID_CELL, "%s", x->name);
	snprintf(row[FIGURE], GRID_CELL, "%.*s", GRID_CELL - 1, x->why);
	snprintf(row[VERDICT], GRID_CELL, "%s", suite_word(x));
}

static void
answer_row(struct grid *g, const struct suite_entry *x, const struct suite_answer *a)
{
	char(*row)[GRID_CELL] = grid_row(g);

	if (row == NULL)
		return;
	snprintf(row[NAME], GRID_CELL, "%s", x->name);
	snprintf(row[FIGURE], GRID_CELL, "%s", a->figure);
	snprintf(row[LIMIT], GRID_CELL, "%s", a->limit);
	put_seen(a, row[SEEN], GRID_CELL);
	snprintf(row[VERDICT], GRID_CELL, "%s%s", answer_word(a),
		 x->again ? ", measured twice" : "");
}

static void
fill(struct grid *g, const struct suite *s)
{
	static const char *const heads[] = { "name", "figure", "limit", "seen",
					     "verdict" };

	*g = (struct grid){ .ncolumns = VERDICT + 1 };
	for (int i = 0; i <= VERDICT; i++)
		g->head[i] = heads[i];
	for (size_t i = 0; i < s->n; i++) {
		const struct suite_entry *x = &s->entry[i];

		if (x->nanswers == 0)
			entry_row(g, x);
		for (size_t j = 0; j < x->nanswers; j++)
			answer_row(g, x, &x->answer[j]);
	}
}

void
suite_count(const struct suite *s, size_t n[SUITE_NOT_RUN + 1])
{
	memset(n, 0, (SUITE_NOT_RUN + 1) * sizeof(*n));
	for (size_t i = 0; i < s->n; i++)
		n[s->entry[i].outcome]++;
}

static void
put_sum(FILE *out, const struct suite *s, const char *before)
{
	size_t n[SUITE_NOT_RUN + 1];

	suite_count(s, n);
	fprintf(out,
		"%s%zu passed, %zu failed, %zu unclear, %zu skipped, %zu in error, "
		"%zu not run\n",
		before, n[SUITE_PASSED], n[SUITE_FAILED], n[SUITE_UNCLEAR],
		n[SUITE_SKIPPED], n[SUITE_ERROR], n[SUITE_NOT_RUN]);
}

static json_t *
answer_json(const struct suite_answer *a)
{
	static const char *const word[] = { [RULE_YES] = "kept",
					    [RULE_NO] = "broken",
					    [RULE_UNCLEAR] = "unclear",
					    [RULE_NO_BASE] = "no baseline",
					    [RULE_NONE] = "none" };
	json_t *o = json_object(), *range = json_array();

	json_array_append_new(range, json_out_number(a->seen.low));
	json_array_append_new(range, json_out_number(a->seen.high));
	json_object_set_new(o, "figure", json_out_text(a->figure));
	json_object_set_new(o, "limit", json_out_text(a->limit));
	json_object_set_new(o, "verdict", json_string(word[a->answer]));
	json_object_set_new(o, "relative", json_boolean(a->relative));
	json_object_set_new(o, "unit", json_out_text(a->relative ? "1" : a->unit));
	json_object_set_new(o, "seen", json_out_number(a->seen.middle));
	json_object_set_new(o, "interval", range);
	return o;
}

static json_t *
entry_json(const struct suite_entry *x)
{
	json_t *o = json_object(), *words = json_array(), *answers = json_array();
	static const char *const word[] = {
		[SUITE_PASSED] = "passed",	  [SUITE_FAILED] = "failed",
		[SUITE_UNCLEAR] = "inconclusive", [SUITE_SKIPPED] = "skipped",
		[SUITE_ERROR] = "error",	  [SUITE_NOT_RUN] = "not run",
	};

	for (size_t i = 0; i < x->nwords; i++)
		json_array_append_new(words, json_out_text(x->word[i]));
	for (size_t i = 0; i < x->nanswers; i++)
		json_array_append_new(answers, answer_json(&x->answer[i]));
	json_object_set_new(o, "name", json_out_text(x->name));
	json_object_set_new(o, "line", json_integer(x->line));
	json_object_set_new(o, "argv", words);
	json_object_set_new(o, "verdict", json_string(word[x->outcome]));
	json_object_set_new(o, "why",
			    x->why[0] != '\0' ? json_out_text(x->why) : json_null());
	json_object_set_new(o, "exit_code", json_integer(x->status));
	json_object_set_new(o, "measured_twice", json_boolean(x->again));
	json_object_set_new(o, "limits", answers);
	return o;
}

static void
write_json(FILE *out, const struct suite *s, bool strict)
{
	const int status = suite_status(s, strict);
	json_t *all = json_array();
	bool first = true;

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(all, entry_json(&s->entry[i]));
	putc('{', out);
	json_out_member(out, &first, "schema", json_string("concbench-check/1"));
	json_out_member(out, &first, "verdict",
			json_string(status == 0	   ? "passed"
				    : status == 1  ? "failed"
				    : status == 4  ? "inconclusive"
				    : status == 77 ? "skipped"
						   : "error"));
	json_out_member(out, &first, "exit_code", json_integer(status));
	json_out_member(out, &first, "suite", json_out_text(s->file));
	json_out_member(out, &first, "entries", all);
	fputs("}\n", out);
}

void
suite_story(FILE *out, const struct suite_entry *x,
	    void (*put)(FILE *out, size_t number, const char *text))
{
	char seen[GRID_CELL], line[3 * GRID_CELL];
	size_t n = 0;

	if (x->why[0] != '\0')
		put(out, ++n, x->why);
	for (size_t i = 0; i < x->nanswers; i++) {
		const struct suite_answer *a = &x->answer[i];

		put_seen(a, seen, sizeof(seen));
		snprintf(line, sizeof(line), "%s: %s: %s, %s", a->figure, a->limit,
			 seen, answer_word(a));
		put(out, ++n, line);
	}
}

static void
write_grid(FILE *out, const struct suite *s, bool markdown)
{
	struct grid g;

	fill(&g, s);
	if (markdown)
		fputs("### concbench check\n\n", out);
	if (markdown)
		grid_markdown(&g, out);
	else
		grid_text(&g, out);
	putc('\n', out);
	put_sum(out, s, markdown ? "- " : "  ");
	grid_fini(&g);
}

void
suite_write(FILE *out, const struct suite *s, enum suite_format format, bool strict)
{
	switch (format) {
	case SUITE_JSON:
		write_json(out, s, strict);
		break;
	case SUITE_JUNIT:
		suite_junit(out, s, strict);
		break;
	case SUITE_TAP:
		suite_tap(out, s, strict);
		break;
	case SUITE_TEXT:
	case SUITE_MARKDOWN:
		write_grid(out, s, format == SUITE_MARKDOWN);
		break;
	}
}
