/*
 * measure_batch.c - one batch of a subject: what it took, and what it cost beside.
 *
 * The clock is read next to the call; what the kernel counts (getrusage, steal) is
 * read outside of it.
 */
#include "core/measure.h"

#include "core/clock.h"
#include "core/pace.h"
#include "core/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { LATE_TIMES = 4 };

static int64_t
cpu_ns(const struct rusage *u)
{
	return (u->ru_utime.tv_sec + u->ru_stime.tv_sec) * (int64_t)NS_PER_S +
	       (u->ru_utime.tv_usec + u->ru_stime.tv_usec) * (int64_t)NS_PER_US;
}

/* What the kernel has counted for this process and its reaped children. */
struct usage {
	struct rusage self, children;
};

static void
usage_read(struct usage *u)
{
	getrusage(RUSAGE_SELF, &u->self);
	getrusage(RUSAGE_CHILDREN, &u->children);
}

static void
usage_since(const struct usage *a, const struct usage *b, struct measure_round *rd)
{
	rd->cpu_ns = (uint64_t)(cpu_ns(&b->self) - cpu_ns(&a->self) +
				cpu_ns(&b->children) - cpu_ns(&a->children));
	rd->voluntary = b->self.ru_nvcsw - a->self.ru_nvcsw + b->children.ru_nvcsw -
			a->children.ru_nvcsw;
	rd->involuntary = b->self.ru_nivcsw - a->self.ru_nivcsw +
			  b->children.ru_nivcsw - a->children.ru_nivcsw;
}

/* Sleeps most of the way, then looks at the clock. */
static void
wait_until(uint64_t when_ns)
{
	enum { SPIN_NS = 60000 }; /* a sleep wakes late by as much */
	uint64_t now = clock_ns();

	if (when_ns > now + SPIN_NS) {
		uint64_t t = when_ns - SPIN_NS;
		struct timespec ts = { .tv_sec = (time_t)(t / NS_PER_S),
				       .tv_nsec = (long)(t % NS_PER_S) };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	}
	while (clock_ns() < when_ns)
		;
}

/*
 * Operations at their scheduled times. Each is measured from the moment when it was
 * meant to begin, so that one that is late makes the next ones late, too, as it would
 * be for those who wait (no coordinated omission). One who cannot keep up at all is
 * behind more and more: a batch ends with LATE_TIMES the time that it was meant to
 * take.
 */
static int
scheduled(struct measure *m, struct measure_subject *s, uint64_t iterations,
	  struct measure_did *did, struct err *e)
{
	const double step_ns = 1e9 / m->config.rate;
	const uint64_t begin_ns = clock_ns() + (uint64_t)step_ns;
	const uint64_t end_ns =
		begin_ns + (uint64_t)(LATE_TIMES * (double)iterations * step_ns);
	uint64_t i, meant_ns, took_ns, now_ns;
	struct measure_did one;
	struct hist *hist = s->hist;
	int rc = 0;

	s->hist = NULL; /* the body shall not count it, too */
	for (i = 0; i < iterations && rc == 0; i++) {
		meant_ns = begin_ns + (uint64_t)((double)i * step_ns);
		wait_until(meant_ns);
		one = (struct measure_did){ 0 };
		rc = s->body->run(s, 1, &one, e);
		now_ns = clock_ns();
		took_ns = now_ns - meant_ns;
		if (hist != NULL)
			hist_add(hist, took_ns);
		did->ops += one.ops;
		did->ns += took_ns;
		did->bytes += one.bytes;
		for (int c = 0; c < MEASURE_COUNTS; c++)
			did->counted[c] += one.counted[c];
		if (now_ns > end_ns || stop_reason(m->config.stop) != STOP_NONE)
			break;
	}
	s->hist = hist;
	return rc;
}

int
measure_batch(struct measure *m, struct measure_subject *s, uint64_t iterations,
	      struct measure_round *rd, struct measure_did *did, struct err *e)
{
	const int64_t steal_ns = sys_steal_ns();
	struct usage before, after;
	uint64_t begin_ns, end_ns;
	int rc;

	*did = (struct measure_did){ 0 };
	*rd = (struct measure_round){ 0 };
	rd->pace_ns = pace_step_ns();
	usage_read(&before);
	begin_ns = clock_ns();
	if (m->config.rate > 0 && iterations > 1)
		rc = scheduled(m, s, iterations, did, e);
	else
		rc = s->body->run(s, iterations, did, e);
	end_ns = clock_ns();
	usage_read(&after);
	rd->start_ns = begin_ns;
	rd->wall_ns = did->ns != 0 ? did->ns : end_ns - begin_ns;
	rd->real_ns = end_ns - begin_ns;
	rd->ops = did->ops;
	rd->bytes = did->bytes;
	memcpy(rd->counted, did->counted, sizeof(rd->counted));
	usage_since(&before, &after, rd);
	if (did->cpu_ns != 0)
		rd->cpu_ns = did->cpu_ns;
	if (did->has_switches) {
		rd->voluntary = did->voluntary;
		rd->involuntary = did->involuntary;
	}
	rd->steal_ns = steal_ns < 0 ? -1 : sys_steal_ns() - steal_ns;
	s->all_ops += did->ops;
	s->all_cpu_ns += rd->cpu_ns;
	return rc;
}
