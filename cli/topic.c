/*
 * topic.c - subcommands, be they scenarios or commands, seen alike.
 */
#include "cli/help.h"

#include "cli/args.h"
#include "cli/common.h"
#include "cli/suggest.h"

#include <errno.h>
#include <string.h>

static const struct param no_params[] = { PARAM_END };

size_t
topic_count(void)
{
	size_t n = 0;

	while (topic_name(topic_at(n)) != NULL)
		n++;
	return n;
}

struct topic
topic_at(size_t i)
{
	struct topic t = { NULL, NULL };
	size_t k;

	for (k = 0; scenario_table[k] != NULL; k++)
		if (i-- == 0) {
			t.scenario = scenario_table[k];
			return t;
		}
	for (k = 0; command_table[k] != NULL; k++)
		if (command_table[k]->summary != NULL && i-- == 0) {
			t.command = command_table[k];
			return t;
		}
	return t;
}

struct topic
topic_find(const char *name)
{
	struct topic t = { NULL, NULL };
	size_t k;

	for (k = 0; scenario_table[k] != NULL; k++)
		if (strcmp(scenario_table[k]->name, name) == 0) {
			t.scenario = scenario_table[k];
			return t;
		}
	for (k = 0; command_table[k] != NULL; k++)
		if (strcmp(command_table[k]->name, name) == 0) {
			t.command = command_table[k];
			return t;
		}
	return t;
}

const char *
topic_name(struct topic t)
{
	if (t.scenario != NULL)
		return t.scenario->name;
	return t.command != NULL ? t.command->name : NULL;
}

const char *
topic_summary(struct topic t)
{
	return t.scenario != NULL ? t.scenario->summary : t.command->summary;
}

const struct verb *
topic_verbs(struct topic t)
{
	return t.scenario != NULL ? t.scenario->verbs : NULL;
}

const struct param *
topic_params(struct topic t)
{
	const struct param *p =
		t.scenario != NULL ? t.scenario->params : t.command->params;

	return p != NULL ? p : no_params;
}

const struct param *
topic_common_params(struct topic t)
{
	return t.scenario != NULL ? common_params_beside(t.scenario->params)
				  : command_params;
}

int
topic_unknown(const char *name, struct err *e)
{
	char quoted[ARGS_QUOTE];
	const bool option = name[0] == '-' && name[1] != '\0';
	struct suggest s;
	size_t i, n = topic_count();
	int rc = err_set(e, EINVAL, "unknown %s '%s'", option ? "option" : "command",
			 args_quote(name, quoted, sizeof(quoted)));

	suggest_init(&s, name);
	for (i = 0; i < n && !option; i++)
		suggest_offer(&s, topic_name(topic_at(i)));
	if (option) {
		suggest_offer(&s, "--help");
		suggest_offer(&s, "--version");
	}
	if (s.best != NULL)
		err_hint(e, "did you mean '%s'?", s.best);
	else if (option)
		err_hint(e,
			 "options of a command stand behind its name: concbench "
			 "COMMAND %s",
			 quoted);
	else
		err_hint(e, "'concbench list commands' shows them");
	return rc;
}
