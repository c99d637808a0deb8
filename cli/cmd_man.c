/*
 * cmd_man.c - `concbench man`: the man page of the whole program, from the tables.
 *
 * The text depends on nothing but the tables and SOURCE_DATE_EPOCH, so that it can be
 * kept in the repository and compared. Source: man(7).
 */
#include "cli/args.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/help.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Text as roff: no requests by accident, and hyphens that can be pasted. */
static void
put(FILE *out, const char *s)
{
	bool start = true; /* of a line */

	for (; *s != '\0'; s++) {
		if (start && (*s == '.' || *s == '\''))
			fputs("\\&", out);
		if (*s == '\\')
			fputs("\\e", out);
		else if (*s == '-')
			fputs("\\-", out);
		else
			fputc(*s, out);
		start = *s == '\n';
	}
}

/* Paragraphs parted by empty lines; lines that begin with a space stay as they are. */
static void
put_paragraphs(FILE *out, const char *s)
{
	bool kept = false;

	while (*s != '\0') {
		size_t n = strcspn(s, "\n");
		char *line = strndup(s, n);

		if (line == NULL)
			return;
		if (kept != (n > 0 && *s == ' ')) {
			kept = !kept;
			fputs(kept ? ".nf\n" : ".fi\n", out);
		}
		if (n == 0) {
			fputs(".PP\n", out);
		} else {
			put(out, line);
			fputc('\n', out);
		}
		free(line);
		s += n + (s[n] == '\n');
	}
	if (kept)
		fputs(".fi\n", out);
}

static void
put_bold(FILE *out, const char *s)
{
	fputs("\\fB", out);
	put(out, s);
	fputs("\\fR", out);
}

/* A line a choice, below its option. */
static void
put_choices(FILE *out, const struct choice *c)
{
	for (; c->name != NULL; c++) {
		if (c->summary == NULL)
			continue;
		fputs(".br\n", out);
		put(out, c->name);
		fputs(": ", out);
		put(out, c->summary);
		fputc('\n', out);
	}
}

static void
put_options(FILE *out, const struct param *row)
{
	char head[80], text[640];

	for (; row->name != NULL; row++) {
		if (row->flags & PARAM_HIDDEN)
			continue;
		help_option_head(row, head, sizeof(head));
		fputs(".TP\n", out);
		put_bold(out, head + strspn(head, " "));
		fputc('\n', out);
		put(out, help_option_text(row, text, sizeof(text)));
		fputc('\n', out);
		if (row->type == PARAM_CHOICE)
			put_choices(out, row->choices);
	}
}

static void
put_term(FILE *out, const char *name, const char *text)
{
	fputs(".TP\n", out);
	put_bold(out, name);
	fputc('\n', out);
	put(out, text);
	fputc('\n', out);
}

static void
put_verbs(FILE *out, const struct verb *v)
{
	char head[80];

	if (v == NULL)
		return;
	fputs(".PP\nVerbs:\n", out);
	for (; v->name != NULL; v++)
		put_term(out, help_verb_head(v, head, sizeof(head)), v->summary);
}

static void
put_kinds(FILE *out, const struct kind *const *kinds)
{
	if (kinds == NULL || *kinds == NULL)
		return;
	fputs(".PP\nKinds:\n", out);
	for (; *kinds != NULL; kinds++)
		put_term(out, (*kinds)->name, (*kinds)->summary);
}

static void
put_metrics(FILE *out, const struct metric *m)
{
	char head[80];

	if (m == NULL || m->name == NULL)
		return;
	fputs(".PP\nMetrics:\n", out);
	for (; m->name != NULL; m++) {
		snprintf(head, sizeof(head), "%s (%s)", m->name, m->unit);
		put_term(out, head, m->summary);
	}
}

static void
put_examples(FILE *out, const struct example *x)
{
	if (x == NULL || x->line == NULL)
		return;
	fputs(".PP\nExamples:\n", out);
	for (; x->line != NULL; x++)
		put_term(out, x->line, x->does != NULL ? x->does : "");
}

/* One subcommand as a subsection. */
static void
put_topic(FILE *out, struct topic t)
{
	const struct scenario *s = t.scenario;
	const char *about = s != NULL ? s->about : t.command->about;
	const char *operands = s == NULL ? t.command->operands
			       : s->flags & SCENARIO_COMMAND && s->verbs != NULL
				       ? "VERB [-- COMMAND [ARG]...]"
			       : s->flags & SCENARIO_COMMAND ? "[-- COMMAND [ARG]...]"
			       : s->verbs != NULL	     ? "VERB"
							     : NULL;

	fputs(".SS ", out);
	put(out, topic_name(t));
	if (operands != NULL) {
		fputc(' ', out);
		put(out, operands);
	}
	fputc('\n', out);
	put(out, topic_summary(t));
	fputs(".\n", out);
	if (s != NULL && s->stands_for != NULL) {
		fputs("Stands for ", out);
		put(out, s->stands_for);
		fputs(".\n", out);
	}
	if (about != NULL) {
		fputs(".PP\n", out);
		put_paragraphs(out, about);
	}
	put_verbs(out, topic_verbs(t));
	if (topic_verbs(t) != NULL)
		fputs(".PP\nOptions:\n", out);
	put_options(out, topic_params(t));
	if (s != NULL) {
		put_kinds(out, s->kinds);
		put_metrics(out, s->metrics);
		put_examples(out, s->examples);
	}
}

