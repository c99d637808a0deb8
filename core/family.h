/*
 * family.h - a tree of processes: each makes n children, down to a depth.
 *
 * What every process did and saw is written to a slot of its own in shared memory,
 * so the root knows it of grandchildren, and of children that were killed. Numbers
 * go level by level: the root is 0, its children 1..n, the children of i are
 * i * n + 1 ... i * n + n.
 */
#ifndef CORE_FAMILY_H
#define CORE_FAMILY_H

#include "core/atom.h"
#include "core/err.h"
#include "core/fork.h"
#include "core/stop.h"
#include "core/trace.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The private variable: as in the program's file, and when a run begins. */
enum { FAMILY_FRESH = 1, FAMILY_BEFORE = 10 };

/* What is known of one process; written by itself and by its parent. */
struct family_slot {
	int32_t cpu;		 /* root: where it runs; -1: anywhere */
	atom_i32 created;	 /* parent: the PID it was given; 0: not made */
	atom_i32 reaped;	 /* parent: 1 once it was waited for */
	atom_i32 exitcode;	 /* parent: as proc_reap() has it */
	atom_u64 create_ns;	 /* parent: how long the call took */
	atom_u64 called_ns;	 /* parent: when it called */
	atom_i32 pid, parent;	 /* itself: getpid(), getppid() */
	atom_u64 begin_ns;	 /* itself: its first line */
	atom_u64 end_ns;	 /* itself: its last; 0 when it did not come so far */
	atom_i64 private_before; /* itself: the private variable as it came */
	atom_i64 private_after;	 /* itself: after its change */
};

/* What all processes of the tree share. */
struct family_shared {
	int32_t n, depth, role0, kind;
	uint64_t pause_ns;
	bool share;
	atom_u32 cancel;  /* 1: make no more, end pauses; a futex */
	atom_i32 failed;  /* first errno of a refused child */
	atom_i32 created; /* children made, on all levels */
	atom_i64 shared_variable;
	struct family_slot slot[];
};

struct family {
	struct family_shared *shared;
	size_t bytes;
	int fd;	     /* memfd behind it, for programs that exec */
	int total;   /* processes below the root */
	int orphans; /* whose parent was killed; the root reaped them */
	/* What to do; set between init and run. Borrowed. */
	const struct fork_kind *kind;
	struct trace *trace; /* the root writes as role 0, process i as role0 + i */
	const struct stop *stop;
	const char *self;	       /* this program, for kinds that exec */
	const char *const *self_words; /* argv[0] and what makes self call
					  family_exec() with the words behind; NULL at
					  the end, at most FAMILY_WORDS */
	const struct param_cpus *pin;  /* NULL: anywhere */
	int role0;
	uint64_t pause_ns; /* how long each process stays */
	bool share;	   /* each changes both variables */
};

#define FAMILY_WORDS 4

/*
 * Processes below the root for n children each, depth levels: n + n^2 + ... + n^depth;
 * max + 1 when there are more than max.
 */
int64_t family_size(int64_t n, int64_t depth, int64_t max);

/* Makes the shared memory. Returns 0 or -errno. The caller's f. */
int family_init(struct family *f, int n, int depth, struct err *e);

/* Gives it back. Accepts a zeroed f. */
void family_fini(struct family *f);

/*
 * Makes the whole tree and waits until every process of it was reaped. May be called
 * again; slots begin anew. Returns 0; -ECANCELED after a stop; -errno of the first
 * child that was refused, with the error filled; all that had been made is reaped in
 * any case. Main thread only.
 */
int family_run(struct family *f, struct err *e);

/* The private variable of this process. */
int64_t family_private(void);

/* Its address, and that of the shared variable, for showing. */
const void *family_private_address(void);

/*
 * The body of an exec'd child, from the words that family_run() put behind
 * self_words. self and self_words as in struct family. Returns its exit status: the
 * errno when it cannot join the tree. Never returns when the parent is gone. For
 * main() alone.
 */
int family_exec(const char *self, const char *const *self_words, int argc, char **argv);

#endif
