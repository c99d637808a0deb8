/*
 * compare_rule.c - --fail-if: rows for which a rule certainly holds are marked.
 */
#include "cli/args.h"
#include "cli/rule.h"

#include <errno.h>

int
compare_rule(struct compare *c, const char *text, struct err *e)
{
	struct rule r;
	struct rule_seen seen;
	const char *wrong = rule_read(text, &r);
	char quoted[ARGS_QUOTE];
	int asked = 0;

	if (wrong != NULL) {
		err_set(e, EINVAL, "--fail-if '%s': %s",
			args_quote(text, quoted, sizeof(quoted)), wrong);
		err_hint(e, "as in 'p99 > 50us', 'median > +5%%', 'jain < 0.9'");
		return -EINVAL;
	}
	for (size_t i = 0; i < c->nrows; i++) {
		struct compare_row *row = &c->row[i];
		const enum rule_answer answer = rule_ask(&r, row, &seen);

		asked += answer != RULE_NONE && answer != RULE_NO_BASE;
		if (answer == RULE_YES && row->rule[0] == '\0')
			snprintf(row->rule, sizeof(row->rule), "%s", text);
	}
	return asked;
}
