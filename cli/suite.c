/*
 * suite.c - the entries of a suite: which are wanted, what they need, their end.
 */
#include "cli/suite.h"

#include "cli/args.h"
#include "cli/common.h"
#include "scenarios/scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
suite_select(struct suite *s, const struct param_texts *only, struct err *e)
{
	size_t kept = 0, found;

	for (size_t j = 0; j < only->n; j++) {
		for (found = 0; found < s->n; found++)
			if (strcmp(s->entry[found].name, only->v[j]) == 0)
				break;
		if (found == s->n)
			return err_set(e, EINVAL, "--only: '%.60s' has no '%.60s'",
				       s->file, only->v[j]);
	}
	for (size_t i = 0; only->n > 0 && i < s->n; i++) {
		const struct suite_entry one = s->entry[i];
		bool wanted = false;

		for (size_t j = 0; j < only->n; j++)
			wanted = wanted || strcmp(one.name, only->v[j]) == 0;
		if (!wanted)
			continue;
		memmove(&s->entry[kept + 1], &s->entry[kept], (i - kept) * sizeof(one));
		s->entry[kept++] = one;
	}
	return (int)(only->n > 0 ? kept : s->n);
}

static const struct scenario *
scenario_of(const struct suite_entry *x)
{
	size_t i = 0;

	while (strcmp(scenario_table[i]->name, x->word[0]) != 0)
		i++;
	return scenario_table[i];
}

/* Reads the options of one command line and forgets them. */
static int
read_options(const struct suite_entry *x, struct err *e)
{
	const struct scenario *s = scenario_of(x);
	const struct param *const tables[] = { s->params,
					       common_params_beside(s->params), NULL };
	struct common_opts common;
	void *own = calloc(1, s->opts_size == 0 ? 1 : s->opts_size);
	void *opts[] = { own, &common };
	struct args_rest rest = { 0 };
	const int argc = (int)x->nwords - 1;
	int rc;

	if (own == NULL)
		return err_set(e, ENOMEM, "no memory for the options");
	common_init(&common);
	rc = s->flags & SCENARIO_COMMAND_FIRST
		     ? args_parse_command(tables, opts, argc, x->word + 1, &rest, e)
		     : args_parse(tables, opts, argc, x->word + 1, &rest, e);
	if (rc == 0) {
		args_free(s->params, own);
		args_free(common_params(), &common);
		args_rest_free(&rest);
	}
	free(own);
	if (rc == ARGS_HELP || rc == ARGS_LIST_KINDS)
		return err_set(e, EINVAL, "it only asks for help");
	return rc == ARGS_UNAVAILABLE ? 0 : rc; /* is skipped when it is run */
}

int
suite_words(const struct suite *s, struct err *e)
{
	struct err why = { 0 };
	char text[sizeof(why) + 128];

	for (size_t i = 0; i < s->n; i++) {
		const struct suite_entry *x = &s->entry[i];
		const int rc = read_options(x, &why);

		if (rc != 0)
			return err_set(e, rc == -ENOMEM ? ENOMEM : EINVAL,
				       "%.60s, line %d: %.140s", s->file, x->line,
				       err_text(&why, text, sizeof(text)));
	}
	return 0;
}

bool
suite_wants_base(const struct suite_entry *x)
{
	for (size_t i = 0; i < x->nlimits; i++)
		if (x->limit[i].rule.relative)
			return true;
	return false;
}

void
suite_fini(struct suite *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct suite_entry *x = &s->entry[i];

		for (size_t j = 0; j < x->nwords; j++)
			free(x->word[j]);
		for (size_t j = 0; j < x->nlimits; j++)
			free(x->limit[j].text);
		free(x->word);
		free(x->limit);
		free(x->name);
		free(x->answer);
		json_decref(x->doc);
		json_decref(x->base);
	}
	free(s->entry);
	*s = (struct suite){ 0 };
}
