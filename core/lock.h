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
};

/* Room that callers give: state of a lock, node of a contender. Zeroed, on cache
 * lines of their own. */
#define LOCK_STATE_BYTES 256
#define LOCK_NODE_BYTES 128

/*
 * What a lock protects. `value` is a plain number, so that a ThreadSanitizer build
 * judges the order that a lock makes; `loose` stands in for it where the kind excludes
 * nobody. Both on lines that are not the lock's.
 */
struct lock_section {
	CACHE_ALIGNED uint64_t value; /* under the lock */
	uint64_t handovers;	      /* under the lock: holder was another before */
	uint64_t streak, longest; /* under the lock: rounds of one holder in a row */
	int64_t last;		  /* under the lock: who held it last; -1: nobody */
	CACHE_ALIGNED atom_u64 loose; /* instead of value */
};

/* The loop of one contender. Filled by the caller but for the last group. */
struct lock_run {
	void *state, *node;
	struct lock_section *section;
	const struct lock_kind *kind;
	int64_t self;	  /* its number, 0... */
	uint64_t rounds;  /* at most so many */
	uint64_t delta;	  /* added to the section's number in each */
	uint64_t hold;	  /* steps of idle work within, */
	uint64_t outside; /* and between two sections */
	atom_u32 *stop;	  /* looked at every 64 rounds; not 0: leave */
	uint64_t done;	  /* rounds it did */
	uint64_t repairs; /* deaths of a holder that it was told */
	int error;	  /* the errno that ended its loop, or 0 */
};

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
	/* As acquire(), but does not wait: -EBUSY. */
	int (*try_acquire)(void *state, void *node);
	/* As acquire(), but -ETIMEDOUT past deadline_ns of clock_ns(). NULL: cannot
	 * leave a queue; lock_acquire_until() asks again and again instead. */
	int (*acquire_until)(void *state, void *node, uint64_t deadline_ns);
	/* By the holder. 0, or -EPERM with LOCK_OWNED. */
	int (*release)(void *state, void *node);
	/* LOCK_ROBUST: by the holder, after -EOWNERDEAD. NULL otherwise. */
	int (*repair)(void *state);
	void (*destroy)(void *state); /* NULL: nothing to do */
	/* No lock but a change in one step: adds to *number. NULL otherwise. */
	void (*add)(atom_u64 *number, uint64_t delta);
	void (*drive)(struct lock_run *run); /* the loop, all of the above inlined */
};

extern const struct lock_kind *const lock_kind_table[];
extern const struct kind *const lock_kind_list[]; /* the same, for PARAM_KINDS */

/* Finds a kind by name; NULL when there is none. */
const struct lock_kind *lock_kind_find(const char *name);

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

/* Idle work of `steps` steps that no compiler takes away. */
static inline void
lock_idle(uint64_t steps)
{
	for (; steps > 0; steps--)
		__asm__ __volatile__("");
}

/* Who holds the lock notes that it does. */
static inline void
lock_note_holder(struct lock_section *s, int64_t self)
{
	if (s->last != self) {
		s->handovers += s->last >= 0;
		s->last = self;
		s->streak = 0;
	}
	if (++s->streak > s->longest)
		s->longest = s->streak;
}

/* The loop; inlined with the operations of one kind into its drive(). */
static inline __attribute__((always_inline)) void
lock_drive(struct lock_run *r, bool excludes, int (*acquire)(void *, void *),
	   int (*release)(void *, void *))
{
	struct lock_section *s = r->section;
	uint64_t i;
	int rc;

	for (i = 0; i < r->rounds; i++) {
		if (i % 64 == 0 && atom_load_rlx(r->stop) != 0)
			break;
		rc = acquire(r->state, r->node);
		if (rc == -EOWNERDEAD) {
			r->repairs++;
			rc = r->kind->repair(r->state);
		}
		if (rc != 0) {
			r->error = -rc;
			break;
		}
		if (excludes) {
			lock_note_holder(s, r->self);
			s->value += r->delta;
		} else {
			atom_store_rlx(&s->loose, atom_load_rlx(&s->loose) + r->delta);
		}
		lock_idle(r->hold);
		rc = release(r->state, r->node);
		if (rc != 0) {
			r->error = -rc;
			break;
		}
		lock_idle(r->outside);
	}
	r->done = i;
}

/*
 * Defines lock_kind_ID from ID_init, ID_acquire, ID_try, ID_release and further
 * members: LOCK_DEFINE(mutex, LOCK_EXCLUDES | ..., .kind.summary = "...", ...).
 */
#define LOCK_DEFINE(id, traits_, ...)                                                  \
	__attribute__((flatten)) static void id##_drive(struct lock_run *run)          \
	{                                                                              \
		lock_drive(run, ((traits_)&LOCK_EXCLUDES) != 0, id##_acquire,          \
			   id##_release);                                              \
	}                                                                              \
	const struct lock_kind lock_kind_##id = { .kind.name = #id,                    \
						  .traits = (traits_),                 \
						  .init = id##_init,                   \
						  .acquire = id##_acquire,             \
						  .try_acquire = id##_try,             \
						  .release = id##_release,             \
						  .drive = id##_drive,                 \
						  __VA_ARGS__ }

#endif
