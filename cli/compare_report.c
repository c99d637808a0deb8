/*
 * compare_report.c - the verdicts as text, Markdown, JSON and JUnit.
 */
#include "cli/compare.h"
#include "cli/grid.h"
#include "cli/json_out.h"
#include "cli/xml.h"
#include "core/human.h"
#include "core/stat.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum column { NAME, BASE, FRESH, RATIO, WORD, FLOOR };

/* Skipped now or broken now is no figure; broken is a failure. */
static bool
is_broken(const struct compare_row *r)
{
	return r->fresh.status != NULL && strcmp(r->fresh.status, "broken") == 0;
}

static bool
is_failure(const struct compare_row *r)
{
	return is_broken(r) || (r->judged && r->verdict.regression) ||
	       r->rule[0] != '\0';
}

int
compare_status(const struct compare *c, bool strict)
{
	bool unclear = false;

	for (size_t i = 0; i < c->nrows; i++) {
		if (is_failure(&c->row[i]))
			return 1;
		unclear = unclear || (c->row[i].judged &&
				      c->row[i].verdict.word == VERDICT_INCONCLUSIVE);
	}
	return unclear && strict ? 4 : 0;
}

/* The verdict in words. */
static const char *
word_of(const struct compare *c, const struct compare_row *r, char *buf, size_t size)
{
	if (is_broken(r))
		return "broken now";
	if (r->fresh.metric == NULL)
		return "missing now";
	if (r->base.metric == NULL)
		return "new";
	if (!r->judged)
		return r->fresh.n == 0 ? "skipped now" : "no figure before";
	if (r->rule[0] != '\0')
		snprintf(buf, size, "%s: FAILED, %s", verdict_name(r->verdict.word),
			 r->rule);
	else if (r->verdict.regression)
		snprintf(buf, size, "slower: FAILED, beyond %.3g %%",
			 100 * c->limits.max_regression);
	else if (r->verdict.word == VERDICT_SAME)
		snprintf(buf, size, "same within %.3g %%", 100 * c->limits.same);
	else
		snprintf(buf, size, "%s", verdict_name(r->verdict.word));
	return buf;
}

static void
fill_row(const struct compare *c, const struct compare_row *r, char (*cell)[GRID_CELL])
{
	const struct verdict *v = &r->verdict;
	char text[HUMAN_TEXT], words[GRID_CELL];

	snprintf(cell[NAME], GRID_CELL, "%s", r->name);
	if (r->base.n > 0)
		snprintf(cell[BASE], GRID_CELL, "%s",
			 human_figure(text, r->unit,
				      stat_median(r->base.sample, r->base.n)));
	if (r->fresh.n > 0)
		snprintf(cell[FRESH], GRID_CELL, "%s",
			 human_figure(text, r->unit,
				      stat_median(r->fresh.sample, r->fresh.n)));
	if (r->judged) {
		if (v->known)
			snprintf(cell[RATIO], GRID_CELL, "%.3fx (%.3f to %.3f)",
				 v->ratio, v->range.low, v->range.high);
		else
			snprintf(cell[RATIO], GRID_CELL, "%.3fx (too few samples)",
				 v->ratio);
		if (v->known)
			snprintf(cell[FLOOR], GRID_CELL, "%.1f %%",
				 100 * v->noise_floor);
	}
	snprintf(cell[WORD], GRID_CELL, "%s", word_of(c, r, words, sizeof(words)));
}

static void
fill(struct grid *g, const struct compare *c)
{
	static const char *const heads[] = { "name",	   "base",    "new",
					     "new / base", "verdict", "noise floor" };

	*g = (struct grid){ .ncolumns = FLOOR + 1 };
	for (int i = 0; i <= FLOOR; i++) {
		g->head[i] = heads[i];
		g->right[i] = i == BASE || i == FRESH || i == FLOOR;
	}
	for (size_t i = 0; i < c->nrows; i++) {
		char(*row)[GRID_CELL] = grid_row(g);

		if (row != NULL)
			fill_row(c, &c->row[i], row);
	}
}

static void
count(const struct compare *c, size_t n[4], size_t *failed)
{
	*failed = 0;
	for (int i = 0; i < 4; i++)
		n[i] = 0;
	for (size_t i = 0; i < c->nrows; i++) {
		*failed += is_failure(&c->row[i]);
		if (c->row[i].judged)
			n[c->row[i].verdict.word]++;
	}
}

static void
put_notes(FILE *out, const struct compare *c, const char *before)
{
	size_t n[4], failed;

	for (size_t i = 0; i < c->nnotes; i++)
		fprintf(out, "%s%s\n", before, c->note[i]);
	count(c, n, &failed);
	fprintf(out,
		"%s%zu faster, %zu slower, %zu same, %zu inconclusive; %zu failed at a "
		"limit of %.3g %%\n",
		before, n[VERDICT_FASTER], n[VERDICT_SLOWER], n[VERDICT_SAME],
		n[VERDICT_INCONCLUSIVE], failed, 100 * c->limits.max_regression);
}

static json_t *
side_json(double median, struct stat_interval i, size_t n, size_t runs)
{
	json_t *o = json_object(), *a = json_array();

	json_array_append_new(a, json_out_number(i.low));
	json_array_append_new(a, json_out_number(i.high));
	json_object_set_new(o, "median", json_out_number(median));
	json_object_set_new(o, "interval", a);
	json_object_set_new(o, "n", json_out_number((double)n));
	json_object_set_new(o, "runs", json_out_number((double)runs));
	return o;
}

