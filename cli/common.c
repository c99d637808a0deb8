/*
 * common.c - the options that every scenario has.
 */
#include "cli/common.h"

#include "cli/args.h"
#include "cli/rows.h"
#include "cli/suggest.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define AT(field) .offset = offsetof(struct common_opts, field)

#define FORMATS_MAX 32 /* more formats than anybody will write */

/* Filled from renderer_table by common_params(). */
static struct choice formats[FORMATS_MAX + 1];

static const struct param params[] = {
	ROW_FORMAT(common_opts, formats, "form of the results on standard output"),
	{ .name = "output",
	  .letter = 'o',
	  .type = PARAM_TEXTS,
	  AT(outputs),
	  .arg = "FORMAT:FILE",
	  .help = "write the results to FILE as well, whole or not at all; repeatable; "
		  "without FORMAT: that of --format" },
	{ .name = "trace",
	  .type = PARAM_TEXT,
	  AT(trace),
	  .arg = "FILE",
	  .help = "write the events to FILE as Chrome Trace Event JSON, for Perfetto "
		  "and speedscope" },
	{ .name = "timeline",
	  .type = PARAM_WHEN,
	  AT(timeline),
	  .arg = "WHEN",
	  .def = "auto",
	  .bare = "always",
	  .flags = PARAM_OPTIONAL_ARG,
	  .help = "draw the events as lanes, one a worker" },
	{ .name = "bench",
	  .letter = 'b',
	  .type = PARAM_FLAG,
	  AT(bench),
	  .help = "measure instead of show: kinds and sizes side by side, in rounds" },
	{ .name = "time",
	  .type = PARAM_DURATION,
	  AT(time_ns),
	  .arg = "DUR",
	  .min = 1e6,
	  .max = 1e15,
	  .help = "with --bench: measure for DUR in all (1 s a kind and size)" },
	{ .name = "rounds",
	  .type = PARAM_COUNT,
	  AT(rounds),
	  .arg = "N",
	  .min = 6,
	  .max = 1e6,
	  .help = "with --bench: at most N rounds (no limit)" },
	{ .name = "warmup",
	  .type = PARAM_DURATION,
	  AT(warmup_ns),
	  .arg = "DUR",
	  .max = 1e15,
	  .help = "with --bench: warm up each kind and size for DUR (until its batches "
		  "agree)" },
	{ .name = "precision",
	  .type = PARAM_PERCENT,
	  AT(precision),
	  .arg = "PCT",
	  .min = 0.0001,
	  .max = 1,
	  .help = "with --bench: end when every median is known to +-PCT (1%; never "
		  "with --rounds)" },
	{ .name = "rate",
	  .type = PARAM_REAL,
	  AT(rate),
	  .arg = "R",
	  .min = 0.001,
	  .max = 1e7,
	  .help = "with --bench: begin R operations a second and measure each from "
		  "when it was meant to begin" },
	{ .name = "interval",
	  .type = PARAM_DURATION,
	  AT(interval_ns),
	  .arg = "DUR",
	  .min = 1e6,
	  .max = 1e15,
	  .help = "with --bench: a table of the figures over time, a row each DUR" },
	{ .name = "samples",
	  .type = PARAM_FLAG,
	  AT(samples),
	  .help = "with --bench: keep when each round was and what it cost, for the "
		  "machine formats" },
	{ .name = "pin",
	  .type = PARAM_CPUS,
	  AT(pin),
	  .arg = "POLICY",
	  .def = "none",
	  .help = "where workers run: all on one CPU (same), neighbours first "
		  "(compact), "
		  "different cores first (scatter), or CPUs by turns; with --bench "
		  "several "
		  "of these words, with commas, are rows" },
	{ .name = "seed",
	  .type = PARAM_COUNT,
	  AT(seed),
	  .arg = "N",
	  .help = "seed of every random choice; drawn and printed when not given" },
	{ .name = "timeout",
	  .type = PARAM_DURATION,
	  AT(timeout_ns),
	  .arg = "DUR",
	  .min = 1,
	  .help = "stop and reap everything after DUR, print what is known, exit 124" },
	{ .name = "quiet",
	  .letter = 'q',
	  .type = PARAM_FLAG,
	  AT(quiet),
	  .help = "only the result" },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = PARAM_FLAG,
	  AT(verbose),
	  .help = "more of everything" },
	{ .name = "color",
	  .type = PARAM_WHEN,
	  AT(color),
	  .arg = "WHEN",
	  .def = "auto",
	  .help = "colours" },
	{ .name = "ascii",
	  .type = PARAM_FLAG,
	  AT(ascii),
	  .help = "draw with ASCII characters only" },
	ROW_HELP(common_opts),
	PARAM_END,
};

