/*
 * eager.c - looks for a short time before it sleeps.
 */
#include "core/dist/eager.h"

#include <sched.h>

bool
eager_begin(struct eager *g)
{
	g->yielded = false;
	if (g->skip > 0) {
		g->skip--;
		return false;
	}
	return g->until_ns == 0 || clock_ns() >= g->until_ns;
}

/* The CPU is wanted by others. */
static bool
late(struct eager *g)
{
	if (g->now_ns > g->until_ns + g->pause_ns)
		g->pause_ns = EAGER_PAUSE_NS;
	else if (g->pause_ns < EAGER_PAUSE_MAX_NS)
		g->pause_ns *= 2;
	g->until_ns = g->now_ns + g->pause_ns;
	return false;
}

static bool
in_vain(struct eager *g)
{
	if (g->penalty < EAGER_SKIP_MAX)
		g->penalty = 2 * g->penalty + 1;
	g->skip = g->penalty;
	return false;
}

bool
eager_again(struct eager *g)
{
	uint64_t before_ns;

	if (!g->yielded) {
		g->yielded = true;
		g->begin_ns = g->now_ns = clock_ns();
	}
	if (g->now_ns - g->begin_ns > EAGER_NS)
		return in_vain(g);
	before_ns = g->now_ns;
	sched_yield();
	g->now_ns = clock_ns();
	return g->now_ns - before_ns <= EAGER_LATE_NS || late(g);
}

void
eager_came(struct eager *g)
{
	if (g->yielded)
		g->penalty = 0;
}
