/*
 * args_verb.c - the first operand of a scenario that has verbs.
 */
#include "cli/args.h"
#include "cli/suggest.h"
#include "scenarios/scenario.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* "generator, switch, spawn" of those whose bit is set. */
static const char *
join(const struct verb *verbs, unsigned bits, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (int i = 0; verbs[i].name != NULL && used < size; i++) {
		if (!(bits & VERB_BIT(i)))
			continue;
		snprintf(buf + used, size - used, "%s%s", used > 0 ? ", " : "",
			 verbs[i].name);
		used += strlen(buf + used);
	}
	return buf;
}

static int
refuse(const struct verb *verbs, const char *word, struct err *e)
{
	char quoted[ARGS_QUOTE], names[128];
	struct suggest s;
	int rc;

	join(verbs, ~0u, names, sizeof(names));
	if (word == NULL)
		return err_set(e, EINVAL, "which one: %s?", names);
	rc = err_set(e, EINVAL, "'%s' is not one of %s",
		     args_quote(word, quoted, sizeof(quoted)), names);
	suggest_init(&s, word);
	for (int i = 0; verbs[i].name != NULL; i++)
		suggest_offer(&s, verbs[i].name);
	if (s.best != NULL)
		err_hint(e, "did you mean '%s'?", s.best);
	return rc;
}

/* Takes the first operand away; the NULL at the end moves, too. */
static void
shift(struct args_rest *rest)
{
	memmove(rest->operand, rest->operand + 1,
		(size_t)rest->noperands * sizeof(*rest->operand));
	rest->noperands--;
}

int
args_verb(struct args_rest *rest, const struct verb *verbs, const struct param *table,
	  int *verb, struct err *e)
{
	char names[128];
	int v = 0;

	if (rest->noperands == 0)
		return refuse(verbs, NULL, e);
	while (verbs[v].name != NULL && strcmp(verbs[v].name, rest->operand[0]) != 0)
		v++;
	if (verbs[v].name == NULL)
		return refuse(verbs, rest->operand[0], e);
	for (int i = 0; table[i].name != NULL; i++)
		if (rest->given[i] && table[i].verbs != 0 &&
		    !(table[i].verbs & VERB_BIT(v)))
			return err_set(
				e, EINVAL, "--%s is for %s, not for %s", table[i].name,
				join(verbs, table[i].verbs, names, sizeof(names)),
				verbs[v].name);
	shift(rest);
	*verb = v;
	return args_expect(rest, verbs[v].operands != NULL ? INT_MAX : 0,
			   verbs[v].command, e);
}
