/*
 * result.h - the one record of a run, which every format is rendered from.
 *
 * A scenario fills it; renderers read it; nobody else formats results. Memory
 * grows as needed and is owned by the record; texts given are copied. When memory
 * runs out, the record notes it (out_of_memory) and later additions do nothing,
 * so that callers need no check after every line. Owner's main thread only.
 */
#ifndef CORE_RESULT_H
#define CORE_RESULT_H

#include "core/err.h"
#include "core/hist.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum result_better { BETTER_NONE, BETTER_LOWER, BETTER_HIGHER };

/* What a command can tell about a kind: constant data of a scenario. */
struct metric {
	const char *name; /* "wall", "throughput" */
	const char *unit; /* "ns", "bytes", "1/s", "1", "%" */
	enum result_better better;
	const char *summary; /* definition, one line */
};

enum result_status {
	RESULT_OK,
	RESULT_SKIPPED, /* this machine or build cannot run it */
	RESULT_BROKEN,	/* it did nothing, or did it wrong: there is no number */
};

enum { RESULT_COUNTS = 3 };

/* What a measurement (core/measure.h) knows of a series beyond its samples. */
struct result_measured {
	enum result_status status;
	char *why;    /* skipped, broken */
	bool primary; /* what was measured; else something counted beside it */
	int version;  /* of the body; different ones are not compared */
	char *op;     /* what one operation is */
	/* What else the body counts, as NAME_name: constant data, ended by a NULL name;
	 * NULL: nothing. */
	const struct metric *counts; /* RESULT_COUNTS at most */
	double low, high;	     /* 95 % interval of the median; where n > 0 */
	char *base; /* kind that ratio refers to; NULL: there is no ratio */
	double ratio, ratio_low, ratio_high; /* median of the rounds' ratios */
	uint64_t outliers;   /* among the samples, which hold them all */
	uint64_t batch, ops; /* operations of one round, of all */
};

/* One metric of one kind (and size): raw samples, and percentiles if any. */
struct result_series {
	char *kind;	 /* "process", "thread"; "" where there are no kinds */
	int64_t workers; /* -n of these samples; 0: does not apply */
	char *params;	 /* what else they differ by, see result_params_next(); or "" */
	const struct metric *metric;
	size_t n;
	double *sample;			  /* finite, in metric->unit */
	struct hist *hist;		  /* NULL: no distribution */
	struct result_measured *measured; /* NULL: not measured by the engine */
};

struct result_check {
	char *kind, *name;
	bool passed;
	char *detail; /* what was seen, in words */
};

/* Columns of a table: constant data of a scenario. */
struct result_column {
	const char *name; /* snake_case with unit: "queued_ns" */
	const char *head; /* for people: "queued" */
	enum { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_NS, COLUMN_PERCENT, COLUMN_BYTES } as;
};

struct result_cell {
	bool present;
	double number; /* exact up to 2^53 */
	char *text;    /* COLUMN_TEXT */
};

/* Rows that belong to a run: its tasks, its workers. */
struct result_table {
	const char *name; /* "tasks", "workers" */
	char *kind;
	int64_t workers; /* -n of this run */
	const struct result_column *column;
	size_t ncolumns;
	size_t nrows;
	struct result_cell *cell; /* nrows * ncolumns, row by row */
	bool quiet;		  /* machine formats only, unless -v */
};

struct result_param {
	char *name, *value; /* canonical echo of an option */
};

enum result_end {
	END_DONE,
	END_STOPPED, /* SIGINT, SIGTERM, SIGHUP: see stop_reason */
	END_TIMEOUT, /* --timeout */
	END_FAILED,  /* the run itself failed; err says why */
};