static json_t *
row_json(const struct compare_row *r)
{
	json_t *o = json_object(), *a;
	const struct verdict *v = &r->verdict;

	json_object_set_new(o, "name", json_out_text(r->name));
	json_out_place(o, r->kind, r->workers);
	json_object_set_new(o, "metric", json_out_text(r->metric));
	json_object_set_new(o, "unit", json_out_text(r->unit));
	json_object_set_new(o, "failed", json_boolean(is_failure(r)));
	json_object_set_new(o, "rule",
			    r->rule[0] != '\0' ? json_out_text(r->rule) : json_null());
	json_object_set_new(o, "verdict",
			    r->judged ? json_string(verdict_name(v->word))
				      : json_null());
	if (!r->judged)
		return o;
	a = json_array();
	json_array_append_new(a, json_out_number(v->range.low));
	json_array_append_new(a, json_out_number(v->range.high));
	json_object_set_new(o, "ratio", json_out_number(v->ratio));
	json_object_set_new(o, "interval", v->known ? a : json_null());
	if (!v->known)
		json_decref(a);
	json_object_set_new(o, "noise_floor",
			    v->known ? json_out_number(v->noise_floor) : json_null());
	json_object_set_new(
		o, "base",
		side_json(v->base, v->base_interval, r->base.n, r->base.nruns));
	json_object_set_new(
		o, "new",
		side_json(v->fresh, v->fresh_interval, r->fresh.n, r->fresh.nruns));
	return o;
}

static void
write_json(FILE *out, const struct compare *c, bool strict)
{
	json_t *rows = json_array(), *notes = json_array();
	const int status = compare_status(c, strict);
	bool first = true;

	for (size_t i = 0; i < c->nrows; i++)
		json_array_append_new(rows, row_json(&c->row[i]));
	for (size_t i = 0; i < c->nnotes; i++)
		json_array_append_new(notes, json_out_text(c->note[i]));
	putc('{', out);
	json_out_member(out, &first, "schema", json_string("concbench-compare/1"));
	json_out_member(out, &first, "verdict",
			json_string(status == 0	  ? "passed"
				    : status == 1 ? "failed"
						  : "inconclusive"));
	json_out_member(out, &first, "exit_code", json_integer(status));
	json_out_member(out, &first, "max_regression",
			json_out_number(c->limits.max_regression));
	json_out_member(out, &first, "same", json_out_number(c->limits.same));
	json_out_member(out, &first, "rows", rows);
	json_out_member(out, &first, "notes", notes);
	fputs("}\n", out);
}

/* All that matters stands in the text: consumers ignore the rest. */
static void
write_junit(FILE *out, const struct compare *c, bool strict)
{
	size_t n[4], failed, skipped = 0;
	char words[GRID_CELL];

	count(c, n, &failed);
	for (size_t i = 0; i < c->nrows; i++)
		skipped += !c->row[i].judged && !is_failure(&c->row[i]);
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		"<testsuite name=\"concbench compare\" tests=\"%zu\" failures=\"%zu\" "
		"errors=\"0\" skipped=\"%zu\" time=\"0\">\n",
		c->nrows, failed, skipped);
	for (size_t i = 0; i < c->nrows; i++) {
		const struct compare_row *r = &c->row[i];
		const char *tag = is_failure(r) ? "failure"
				  : !r->judged	? "skipped"
						: NULL;
		const bool unclear = strict && tag == NULL &&
				     r->verdict.word == VERDICT_INCONCLUSIVE;

		fputs("<testcase classname=\"compare\" name=\"", out);
		xml_text(out, r->name);
		fprintf(out, "\" time=\"%.9f\">",
			strcmp(r->unit, "ns") == 0 ? r->verdict.fresh / 1e9 : 0);
		if (tag != NULL || unclear) {
			fprintf(out, "<%s message=\"", tag != NULL ? tag : "skipped");
			xml_text(out, word_of(c, r, words, sizeof(words)));
			fputs("\">", out);
			xml_text(out, r->name);
			fprintf(out,
				": new / base %.4f (%.4f to %.4f): ", r->verdict.ratio,
				r->verdict.range.low, r->verdict.range.high);
			xml_text(out, word_of(c, r, words, sizeof(words)));
			fprintf(out, "</%s>", tag != NULL ? tag : "skipped");
		}
		fputs("</testcase>\n", out);
	}
	fputs("</testsuite>\n</testsuites>\n", out);
}

void
compare_write(FILE *out, const struct compare *c, enum compare_format format,
	      bool strict)
{
	struct grid g;

	if (format == COMPARE_JSON) {
		write_json(out, c, strict);
		return;
	}
	if (format == COMPARE_JUNIT) {
		write_junit(out, c, strict);
		return;
	}
	fill(&g, c);
	if (format == COMPARE_MARKDOWN) {
		grid_markdown(&g, out);
		putc('\n', out);
		put_notes(out, c, "- ");
	} else {
		grid_text(&g, out);
		putc('\n', out);
		put_notes(out, c, "  ");
	}
	grid_fini(&g);
}
