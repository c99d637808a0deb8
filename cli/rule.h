/*
 * rule.h - what is asked of a figure: "p99 > 50us", "median > +5%", "jain < 0.9",
 * "ops >= 0.8 x baseline".
 *
 * A name is median, min, max, or a percentile (p50, p99.9) of the figure or of the
 * latencies beside it; ops, the operations a second; or the last part of the name of a
 * metric beside it (jain, rate, cpu), or all of it. Kinds and metrics before it, each
 * with a dot, narrow it: "mutex.ops", "thread.round_trip.p99". A value with a sign and
 * % is relative to the base, and so is a number with "x baseline".
 */
#ifndef CLI_RULE_H
#define CLI_RULE_H

#include "cli/compare.h"

#include <stdbool.h>

enum { RULE_SCOPES = 2, RULE_NAME = 40 };

struct rule {
	char scope[RULE_SCOPES][RULE_NAME]; /* "": none */
	char name[RULE_NAME];
	bool less, or_equal;
	bool relative; /* value is a ratio to the base, 1.05 for +5% */
	double value;
};

enum rule_answer {
	RULE_NONE,    /* the row has no such figure */
	RULE_YES,     /* all of its interval is beyond the value */
	RULE_NO,      /* none of it is */
	RULE_UNCLEAR, /* the interval reaches across, or there is none yet */
	RULE_NO_BASE, /* relative, and there is no base */
};

/* What was compared with the value: a ratio when the rule is relative. */
struct rule_seen {
	double middle, low, high;
};

/* Reads a rule. Returns NULL, or what is wrong with it; a constant text. */
const char *rule_read(const char *text, struct rule *r);

/* Asks it of a row, whose sides may lack figures. */
enum rule_answer rule_ask(const struct rule *r, const struct compare_row *row,
			  struct rule_seen *seen);

#endif
