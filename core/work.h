/*
 * work.h - what a task does: nothing, sleep, burn the CPU, touch memory, wait.
 *
 * The amount is drawn from the seed and the task's number alone, so it does not
 * depend on who runs the task, in which order, or how often it is tried.
 */
#ifndef CORE_WORK_H
#define CORE_WORK_H

#include "core/atom.h"
#include "core/stop.h"

#include <stdint.h>

enum work_kind {
	WORK_NOOP,  /* returns at once */
	WORK_ECHO,  /* gives back its argument */
	WORK_SLEEP, /* sleeps lo..hi nanoseconds */
	WORK_CPU,   /* computes for lo..hi nanoseconds of the thread's CPU time */
	WORK_MEM,   /* allocates lo..hi bytes, writes and reads every page */
	WORK_IO,    /* waits lo..hi nanoseconds, as for a disk or a peer */
	WORK_MIXED, /* lo..hi nanoseconds: computes half of it, then waits half */
};

struct work {
	enum work_kind kind;
	uint64_t lo, hi; /* nanoseconds or bytes, both included; 0 where unused */
};

/*
 * How much of its work task number `task` does: uniform in lo..hi, from the seed.
 */
uint64_t work_amount(const struct work *w, uint64_t seed, uint64_t task);

/*
 * Does the work of one task. `amount` comes from work_amount(). Looks at *cancel
 * (may be NULL; non-zero means give up; futex_wake() on it ends a sleep at once)
 * at least every 10 ms. Returns 0 when the work was done, -ECANCELED when it was
 * given up, -ENOMEM when memory was refused. Any thread or process; in a task of a hub
 * (core/hub.h) a sleep lets the others run.
 */
int work_do(const struct work *w, uint64_t amount, atom_u32 *cancel);

/*
 * From now on work that this thread does is given up, too, once s (NULL: none, as at
 * the start) is requested. For tasks that the owner of a run does in its own thread, be
 * they coroutines: while they compute, nobody comes to set their cancel word.
 */
void work_heed(const struct stop *s);

/*
 * How a task waits: until ns have passed (0) or *cancel (may be NULL) is not 0
 * (-ECANCELED).
 */
typedef int work_wait(uint64_t ns, atom_u32 *cancel);

/* As work_do(), waiting by `wait`: coroutines let others run meanwhile. */
int work_do_by(const struct work *w, uint64_t amount, atom_u32 *cancel,
	       work_wait *wait);

/* Burns `ns` nanoseconds of the calling thread's CPU time; see WORK_CPU. */
int work_burn(uint64_t ns, atom_u32 *cancel);

#endif
