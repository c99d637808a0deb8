/*
 * rows.h - rows of option tables that several commands have, the same in each.
 *
 * `type` is the struct of the command's options, with a member of the option's name.
 */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include "core/param.h"

#include <stddef.h>

/* -h, --help */
#define ROW_HELP(type_)                                                                \
	{                                                                              \
		.name = "help", .letter = 'h', .type = PARAM_FLAG,                     \
		.offset = offsetof(struct type_, help),                                \
		.help = "print this help and exit"                                     \
	}

/* -f, --format, of these choices; `help_` says of what. */
#define ROW_FORMAT(type_, choices_, help_)                                             \
	{                                                                              \
		.name = "format", .letter = 'f', .type = PARAM_CHOICE,                 \
		.offset = offsetof(struct type_, format), .arg = "FORMAT",             \
		.def = "text", .choices = (choices_), .help = help_                    \
	}

/* Who judges figures against those of before. */
#define ROW_MAX_REGRESSION(type_, help_)                                               \
	{                                                                              \
		.name = "max-regression", .type = PARAM_PERCENT,                       \
		.offset = offsetof(struct type_, max_regression), .arg = "PCT",        \
		.def = "5%", .max = 0.99, .help = help_                                \
	}
#define ROW_STRICT(type_, help_)                                                       \
	{                                                                              \
		.name = "strict", .type = PARAM_FLAG,                                  \
		.offset = offsetof(struct type_, strict), .help = help_                \
	}
#define ROW_LENIENT(type_, help_)                                                      \
	{                                                                              \
		.name = "lenient", .type = PARAM_FLAG,                                 \
		.offset = offsetof(struct type_, lenient), .help = help_               \
	}
#define ROW_FORCE(type_)                                                               \
	{                                                                              \
		.name = "force", .type = PARAM_FLAG,                                   \
		.offset = offsetof(struct type_, force),                               \
		.help = "compare other machines, parameters and versions all the "     \
			"same"                                                         \
	}

#endif
