/*
 * suite_output.c - the reports of a suite that go to files: -o FORMAT:FILE.
 */
#include "cli/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct choice suite_formats[] = {
	[SUITE_TEXT] = { "text", "a table for people" },
	[SUITE_MARKDOWN] = { "markdown", "a table for a pull request" },
	[SUITE_JSON] = { "json", "one document, schema concbench-check/1" },
	[SUITE_JUNIT] = { "junit", "a test case an entry" },
	[SUITE_TAP] = { "tap", "a test point an entry" },
	{ .name = NULL },
};

/* The file's name in a FORMAT:FILE; NULL when it is none. */
static const char *
read_spec(const char *spec, enum suite_format *format)
{
	for (int i = 0; suite_formats[i].name != NULL; i++) {
		const size_t n = strlen(suite_formats[i].name);

		if (strncmp(spec, suite_formats[i].name, n) != 0 || spec[n] != ':' ||
		    spec[n + 1] == '\0')
			continue;
		*format = (enum suite_format)i;
		return spec + n + 1;
	}
	return NULL;
}

int
suite_outputs_open(struct suite_outputs *all, const struct param_texts *specs,
		   struct err *e)
{
	int rc = 0;

	*all = (struct suite_outputs){ .n = 0 };
	if (specs->n == 0)
		return 0;
	all->one = calloc(specs->n, sizeof(*all->one));
	if (all->one == NULL)
		return err_set(e, ENOMEM, "no memory for -o");
	for (size_t i = 0; i < specs->n && rc == 0; i++) {
		struct suite_output *x = &all->one[i];
		const char *name = read_spec(specs->v[i], &x->format);

		if (name == NULL)
			rc = err_set(e, EINVAL,
				     "-o: '%.80s' is no FORMAT:FILE (text, markdown, "
				     "json, junit, tap)",
				     specs->v[i]);
		else
			rc = output_open(&x->out, name, e);
		all->n += rc == 0;
	}
	if (rc != 0)
		suite_outputs_abandon(all);
	return rc;
}

int
suite_outputs_write(struct suite_outputs *all, const struct suite *s, bool strict,
		    struct err *e)
{
	struct err other;
	int rc = 0, one;

	for (size_t i = 0; i < all->n; i++) {
		suite_write(all->one[i].out.file, s, all->one[i].format, strict);
		one = output_close(&all->one[i].out, rc == 0 ? e : &other);
		rc = rc == 0 ? one : rc;
	}
	suite_outputs_abandon(all);
	return rc;
}

void
suite_outputs_abandon(struct suite_outputs *all)
{
	for (size_t i = 0; i < all->n; i++)
		output_abandon(&all->one[i].out);
	free(all->one);
	*all = (struct suite_outputs){ .n = 0 };
}
