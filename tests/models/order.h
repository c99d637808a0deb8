/*
 * order.h - what all models of locks share.
 *
 * Each of N processes takes the lock ROUNDS times. The search is exhaustive: it finds
 * two within at once, and a process that waits for ever (an invalid end state).
 *
 * Orders. What the lock protects has a version, which each holder raises. A process has
 * a view: the newest version that it is sure to see. An atomic variable x carries the
 * view of who wrote it, x_v: a release puts it there, a relaxed store takes it away, a
 * read-modify-write adds to it (release sequences of C11), an acquire takes it over. Who
 * enters must have the newest version in its view, else an edge is missing. Variables
 * themselves are sequentially consistent; where that is not enough (asym), the model has
 * store buffers.
 *
 * Places in line. A kind that is first come, first served calls arrive() in the step in
 * which it queues, and in_order() when it is let in.
 */
#ifndef N
#define N 3
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif

byte version, view[N], inside, arrivals, served;

#define NEWER(a, b) (a > b -> a : b)
#define ACQ(v) view[_pid] = NEWER(v, view[_pid])
#define REL(v) v = view[_pid]		   /* a store */
#define RLX(v) v = 0			   /* a store */
#define REL_RMW(v) v = NEWER(v, view[_pid]) /* RMW of relaxed order: nothing */
#define ACQ_REL(v) ACQ(v); REL_RMW(v)

#define arrive() mine = arrivals; arrivals++
#define in_order() d_step { assert(mine == served); served++ }

/* The section: in, and out. */
#define section()                                                                      \
	d_step { inside++; assert(inside == 1); assert(view[_pid] == version) }        \
	d_step { version++; view[_pid] = version; inside-- }

/* Sleeping on a futex: a word is looked at and slept on in one step. */
bool asleep[N];
#define futex_wait(still)                                                              \
	atomic {                                                                       \
		if                                                                     \
		:: still -> asleep[_pid] = 1                                           \
		:: else                                                                \
		fi                                                                     \
	}                                                                              \
	!asleep[_pid]
