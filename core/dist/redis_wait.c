/*
 * redis_wait.c - the master waits: for results, for room, for what it is asked to.
 */
#include "core/dist/redis_master.h"

#ifdef CONCBENCH_HIREDIS
#include "core/clock.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <string.h>

#define SLICE_NS (5 * NS_PER_S) /* of an XREAD; nobody waits for its end */
#define TICK_LEAST_NS (50 * NS_PER_MS)
#define TICK_MOST_NS NS_PER_S

enum { READ_MANY = 256, LATE_MANY = 64 };

void
redis_master_lost(struct dist_master *m, enum redis_fault f, const struct err *e)
{
	redis_link_fail(&m->cmd, f, e);
	redis_link_close(&m->in);
	m->expect = (struct redis_expect){ .n = 0 };
	m->asked = m->sending = false;
	m->late_ns = 0;
}

/* A lease that has ended: the task goes to another by XAUTOCLAIM, unless it was handed
 * out as often as may be. */
void
redis_master_late(struct dist_master *m, const redisReply *r)
{
	m->late_ns = 0;
	for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i < r->elements; i++) {
		const redisReply *one = r->element[i];
		uint64_t n, attempts;

		if (one->type != REDIS_REPLY_ARRAY || one->elements < 4 ||
		    one->element[1]->type != REDIS_REPLY_STRING)
			continue;
		n = redis_task_number(one->element[0]);
		attempts = (uint64_t)one->element[3]->integer;
		if (n >= m->ntask || attempts <= m->c.retries)
			continue;
		redis_bury(&m->cmd, &m->k, n, attempts, one->element[1]->str,
			   m->task[n].payload, m->task[n].bytes);
		for (int a = 0; a < REDIS_BURY_ANSWERS; a++)
			redis_expect_add(&m->expect, AT_NOTHING, 0);
	}
}

/* A field of an entry of XINFO: names and values in turn. */
static const redisReply *
info(const redisReply *one, const char *name)
{
	for (size_t i = 0; i + 1 < one->elements; i += 2)
		if (one->element[i]->type == REDIS_REPLY_STRING &&
		    strcmp(one->element[i]->str, name) == 0)
			return one->element[i + 1];
	return NULL;
}

void
redis_master_census(struct dist_master *m, const redisReply *r)
{
	m->leased = m->workers = 0;
	for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i < r->elements; i++) {
		const redisReply *name = info(r->element[i], "name"),
				 *pending = info(r->element[i], "pending"),
				 *idle = info(r->element[i], "idle");
		struct redis_known *w;

		if (name == NULL || pending == NULL || idle == NULL)
			continue;
		m->leased += (uint64_t)pending->integer;
		w = name->type == REDIS_REPLY_STRING ? redis_known(m, name->str, false)
						     : NULL;
		if (w != NULL &&
		    (uint64_t)idle->integer > m->k.lease_ms + TICK_MOST_NS / NS_PER_MS)
			w->gone = true;
	}
	/* One that never had a task is no consumer yet, but has said hello. */
	for (size_t i = 0; i < m->nknown; i++)
		m->workers += !m->known[i].gone;
}

void
redis_master_tick(struct dist_master *m)
{
	const uint64_t now_ns = clock_ns();
	uint64_t every_ns = m->c.lease_ns / 4;

	if (now_ns < m->tick_ns || m->late_ns != 0 || m->cmd.ctx == NULL || m->over)
		return;
	every_ns = every_ns < TICK_LEAST_NS ? TICK_LEAST_NS : every_ns;
	every_ns = every_ns > TICK_MOST_NS ? TICK_MOST_NS : every_ns;
	m->tick_ns = now_ns + every_ns;
	m->late_ns = now_ns;
	redis_link_add(&m->cmd, "XPENDING %s g IDLE %llu - + %d", m->k.t,
		       (unsigned long long)m->k.lease_ms, LATE_MANY);
	redis_expect_add(&m->expect, AT_LATE, 0);
	redis_link_add(&m->cmd, "XINFO CONSUMERS %s g", m->k.t);
	redis_expect_add(&m->expect, AT_CENSUS, 0);
	if (m->low > m->trimmed) {
		/* What is done need not be kept; what was told to us neither. */
		redis_link_add(&m->cmd, "XTRIM %s MINID %llu-0", m->k.t,
			       (unsigned long long)m->low + 1);
		redis_link_add(&m->cmd, "XTRIM %s MINID %s", m->k.x, m->last_x);
		redis_expect_add(&m->expect, AT_NOTHING, 0);
		redis_expect_add(&m->expect, AT_NOTHING, 0);
		m->trimmed = m->low;
	}
}

