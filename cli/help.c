/*
 * help.c - help made from the tables.
 */
#include "cli/help.h"

#include "cli/args.h"
#include "cli/common.h"

#include <string.h>

#define COLUMNS 80
#define TEXT_COLUMN 28 /* where the text of an option begins */

const struct exit_status help_exits[] = {
	{ 0, "done, all checks passed" },
	{ 1, "ran fine, but the answer is no: a check failed" },
	{ 2, "wrong usage or unreadable input, nothing was run" },
	{ 3, "the run itself failed; partial results are printed" },
	{ 4, "inconclusive, under --strict" },
	{ 77, "this machine or build cannot do it" },
	{ 124, "stopped by --timeout" },
	{ 130, "stopped by Ctrl-C (143: by SIGTERM); partial results are printed" },
	{ 0, NULL },
};

/* Columns that n bytes of UTF-8 take. */
static int
columns(const char *s, size_t n)
{
	int width = 0;

	for (; n > 0; s++, n--)
		if (((unsigned char)*s & 0xc0) != 0x80)
			width++;
	return width;
}

static int
pad(FILE *out, int at, int to)
{
	for (; at < to; at++)
		fputc(' ', out);
	return at;
}

/* Bytes of the next word; one that fits on no line ends at a comma of it. */
static size_t
next_word(const char *text, const char *end, int room)
{
	size_t n = strcspn(text, " \n"), cut = 0;

	if (n > (size_t)(end - text))
		n = (size_t)(end - text);
	if (columns(text, n) <= room)
		return n;
	for (size_t i = 1; i < n && columns(text, i) <= room; i++)
		if (text[i - 1] == ',')
			cut = i;
	return cut > 0 ? cut : n;
}

/* One paragraph: text[0..n-1], with `at` columns written; ends with a newline. */
static void
wrap_paragraph(FILE *out, int at, int indent, const char *text, size_t n)
{
	const char *end = text + n;
	bool first = true; /* on its line */

	while (text < end) {
		size_t word = next_word(text, end, COLUMNS - indent);
		int width = columns(text, word);

		if (!first && at + 1 + width > COLUMNS) {
			fputc('\n', out);
			at = 0;
			first = true;
		}
		if (first)
			at = pad(out, at, indent);
		else
			fputc(' ', out);
		fwrite(text, 1, word, out);
		at += width + !first;
		first = false;
		text += word;
		while (text < end && (*text == ' ' || *text == '\n'))
			text++;
	}
	fputc('\n', out);
}

/* Length of the paragraph at text: up to an empty line, or to an indented one. */
static size_t
paragraph(const char *text)
{
	const char *p = text;

	if (*p == ' ')
		return strcspn(p, "\n");
	while (*p != '\0' && !(p[0] == '\n' && (p[1] == '\n' || p[1] == ' ')))
		p++;
	return (size_t)(p - text);
}

void
help_wrap(FILE *out, int at, int indent, const char *text)
{
	while (*text != '\0') {
		size_t n = paragraph(text);

		if (*text == ' ') {
			pad(out, at, indent);
			fprintf(out, "%.*s\n", (int)n, text);
		} else {
			wrap_paragraph(out, at, indent, text, n);
		}
		at = 0;
		text += n;
		if (*text == '\n')
			text++;
		while (*text == '\n') {
			fputc('\n', out);
			text++;
		}
	}
}

bool
help_kind_available(const struct kind *k, char *why, size_t size)
{
	why[0] = '\0';
	return k->available == NULL || k->available(why, size);
}

const char *
help_option_head(const struct param *row, char *buf, size_t size)
{
	const char *arg = row->arg != NULL ? row->arg : "VALUE";
	char letter[8] = "    ";

	if (row->letter != 0)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	if (row->type == PARAM_FLAG)
		snprintf(buf, size, "%s--%s", letter, row->name);
	else if (row->flags & PARAM_OPTIONAL_ARG)
		snprintf(buf, size, "%s--%s[=%s]", letter, row->name, arg);
	else
		snprintf(buf, size, "%s--%s %s", letter, row->name, arg);
	return buf;
}

/* What may be given, where the accepted names alone do not tell. */
static const char *
accepted(const struct param *row, char *buf, size_t size)
{
	switch (row->type) {
	case PARAM_FLAG:
	case PARAM_TEXT:
	case PARAM_TEXTS:
		return "";
	case PARAM_KINDS:
		return "names with commas, all, or list";
	case PARAM_AMOUNT:
		return "100ns, LO-HI, exp:MEAN; or cache lines: 4lines, 1-8lines";
	case PARAM_WORK:
		return "noop, echo, sleep:LO-HI, cpu:LO-HI, io:LO-HI, "
		       "mixed:LO-HI, mem:LO-HI";
	default:
		return args_accepts(row, buf, size);
	}
}

