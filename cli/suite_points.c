/*
 * suite_points.c - a suite as test cases: JUnit and TAP.
 */
#include "cli/suite.h"
#include "cli/xml.h"

#include <ctype.h>

static void
put_line(FILE *out, size_t number, const char *text)
{
	if (number > 1)
		putc('\n', out);
	xml_text(out, text);
}

void
suite_junit(FILE *out, const struct suite *s, bool strict)
{
	static const char *const tag[] = {
		[SUITE_FAILED] = "failure",  [SUITE_ERROR] = "error",
		[SUITE_SKIPPED] = "skipped", [SUITE_NOT_RUN] = "skipped",
		[SUITE_PASSED] = NULL,	     [SUITE_UNCLEAR] = NULL,
	};
	size_t n[SUITE_NOT_RUN + 1];

	suite_count(s, n);
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		"<testsuite name=\"concbench check\" tests=\"%zu\" failures=\"%zu\" "
		"errors=\"%zu\" skipped=\"%zu\" time=\"0\">\n",
		s->n, n[SUITE_FAILED] + (strict ? n[SUITE_UNCLEAR] : 0), n[SUITE_ERROR],
		n[SUITE_SKIPPED] + n[SUITE_NOT_RUN]);
	for (size_t i = 0; i < s->n; i++) {
		const struct suite_entry *x = &s->entry[i];
		const char *t = strict && x->outcome == SUITE_UNCLEAR ? "failure"
								      : tag[x->outcome];

		fputs("<testcase classname=\"check\" name=\"", out);
		xml_text(out, x->name);
		fputs("\" time=\"0\">", out);
		if (t != NULL) {
			fprintf(out, "<%s message=\"%s\">", t, suite_word(x));
			suite_story(out, x, put_line);
			fprintf(out, "</%s>", t);
		}
		fputs("</testcase>\n", out);
	}
	fputs("</testsuite>\n</testsuites>\n", out);
}

/* A key of its own for each: not every reader takes lists of quoted text. */
static void
put_yaml(FILE *out, size_t number, const char *text)
{
	fprintf(out, "  seen_%zu: \"", number);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(iscntrl((unsigned char)*text) ? ' ' : *text, out);
	}
	fputs("\"\n", out);
}

void
suite_tap(FILE *out, const struct suite *s, bool strict)
{
	fprintf(out, "TAP version 13\n1..%zu\n", s->n);
	for (size_t i = 0; i < s->n; i++) {
		const struct suite_entry *x = &s->entry[i];
		const bool skipped = x->outcome == SUITE_SKIPPED;
		const bool ok = skipped || x->outcome == SUITE_PASSED ||
				(x->outcome == SUITE_UNCLEAR && !strict);

		fprintf(out, "%sok %zu - %s%s\n", ok ? "" : "not ", i + 1, x->name,
			skipped ? " # SKIP" : "");
		if (x->nanswers == 0 && x->why[0] == '\0')
			continue;
		fputs("  ---\n", out);
		suite_story(out, x, put_yaml);
		fputs("  ...\n", out);
	}
}
