/*
 * fork.h - ways to make a child process: a file core/fork/NAME.c is a way.
 */
#ifndef CORE_FORK_H
#define CORE_FORK_H

#include "core/err.h"
#include "core/param.h"

#include <stdbool.h>
#include <sys/types.h>

/* What the child runs. Its return value is the exit status. */
typedef int fork_body(void *arg);

struct fork_request {
	fork_body *body;
	void *arg;
	/* For ways that must exec: this program, and the words that make it run the
	 * same body (argv[0] included, NULL at the end); the descriptors inherit_fd
	 * are left open in the child as the same numbers. It starts with all signals
	 * blocked and at their defaults: proc_settle() ends that. */
	const char *self;
	char *const *self_argv;
	int inherit_fd[2]; /* -1: none */
};

enum {
	FORK_RETURNS_TWICE = 1, /* the call returns in the child, with 0 */
	FORK_COPIES = 2,	/* the child has a copy of the variables */
	FORK_SHARES = 4,	/* the child runs in the parent's memory until exec */
	FORK_EXECS = 8,		/* the child is a fresh program */
};

struct fork_kind {
	struct kind kind;
	unsigned traits;
	/* Makes one child. In the parent: its PID, or -errno (nothing was made).
	 * The child runs the body and leaves with _exit(); it never returns. */
	pid_t (*create)(const struct fork_request *q, struct err *e);
};

extern const struct fork_kind *const fork_kind_table[];
extern const struct kind *const fork_kind_list[]; /* the same, for PARAM_KINDS */

#endif
