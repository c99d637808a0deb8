/*
 * suite.h - `concbench check`: named command lines with limits, run and judged.
 *
 * suite_read.c reads the file, suite_base.c the baseline, suite_run.c runs a line,
 * suite_judge.c asks the limits, suite_report.c and suite_points.c write,
 * suite_output.c has the files of -o; cmd_check.c
 * has the options.
 *
 *   # a comment
 *   lock-mutex: lock -k mutex -n 2 --bench; ops >= 0.8 x baseline; jain >= 0.7
 */
#ifndef CLI_SUITE_H
#define CLI_SUITE_H

#include "cli/output.h"
#include "cli/rule.h"
#include "core/err.h"
#include "core/param.h"
#include "core/stop.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What must hold. */
struct suite_limit {
	char *text;
	struct rule rule;
};

enum suite_word {
	SUITE_PASSED,
	SUITE_FAILED,  /* a limit is certainly not kept, or a check of the run failed */
	SUITE_UNCLEAR, /* a limit's interval reaches across */
	SUITE_SKIPPED, /* this machine or build cannot */
	SUITE_ERROR,   /* the run itself failed */
	SUITE_NOT_RUN, /* stopped before */
};

/* A limit and what was seen of one figure. */
struct suite_answer {
	const char *limit; /* borrowed from the entry */
	char figure[160];
	bool relative;
	enum rule_answer answer;
	struct rule_seen seen;
	char unit[16]; /* of what was seen, when it is not relative */
};

struct suite_entry {
	char *name;
	int line;    /* in the file, from 1 */
	char **word; /* of the command line, "concbench" not among them; ends in NULL */
	size_t nwords;
	struct suite_limit *limit;
	size_t nlimits;
	/* What came of it. */
	json_t *doc, *base; /* results, new and old; NULL: there is none */
	int status;	    /* of the run */
	bool again;	    /* it was measured once more */
	enum suite_word outcome;
	char why[240];
	struct suite_answer *answer;
	size_t nanswers;
};

struct suite {
	const char *file; /* borrowed */
	struct suite_entry *entry;
	size_t n;
	double max_regression; /* for entries without limits, where there is a base */
	bool force;
};

/* Reads the file ("-": standard input). Returns 0, or -EINVAL, -ENOMEM, -errno with
 * the error naming file and line. */
int suite_read(struct suite *s, const char *file, struct err *e);

/* Brings the entries named in `only` (none: all) to the front, in their order. Returns
 * how many they are, or -EINVAL for a name that is not there. */
int suite_select(struct suite *s, const struct param_texts *only, struct err *e);

/*
 * Reads the options of every command line as running it would, and starts nothing.
 * Returns 0, or -EINVAL with the error naming the line; -ENOMEM.
 */
int suite_words(const struct suite *s, struct err *e);

/* True when any limit of the entry is relative to a baseline. */
bool suite_wants_base(const struct suite_entry *x);

/*
 * Reads the baseline: a folder of NAME.json, or one file that suite_save() wrote. An
 * entry that is not in it has none. Returns 0 or -errno.
 */
int suite_load(struct suite *s, const char *path, struct err *e);

/* Writes the results of the entries that passed (into a folder, when path is one or
 * ends in '/'); others that the old baseline has are kept. Returns 0 or -errno. */
int suite_save(const struct suite *s, const char *path, struct err *e);

/*
 * Runs the entry's command line by the program `self`. Returns 0 with x->doc and
 * x->status set, or x->doc NULL and x->why; -EINTR when it was stopped; -errno.
 */
int suite_run(struct suite_entry *x, const char *self, struct stop *stop,
	      struct err *e);

/*
 * Judges x->doc by the limits: fills outcome, why, answers. Returns 0; -EINVAL for
 * what cannot be compared or asked; -ENOMEM.
 */
int suite_judge(const struct suite *s, struct suite_entry *x, struct err *e);

/* The exit status: 1, 3, 4 (when strict), 77 (all are skipped) or 0. */
int suite_status(const struct suite *s, bool strict);

enum suite_format { SUITE_TEXT, SUITE_MARKDOWN, SUITE_JSON, SUITE_JUNIT, SUITE_TAP };
extern const struct choice suite_formats[]; /* by enum suite_format */
void suite_write(FILE *out, const struct suite *s, enum suite_format format,
		 bool strict);

/* The files of -o FORMAT:FILE. */
struct suite_outputs {
	struct suite_output {
		enum suite_format format;
		struct output out;
	} * one;
	size_t n;
};

/* Opens them, before anything is run. Returns 0, -EINVAL for what is no FORMAT:FILE,
 * or -errno; nothing is held then. */
int suite_outputs_open(struct suite_outputs *all, const struct param_texts *specs,
		       struct err *e);

/* Writes the report to each and closes it. Returns 0 or the first -errno; nothing is
 * held afterwards. */
int suite_outputs_write(struct suite_outputs *all, const struct suite *s, bool strict,
			struct err *e);

/* Closes them; no file comes to be. */
void suite_outputs_abandon(struct suite_outputs *all);

/* For suite_write(): JUnit and TAP. */
void suite_junit(FILE *out, const struct suite *s, bool strict);
void suite_tap(FILE *out, const struct suite *s, bool strict);
void suite_count(const struct suite *s, size_t n[SUITE_NOT_RUN + 1]);
const char *suite_word(const struct suite_entry *x);
/* Puts what there is to say of an entry, line by line, numbered from 1. */
void suite_story(FILE *out, const struct suite_entry *x,
		 void (*put)(FILE *out, size_t number, const char *text));

void suite_fini(struct suite *s);

#endif
