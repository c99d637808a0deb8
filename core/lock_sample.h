/*
 * lock_sample.h - takes the time of some rounds of a contender.
 *
 * EXECUTIVE SUMMARY: one round of `stride` on average, at a distance drawn anew each
 * time, so that it does not beat with the order of a queue. Such a round reads the
 * clock when it asks for the lock and when it has it. One waiter of those at a time,
 * the probe, also has the holders look at the clock when they leave and when they come,
 * so that it is known how long the lock was free while somebody wanted it; of those
 * pauses, one of `stride` / 4. All rounds count their turn, a plain addition under the
 * lock, from which follows how often a waiter was passed by, and how the turns of short
 * windows were shared.
 *
 * A contender has a sampler of its own; after its end its owner may read it.
 */
#ifndef CORE_LOCK_SAMPLE_H
#define CORE_LOCK_SAMPLE_H

#include "core/hist.h"
#include "core/lock_section.h"

#include <stdbool.h>
#include <stdint.h>

struct lock_sampler {
	uint64_t left;	   /* rounds until the next one that is timed */
	uint64_t stride;   /* on average; at least 1 */
	uint64_t random;   /* of a xorshift generator; not 0 */
	uint64_t gap_left; /* pauses until the next one that is timed */
	uint64_t asked_ns, asked_turn;
	bool probing;
	uint64_t step;	    /* 1: our turns count; 0: they do not */
	unsigned shift;	    /* windows are of 2^shift turns; 63: there are none */
	uint64_t window;    /* the number of the present one, */
	uint64_t in_window; /* and our turns in it */
	/* What was found. */
	double square;		       /* sum of the squares of turns in a window */
	uint64_t passed;	       /* turns of others while we waited, at most */
	struct hist *wait, *read_wait; /* ns; by who writes, and who reads */
};

/*
 * Readies a sampler for a run; what it found before stays, and its histograms are set.
 * `contenders` says how long a window is: a power of two, at least 32 turns each; 0: no
 * windows.
 */
void lock_sample_start(struct lock_sampler *s, uint64_t stride, uint64_t seed,
		       int contenders);

/* Turns of a window for so many contenders, as a power of two. */
unsigned lock_sample_shift(int contenders);

/* The rare halves of what follows. */
void lock_sample_begin(struct lock_sampler *s, const struct lock_place *p);

void lock_sample_window(struct lock_sampler *s, uint64_t window);
void lock_sample_came(struct lock_section *section);
void lock_sample_left(struct lock_sampler *s, struct lock_section *section);

/* At its end, a contender closes its last window. */
static inline void
lock_sample_stop(struct lock_sampler *s)
{
	lock_sample_window(s, UINT64_MAX);
}

/* Before the lock is asked for: true in a round that is timed. */
static inline bool
lock_sample_ask(struct lock_sampler *s, const struct lock_place *p)
{
	if (--s->left != 0)
		return false;
	lock_sample_begin(s, p);
	return true;
}

/* By the holder, when it has come. */
static inline void
lock_sample_turn(struct lock_sampler *s, struct lock_section *section)
{
	const uint64_t turn = atom_load_rlx(&section->turn);

	atom_store_rlx(&section->turn, turn + s->step);
	if (turn >> s->shift != s->window)
		lock_sample_window(s, turn >> s->shift);
	s->in_window += s->step;
	if (section->released_ns != 0)
		lock_sample_came(section);
}

/* By the holder, before it leaves. */
static inline void
lock_sample_leave(struct lock_sampler *s, struct lock_section *section)
{
	if (atom_load_rlx(&section->probe) != 0 && --s->gap_left == 0)
		lock_sample_left(s, section);
}

/* In a round that is timed: it has the lock; the shared side of it. */
void lock_sample_got(struct lock_sampler *s, const struct lock_place *p);
void lock_sample_read(struct lock_sampler *s, const struct lock_place *p);

#endif
