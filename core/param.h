/*
 * param.h - the option table: one row an option, from which parser, errors, help,
 * man page, completion and `list` are made.
 *
 * A row says where in the command's options struct the value goes (offset), how
 * the text is read (type), what is accepted (min, max, choices), what stands there
 * when nothing is given (def, read by the same parser), and what to tell people.
 */
#ifndef CORE_PARAM_H
#define CORE_PARAM_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Row type -> C type of the field at offset, and what is accepted. */
enum param_type {
	PARAM_FLAG,   /* bool: no argument */
	PARAM_COUNT,  /* int64_t: whole number, suffix k M G (10^3..) or e: 10k, 1e6;
			 where the default is "cpus", also the word cpus: the number
			 of CPUs allowed to us */
	PARAM_COUNTS, /* struct param_list: counts, lists and ranges: 1,2,4-8,16..64*2;
			 cpus as for PARAM_COUNT */
	PARAM_DURATION, /* uint64_t ns: 50ns 1.5ms 2s 1m; a bare number is seconds */
	PARAM_SIZE,	/* uint64_t bytes: 64 64K 1MiB (1024), 1kB (1000) */
	PARAM_SIZES,	/* struct param_list: sizes with commas between: 10M,1G */
	PARAM_REAL,	/* double; finite */
	PARAM_PERCENT,	/* double, a fraction: 5% is 0.05 */
	PARAM_CHOICE,	/* int: index into choices[] */
	PARAM_KINDS,	/* struct param_list: indexes into kinds, "all", "list" */
	PARAM_TEXT,	/* const char *: any text; points into argv */
	PARAM_TEXTS,	/* struct param_texts: repeatable text */
	PARAM_WORK,	/* struct work: echo sleep:0-3s cpu:10ms io:5ms mem:64M */
	PARAM_CPUS,	/* struct param_cpus: none same compact scatter, several of
			 these with commas, or a CPU list */
	PARAM_WHEN,	/* int, enum param_when: auto always never */
	PARAM_AMOUNT,	/* struct param_amount: 100ns 1us-5us exp:2us 4lines 1-8lines */
};

enum param_when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

/* Numbers of a list, in the order given. v is owned by the options struct. */
struct param_list {
	size_t n;
	int64_t *v;
	bool all; /* PARAM_KINDS: "all" was asked for */
};

struct param_texts {
	size_t n;
	const char **v; /* the array is owned, the texts point into argv */
};

enum pin_policy { PIN_NONE, PIN_SAME, PIN_COMPACT, PIN_SCATTER, PIN_LIST };

struct param_cpus {
	enum pin_policy policy;
	struct param_list cpus; /* PIN_LIST: CPU numbers; worker i gets cpus[i % n] */
	/* Several policies, one after the other (--bench): same,scatter; the first is
	 * policy, too. 0 where only one was given. */
	size_t nplaces;
	enum pin_policy place[PIN_LIST];
};

/* Work of a round: time or cache lines touched, and how it is drawn. */
struct param_amount {
	enum { AMOUNT_FIXED, AMOUNT_UNIFORM, AMOUNT_EXP } form;
	bool lines;	 /* lo and hi are cache lines, else nanoseconds */
	uint64_t lo, hi; /* both included; AMOUNT_EXP: lo is the mean */
};

enum {
	PARAM_OPTIONAL_ARG = 1, /* "--timeline" alone means its `bare` value */
	PARAM_HIDDEN = 2,	/* not in help, completion or man page */
};

/*
 * A family of implementations. Every kind struct (struct crew_kind, ...) begins
 * with a struct kind, so that a table of any family is a table of these.
 */
struct kind {
	const char *name;    /* as given to -k */
	const char *summary; /* one line */
	/* NULL: can run here. Otherwise fills why ("needs libck-dev") and returns
	 * false when this machine or build cannot. May be NULL. */
	bool (*available)(char *why, size_t size);
	const char *file; /* that it was loaded from; NULL: built in */
	bool control; /* its checks must fail: named it runs, '-k all' leaves it out */
};

/* Choices: name and one line, ended by a NULL name. */
struct choice {
	const char *name, *summary;
};

struct param {
	const char *name; /* long name without "--" */
	char letter;	  /* 0: none */
	enum param_type type;
	size_t offset;
	const char *arg;  /* "N", "DUR", "FILE"; NULL for flags */
	const char *def;  /* default as text; NULL: stays as it came in (zero) */
	const char *bare; /* PARAM_OPTIONAL_ARG: value when given without argument */
	double min, max;  /* COUNT(S), DURATION (ns), SIZE, REAL, PERCENT; both 0: any
			     value >= 0 */
	const char *help; /* one sentence fragment, lower case, no full stop */
	const struct choice *choices;	 /* PARAM_CHOICE */
	const struct kind *const *kinds; /* PARAM_KINDS; ends in NULL */
	/* PARAM_KINDS: a word with a slash is a file to be loaded; *index is then its
	 * place in kinds, behind the NULL. 0, -EINVAL or -ENOMEM. NULL: none can be. */
	int (*load)(const char *path, int64_t *index, struct err *e);
	unsigned flags;
	unsigned verbs; /* scenario with verbs: those that take this option, a bit
			   each by their place; 0: all */
};

#define PARAM_END                                                                      \
	{                                                                              \
		.name = NULL                                                           \
	}

#endif
