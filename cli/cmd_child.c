/*
 * cmd_child.c - the entry of children that a scenario made by exec of this program.
 *
 * `concbench __child SCENARIO WORD...`; not told to people.
 */
#include "cli/command.h"
#include "scenarios/scenario.h"

#include <errno.h>
#include <string.h>

static int
run(FILE *out, const void *opts, int argc, char **argv, struct err *e)
{
	size_t i;

	(void)out;
	(void)opts;
	for (i = 0; argc > 0 && scenario_table[i] != NULL; i++)
		if (strcmp(scenario_table[i]->name, argv[0]) == 0 &&
		    scenario_table[i]->child != NULL)
			return scenario_table[i]->child(argc - 1, argv + 1);
	err_set(e, EINVAL, "'__child' is for children of this program alone");
	return 2;
}

static const struct param params[] = { PARAM_END };

const struct command command_child = {
	.name = "__child",
	.summary = NULL, /* hidden */
	.operands = "SCENARIO WORD...",
	.params = params,
	.run = run,
};
