/*
 * spawn.h - starts a program: a file core/spawn/NAME.c is a way to do it.
 *
 * What the ways have in common stands here: what the program gets, how it is found,
 * and what its child does before it execs. The default way shares the parent's
 * memory until then (clone with CLONE_VM and CLONE_VFORK, as posix_spawn(3) of
 * glibc has it), so that the cost does not grow with the parent; unlike
 * posix_spawn it can ask to die with its parent.
 *
 * Any thread may start programs; with SPAWN_DIES_WITH_PARENT it must not end before
 * the program has.
 */
#ifndef CORE_SPAWN_H
#define CORE_SPAWN_H

#include "core/err.h"
#include "core/param.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct guard;

enum {
	SPAWN_OWN_GROUP = 1, /* a process group of its own, with its PID as number */
	SPAWN_DIES_WITH_PARENT = 2, /* SIGKILL when the thread that started it ends */
};

/* Borrowed until spawn_start() returns. */
struct spawn_request {
	const char *path;  /* of the program, see spawn_find() */
	char *const *argv; /* ends in NULL */
	char *const *envp; /* ends in NULL */
	int cwd_fd;	   /* directory to start in; -1: ours */
	int fd[3];	   /* become its descriptors 0, 1, 2; any of ours */
	int pass_fd;	   /* one more that it keeps, by the same number; -1: none */
	unsigned flags;
	struct guard *guard; /* notes a group of its own; NULL: none */
	size_t guard_slot;
};

/* A program that was started, or not. */
struct spawn_child {
	pid_t pid;
	int pidfd;	    /* close-on-exec, the caller's to close; -1 when refused */
	int refused;	    /* errno of exec when that failed, the child being reaped */
	uint64_t call_ns;   /* spawn_start() was called */
	uint64_t exec_ns;   /* the child called exec; 0: this way cannot tell */
	uint64_t return_ns; /* the program was there, as its parent knew */
};

enum {
	SPAWN_COPIES = 1,     /* page tables of the parent are copied */
	SPAWN_CANNOT_DIE = 2, /* SPAWN_DIES_WITH_PARENT is not heard */
};

struct spawn_kind {
	struct kind kind;
	unsigned traits;
	/* As spawn_start(), which has set up c. */
	int (*start)(const struct spawn_request *q, struct spawn_child *c,
		     struct err *e);
};

extern const struct spawn_kind *const spawn_kind_table[];
extern const struct kind *const spawn_kind_list[]; /* the same, for PARAM_KINDS */

/* The way to take where nothing else is asked for: "spawn". */
extern const struct spawn_kind spawn_kind_spawn;

/*
 * Starts the program: signals at their defaults and unblocked, descriptors 0, 1, 2
 * as asked and no other of ours. Returns when it was exec'd: 0, also when exec
 * refused (c->refused), or -errno with e filled when there is no child at all.
 */
int spawn_start(const struct spawn_kind *kind, const struct spawn_request *q,
		struct spawn_child *c, struct err *e);

/*
 * Finds the program as a shell does: a name with a slash stands for itself, another
 * is looked for in the folders of `search` (a PATH; NULL: the system's), those that
 * are relative seen from cwd_fd (-1: ours). Returns 0 with the path in buf, -ENOENT,
 * -EACCES when there are only files that cannot be executed, or -ENAMETOOLONG.
 */
int spawn_find(const char *name, const char *search, int cwd_fd, char *buf,
	       size_t size);

/* --- for the kinds --------------------------------------------------------- */

/* What a child needs; where memory is shared, it answers here. */
struct spawn_start {
	const struct spawn_request *request;
	pid_t parent;
	int report_fd;		   /* it answers here instead; -1: memory is shared */
	volatile uint64_t exec_ns; /* the parent reads these when the child has */
	volatile int refused;	   /* exec'd or is gone, itself suspended until then */
	volatile int failed;	   /* errno of what stands before exec */
};

/*
 * The child's part: settles, puts its descriptors in place, execs. Calls nothing but
 * what a child of vfork() may. Signals are blocked when it comes.
 */
void spawn_exec(struct spawn_start *s) __attribute__((noreturn));

/* For a child on a stack that AddressSanitizer does not know: it may not look for its
 * end, as it does before a call that never returns. */
#define SPAWN_FOREIGN_STACK __attribute__((no_sanitize("address")))

/*
 * The parent's part once the child has exec'd or is gone; pid and pidfd (-1: not
 * there yet) are set. Reaps a child that did not exec. Returns 0 or -errno.
 */
int spawn_conclude(const struct spawn_start *s, struct spawn_child *c, struct err *e);

#endif
