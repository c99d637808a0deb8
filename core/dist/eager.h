/*
 * eager.h - looks for a short time before it sleeps.
 *
 * Who sleeps until a message comes pays for being woken: 25 us and more where the CPU
 * went idle meanwhile, which is longer than the whole answer takes. So a wait begins
 * with a few looks that do not sleep, EAGER_NS long at most, and between two of them
 * the CPU is offered to others: on one CPU it is the other side that goes on.
 *
 * The looks must earn their keep. A wait that they did not end lets the next one sleep
 * at once, then the next three, seven and so on: who idles does not burn anything. And
 * a CPU that was offered and came back late is wanted by strangers, against whom who is
 * woken from sleep does better than who gave way: then all waits sleep for a while, for
 * longer when it happens again soon.
 *
 *	for (bool looks = eager_begin(&g); looks; looks = eager_again(&g))
 *		if (there is something)
 *			return eager_came(&g), ...;
 *	sleep
 *
 * One thread each; no system call but sched_yield().
 */
#ifndef CORE_DIST_EAGER_H
#define CORE_DIST_EAGER_H

#include "core/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define EAGER_NS (50 * NS_PER_US)
#define EAGER_LATE_NS NS_PER_MS	 /* the other side takes less, strangers more */
#define EAGER_PAUSE_NS NS_PER_MS /* after the first time late */
#define EAGER_PAUSE_MAX_NS (2 * NS_PER_S)
enum { EAGER_SKIP_MAX = 1023 };

struct eager {
	uint32_t skip;		     /* waits that sleep at once, from now on */
	uint32_t penalty;	     /* how many those were */
	bool yielded;		     /* since eager_begin(): there was a look in vain */
	uint64_t begin_ns, now_ns;   /* of the looks; after the last yield */
	uint64_t pause_ns, until_ns; /* after it was late: so long, until then */
};

/* A wait begins: whether to look. */
bool eager_begin(struct eager *g);

/* Nothing was there: offers the CPU to others. Whether to look again. */
bool eager_again(struct eager *g);

/* What is waited for was there. */
void eager_came(struct eager *g);

#endif
