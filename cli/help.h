/*
 * help.h - help made from the tables: scenarios, commands, options, kinds, metrics.
 *
 * Plain text within 80 columns, no escape sequences, so that it can be piped. All
 * functions write to the stream they are given and leave checking it to the caller.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"
#include "core/err.h"
#include "core/param.h"
#include "scenarios/scenario.h"

#include <stdio.h>

/* One subcommand, be it a scenario or a command: exactly one of the two is set. */
struct topic {
	const struct scenario *scenario;
	const struct command *command;
};

/*
 * Number of topics, and the i-th: the scenarios by name, then the commands. Hidden
 * commands (no summary) are not among them.
 */
size_t topic_count(void);
struct topic topic_at(size_t i);

/* Finds name, hidden ones too; both members NULL when there is none. */
struct topic topic_find(const char *name);

const char *topic_name(struct topic t);
const char *topic_summary(struct topic t);

/* Its verbs (scenarios/scenario.h); NULL when it has none. */
const struct verb *topic_verbs(struct topic t);

/* "fetch URL...". Writes at most size bytes, ends in NUL; returns buf. */
const char *help_verb_head(const struct verb *v, char *buf, size_t size);

/* The topic's own table, never NULL, and the one it shares with others of its sort. */
const struct param *topic_params(struct topic t);
const struct param *topic_common_params(struct topic t);

/*
 * Fills e for a first word that is no subcommand: "unknown command 'pol'", with the
 * nearest one as a hint. Returns -EINVAL.
 */
int topic_unknown(const char *name, struct err *e);

/* What the exit statuses mean, in every command; ended by a NULL text. */
struct exit_status {
	int status;
	const char *means;
};
extern const struct exit_status help_exits[];

/* `concbench --help`: all subcommands with their summaries, two examples. */
void help_program(FILE *out);

/* For a call without arguments: a few lines. */
void help_short(FILE *out);

/* `concbench pool --help`. */
void help_topic(FILE *out, struct topic t);

/* "usage: concbench pool [OPTION]... [-- COMMAND [ARG]...]" and a newline. */
void help_usage(FILE *out, struct topic t);

/* `-k list`: a line a kind: name, summary, and why it is unavailable. */
void help_kinds(FILE *out, const struct kind *const *kinds);

/*
 * For other makers of text: is the kind available? why (size bytes) gets the reason
 * when not.
 */
bool help_kind_available(const struct kind *k, char *why, size_t size);

/* "-n, --workers N" into buf: letter, long name, argument. Returns buf. */
const char *help_option_head(const struct param *row, char *buf, size_t size);

/*
 * Help text of a row with what it accepts and its default, on one line:
 * "processes, threads or coroutines at work (1..65000; default: 4)". Returns buf.
 */
const char *help_option_text(const struct param *row, char *buf, size_t size);

/*
 * Writes text wrapped at 80 columns, each line indented by `indent` columns, but the
 * first begins at column `at` (already written). "\n\n" parts paragraphs, a line that
 * begins with a space is left as it is. Ends with a newline.
 */
void help_wrap(FILE *out, int at, int indent, const char *text);

#endif
