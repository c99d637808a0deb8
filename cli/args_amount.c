/*
 * args_amount.c - values of options that are amounts of work.
 */
#include "cli/args_value.h"

#include "cli/units.h"

#include <errno.h>

int
args_amount(const struct value *v)
{
	struct param_amount a;
	char quoted[ARGS_QUOTE];
	const int rc = units_amount(v->text, &a);

	args_quote(v->text, quoted, sizeof(quoted));
	if (rc == -ERANGE || (rc == 0 && v->row->max > 0 && (double)a.hi > v->row->max))
		return err_set(v->e, EINVAL, "%s: '%s' is out of range", v->as, quoted);
	if (rc == 0) {
		*(struct param_amount *)v->field = a;
		return 0;
	}
	err_set(v->e, EINVAL,
		"%s: '%s' is not a time or a number of cache lines: AMOUNT, LO-HI or "
		"exp:MEAN",
		v->as, quoted);
	err_hint(v->e, "such as 100ns, 1us-5us, exp:2us or 4lines");
	return -EINVAL;
}
