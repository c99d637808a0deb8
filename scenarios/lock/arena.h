/*
 * arena.h - the memory of a measurement: locks, what they protect, a seat a contender.
 *
 * One shared mapping, made before the contenders are, so that its pointers hold in all
 * of them. It stays for all batches of a subject; samples add up in it.
 */
#ifndef SCENARIOS_LOCK_ARENA_H
#define SCENARIOS_LOCK_ARENA_H

#include "core/err.h"
#include "core/lock.h"

struct arena_lock {
	CACHE_ALIGNED unsigned char state[LOCK_STATE_BYTES];
	struct lock_section section;
};

/* A contender's own; written by it alone, read by the owner after its end. */
struct arena_seat {
	CACHE_ALIGNED struct lock_sampler sampler;
	struct hist wait, read_wait;
	/* Of the last batch: rounds that did not count, and of all rounds: */
	uint64_t before, before_reads, reads, retries, torn;
	uint64_t before_ns; /* when those that did not count began; their cost: */
	uint64_t before_cpu_ns;
	int64_t before_voluntary, before_involuntary;
	uint64_t handovers, longest; /* of those that count */
};

struct arena {
	size_t bytes;
	int contenders, nlocks;
	bool shared; /* between processes */
	struct arena_lock *lock;
	struct arena_seat *seat;
	struct hist *stuck;	  /* the owner's: waits that nobody timed */
	struct lock_place *place; /* contender by contender, its view of all locks */
	atom_u64 *own;		  /* contender by contender, lines of its own */
	size_t own_lines;
};

/*
 * Maps it; `hold_lines` go with each lock, `own_lines` with each contender. 0 or
 * -errno.
 */
int arena_open(struct arena *a, int contenders, int nlocks, size_t hold_lines,
	       size_t own_lines, bool shared, struct err *e);

/* Makes all locks, new and free, and clears what they protect. 0 or -errno. */
int arena_ready(struct arena *a, const struct lock_kind *kind, struct err *e);

/* Destroys them. */
void arena_done(struct arena *a, const struct lock_kind *kind);

/* Empties the samples of all seats. */
void arena_forget(struct arena *a);

void arena_close(struct arena *a); /* accepts a zeroed one */

/* The view of one contender, and its lines. */
static inline struct lock_place *
arena_place(const struct arena *a, int contender)
{
	return a->place + (size_t)contender * (size_t)a->nlocks;
}

#endif
