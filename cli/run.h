/*
 * run.h - drive a scenario: options, environment, signals, trace, outputs, status.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "scenarios/scenario.h"

/* How the program was called, for results. */
struct call {
	int argc;
	char **argv;
};

/*
 * Reads the words after the subcommand's name (argv[0..argc-1], argv[argc] NULL),
 * runs the scenario, writes its results. Returns the exit status; when a signal
 * stopped the run, does not return, but dies by that signal. Main thread only.
 */
int run_scenario(const struct scenario *s, const struct call *call, int argc,
		 char **argv);

/* Tells on standard error what failed, "concbench: COMMAND: ..."; returns status. */
int run_complain(const char *command, const struct err *e, int status);

#endif
