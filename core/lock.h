/*
 * lock.h - mutual exclusion: one interface for every lock, one file for each.
 *
 * A lock is state in memory that all contenders share: a plain variable for threads,
 * a shared mapping for processes. Kinds are files in core/lock/; the table is
 * generated from what is there, so `grep LOCK_DEFINE core/lock` is the list. A kind
 * has its operations twice: by pointers, for demonstrations and tests, and inlined
 * into a driver that runs the whole loop of one contender: one indirect call a run,
 * since one a round was measured to reverse the order of locks.
 *
 *             init  acquire  try  release (holder)  destroy
 *   init        X      X      X         X              X    - may run together
 *   acquire     X      -      -         -              X    X caller must exclude
 *   destroy     X      X      X         X              X
 */
#ifndef CORE_LOCK_H
#define CORE_LOCK_H

#include "core/atom.h"
#include "core/lock_section.h"
#include "core/param.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
	LOCK_EXCLUDES = 1,  /* one holder at a time; only controls and floors lack it */
	LOCK_FAIR = 2,	    /* first come, first served */
	LOCK_PARKS = 4,	    /* who waits sleeps in the kernel */
	LOCK_RECURSIVE = 8, /* the holder may acquire again; releases as often */
	LOCK_SHARED = 16,   /* also between processes */
	LOCK_OWNED = 32,    /* knows its holder: a release by another is -EPERM */
	LOCK_CHECKED = 64,  /* a second acquire by the holder is -EDEADLK */
	LOCK_ROBUST = 128,  /* the end of a holder is told: -EOWNERDEAD */
	LOCK_READERS = 256, /* has a shared side: readers together, writers alone */
	/* Readers run beside a writer; the release tells whether what they read is void
	 * (seqlock), or they read a version that stays (RCU: load, store). */
	LOCK_OPTIMISTIC = 512,
	/* Nodes and states that met stay where they are until all are destroyed. */
	LOCK_KEEPS_NODES = 1024,
	/* Waiters by NUMA node: a contender's node begins with struct lock_cluster. */
	LOCK_CLUSTERS = 2048,
	/* Never gives way while it waits: with more contenders than CPUs a turn may
	 * take as long as the scheduler lets somebody spin. */
	LOCK_STUBBORN = 4096,
	/* What it makes in the kernel stays after its processes, unless destroyed. */
	LOCK_OUTLIVES = 8192,
	/* Who asks for it after its holder has died is aborted by the C library. */
	LOCK_ABORTS = 16384,
};

/* Room that callers give: state of a lock, node of a contender. Zeroed, on cache
 * lines of their own. */
#define LOCK_STATE_BYTES 1024
#define LOCK_NODE_BYTES 128

/*
 * The node of a LOCK_CLUSTERS kind begins with this: which cluster of CPUs its
 * contender belongs to. 0: ask the kernel for the NUMA node, at the first acquire; N:
 * it is planned to belong to cluster N - 1, wherever it runs.
 */
struct lock_cluster {
	uint32_t planned;
};

struct lock_run; /* the loop of one contender: core/lock_drive.h */

struct lock_kind {
	struct kind kind;
	const char *origin; /* who invented it, where it is written down */
	unsigned traits;
	size_t node_bytes; /* of a contender's node that is used; 0: needs none */
	/*
	 * Makes a lock that nobody holds, in LOCK_STATE_BYTES zeroed bytes; `shared`:
	 * for processes, in a shared mapping (LOCK_SHARED only). 0 or -errno.
	 */
	int (*init)(void *state, bool shared);
	/*
	 * Waits for the lock and takes it. 0; -EOWNERDEAD: taken, but a holder died
	 * within, so repair what it protects, then call repair(); or -errno, not taken.
	 * The node stays with the lock until the release.
	 */
	int (*acquire)(void *state, void *node);
	/* As acquire(), but does not wait: -EBUSY. NULL, of loaded kinds alone: it
	 * cannot. */
	int (*try_acquire)(void *state, void *node);
	/* As acquire(), but -ETIMEDOUT past deadline_ns of clock_ns(). NULL: cannot
	 * leave a queue; lock_acquire_until() asks again and again instead. */
	int (*acquire_until)(void *state, void *node, uint64_t deadline_ns);
	/* By the holder. 0, or -EPERM with LOCK_OWNED. */
	int (*release)(void *state, void *node);
	/* LOCK_ROBUST: by the holder, after -EOWNERDEAD. NULL otherwise. */
	int (*repair)(void *state);
	/*
	 * LOCK_READERS, NULL otherwise: the shared side. As those above; but a
	 * release_shared() of LOCK_OPTIMISTIC returns -EAGAIN when a writer came
	 * between: what was read is void, and the reader begins again.
	 */
	int (*acquire_shared)(void *state, void *node);
	int (*try_shared)(void *state, void *node);
	int (*release_shared)(void *state, void *node);
	/*
	 * Kinds whose readers see a version of their own (RCU): within a shared
	 * section, reads the words that the lock protects; by the holder, publishes new
	 * ones. NULL: the words stand in struct lock_section.
	 */
	struct lock_words (*load)(const void *state, const void *node);
	void (*store)(void *state, void *node, struct lock_words words);
	void (*destroy)(void *state); /* NULL: nothing to do */
	/* No lock but a change in one step: adds to *number. NULL otherwise. */
	void (*add)(atom_u64 *number, uint64_t delta);
	void (*drive)(struct lock_run *run); /* the loop, all of the above inlined */
};

/* End in NULL; behind it there is room for kinds that are loaded (core/lock_plug.h). */
extern const struct lock_kind *lock_kind_table[];
extern const struct kind *lock_kind_list[]; /* the same, for PARAM_KINDS */
extern const int lock_kind_room;

/* Finds a kind by name; NULL when there is none. */
const struct lock_kind *lock_kind_find(const char *name);

/* The cluster of a contender, 0 to n - 1. By its own thread. */
unsigned lock_cluster_of(struct lock_cluster *c, unsigned n);

/*
 * acquire_until() for every kind: where it is not there, asks try_acquire() until the
 * deadline, giving way in between. The same values. Any contender.
 */
int lock_acquire_until(const struct lock_kind *kind, void *state, void *node,
		       uint64_t deadline_ns);

/* A deadline of clock_ns() as the C library takes it, of CLOCK_MONOTONIC; and of the
 * wall clock, for functions that know no other. */
struct timespec lock_monotonic(uint64_t deadline_ns);
struct timespec lock_realtime(uint64_t deadline_ns);

/* Rounds of spinning before a waiter gives way to who may hold the lock. */
enum { LOCK_SPINS = 128 };

/*
 * One step of a waiter that spins; *n counts them from 0. Gives way now and then: with
 * more contenders than CPUs the holder, or who is next in the queue, may be waiting
 * for our CPU.
 */
static inline void
lock_spin(unsigned *n)
{
	if (++*n % LOCK_SPINS == 0)
		sched_yield();
	else
		atom_pause();
}

/* The loop of a contender, and LOCK_DEFINE, which makes a kind of its operations. */
#include "core/lock_drive.h"

#endif
