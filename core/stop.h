/*
 * stop.h - one request to stop a run, seen by everything that waits.
 *
 * A signal handler, the run's own deadline or a failing check requests the stop;
 * loops read the flag, and whoever sleeps in poll() has the descriptor in its set.
 * The first request wins: its reason is kept.
 *
 *            request  requested  fini
 *   request     -         -       X      - may run together
 *   requested   -         -       X      X caller must exclude
 */
#ifndef CORE_STOP_H
#define CORE_STOP_H

#include "core/atom.h"
#include "core/err.h"

/* Reasons beside the positive signal numbers. */
enum {
	STOP_NONE = 0,
	STOP_TIMEOUT = -1,
	STOP_OUTPUT = -2, /* the results cannot be written: nobody would see more */
};

struct stop {
	atom_i32 reason; /* a STOP_ value or a signal number; any thread */
	int fd;		 /* eventfd, readable for ever once a stop was requested */
};

/* Makes s ready. Returns 0 or -errno (no descriptor left). The caller's memory. */
int stop_init(struct stop *s, struct err *e);

/* Gives the descriptor back. */
void stop_fini(struct stop *s);

/*
 * Requests the stop with a reason (a signal number or STOP_TIMEOUT). Only the
 * first request counts. Async-signal-safe; any thread of the process that owns s.
 */
void stop_request(struct stop *s, int reason);

/* The reason, or STOP_NONE. NULL never stops. Any thread or forked child. */
int stop_reason(const struct stop *s);

#endif
