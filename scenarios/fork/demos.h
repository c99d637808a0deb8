/*
 * demos.h - what surprises people about fork: `concbench fork --demo NAME`.
 */
#ifndef SCENARIOS_FORK_DEMOS_H
#define SCENARIOS_FORK_DEMOS_H

#include "scenarios/scenario.h"

enum { DEMO_TREE, DEMO_STDIO, DEMO_LOCKED, DEMO_ZOMBIE };

/* Plays one (not DEMO_TREE) as roles 0 and 1. Returns 0 or -errno. Main thread only. */
int fork_demo(struct run *run, int demo, struct err *e);

#endif
