/*
 * process.h - a child process as an object: Python's multiprocessing.Process.
 *
 * What raises an exception there returns -EINVAL with the same sentence here. An
 * object belongs to the process that made it; its main thread alone may call these
 * functions. Signals go through a pidfd, so never to a stranger with a recycled PID.
 */
#ifndef CORE_PROCESS_H
#define CORE_PROCESS_H

#include "core/err.h"
#include "core/trace.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the child runs; returns its exit status 0..255. */
typedef int process_target(void *arg);

enum process_state {
	PROCESS_INITIAL, /* made, not started */
	PROCESS_STARTED,
	PROCESS_ENDED, /* its end was seen, it is reaped */
	PROCESS_CLOSED,
};

struct process {
	char name[TRACE_NAME];
	process_target *target;
	void *arg;
	bool daemon; /* killed when its parent ends, however that ends */
	enum process_state state;
	pid_t parent; /* that made this object */
	pid_t pid;    /* 0 before the start */
	int pidfd;    /* readable (poll) once it has ended; -1 before and after */
	int exitcode; /* PROCESS_ENDED: 0..255, or -N for signal N */
};

/*
 * Describes a process. name NULL: "Process-N", N counting such names. Nothing is
 * started.
 */
void process_init(struct process *p, const char *name, process_target *target,
		  void *arg, bool daemon);

/*
 * Starts it: the child has default signal actions, ignores SIGINT (the parent decides
 * about Ctrl-C), runs target(arg) and leaves with _exit(). Returns 0 or -errno, after
 * which it may be tried again.
 */
int process_start(struct process *p, struct err *e);

/* True from its start until its end; false for what is not ours. Reaps it. */
bool process_is_alive(struct process *p);

/*
 * Waits for its end at most timeout_ns (UINT64_MAX: for ever; 0: only looks). Returns
 * 0 when it has ended, also if it had before, -ETIMEDOUT, or -errno.
 */
int process_join(struct process *p, uint64_t timeout_ns, struct err *e);

/* True and *exitcode once its end was seen; false is Python's None. */
bool process_exitcode(struct process *p, int *exitcode);

/* SIGTERM and SIGKILL. Nothing happens to one that has ended. 0 or -errno. */
int process_terminate(struct process *p, struct err *e);
int process_kill(struct process *p, struct err *e);

/* Gives the object back; refused while the process runs. Twice is fine. */
int process_close(struct process *p, struct err *e);

/* The process object whose target the calling process runs; NULL in the main one. */
const struct process *process_current(void);

#endif
