/*
 * guard.h - ends the commands of a run whose owner was killed with SIGKILL.
 *
 * A command can be told to die with its parent, but not the processes that it
 * started itself. The guard is a small child of the owner that sleeps in read() on a
 * pipe which ends when the owner, and whoever holds the other end with it, has gone.
 * Then it kills the process groups that were noted as running, and leaves. At a
 * normal end nothing is noted, and it just leaves.
 */
#ifndef CORE_GUARD_H
#define CORE_GUARD_H

#include "core/atom.h"
#include "core/err.h"

#include <stddef.h>
#include <sys/types.h>

struct guard {
	atom_i32 *group; /* n, shared; 0: none; each written by its slot's worker */
	size_t n, map_bytes;
	int lifeline; /* write end of the pipe, close-on-exec */
	int pidfd;
	pid_t pid;
};

/*
 * Starts a guard for n slots (one a worker). Returns 0, or -errno with nothing held.
 * The main thread of the owner, before its workers are started.
 */
int guard_open(struct guard *g, size_t n, struct err *e);

/* Notes that `slot` runs the process group `group` (0: nothing). Any worker. */
void guard_note(struct guard *g, size_t slot, pid_t group);

/* Ends and reaps the guard. The owner, after its workers ended. Accepts a zeroed g. */
void guard_close(struct guard *g);

#endif
