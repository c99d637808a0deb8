/*
 * compare.h - saved results against new ones: what `concbench compare` is made of.
 *
 * compare_load.c reads files and finds what matches, compare_fits.c says whether it may
 * be compared, compare_rule.c reads and judges
 * --fail-if, compare_report.c writes; cmd_compare.c has the options and the status.
 */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include "core/err.h"
#include "core/verdict.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* One figure of one kind and size, of one side: samples of all its files. */
struct compare_side {
	double *sample;
	size_t n;
	size_t *run;
	size_t nruns;
	const json_t *metric; /* of the side's last file; NULL: not there */
	const char *status;   /* "ok", "skipped", "broken" */
	const json_t *group;  /* what stands beside it there: all metrics of the kind */
};

struct compare_row {
	char name[160]; /* "lock/kind=mutex/threads=4/acquire" */
	const char *kind, *metric, *unit;
	int64_t workers;
	char params[96]; /* "/capacity=64"; "" */
	enum result_better better;
	struct compare_side base, fresh;
	bool judged; /* both sides have figures */
	struct verdict verdict;
	char rule[96]; /* the --fail-if that holds; "": none */
};

/* One side: its files. */
struct compare_files {
	const char *const *name;
	size_t n;
	json_t **doc; /* owned */
};

struct compare {
	struct compare_files base, fresh;
	struct compare_row *row;
	size_t nrows;
	size_t missing, extra; /* names on one side only */
	struct verdict_limits limits;
	char **note; /* what people should know; owned */
	size_t nnotes;
};

/* Reads the files of a side. Returns 0; -EINVAL for what is no result of ours, or
 * -errno, with the error naming the file. */
int compare_read(struct compare_files *f, struct err *e);

/* A side of one document (NULL: of none), which is shared. Returns 0 or -ENOMEM. */
int compare_take(struct compare_files *f, json_t *doc, struct err *e);

/*
 * Refuses what is not comparable: another command, other parameters or versions, and
 * another machine. With `force` these become notes. Another build, governor or other
 * mitigations are notes in any case. Returns 0 or -EINVAL.
 */
int compare_fits(struct compare *c, bool force, struct err *e);

/* The same of the versions of what a row measures. */
int compare_fits_version(struct compare *c, const struct compare_row *r, bool force,
			 struct err *e);

/*
 * Matches the figures of both sides: those named in metric[0..nmetrics-1], or those
 * that were measured, or, where nothing was, those that have a better side. Judges
 * them. Returns 0, -ENOMEM; -EINVAL for versions that differ, unless `force`.
 */
int compare_match(struct compare *c, const char *const *metric, size_t nmetrics,
		  bool force, struct err *e);

/* Adds a note (printf). */
void compare_note(struct compare *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Reads "NAME OP VALUE" (p99 > 50us, median > +5%, jain < 0.9) and marks the rows for
 * which it certainly holds. Returns the number of rows that it could be asked of, or
 * -EINVAL.
 */
int compare_rule(struct compare *c, const char *text, struct err *e);

/* The exit status: 0, 1 (a regression or a rule), 4 (inconclusive, when strict). */
int compare_status(const struct compare *c, bool strict);

/* Formats. */
enum compare_format { COMPARE_TEXT, COMPARE_MARKDOWN, COMPARE_JSON, COMPARE_JUNIT };
void compare_write(FILE *out, const struct compare *c, enum compare_format format,
		   bool strict);

void compare_fini(struct compare *c);

#endif