/* A list of names with blanks in it, so that it can be broken over lines. */
static const char *
space_out(const char *list, char *buf, size_t size)
{
	size_t n = 0;

	for (; *list != '\0' && n + 2 < size; list++) {
		buf[n++] = *list;
		if (*list == ',')
			buf[n++] = ' ';
	}
	buf[n] = '\0';
	return buf;
}

const char *
help_option_text(const struct param *row, char *buf, size_t size)
{
	char names[160], spaced[160];
	const char *takes = accepted(row, names, sizeof(names));
	const char *def = row->def;

	if (def != NULL && strcmp(def, "cpus") == 0)
		def = "cpus, all CPUs allowed to us";
	else if (def != NULL && row->type == PARAM_KINDS)
		def = space_out(def, spaced, sizeof(spaced));
	snprintf(buf, size, "%s%s%s%s%s%s%s", row->help != NULL ? row->help : "",
		 *takes != '\0' || def != NULL ? " (" : "", takes,
		 *takes != '\0' && def != NULL ? "; " : "",
		 def != NULL ? "default: " : "", def != NULL ? def : "",
		 *takes != '\0' || def != NULL ? ")" : "");
	return buf;
}

/* A line a choice, below its option. */
static void
print_choices(FILE *out, const struct choice *c)
{
	int to = TEXT_COLUMN, at;
	const struct choice *x;

	for (x = c; x->name != NULL; x++)
		if (TEXT_COLUMN + (int)strlen(x->name) + 2 > to)
			to = TEXT_COLUMN + (int)strlen(x->name) + 2;
	for (x = c; x->name != NULL; x++) {
		if (x->summary == NULL || *x->summary == '\0')
			continue;
		at = pad(out, 0, TEXT_COLUMN);
		at += fprintf(out, "%s", x->name);
		help_wrap(out, at, to, x->summary);
	}
}

static void
print_options(FILE *out, const struct param *table)
{
	char head[80], text[640];
	const struct param *row;
	int at;

	for (row = table; row->name != NULL; row++) {
		if (row->flags & PARAM_HIDDEN)
			continue;
		at = fprintf(out, "  %s", help_option_head(row, head, sizeof(head)));
		if (at > TEXT_COLUMN - 2) {
			fputc('\n', out);
			at = 0;
		}
		help_wrap(out, at, TEXT_COLUMN,
			  help_option_text(row, text, sizeof(text)));
		if (row->type == PARAM_CHOICE)
			print_choices(out, row->choices);
	}
}

/* "  name   text", wrapped, the text at column `to`. */
static void
print_term(FILE *out, const char *name, int to, const char *text)
{
	int at = fprintf(out, "  %s", name);

	if (at > to - 1)
		fputc('\n', out);
	help_wrap(out, at > to - 1 ? 0 : at, to, text);
}

static int
widest_kind(const struct kind *const *kinds)
{
	int width = 0;

	for (; *kinds != NULL; kinds++)
		if ((int)strlen((*kinds)->name) > width)
			width = (int)strlen((*kinds)->name);
	return width;
}

void
help_kinds(FILE *out, const struct kind *const *kinds)
{
	int to = widest_kind(kinds) + 4;
	char why[128], text[512];

	for (; *kinds != NULL; kinds++) {
		bool here = help_kind_available(*kinds, why, sizeof(why));

		snprintf(text, sizeof(text), "%s%s%s%s", (*kinds)->summary,
			 here ? "" : "; unavailable", *why != '\0' ? ": " : "", why);
		print_term(out, (*kinds)->name, to, text);
	}
}

static void
print_metrics(FILE *out, const struct metric *metrics)
{
	static const char *const better[] = { [BETTER_NONE] = "",
					      [BETTER_LOWER] = ", lower is better",
					      [BETTER_HIGHER] = ", higher is better" };
	const struct metric *m;
	char text[512];
	int to = 0;

	for (m = metrics; m->name != NULL; m++)
		if ((int)strlen(m->name) > to)
			to = (int)strlen(m->name);
	for (m = metrics; m->name != NULL; m++) {
		snprintf(text, sizeof(text), "%s (%s%s)", m->summary, m->unit,
			 better[m->better]);
		print_term(out, m->name, to + 4, text);
	}
}

static void
print_examples(FILE *out, const struct example *x)
{
	if (x == NULL || x->line == NULL)
		return;
	fputs("\nexamples:\n", out);
	for (; x->line != NULL; x++) {
		fprintf(out, "  %s\n", x->line);
		if (x->does != NULL)
			help_wrap(out, 0, 6, x->does);
	}
}

static void
print_exits(FILE *out)
{
	const struct exit_status *x;
	char status[16];

	fputs("\nexit status:\n", out);
	for (x = help_exits; x->means != NULL; x++) {
		snprintf(status, sizeof(status), "%d", x->status);
		print_term(out, status, 7, x->means);
	}
}

