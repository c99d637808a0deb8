/*
 * args.h - command line -> options structs, by the option tables (core/param.h).
 *
 * GNU conventions: -n4, -n 4, --opt=v, --opt v, bundled flags -qv, options anywhere
 * before "--". No abbreviations. A value that does not read, is out of range, or is
 * given twice is refused in one line that names the option, the value, what is
 * accepted, and the nearest right spelling. Nothing is started from here, and
 * nothing printed. Main thread only.
 *
 *   struct common_opts common;
 *   void *opts = calloc(1, s->opts_size);
 *   common_init(&common);
 *   rc = args_parse((const struct param *const[]){ s->params, common_params(), NULL },
 *                   (void *const[]){ opts, &common }, argc, argv, &rest, &e);
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "core/err.h"
#include "core/param.h"

#include <stdbool.h>
#include <stddef.h>

/* What args_parse() returns beside 0 and -errno. */
enum args_outcome {
	ARGS_HELP = 1,	  /* --help was met; what stood behind it was not read */
	ARGS_LIST_KINDS,  /* `-k list`: print rest->kinds (help_kinds()), exit 0 */
	ARGS_UNAVAILABLE, /* a kind cannot run here; e says why; exit 77 */
};

#define ARGS_ROWS_MAX 256 /* rows of all tables of one command line */

/* What stands beside the options. */
struct args_rest {
	int noperands;
	char **operand; /* owned array of words from argv; ends in NULL */
	bool dashes;	/* "--" was there, maybe with nothing behind it */
	int nwords;
	char **word; /* words behind "--": points into argv, ends in NULL */
	const struct param *kinds; /* ARGS_LIST_KINDS: the option it was asked of */
	bool given[ARGS_ROWS_MAX]; /* options that were given, by place in all tables */
};

/*
 * Reads argv[0..argc-1] (without the names of program and command; argv[argc] is
 * NULL) by the tables (ended by NULL; a table itself may be empty but not NULL) into
 * opts, one struct a table. The structs come in zeroed, or preset by their init
 * function; rows that are not given get their default, and rows without a default
 * stay as they came. A PARAM_FLAG named "help" ends the reading: ARGS_HELP.
 *
 * Returns 0; -EINVAL or -ENOMEM with e filled; or an enum args_outcome. After 0 the
 * caller frees each struct by args_free() and rest by args_rest_free(); after
 * anything else nothing is held (rest->kinds is constant data).
 */
int args_parse(const struct param *const *tables, void *const *opts, int argc,
	       char **argv, struct args_rest *rest, struct err *e);

/*
 * As args_parse(), but the first operand ends the options, too: it and all behind it
 * are rest->word, without a "--" before it.
 */
int args_parse_command(const struct param *const *tables, void *const *opts, int argc,
		       char **argv, struct args_rest *rest, struct err *e);

/*
 * Fills opts with the defaults of the table, as if nothing had been given. Returns
 * as args_parse() does: 0, -errno, or ARGS_UNAVAILABLE for a default kind.
 */
int args_defaults(const struct param *table, void *opts, struct err *e);

/* Frees the lists in opts and empties them. Accepts zeroed opts. */
void args_free(const struct param *table, void *opts);

/* Frees the array of operands. Accepts a zeroed rest. */
void args_rest_free(struct args_rest *rest);

/*
 * Refuses more than `max` operands, and, unless `words`, a "--" with words behind it:
 * "unexpected operand 'x'". Returns 0 or -EINVAL.
 */
int args_expect(const struct args_rest *rest, int max, bool words, struct err *e);

/*
 * Reads the first operand as one of `verbs` (ended by a NULL name) and takes it away:
 * *verb is its place. Refuses a missing or unknown one, operands behind a verb that
 * takes none, and options of the first table that are for other verbs. Returns 0 or
 * -EINVAL.
 */
struct verb;
int args_verb(struct args_rest *rest, const struct verb *verbs,
	      const struct param *table, int *verb, struct err *e);

/*
 * The values in canonical text, in the order of the table: put() is called once a
 * row (once a text for PARAM_TEXTS; not for texts that were not given). What it gives
 * reads back to the same value. The texts live during the call only.
 */
void args_echo(const struct param *table, const void *opts,
	       void (*put)(void *arg, const char *name, const char *value), void *arg);

/*
 * Reads one value for `row` into opts; `as` is how messages name the option ("-n").
 * Returns as args_parse() does; for a list, an older value is freed. For tests and
 * for tools that read options from files.
 */
int args_value(const struct param *row, void *opts, const char *as, const char *text,
	       struct err *e);

/*
 * `text` as it may be shown: control bytes, invalid UTF-8 and invisible or direction
 * marks as \xNN, backslash doubled, cut to 64 bytes with "..." at the end. Writes at
 * most size bytes, ends in NUL; returns buf.
 */
#define ARGS_QUOTE 72
const char *args_quote(const char *text, char *buf, size_t size);

/*
 * What a row accepts, for help and messages: "1..65000", "auto, always, never",
 * "10ms..1h"; "" where anything goes. Returns buf.
 */
const char *args_accepts(const struct param *row, char *buf, size_t size);

#endif
