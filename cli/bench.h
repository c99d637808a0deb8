/*
 * bench.h - --bench: a scenario measured instead of shown.
 */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "cli/common.h"
#include "scenarios/scenario.h"

#include <stdbool.h>

/* Refuses --bench where it means nothing: 0 or -EINVAL. */
int bench_refuse(const struct scenario *s, bool command, struct err *e);

/*
 * Lets the scenario plan what is measured, by the options; starts nothing. The caller
 * gives m (zeroed) back by measure_fini(), whatever is returned: 0, -EINVAL, -ENOMEM.
 */
int bench_plan(struct measure *m, struct run *run, const struct scenario *s,
	       const void *opts, const struct common_opts *o, struct err *e);

/*
 * Measures the plan and fills run->result; a progress line on standard error where
 * that is a terminal. Returns 0 or -errno.
 */
int bench_run(struct measure *m, struct run *run, const struct scenario *s,
	      const void *opts, struct err *e);

#endif
