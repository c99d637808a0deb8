/*
 * bench.h - what --bench measures of the fork scenario.
 */
#ifndef SCENARIOS_FORK_BENCH_H
#define SCENARIOS_FORK_BENCH_H

#include "core/fork.h"
#include "core/measure.h"
#include "scenarios/scenario.h"

/* The first word of a child that a measured way made by exec: it exits at once. */
#define FORK_BENCH_WORD "bench"

/* Adds the measurement of one way to make children, n at a time. 0 or -ENOMEM. */
int fork_bench_add(struct measure *m, struct run *run, const struct fork_kind *kind,
		   int64_t n, struct err *e);

#endif
