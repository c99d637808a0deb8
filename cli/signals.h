/*
 * signals.h - what stops a run from outside: Ctrl-C, SIGTERM, SIGHUP, the deadline.
 *
 * One run a process; main thread only. A forked child that has not yet reset its
 * signals does nothing in these handlers.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include "core/stop.h"

#include <stdint.h>

/*
 * What a program may inherit and must not: SIGCHLD ignored (children would vanish),
 * signals blocked. SIGPIPE and SIGXFSZ (ulimit -f) are ignored from here on: a write
 * fails instead.
 */
void signals_init(void);

/*
 * From now on SIGINT, SIGTERM and SIGHUP, and timeout_ns (0: none) from now, request
 * s to stop. A SIGINT when a stop was requested already removes temporary files and
 * kills this process at once. What was ignored by whoever started us (nohup, a job in
 * the background) stays ignored.
 */
void signals_catch(struct stop *s, uint64_t timeout_ns);

/* No more deadline, and signals have their former actions; s may go. */
void signals_release(void);

/* Ends the process by signal sig, so that a shell sees what happened. */
void signals_die(int sig) __attribute__((noreturn));

#endif