static void
ask_results(struct dist_master *m)
{
	if (m->asked || m->in.ctx == NULL)
		return;
	redis_link_add(&m->in, "XREAD COUNT %d BLOCK %d STREAMS %s %s %s %s", READ_MANY,
		       (int)(SLICE_NS / NS_PER_MS), m->k.r, m->k.x, m->last_r,
		       m->last_x);
	m->asked = true;
	m->asked_ns = clock_ns();
}

/* A server that does not answer is as good as gone. */
static void
check_silence(struct dist_master *m)
{
	const uint64_t now_ns = clock_ns();
	struct err e;

	if ((m->asked && now_ns - m->asked_ns > SLICE_NS + REDIS_CALL_NS) ||
	    (m->late_ns != 0 && now_ns - m->late_ns > REDIS_CALL_NS)) {
		err_set(&e, ETIMEDOUT, "engine %s:%d: no answer", m->k.url.host,
			m->k.url.port);
		redis_master_lost(m, REDIS_GONE, &e);
	}
}

static void
push_in(struct dist_master *m, struct err *e)
{
	if (m->in.ctx == NULL)
		return;
	ask_results(m);
	if (redis_link_push(&m->in, e) != 0)
		redis_master_lost(m, REDIS_GONE, e);
}

int
redis_master_work(struct dist_master *m, uint64_t until_ns, struct err *e)
{
	int rc;

	check_silence(m);
	if (m->cmd.ctx == NULL || m->in.ctx == NULL) {
		rc = redis_master_reach(m, until_ns, e);
		if (rc <= 0)
			return rc;
	}
	redis_master_tick(m);
	rc = redis_master_hear(m, e);
	push_in(m, e);
	if (rc == 0)
		rc = redis_master_advance(m, e);
	push_in(m, e);
	return rc;
}

static unsigned
what_holds(const struct dist_master *m, unsigned want)
{
	unsigned holds = 0;

	if (m->ntask - m->done - m->dead < m->c.bound)
		holds |= DIST_ROOM;
	if (m->has_next)
		holds |= DIST_RESULT;
	return holds & want;
}

int
redis_master_sleep(struct dist_master *m, int fd, uint64_t until_ns, struct err *e)
{
	bool sends[2];
	struct pollfd p[4] = {
		{ .fd = redis_link_fd(&m->cmd, &sends[0]), .events = POLLIN },
		{ .fd = redis_link_fd(&m->in, &sends[1]), .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
		{ .fd = m->cmd.stop != NULL ? m->cmd.stop->fd : -1, .events = POLLIN },
	};
	const uint64_t look_ns = m->late_ns == 0 && !m->over
					 ? m->tick_ns
					 : clock_deadline_ns(TICK_MOST_NS);

	for (int i = 0; i < 2; i++)
		p[i].events = (short)(p[i].events | (sends[i] ? POLLOUT : 0));
	if (look_ns < until_ns)
		until_ns = look_ns;
	if (m->c.trace != NULL && m->c.trace->live_ns > 0) {
		const uint64_t live_ns = clock_deadline_ns(m->c.trace->live_ns);

		trace_pump(m->c.trace, false);
		until_ns = live_ns < until_ns ? live_ns : until_ns;
	}
	if (poll(p, 4, clock_poll_ms(until_ns)) < 0 && errno != EINTR)
		return err_set(e, errno, "cannot wait for the engine");
	if (p[3].revents != 0)
		return err_set(e, ECANCELED, "stopped");
	return p[2].revents != 0 ? DIST_INPUT : 0;
}

int
redis_master_wait(struct dist_master *m, unsigned want, int fd, uint64_t deadline_ns,
		  struct err *e)
{
	for (;;) {
		int rc = redis_master_work(m, deadline_ns, e);
		bool enough;
		int holds;

		if (rc < 0)
			return rc;
		holds = (int)what_holds(m, want);
		enough = holds != 0 || (m->flushing && m->safe == m->ntask);
		/* The descriptor is looked at in any case, and so is the stop. */
		rc = redis_master_sleep(m, (want & DIST_INPUT) != 0 ? fd : -1,
					enough ? 0 : deadline_ns, e);
		if (rc < 0)
			return rc;
		holds |= rc;
		if (holds != 0 || enough || clock_ns() >= deadline_ns)
			return holds;
	}
}
#endif