struct result {
	const char *command;
	struct result_param *param;
	size_t nparams;
	struct result_series **series; /* pointers stay valid while the record grows */
	size_t nseries;
	struct result_check *check;
	size_t nchecks;
	struct result_table **table; /* so do these */
	size_t ntables;
	char **line; /* what the summary says to people, line by line */
	size_t nlines;
	char **warning;
	size_t nwarnings;
	uint64_t seed;
	int64_t start_unix_ns; /* wall clock at the start, for the RFC 3339 stamp */
	uint64_t wall_ns;      /* the whole run */
	enum result_end end;
	int stop_reason; /* END_STOPPED: signal number or STOP_OUTPUT (core/stop.h) */
	int status;	 /* exit status asked for by the scenario itself, else 0 */
	int failure;	 /* exit status of a run that itself failed; 0: 3 */
	struct err err;	 /* END_FAILED: why */
	uint64_t events_lost;
	bool out_of_memory;
	bool measured;		/* the engine made it: text is a table of figures */
	struct metric **metric; /* of result_metric() */
	size_t nmetrics;
};

void result_init(struct result *r, const char *command);
void result_fini(struct result *r);

/* Echo of an option, in the order of the table. */
void result_param(struct result *r, const char *name, const char *value);

/*
 * The series of `metric` for kind (may be NULL) and workers; made when new. Valid
 * until result_fini(). NULL only when memory ran out, which the other functions
 * accept.
 */
struct result_series *result_series(struct result *r, const char *kind, int64_t workers,
				    const struct metric *metric);

/* The same of one among several sizes: params is "capacity=64 size=8", or "". */
struct result_series *result_series_at(struct result *r, const char *kind,
				       int64_t workers, const char *params,
				       const struct metric *metric);

/* One parameter that the series of a run differ by. */
struct result_pair {
	char key[32], value[64];
};

/*
 * Reads the next "key=value" of params from *at on, which words of neither blanks nor
 * '=' make up, parted by one blank. False at the end. Pure.
 */
bool result_params_next(const char **at, struct result_pair *pair);

/*
 * A metric that is not constant data: owned by the record, found again by its name and
 * unit. Texts are copied. NULL when memory ran out.
 */
const struct metric *result_metric(struct result *r, const char *name, const char *unit,
				   enum result_better better, const char *summary);

/* Makes s a measured series and returns what is known of it, zeroed when new; NULL
 * when memory ran out. The texts in it are malloc'd and become the record's. */
struct result_measured *result_measured(struct result *r, struct result_series *s);

/* Adds one raw sample; a value that is not finite is refused with a warning. */
void result_sample(struct result *r, struct result_series *s, double value);

/* Adds the distribution h to the series (copied or merged). */
void result_hist(struct result *r, struct result_series *s, const struct hist *h);

/* States whether an invariant held, and what was seen (printf). */
void result_check(struct result *r, const char *kind, const char *name, bool passed,
		  const char *detail, ...) __attribute__((format(printf, 5, 6)));

/* A line of the summary for people / a warning (printf; the same text only once). */
void result_line(struct result *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void result_warn(struct result *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A new, empty table; name and columns are constant data that outlives r. Valid
 * until result_fini(). NULL when memory ran out.
 */
struct result_table *result_table(struct result *r, const char *name, const char *kind,
				  int64_t workers, const struct result_column *columns,
				  size_t ncolumns);

/*
 * Adds a row of absent cells to t and returns its number; fill it with the two
 * below. They do nothing where t is NULL or the row is SIZE_MAX (memory ran out), and
 * a number that is not finite stays absent.
 */
size_t result_row(struct result *r, struct result_table *t);
void result_number(struct result_table *t, size_t row, size_t column, double value);
void result_text(struct result *r, struct result_table *t, size_t row, size_t column,
		 const char *text);

/* True when every check passed (none: true). */
bool result_passed(const struct result *r);

/*
 * THE verdict: the exit status of DESIGN.md §4 that this record stands for; text,
 * JSON and the process status all call it. For a stop by signal N it is 128 + N.
 * A record that is short of memory or cannot be written is a failed run: 3.
 */
int result_status(const struct result *r);

/* The verdict as a word: "passed", "failed", "error", "stopped", "timeout". */
const char *result_verdict(const struct result *r);

#endif