void
help_usage(FILE *out, struct topic t)
{
	fprintf(out, "usage: concbench %s%s [OPTION]...", topic_name(t),
		topic_verbs(t) != NULL ? " VERB" : "");
	if (t.scenario != NULL && (t.scenario->flags & SCENARIO_COMMAND))
		fputs(" [-- COMMAND [ARG]...]", out);
	if (t.command != NULL && t.command->operands != NULL)
		fprintf(out, " %s", t.command->operands);
	fputc('\n', out);
}

/* "fetch URL..." */
const char *
help_verb_head(const struct verb *v, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s", v->name, v->operands != NULL ? " " : "",
		 v->operands != NULL ? v->operands : "");
	return buf;
}

static void
print_verbs(FILE *out, const struct verb *verbs)
{
	const struct verb *v;
	char head[80];
	int to = 0;

	fputs("\nverbs:\n", out);
	for (v = verbs; v->name != NULL; v++)
		if ((int)strlen(help_verb_head(v, head, sizeof(head))) > to)
			to = (int)strlen(head);
	for (v = verbs; v->name != NULL; v++)
		print_term(out, help_verb_head(v, head, sizeof(head)), to + 4,
			   v->summary);
}

/* What only scenarios have. */
static void
print_tables(FILE *out, const struct scenario *s)
{
	if (s->kinds != NULL && s->kinds[0] != NULL) {
		fputs("\nkinds (-k):\n", out);
		help_kinds(out, s->kinds);
	}
	if (s->metrics != NULL && s->metrics->name != NULL) {
		fputs("\nmetrics:\n", out);
		print_metrics(out, s->metrics);
	}
}

void
help_topic(FILE *out, struct topic t)
{
	const struct scenario *s = t.scenario;
	const char *about = s != NULL ? s->about : t.command->about;
	const char *summary = topic_summary(t);

	help_usage(out, t);
	if (summary != NULL) {
		fputc('\n', out);
		help_wrap(out, 0, 0, summary);
	}
	if (s != NULL && s->stands_for != NULL) {
		int at = fprintf(out, "Stands for ");

		help_wrap(out, at, 0, s->stands_for);
	}
	if (topic_verbs(t) != NULL)
		print_verbs(out, topic_verbs(t));
	if (s != NULL)
		print_examples(out, s->examples);
	if (about != NULL) {
		fputc('\n', out);
		help_wrap(out, 0, 0, about);
	}
	if (topic_params(t)->name != NULL) {
		fprintf(out, "\noptions of %s:\n", topic_name(t));
		print_options(out, topic_params(t));
	}
	fputs("\ncommon options:\n", out);
	print_options(out, topic_common_params(t));
	if (s != NULL) {
		print_tables(out, s);
		print_exits(out);
	}
}

static int
widest_topic(void)
{
	size_t i, n = topic_count();
	int width = 0;

	for (i = 0; i < n; i++)
		if ((int)strlen(topic_name(topic_at(i))) > width)
			width = (int)strlen(topic_name(topic_at(i)));
	return width;
}

static void
print_topics(FILE *out, bool scenarios)
{
	size_t i, n = topic_count();
	int to = widest_topic() + 4;

	for (i = 0; i < n; i++)
		if ((topic_at(i).scenario != NULL) == scenarios)
			print_term(out, topic_name(topic_at(i)), to,
				   topic_summary(topic_at(i)));
}

static const struct example program_examples[] = {
	{ "concbench pool -n 4 -t 5",
	  "four workers take five tasks: who did what, when" },
	{ "concbench pool --help", "everything about one command" },
	{ NULL, NULL },
};

void
help_program(FILE *out)
{
	fputs("usage: concbench COMMAND [OPTION]... [-- ARG...]\n\n"
	      "A workbench for processes, threads and coroutines.\n",
	      out);
	print_examples(out, program_examples);
	fputs("\nwatch:\n", out);
	print_topics(out, true);
	fputs("\ntools:\n", out);
	print_topics(out, false);
	fputs("\nEvery command has -h, --help. concbench --version tells the "
	      "version.\n",
	      out);
	print_exits(out);
}

void
help_short(FILE *out)
{
	size_t i, n = topic_count();
	int at;

	fputs("usage: concbench COMMAND [OPTION]...\n", out);
	at = fprintf(out, "commands:");
	for (i = 0; i < n; i++) {
		const char *name = topic_name(topic_at(i));

		if (at + 1 + (int)strlen(name) > COLUMNS) {
			fputc('\n', out);
			at = pad(out, 0, 9);
		}
		at += fprintf(out, " %s", name);
	}
	fputs("\ntry 'concbench pool -n 4 -t 5', or 'concbench --help'\n", out);
}
