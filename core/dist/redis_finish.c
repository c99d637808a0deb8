/*
 * redis_finish.c - the end of a run on the engine; counts and the shared clock.
 */
#include "core/dist/redis_master.h"

#ifdef CONCBENCH_HIREDIS
#include "core/clock.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>

#define END_NS (5 * NS_PER_S)

const char *
redis_master_address(const struct dist_master *m)
{
	return m->address;
}

const char *
redis_master_run(const struct dist_master *m)
{
	return m->k.run;
}

void
redis_master_counts(struct dist_master *m, struct dist_counts *n)
{
	const uint64_t open = m->ntask - m->done - m->dead;
	/* The last look may be older than the last result. */
	const uint64_t leased = m->leased < open ? m->leased : open;

	*n = (struct dist_counts){
		.put = m->ntask,
		.queued = open - leased,
		.leased = leased,
		.done = m->done,
		.dead = m->dead,
		.redelivered = m->redelivered,
		.duplicates = m->duplicates,
		.workers = m->workers,
	};
}

/* Waits for all answers that are due on cmd. 1; 0 past the deadline; -errno. */
static int
settle(struct dist_master *m, uint64_t deadline_ns, struct err *e)
{
	for (;;) {
		int rc = redis_master_work(m, deadline_ns, e);

		if (rc < 0)
			return rc;
		if (m->cmd.ctx != NULL && m->expect.n == 0)
			return 1;
		if (clock_ns() >= deadline_ns)
			return 0;
		rc = redis_master_sleep(m, -1, deadline_ns, e);
		if (rc < 0)
			return rc;
	}
}

int
redis_master_clock(struct dist_master *m, uint64_t *ns, struct err *e)
{
	redisReply *r;
	int rc = settle(m, clock_deadline_ns(REDIS_CALL_NS), e);

	if (rc > 0) {
		redis_link_add(&m->cmd, "TIME");
		rc = redis_ask(&m->cmd, &r, clock_deadline_ns(REDIS_CALL_NS),
			       "read its clock", e);
	}
	if (rc <= 0)
		return rc < 0 ? rc : err_set(e, EAGAIN, "the engine's clock");
	*ns = redis_time_ns(r);
	freeReplyObject(r);
	return 0;
}

static bool
all_gone(const struct dist_master *m)
{
	for (size_t i = 0; i < m->nknown; i++)
		if (!m->known[i].gone)
			return false;
	return true;
}

int
redis_master_finish(struct dist_master *m, uint64_t deadline_ns, struct err *e)
{
	const uint64_t told_ns = clock_deadline_ns(END_NS);
	int rc;

	/* The end is not interrupted by the stop that may have caused it. */
	m->cmd.stop = m->in.stop = NULL;
	m->tick_ns = 0; /* once more: who is still there? */
	rc = settle(m, told_ns, e);
	if (rc <= 0)
		return rc < 0 ? rc : err_set(e, ETIMEDOUT, "cannot end the run");
	m->over = true;
	redis_link_add(&m->cmd, "MULTI");
	redis_link_add(&m->cmd, "HSET %s state over", m->k.m);
	redis_link_add(&m->cmd, "HDEL %s %s", m->k.runs, m->k.run);
	/* Wakes those who wait for tasks. */
	redis_link_add(&m->cmd, "XGROUP DESTROY %s g", m->k.t);
	redis_link_add(&m->cmd, "EXEC");
	for (int i = 0; i < 5; i++)
		redis_expect_add(&m->expect, AT_NOTHING, 0);
	rc = settle(m, told_ns, e);
	while (rc > 0 && !all_gone(m) && clock_ns() < deadline_ns) {
		m->has_next = false;
		rc = redis_master_work(m, deadline_ns, e);
		if (rc == 0 && !all_gone(m))
			rc = redis_master_sleep(m, -1, deadline_ns, e);
		rc = rc < 0 ? rc : 1;
	}
	return rc < 0 ? rc : 0;
}

int
redis_master_remove(struct dist_master *m, struct err *e)
{
	const uint64_t deadline_ns = clock_deadline_ns(END_NS);
	int rc;

	if (m->c.keep)
		return 0;
	m->cmd.stop = m->in.stop = NULL;
	m->over = true;
	rc = settle(m, deadline_ns, e);
	if (rc > 0) {
		redis_link_add(&m->cmd, "HDEL %s %s", m->k.runs, m->k.run);
		redis_expect_add(&m->expect, AT_NOTHING, 0);
		redis_link_add(&m->cmd, "UNLINK %s %s %s %s %s", m->k.t, m->k.r, m->k.d,
			       m->k.x, m->k.m);
		redis_expect_add(&m->expect, AT_NOTHING, 0);
		rc = settle(m, deadline_ns, e);
	}
	if (rc == 0)
		return err_set(e, ETIMEDOUT, "cannot take the run's keys away");
	return rc < 0 ? rc : 0;
}
#endif
