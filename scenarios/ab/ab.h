/*
 * ab.h - what the parts of `concbench ab` share: ab/line.c runs a command line as a
 * benchmark body, ab/judge.c says what came of it, ab.c has the options.
 */
#ifndef SCENARIOS_AB_H
#define SCENARIOS_AB_H

#include "scenarios/scenario.h"

struct ab_opts {
	const char *prepare, *setup, *input;
	bool shell, ignore_failure, show_output, strict, subtract;
	double max_regression, same;
};

/* A run of a command line (subject.impl); the empty one, taken off the others. */
extern const struct measure_body ab_wall, ab_startup;

/* As scenario.doubt and scenario.judge. */
bool ab_doubt(struct run *run, const void *opts, const struct measure *m);
void ab_judge(struct run *run, const void *opts, const struct measure *m);

#endif
