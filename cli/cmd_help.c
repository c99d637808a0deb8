/*
 * cmd_help.c - `concbench help [COMMAND]`.
 */
#include "cli/args.h"
#include "cli/command.h"
#include "cli/help.h"

static int
run(FILE *out, const void *opts, int argc, char **argv, struct err *e)
{
	const struct args_rest rest = { .noperands = argc, .operand = argv };
	struct topic t;

	(void)opts;
	if (args_expect(&rest, 1, false, e) != 0)
		return 2;
	if (argc == 0) {
		help_program(out);
		return 0;
	}
	t = topic_find(argv[0]);
	if (topic_name(t) == NULL) {
		topic_unknown(argv[0], e);
		return 2;
	}
	help_topic(out, t);
	return 0;
}

static const struct param params[] = { PARAM_END };

const struct command command_help = {
	.name = "help",
	.summary = "tell about a command, or about all",
	.operands = "[COMMAND]",
	.about = "The same as COMMAND --help.",
	.params = params,
	.run = run,
};
