/*
 * redis_put.c - the master puts tasks, a transaction a batch, and hears the answers.
 */
#include "core/dist/redis_master.h"

#ifdef CONCBENCH_HIREDIS
#include "core/clock.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

/* A batch is bounded, for the server does nothing else meanwhile. */
enum { BATCH_TASKS = 256, BATCH_BYTES = 1 << 20 };

static int
make_room(struct dist_master *m, struct err *e)
{
	uint64_t max = m->max == 0 ? 256 : 2 * m->max;
	struct redis_task *task;

	if (m->ntask < m->max)
		return 0;
	task = realloc(m->task, max * sizeof(*task));
	if (task == NULL)
		return err_set(e, ENOMEM, "cannot put task %llu",
			       (unsigned long long)m->ntask);
	m->task = task;
	m->max = max;
	return 0;
}

int
redis_master_put(struct dist_master *m, const void *payload, size_t bytes,
		 struct err *e)
{
	void *copy;
	int rc;

	if (m->ntask - m->done - m->dead >= m->c.bound)
		return 0;
	if (bytes > DIST_PAYLOAD_MAX)
		return err_set(e, EMSGSIZE, "task %llu has %zu bytes",
			       (unsigned long long)m->ntask, bytes);
	rc = make_room(m, e);
	if (rc != 0)
		return rc;
	copy = malloc(bytes > 0 ? bytes : 1);
	if (copy == NULL)
		return err_set(e, ENOMEM, "cannot put task %llu",
			       (unsigned long long)m->ntask);
	if (bytes > 0)
		memcpy(copy, payload, bytes);
	m->task[m->ntask++] =
		(struct redis_task){ .payload = copy, .bytes = (uint32_t)bytes };
	return 1;
}

void
redis_master_send(struct dist_master *m)
{
	size_t bytes = 0;
	uint64_t i;
	int n = 0;

	if (m->sending || m->cmd.ctx == NULL || m->safe == m->ntask)
		return;
	redis_link_add(&m->cmd, "MULTI");
	redis_expect_add(&m->expect, AT_QUEUED, 0);
	for (i = m->safe; i < m->ntask && n < BATCH_TASKS && bytes < BATCH_BYTES; i++) {
		const struct redis_task *t = &m->task[i];

		if (t->done || t->payload == NULL)
			continue; /* after an outage: need not be there */
		redis_link_add(&m->cmd, "XADD %s %llu-0 p %b", m->k.t,
			       (unsigned long long)i + 1, t->payload, (size_t)t->bytes);
		redis_expect_add(&m->expect, AT_QUEUED, 0);
		bytes += t->bytes;
		n++;
	}
	redis_link_add(&m->cmd, "EXEC");
	redis_expect_add(&m->expect, AT_PUT, 0);
	m->sent = i;
	m->sending = true;
	m->batch_fault = REDIS_FINE;
}

/* What the server says to a command within a transaction; EXEC's answer counts, the
 * first refusal says why. */
static void
hear_queued(struct dist_master *m, const redisReply *r)
{
	struct err e;
	const enum redis_fault f = redis_fault(&m->cmd, r, "put tasks", &e);

	if (f == REDIS_FINE || m->batch_fault != REDIS_FINE)
		return;
	m->batch_fault = f;
	m->batch_err = e;
}

/* Whether every command of the transaction did what it should. */
static enum redis_fault
hear_put(struct dist_master *m, const redisReply *r, struct err *e)
{
	enum redis_fault f = redis_fault(&m->cmd, r, "put tasks", e);

	m->sending = false;
	if (f != REDIS_FINE && m->batch_fault != REDIS_FINE) {
		*e = m->batch_err;
		return m->batch_fault;
	}
	for (size_t i = 0; f == REDIS_FINE && i < r->elements; i++) {
		f = redis_fault(&m->cmd, r->element[i], "put tasks", e);
		if (f == REDIS_OLD_ID)
			f = REDIS_FINE; /* sent again, and it had come */
	}
	if (f == REDIS_FINE)
		m->safe = m->sent;
	return f;
}

static enum redis_fault
hear_one(struct dist_master *m, const redisReply *r, struct err *e)
{
	enum redis_fault f = REDIS_FINE;
	uint8_t kind = AT_NOTHING;
	uint32_t slot;

	redis_expect_next(&m->expect, &kind, &slot);
	switch (kind) {
	case AT_QUEUED:
		hear_queued(m, r);
		return REDIS_FINE;
	case AT_PUT:
		return hear_put(m, r, e);
	case AT_LATE:
		f = redis_fault(&m->cmd, r, "look for late tasks", e);
		if (f == REDIS_FINE)
			redis_master_late(m, r);
		return f;
	case AT_CENSUS:
		f = redis_fault(&m->cmd, r, "look for workers", e);
		if (f == REDIS_FINE)
			redis_master_census(m, r);
		return f;
	default:
		return redis_fault(&m->cmd, r, "serve the run", e);
	}
}

int
redis_master_hear(struct dist_master *m, struct err *e)
{
	for (;;) {
		enum redis_fault f;
		redisReply *r = NULL;
		int rc;

		redis_master_send(m);
		rc = redis_link_push(&m->cmd, e);
		if (rc == 0)
			rc = redis_link_try(&m->cmd, &r, e);
		if (rc == 0)
			return 0;
		if (rc < 0 || r == NULL) {
			redis_master_lost(m, REDIS_GONE, e);
			return 0;
		}
		f = hear_one(m, r, e);
		freeReplyObject(r);
		/* No group: the server may have come back without the run. */
		if (f == REDIS_PASSING || f == REDIS_NO_GROUP) {
			redis_master_lost(m, f, e);
			return 0;
		}
		if (f != REDIS_FINE)
			return redis_fault_errno(f);
		if (m->expect.n == 0)
			redis_link_well(&m->cmd);
	}
}

int
redis_master_flush(struct dist_master *m, struct err *e)
{
	int rc = 0;

	m->flushing = true;
	while (rc >= 0 && m->safe < m->ntask)
		rc = redis_master_wait(m, 0, -1, UINT64_MAX, e);
	m->flushing = false;
	return rc < 0 ? rc : 0;
}
#endif