const struct param command_params[] = { ROW_HELP(command_opts), PARAM_END };

void
common_init(struct common_opts *o)
{
	*o = (struct common_opts){ .seed = -1,
				   .warmup_ns = UINT64_MAX,
				   .precision = -1 };
}

const struct param *
common_params(void)
{
	size_t i;

	for (i = 0; i < FORMATS_MAX && renderer_table[i] != NULL; i++)
		formats[i] = (struct choice){ renderer_table[i]->name,
					      renderer_table[i]->summary };
	return params;
}

/* True when a row of `own` has this one's name or letter. */
static bool
is_taken(const struct param *row, const struct param *own)
{
	for (; own->name != NULL; own++)
		if (strcmp(own->name, row->name) == 0 ||
		    (row->letter != 0 && own->letter == row->letter))
			return true;
	return false;
}

const struct param *
common_params_beside(const struct param *own)
{
	static struct param left[sizeof(params) / sizeof(params[0])];
	const struct param *row = common_params();
	size_t n = 0;

	for (; row->name != NULL; row++)
		if (!is_taken(row, own))
			left[n++] = *row;
	left[n] = *row;
	return left;
}

const struct renderer *
common_renderer(const char *name)
{
	size_t i;

	for (i = 0; renderer_table[i] != NULL; i++)
		if (strcmp(renderer_table[i]->name, name) == 0)
			return renderer_table[i];
	return NULL;
}

/* -o with a word before the colon that is no format. */
static int
refuse_format(const char *spec, const char *word, struct err *e)
{
	char quoted[ARGS_QUOTE], known[112];
	const struct param *row = common_params();
	struct suggest s;
	size_t i;

	err_set(e, EINVAL, "-o: unknown format in '%s'",
		args_quote(spec, quoted, sizeof(quoted)));
	suggest_init(&s, word);
	for (i = 0; renderer_table[i] != NULL; i++)
		suggest_offer(&s, renderer_table[i]->name);
	args_accepts(row, known, sizeof(known));
	if (s.best != NULL)
		err_hint(e, "did you mean '%s:'?; formats: %s", s.best, known);
	else
		err_hint(e, "formats: %s; a file name with a colon is written ./NAME",
			 known);
	return -EINVAL;
}

#define FORMAT_NAME_MAX 32

int
common_output(const struct common_opts *o, size_t i, struct common_output *out,
	      struct err *e)
{
	const char *spec = o->outputs.v[i];
	size_t n = strcspn(spec, ":/");
	char word[FORMAT_NAME_MAX] = "", quoted[ARGS_QUOTE];

	*out = (struct common_output){ renderer_table[o->format], spec };
	if (spec[n] == ':') {
		if (n < sizeof(word))
			memcpy(word, spec, n);
		out->renderer = common_renderer(word);
		out->file = spec + n + 1;
	}
	if (out->renderer == NULL)
		return refuse_format(spec, word, e);
	if (*out->file == '\0')
		return err_set(e, EINVAL, "-o: '%s' names no file",
			       args_quote(spec, quoted, sizeof(quoted)));
	return 0;
}

/* The first option that means nothing without --bench; NULL: none was given. */
static const char *
given_for_bench(const struct common_opts *o)
{
	return o->time_ns != 0		    ? "--time"
	       : o->rounds != 0		    ? "--rounds"
	       : o->warmup_ns != UINT64_MAX ? "--warmup"
	       : o->precision >= 0	    ? "--precision"
	       : o->rate > 0		    ? "--rate"
	       : o->interval_ns != 0	    ? "--interval"
	       : o->samples		    ? "--samples"
					    : NULL;
}

int
common_check(const struct common_opts *o, struct err *e)
{
	struct common_output a, b;
	char quoted[ARGS_QUOTE];
	size_t i, j;

	if (!o->bench && given_for_bench(o) != NULL)
		return err_set(e, EINVAL, "'%s' is for --bench", given_for_bench(o));
	if (!o->bench && o->pin.nplaces > 1)
		return err_set(e, EINVAL,
			       "'--pin': several placements are for --bench");
	if (o->quiet && o->verbose)
		return err_set(e, EINVAL, "-q and -v exclude each other");
	for (i = 0; i < o->outputs.n; i++) {
		if (common_output(o, i, &a, e) != 0)
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (common_output(o, j, &b, e) == 0 &&
			    strcmp(a.file, b.file) == 0)
				return err_set(
					e, EINVAL, "-o: '%s' is written twice",
					args_quote(a.file, quoted, sizeof(quoted)));
	}
	return 0;
}
