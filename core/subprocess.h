/*
 * subprocess.h - a command as an object: Python's subprocess.Popen.
 *
 * What raises an exception there returns -errno here: a program that is not there
 * is -ENOENT of subprocess_start(). A command that has ended has a returncode, as
 * Python has it: 0..255, or -N when signal N killed it; one that could not be exec'd
 * has 127 (not found) or 126, as a shell has it.
 *
 * An object belongs to the thread that started it. Signals go through a pidfd, or to
 * the command's own process group as long as it has not been reaped.
 */
#ifndef CORE_SUBPROCESS_H
#define CORE_SUBPROCESS_H

#include "core/communicate.h"
#include "core/err.h"
#include "core/spawn.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a standard stream of the command is, beside a descriptor of ours. */
enum { SUBPROCESS_INHERIT = -1, SUBPROCESS_PIPE = -2, SUBPROCESS_NULL = -3 };

struct subprocess_config {
	const struct spawn_kind *kind; /* NULL: spawn_kind_spawn */
	char *const *argv;
	char *const *envp; /* NULL: ours */
	const char *cwd;   /* NULL: ours */
	int stream[3];	   /* standard input, output, error */
	bool has_pass_fd;
	int pass_fd;	/* as spawn_request has it, when has_pass_fd */
	unsigned flags; /* SPAWN_... */
	struct guard *guard;
	size_t guard_slot;
};

struct subprocess {
	pid_t pid;
	int pidfd;	/* readable (poll) once it has ended; -1 before and after */
	bool ended;	/* its end was seen, it is reaped */
	int returncode; /* when ended */
	int refused;	/* errno of exec, when that was refused; returncode 126, 127 */
	int pipe[3];	/* our ends, for streams that are SUBPROCESS_PIPE; else -1 */
	unsigned flags;
	struct spawn_child spawned; /* when it was started */
};

/*
 * Starts it. Returns 0; -errno of exec with `refused` set and the reason, in words,
 * in e; or another -errno when we failed. To be closed in any case.
 */
int subprocess_start(struct subprocess *p, const struct subprocess_config *c,
		     struct err *e);

/* True when it has ended; reaps it. Never waits. */
bool subprocess_poll(struct subprocess *p);

/*
 * Waits for its end, timeout_ns at most (UINT64_MAX: for ever). Returns 0, or
 * -ETIMEDOUT. Reads nothing: a command that fills its pipe never ends.
 */
int subprocess_wait(struct subprocess *p, uint64_t timeout_ns);

/*
 * Moves the flows (the caller's choice of those with a pipe) until all have ended
 * and the command has, too, or timeout_ns is over: -ETIMEDOUT, after which it may be
 * called again, and nothing is lost.
 */
int subprocess_communicate(struct subprocess *p, struct flow *flow, int nflows,
			   uint64_t timeout_ns);

/*
 * Sends a signal: to the group when it has its own, for a shell has children, else
 * to the command. Nothing happens to one that has ended.
 */
void subprocess_signal(struct subprocess *p, int sig);

void subprocess_terminate(struct subprocess *p); /* SIGTERM */
void subprocess_kill(struct subprocess *p);	 /* SIGKILL */

/* Closes what is open. A command that still runs is killed and reaped first. */
void subprocess_close(struct subprocess *p);

/*
 * Why exec was refused, in words: "not found", "its interpreter '/x' is missing".
 * Writes at most size bytes; returns buf.
 */
const char *subprocess_refusal(const char *path, int refused, char *buf, size_t size);

/* --- a command from its start to its end ----------------------------------- */

struct subprocess_run {
	struct subprocess_config config;
	struct flow *flow;   /* three: input, output, error; what is SUBPROCESS_PIPE is
				moved; pipe is set here. NULL: no pipes */
	uint64_t timeout_ns; /* 0: none; then SIGTERM, after grace_ns SIGKILL */
	uint64_t grace_ns;
	uint64_t drain_ns; /* after its end, how long to wait for what its own
			      children still write to its output */
	int cancel_fd;	   /* readable: end it now; -1: none */
	/* The signal to begin with when cancelled; NULL: SIGTERM. */
	int (*cancel_signal)(void *arg);
	void *cancel_arg;
	/* Called as it has been started, and before each signal. May be NULL. */
	void (*started)(void *arg, const struct subprocess *p);
	void (*signalled)(void *arg, int sig);
	void *arg;
};

struct subprocess_end {
	pid_t pid;
	int exitcode; /* returncode */
	int refused;
	bool timed_out, cancelled;
	bool drained; /* false: something still held its output open */
	struct spawn_child spawned;
	uint64_t end_ns; /* its end was seen */
};

/*
 * Runs a command and waits for its end. Returns 0 with *end filled, also when it
 * could not be exec'd (e then has the reason) or failed; -errno when we failed (no
 * descriptor, no process), the command then being ended and reaped. Errors of our
 * side of the flows stand in the flows.
 */
int subprocess_run(const struct subprocess_run *q, struct subprocess_end *end,
		   struct err *e);

#endif
