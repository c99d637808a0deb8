/*
 * scenario.h - a subcommand's workload as data and functions.
 *
 * A file scenarios/NAME.c that defines `const struct scenario scenario_NAME` is a
 * subcommand: the make rule finds it, the parser, help, man page, completion and
 * `list` are made from its tables. run() shows the primitive and fills the result;
 * it prints nothing.
 */
#ifndef SCENARIOS_SCENARIO_H
#define SCENARIOS_SCENARIO_H

#include "core/err.h"
#include "core/measure.h"
#include "core/param.h"
#include "core/result.h"
#include "core/stop.h"
#include "core/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What the command line gives to a run; lives as long as run() does. */
struct run {
	struct stop *stop;   /* Ctrl-C, SIGTERM, --timeout */
	struct trace *trace; /* made, role 0 ("main") bound to the calling thread; with
				SCENARIO_UNTRACED also off (shared NULL, fd -1) when
				nobody will see events */
	struct result *result; /* made; run() fills it */
	uint64_t seed;
	const struct param_cpus *pin;
	const bool
		*given; /* by place in the scenario's table: options that were given */
	bool bench;	/* --bench: run() will not be called */
	bool verbose;
	bool quiet;  /* --quiet, and no output asks for events all the same */
	int verb;    /* scenario with verbs: which one, its place in the table */
	int argc;    /* words after "--", if the scenario takes a command; operands
			behind the verb, if that takes some */
	char **argv; /* ends in NULL */
	/* Passes on output of a command that the scenario ran: stream 1 or 2. The
	 * front decides where it goes. Returns 0 or -errno (the output is closed or
	 * full), after which the run should stop. `task` is its number. */
	int (*output)(void *arg, int64_t task, int stream, const void *data, size_t n);
	void *output_arg;
	/* What a command may be given as its standard output and error, where that
	 * need not pass through output(); -1: it must. */
	int out_fd, err_fd;
	const char *self; /* path of this program, for exec */
};

struct example {
	const char *line; /* "concbench pool -n 4 -t 5" */
	const char *does; /* what it shows */
};

/* A scenario that has several things to show: the first operand says which. */
struct verb {
	const char *name, *summary;
	const char *operands; /* "URL...": what may stand behind it; NULL: nothing */
	bool command; /* takes words after "--", instead of operands; the scenario
			 says SCENARIO_COMMAND, too */
};

/* The first option of the scenario's own table that was given and is none of used
 * (ended by NULL): for what has no use for the others. NULL: there is none. */
static inline const char *
run_given_but(const struct run *run, const struct param *own, const char *const *used)
{
	for (size_t i = 0; own[i].name != NULL; i++) {
		size_t u = 0;

		while (used[u] != NULL && strcmp(used[u], own[i].name) != 0)
			u++;
		if (used[u] == NULL && run->given[i])
			return own[i].name;
	}
	return NULL;
}

#define VERB_BIT(verb) (1u << (verb)) /* for param.verbs */

enum {
	SCENARIO_COMMAND = 1, /* takes words after "--" */
	/* With a command: standard output carries the command's output, the story
	 * of the run goes to standard error. */
	SCENARIO_UNTRACED = 2, /* runs as well with the trace off */
	SCENARIO_MEASURED = 8, /* is always measured: run() is not there, and words
				  after "--" are what bench() measures */
	SCENARIO_BENCH_COMMAND = 16, /* words after "--" are what --bench measures */
	SCENARIO_COMMAND_FIRST = 4,  /* the command begins at the first operand, too */
};

struct scenario {
	const char *name, *summary;
	const char *stands_for; /* "multiprocessing.Pool" */
	const char *about; /* paragraphs for help and man page; "\n\n" parts them */
	const struct verb *verbs;	 /* ended by a NULL name; NULL: none */
	const struct example *examples;	 /* ended by a NULL line */
	const struct param *params;	 /* ended by PARAM_END */
	size_t opts_size;		 /* of the struct that the offsets point into */
	const struct kind *const *kinds; /* of -k; NULL: none */
	const struct metric *metrics;	 /* ended by a NULL name; may be NULL */
	unsigned flags;
	int failure; /* exit status of a run that itself failed; 0: 3 */
	/* Roles that the trace needs for these options (main included). */
	int (*roles)(const struct run *run, const void *opts);
	/* Refuses combinations that make no sense, before anything is started:
	 * returns 0 or -EINVAL with the error filled. May be NULL. */
	int (*check)(const struct run *run, const void *opts, struct err *e);
	/* The same for one of the kinds, an index into them. Of '-k all' those that it
	 * refuses are left out, so that run() never sees them. May be NULL. */
	int (*check_kind)(const struct run *run, const void *opts, int64_t kind,
			  struct err *e);
	/* Does it. Returns 0, or -errno with the error filled when the run itself
	 * failed; what was found out until then stands in the result. */
	int (*run)(struct run *run, const void *opts, struct err *e);
	/* What --bench measures instead: adds a subject for each body, kind and size to
	 * m (measure_add()) and starts nothing; the front measures and reports. opts,
	 * run and what subjects point to stay until all is done. Returns 0; -EINVAL
	 * with the error filled for what cannot be measured. NULL: --bench is refused.
	 */
	int (*bench)(struct run *run, const void *opts, struct measure *m,
		     struct err *e);
	/* True when judge() would let the run fail by a figure, which may be bad luck:
	 * all is then measured once more, and that is what counts. May be NULL. */
	bool (*doubt)(struct run *run, const void *opts, const struct measure *m);
	/* Lines and checks of its own about what was measured. May be NULL. */
	void (*judge)(struct run *run, const void *opts, const struct measure *m);
	/* For a child that run() made by exec of this program: what `concbench __child
	 * NAME WORD...` does with the words; returns the exit status. May be NULL. */
	int (*child)(int argc, char **argv);
};

extern const struct scenario *const scenario_table[];

#endif
