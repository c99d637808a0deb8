/*
 * verify.h - runs an algorithm through its interleavings, one after the other.
 *
 * A program is a few tasks over one state. They are coroutines of one thread, and
 * stop before each atomic operation (core/verify_hook.h), where the explorer decides
 * who goes on. Its own rule is to let a task run until it ends or waits, then the one
 * that has waited longest; a schedule deviates from that rule at some steps. All
 * schedules with no deviation are run, then all with one, with two ... so that the
 * first bad one found is among the shortest to tell. A schedule is bad when a task
 * says so, when all wait for each other, or when nobody gets on any more.
 *
 * Steps are sequentially consistent: what depends on a weaker order is not seen here
 * (the lint of edges and ThreadSanitizer look for that).
 *
 * One exploration at a time, by a thread without coroutines of its own. Sources: M.
 * Musuvathi, S. Qadeer, "Iterative context bounding", 2007; M. Emmi, S. Qadeer, Z.
 * Rakamaric, "Delay-bounded scheduling", 2011.
 */
#ifndef CORE_VERIFY_H
#define CORE_VERIFY_H

#include "core/err.h"
#include "core/stop.h"
#include "core/verify_hook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VERIFY_TASKS_MAX = 8, VERIFY_STEPS_MAX = 20000 };

struct verify_program {
	int tasks;	    /* 1..VERIFY_TASKS_MAX */
	size_t state_bytes; /* zeroed before each schedule */
	const void *arg;    /* borrowed */
	/* Makes the state; returns 0 or -errno. */
	int (*setup)(void *state, const void *arg, struct err *e);
	/* A task, numbered from 0. All it does in between two steps is one step. */
	void (*task)(void *state, const void *arg, int number);
	/* All have ended: is the state what it should be? verify_fail() if not. */
	void (*finish)(void *state, const void *arg);
	/* Gives back what setup() made; also after a bad schedule. May be NULL. */
	void (*clear)(void *state, const void *arg);
};

struct verify_limits {
	unsigned deviations; /* from the explorer's rule in one schedule, at most */
	uint64_t schedules;  /* in all, at most */
	struct stop *stop;   /* borrowed */
};

/* A step of the bad schedule. */
struct verify_event {
	int task;
	const struct verify_site *site; /* static data; NULL: its first step */
	bool deviates;			/* the rule would have let another go on */
};

struct verify_found {
	uint64_t schedules, steps;
	bool complete; /* all schedules within `deviations` were run */
	bool bad;
	unsigned deviations; /* of the bad one; else the most that were explored */
	char why[160];	     /* bad: what is wrong */
	struct verify_event *event; /* bad: its steps; owned */
	size_t nevents;
};

/*
 * Explores p. Returns 0 with *found filled, which verify_clear() gives back, or
 * -errno when it could not (memory).
 */
int verify_explore(const struct verify_program *p, const struct verify_limits *limits,
		   struct verify_found *found, struct err *e);
void verify_clear(struct verify_found *found);

/*
 * How many steps the first task takes alone, until it ends or can only wait, in source
 * files whose path ends in `file`: 0 for what is done by the C library or the kernel,
 * which cannot be explored. -errno.
 */
int64_t verify_steps(const struct verify_program *p, const char *file, struct err *e);

/* By a task: this schedule is bad. Does not return in a task; does in finish(). */
void verify_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* By a task: a step of its own, so that others can come in between. */
#define VERIFY_POINT(name)                                                             \
	do {                                                                           \
		static const struct verify_site site_ = { name, "", __FILE__,          \
							  __LINE__ };                  \
		verify_look(&site_);                                                   \
	} while (0)

#endif
