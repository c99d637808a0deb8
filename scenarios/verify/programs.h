/*
 * programs.h - what `concbench verify` explores: locks and queues under small loads.
 */
#ifndef SCENARIOS_VERIFY_PROGRAMS_H
#define SCENARIOS_VERIFY_PROGRAMS_H

#include "core/lock.h"
#include "core/queue.h"
#include "core/verify.h"

/* The kinds of core/lock/ and core/queue/, compiled so that they can be explored. */
extern const struct lock_kind *const verify_lock_table[];
extern const struct kind *const verify_lock_list[];
extern const struct queue_kind *const verify_queue_table[];
extern const struct kind *const verify_queue_list[];

/* A program for a kind: arg of the program. */
struct verify_load {
	const void *kind; /* struct lock_kind or struct queue_kind */
	int tasks, rounds;
	int way; /* of the family's ways */
};

struct verify_family {
	const char *name;   /* "lock" */
	const char *way[4]; /* what its tasks do, in words; ends in NULL */
	/* Can the kind run at all with so many tasks? NULL: yes; otherwise why not. */
	const char *(*refuse)(const struct verify_load *l);
	/* Is this way one that it has, and another than those before? */
	bool (*applies)(const struct verify_load *l);
	struct verify_program (*program)(const struct verify_load *l);
};

extern const struct verify_family verify_lock_family, verify_queue_family;

#endif
