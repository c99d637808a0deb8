/*
 * command.h - verbs that are not workloads: a file cli/cmd_NAME.c is a command.
 *
 * `list`, `help`, `completion` and the like look at tables or at files; they start
 * no worker. Workloads are scenarios (scenarios/scenario.h).
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "core/err.h"
#include "core/param.h"

#include <stddef.h>
#include <stdio.h>

struct command {
	const char *name, *summary;
	const char *operands; /* "[COMMAND]"; NULL: takes none */
	const char *about;
	const struct param *params; /* ended by PARAM_END */
	size_t opts_size;
	/* Writes its answer to out. argc/argv: the operands. Returns the exit status,
	 * with e filled when it is not 0. */
	int (*run)(FILE *out, const void *opts, int argc, char **argv, struct err *e);
};

extern const struct command *const command_table[];

#endif
