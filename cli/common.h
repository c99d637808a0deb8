/*
 * common.h - the options that every scenario has, with the same meaning everywhere.
 */
#ifndef CLI_COMMON_H
#define CLI_COMMON_H

#include "cli/render.h"
#include "core/err.h"
#include "core/param.h"

#include <stdbool.h>
#include <stdint.h>

struct common_opts {
	int format;		    /* index into renderer_table; standard output */
	struct param_texts outputs; /* -o, as given; read by common_output() */
	const char *trace;	    /* --trace FILE; NULL: none */
	int timeline;		    /* enum param_when */
	struct param_cpus pin;
	int64_t seed;	     /* -1: not given, draw a fresh one */
	uint64_t timeout_ns; /* 0: none */
	bool quiet, verbose;
	bool bench;
	uint64_t time_ns;     /* --bench: all rounds; 0: not given */
	uint64_t warmup_ns;   /* UINT64_MAX: until stable */
	uint64_t interval_ns; /* 0: none */
	int64_t rounds;	      /* 0: no limit */
	double precision;     /* -1: not given */
	double rate;	      /* 0: one after the other */
	bool samples;
	int color; /* enum param_when */
	bool ascii;
	bool help; /* never seen true: args_parse() returns ARGS_HELP instead */
};

/* A result file asked for by -o. */
struct common_output {
	const struct renderer *renderer;
	const char *file; /* points into argv; "-" is standard output */
};

/* Presets for args_parse(): nothing given. */
void common_init(struct common_opts *o);

/*
 * The table. The choices of --format are the renderers found by make, hence a
 * function; text first, then by name, but the value is the index in renderer_table.
 */
const struct param *common_params(void);

/*
 * The rows that a scenario with the table `own` has beside it: all but those whose
 * name or letter it uses itself (a scenario with a --bench of its own). Valid until
 * the next call.
 */
const struct param *common_params_beside(const struct param *own);

/*
 * Checks what single values cannot tell: -q with -v, two outputs to one file, the
 * format of each -o. Call after args_parse(). Returns 0 or -EINVAL.
 */
int common_check(const struct common_opts *o, struct err *e);

/*
 * Reads the i-th -o: "FORMAT:FILE", or "FILE" in the format of --format. A word
 * before the first colon that is no format is refused with the nearest one; a file
 * name with a colon is written as ./NAME. Returns 0 or -EINVAL.
 */
int common_output(const struct common_opts *o, size_t i, struct common_output *out,
		  struct err *e);

/* Finds a renderer by name; NULL when there is none. */
const struct renderer *common_renderer(const char *name);

/* What commands (cli/command.h) have in common: -h/--help alone. */
struct command_opts {
	bool help;
};
extern const struct param command_params[];

#endif
