/*
 * spawn.h - runs a command to its end, its output into files.
 *
 * The child shares the parent's memory until it has exec'd (clone with CLONE_VM and
 * CLONE_VFORK, as posix_spawn(3) of glibc has it), so the cost does not grow with
 * the parent; unlike posix_spawn it can ask to die with its parent. The command
 * gets a process group of its own, standard input from /dev/null, every signal at
 * its default, and no other descriptor of ours.
 */
#ifndef CORE_SPAWN_H
#define CORE_SPAWN_H

#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

struct guard;

struct spawn_request {
	char *const *argv;   /* ends in NULL; argv[0] is looked up in PATH */
	int out_fd, err_fd;  /* files that standard output and error are appended to */
	uint64_t timeout_ns; /* 0: none; then SIGTERM, after grace_ns SIGKILL */
	uint64_t grace_ns;   /* between the two */
	uint64_t drain_ns;   /* after its end, how long to wait for what its own
				children still write to its output */
	int cancel_fd;	     /* readable: end it now; -1: none */
	struct guard *guard; /* notes the command's process group; may be NULL */
	size_t guard_slot;
};

struct spawn_end {
	pid_t pid;
	int exitcode; /* as core/proc.h has it; 127 not found, 126 not executable */
	int refused;  /* errno of exec when it did not start, else 0 */
	bool timed_out, cancelled;
	bool drained; /* false: something still held its output open */
};

/*
 * Runs the command and waits for its end. Returns 0 with *end filled, also when the
 * command could not be exec'd or failed; -errno when we failed (no descriptor, no
 * process, a full disk), the command then being ended and reaped. Any thread of a
 * worker; the thread must not end before the command has.
 */
int spawn_run(const struct spawn_request *q, struct spawn_end *end, struct err *e);

#endif
