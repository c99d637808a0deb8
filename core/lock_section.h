/*
 * lock_section.h - what a lock protects, and what its holder notes there.
 */
#ifndef CORE_LOCK_SECTION_H
#define CORE_LOCK_SECTION_H

#include "core/atom.h"

#include <stdint.h>

/* What readers read: two words that a writer changes together. */
struct lock_words {
	uint64_t a, b;
};

/*
 * `value` is a plain number, so that a ThreadSanitizer build judges the order that a
 * lock makes; `loose` stands in for it where the kind excludes nobody. Both on lines
 * that are not the lock's.
 */
struct lock_section {
	CACHE_ALIGNED uint64_t value; /* under the lock */
	struct lock_words words;      /* under the lock: the value, for readers */
	uint64_t handovers;	      /* under the lock: holder was another before */
	uint64_t streak, longest; /* under the lock: rounds of one holder in a row */
	int64_t last;		  /* under the lock: who held it last; -1: nobody */
	/* Sampled, under the lock: when the last holder left, 0: not looked at; and the
	 * longest time from there to the next. */
	uint64_t released_ns, longest_free_ns;
	atom_u64 turn; /* sampled: times it was taken; written under the lock */
	CACHE_ALIGNED atom_u64 open[2]; /* LOCK_OPTIMISTIC: the words */
	CACHE_ALIGNED atom_u64 loose;	/* instead of value */
	atom_u32 probe; /* sampled: a waiter wants to know when the lock is free */
};

/* A lock, as one contender sees it. */
struct lock_place {
	void *state, *node;
	struct lock_section *section;
	atom_u64 *lines; /* memory that goes with the lock, a CACHE_LINE each */
};

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

#endif
