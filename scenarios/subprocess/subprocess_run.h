/*
 * subprocess_run.h - what the parts of `concbench subprocess` share.
 */
#ifndef SCENARIOS_SUBPROCESS_RUN_H
#define SCENARIOS_SUBPROCESS_RUN_H

#include "core/subprocess.h"
#include "scenarios/scenario.h"

enum { DEMO_NONE, DEMO_FULL_PIPE };

struct subprocess_opts {
	bool capture;
	const char *input, *input_file;
	uint64_t keep_bytes;
	uint64_t grace_ns, drain_ns;
	const char *cwd;
	struct param_texts env;
	int64_t repeat, n;
	struct param_list kinds, rss; /* kinds: none given is the default way */
	int demo;
	uint64_t wait_ns, size_bytes; /* of the demonstration */
};

enum metric_of_subprocess {
	M_SPAWN,
	M_OWN,
	M_EXEC,
	M_LIFETIME,
	M_TOTAL,
	M_WALL,
	M_RATE,
	M_STDIN,
	M_STDOUT,
	M_STDERR,
	M_RSS,
};

extern const struct metric subprocess_metrics[];
extern const struct param subprocess_params[];

/* A series of the kind (NULL: the one that runs). */
struct result_series *subprocess_series(struct run *run, const char *kind, int64_t n,
					enum metric_of_subprocess m);

/* Runs the user's command, --repeat times, -n at once. */
int subprocess_command(struct run *run, const struct subprocess_opts *o, struct err *e);

/* --rss: what starting a program costs as the parent grows. */
int subprocess_curve(struct run *run, const struct subprocess_opts *o, struct err *e);

/* scenario.bench. */
int subprocess_bench(struct run *run, const void *opts, struct measure *m,
		     struct err *e);

/* --demo full-pipe; and its child, which writes. */
int subprocess_full_pipe(struct run *run, const struct subprocess_opts *o,
			 struct err *e);
int subprocess_writer(int argc, char **argv);

#endif