static void
put_topics(FILE *out, bool scenarios)
{
	size_t i, n = topic_count();

	for (i = 0; i < n; i++)
		if ((topic_at(i).scenario != NULL) == scenarios)
			put_topic(out, topic_at(i));
}

/* The day of SOURCE_DATE_EPOCH as 2026-01-31, or "" when that is not set. */
static void
source_date(char *buf, size_t size)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char *end;
	long long seconds;
	struct tm tm;
	time_t t;

	buf[0] = '\0';
	if (epoch == NULL || *epoch == '\0')
		return;
	errno = 0;
	seconds = strtoll(epoch, &end, 10);
	t = (time_t)seconds;
	if (errno == 0 && *end == '\0' && gmtime_r(&t, &tm) != NULL)
		strftime(buf, size, "%Y-%m-%d", &tm);
}

static void
put_formats(FILE *out)
{
	size_t i;

	fputs(".SH FORMATS\n", out);
	for (i = 0; renderer_table[i] != NULL; i++)
		put_term(out, renderer_table[i]->name, renderer_table[i]->summary);
}

static void
put_exits(FILE *out)
{
	const struct exit_status *x;
	char status[16];

	fputs(".SH EXIT STATUS\n", out);
	for (x = help_exits; x->means != NULL; x++) {
		snprintf(status, sizeof(status), "%d", x->status);
		put_term(out, status, x->means);
	}
}

static const char values[] =
	".SH VALUES\n"
	".TP\ncounts\nwhole numbers, with k, M, G (powers of 1000) or an exponent: "
	"10k, 1e6.\n"
	".TP\nlists\ncounts with commas, and ranges: 1,2,4\\-8; 1..64*2 grows by the "
	"factor 2.\n"
	".TP\ndurations\nns, us, ms, s, m, h, with decimals; a bare number is "
	"seconds.\n"
	".TP\nsizes\nK, M, G or KiB, MiB, GiB (powers of 1024), kB, MB, GB (powers of "
	"1000); a bare number is bytes.\n"
	".TP\nwork\nnoop, echo, sleep:LO\\-HI, cpu:LO\\-HI, io:LO\\-HI, "
	"mixed:LO\\-HI (durations; mixed computes half of it and waits half) or "
	"mem:LO\\-HI "
	"(sizes); the amount of a task is drawn from LO..HI by the seed. HI alone is "
	"a fixed amount, and its unit counts for LO, too: sleep:0\\-3s.\n";

static int
run(FILE *out, const void *opts, int argc, char **argv, struct err *e)
{
	const struct args_rest rest = { .noperands = argc, .operand = argv };
	char date[64];

	(void)opts;
	if (args_expect(&rest, 0, false, e) != 0)
		return 2;
	source_date(date, sizeof(date));
	fputs(".\\\" -*- coding: utf-8 -*-\n"
	      ".\\\" Written by `concbench man` from the program's tables.\n",
	      out);
	fprintf(out,
		".TH CONCBENCH 1 \"%s\" \"concbench " CONCBENCH_VERSION
		"\" \"User Commands\"\n",
		date);
	fputs(".SH NAME\nconcbench \\- a workbench for processes, threads and "
	      "coroutines\n"
	      ".SH SYNOPSIS\n.B concbench\n.I COMMAND\n"
	      "[\\fIOPTION\\fR]... [\\fB\\-\\-\\fR \\fIARG\\fR...]\n"
	      ".SH DESCRIPTION\nEvery primitive of concurrent programming is a "
	      "subcommand that can be shown,\nmeasured, checked and compared.\n"
	      ".SH SCENARIOS\n",
	      out);
	put_topics(out, true);
	fputs(".SH COMMON OPTIONS\nEvery scenario has them.\n", out);
	put_options(out, common_params());
	fputs(".SH TOOLS\n", out);
	put_topics(out, false);
	fputs(values, out);
	put_formats(out);
	put_exits(out);
	return 0;
}

static const struct param params[] = { PARAM_END };

const struct command command_man = {
	.name = "man",
	.summary = "write the man page of the program",
	.about =
		"To read it: concbench man | man -l -. The date of the page is that of "
		"SOURCE_DATE_EPOCH, if set.",
	.params = params,
	.run = run,
};
