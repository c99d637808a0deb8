/*
 * lock_mix.h - what the rounds of a contender are, where they are not all alike: which
 * lock of several, to read or to write, how long within and between, when to rest.
 *
 * All is drawn before the lock is asked for, from the seed and the contender's number.
 * Zipf's law by A. J. Walker's alias method, 1977, as M. Vose built it, 1991.
 */
#ifndef CORE_LOCK_MIX_H
#define CORE_LOCK_MIX_H

#include "core/err.h"
#include "core/lock_section.h"
#include "core/param.h"
#include "core/rng.h"

#include <stdbool.h>
#include <stdint.h>

enum { LOCK_NEST_MAX = 8, LOCK_LINES_MAX = 1024 };

/* Draws i of 0..n-1 with a weight each: below `keep` (of 2^32) itself, else the other.
 */
struct lock_choice {
	uint32_t n;
	struct lock_column {
		uint32_t keep, other;
	} column[];
};

/*
 * A choice of n by Zipf's law: item i with a weight of 1 / (i + 1)^theta; theta 0: all
 * the same. Free it with free(). NULL when memory ran out.
 */
struct lock_choice *lock_choice_zipf(uint32_t n, double theta);

/* Draws one. */
uint32_t lock_choice_draw(const struct lock_choice *c, struct rng *rng);

/* What all contenders have in common; constant during a run. */
struct lock_plan {
	struct param_amount hold, think;
	double reads;			  /* share of rounds that read, 0..1 */
	int nest;			  /* locks taken in order; at least 1 */
	const struct lock_choice *choice; /* of the lock; NULL: there is one */
	uint64_t burst;			  /* rounds between two rests; 0: no rests */
	uint64_t pause_ns;		  /* a rest */
	double steps_per_ns;		  /* of lock_idle(); see lock_steps_per_ns() */
};

struct lock_mix {
	/* The round: set by lock_mix_next(). */
	struct lock_place place[LOCK_NEST_MAX]; /* in the order of the table */
	int depth;
	bool read;
	/* Set by the owner. */
	const struct lock_plan *plan;
	const struct lock_place *all; /* all locks, as this contender sees them */
	atom_u64 *own;		      /* LOCK_LINES_MAX lines of its own */
	/* The rest is private. */
	struct rng rng;
	uint64_t hold, think; /* steps or lines */
	uint64_t in_burst;
};

/* Readies a mix whose owner's members are set. */
void lock_mix_init(struct lock_mix *m, uint64_t seed, uint64_t stream);

/* Draws the next round. */
void lock_mix_next(struct lock_mix *m);

/* Does what is done within: steps, or lines that go with the first lock. */
void lock_mix_hold(const struct lock_mix *m, const struct lock_place *p, bool reading);

/* Does what is done between, and rests after a burst; *stop ends a rest. */
void lock_mix_think(struct lock_mix *m, atom_u32 *stop);

/* An amount drawn: nanoseconds or lines. */
uint64_t lock_amount_draw(const struct param_amount *a, struct rng *rng);

/*
 * How many steps of lock_idle() a nanosecond is, measured (about 1 ms; the quickest of
 * several tries, so that others at work do not show). By the owner, before the run.
 */
double lock_steps_per_ns(void);

#endif
