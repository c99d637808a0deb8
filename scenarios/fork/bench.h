/*
 * bench.h - what --bench measures of the fork scenario.
 */
#ifndef SCENARIOS_FORK_BENCH_H
#define SCENARIOS_FORK_BENCH_H

#include "core/atom.h"
#include "core/fork.h"
#include "core/measure.h"
#include "scenarios/scenario.h"

/* The first word of a child that a measured way made by exec: it exits at once. */
#define FORK_BENCH_WORD "bench"

/* Adds the measurement of one way to make children, n at a time. 0 or -ENOMEM. */
int fork_bench_add(struct measure *m, struct run *run, const struct fork_kind *kind,
		   int64_t n, struct err *e);

/* The same of a child of a process with so many bytes in use, which writes to `percent`
 * of them; with a kind that copies no memory it is skipped. */
int fork_touch_add(struct measure *m, struct run *run, const struct fork_kind *kind,
		   int64_t bytes, int64_t percent, struct err *e);

/* Says what writing to a page costs. */
void fork_touch_judge(struct run *run, const struct measure *m);

#endif
