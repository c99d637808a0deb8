/*
 * redis_open.c - the master makes its run, or finds it again: at the start, after an
 * outage, and when the engine came back with less than it had promised.
 */
#include "core/dist/redis_master.h"

#ifdef CONCBENCH_HIREDIS
#include "core/clock.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A plain command whose answer is not looked at, but for being none of an error.
 * BUSYGROUP: the group is there already. */
static int
confirm(struct dist_master *m, int answers, struct err *e)
{
	for (int i = 0; i < answers; i++) {
		redisReply *r;
		enum redis_fault f = REDIS_FINE;
		int rc = redis_link_next(&m->cmd, &r, clock_deadline_ns(REDIS_CALL_NS),
					 e);

		if (rc == -ECANCELED)
			return rc;
		if (rc <= 0) {
			redis_master_lost(m, REDIS_GONE, e);
			return 0;
		}
		if (r->type != REDIS_REPLY_ERROR ||
		    strncmp(r->str, "BUSYGROUP", 9) != 0)
			f = redis_fault(&m->cmd, r, "make the run", e);
		freeReplyObject(r);
		if (f == REDIS_PASSING) {
			redis_master_lost(m, f, e);
			return 0;
		}
		if (f != REDIS_FINE)
			return redis_fault_errno(f);
	}
	return 1;
}

/* Writes down the run and makes its streams; what is there stays. `from`: what of the
 * tasks its group begins with. */
static int
make_run(struct dist_master *m, const char *from, struct err *e)
{
	const char *const stream[] = { m->k.r, m->k.d, m->k.x };

	redis_link_add(&m->cmd, "XGROUP CREATE %s g %s MKSTREAM", m->k.t, from);
	for (size_t i = 0; i < 3; i++)
		redis_link_add(&m->cmd, "XGROUP CREATE %s g 0 MKSTREAM", stream[i]);
	redis_link_add(&m->cmd, "HSET %s state open lease_ms %llu retries %u", m->k.m,
		       (unsigned long long)m->k.lease_ms, (unsigned)m->c.retries);
	redis_link_add(&m->cmd, "HSET %s %s open", m->k.runs, m->k.run);
	return confirm(m, 6, e);
}

/* The number of tasks that were ever put: the last ID of the stream. 1, 0, -errno. */
static int
ask_put(struct dist_master *m, uint64_t *n, struct err *e)
{
	redisReply *r;
	int rc;

	*n = 0;
	redis_link_add(&m->cmd, "XINFO STREAM %s", m->k.t);
	rc = redis_ask(&m->cmd, &r, clock_deadline_ns(REDIS_CALL_NS), "find the run",
		       e);
	if (rc <= 0)
		return rc;
	for (size_t i = 0; i + 1 < r->elements; i += 2)
		if (r->element[i]->type == REDIS_REPLY_STRING &&
		    strcmp(r->element[i]->str, "last-generated-id") == 0 &&
		    r->element[i + 1]->type == REDIS_REPLY_STRING)
			*n = strtoull(r->element[i + 1]->str, NULL, 10);
	freeReplyObject(r);
	return 1;
}

/* The run is there with `put` tasks, and this master has not seen it before. */
static int
adopt(struct dist_master *m, uint64_t put, struct err *e)
{
	if (put == 0)
		return 1;
	m->task = calloc(put, sizeof(*m->task));
	if (m->task == NULL)
		return err_set(e, ENOMEM, "cannot open a run of %llu tasks",
			       (unsigned long long)put);
	m->ntask = m->max = m->safe = put;
	return 1;
}

/* The engine has the tasks below `put`. What is missing is put again. */
static int
compare(struct dist_master *m, uint64_t put, struct err *e)
{
	if (put > m->ntask)
		return err_set(e, EINVAL, "run '%s' has a second master", m->k.run);
	for (uint64_t i = put; i < m->safe; i++)
		if (!m->task[i].done && m->task[i].payload == NULL)
			return err_set(e, EINVAL,
				       "engine %s:%d has lost task %llu of run '%s', "
				       "which an earlier master had put",
				       m->k.url.host, m->k.url.port,
				       (unsigned long long)i, m->k.run);
	if (put < m->safe && m->c.on_note != NULL) {
		char line[160];

		snprintf(line, sizeof(line),
			 "engine %.40s:%d came back without the last %llu tasks: they "
			 "are put again",
			 m->k.url.host, m->k.url.port,
			 (unsigned long long)(m->safe - put));
		m->c.on_note(m->c.arg, line);
	}
	m->safe = put;
	return 1;
}

/* Finds the run, or makes it. 1; 0: the link broke meanwhile; -errno. */
static int
find_run(struct dist_master *m, struct err *e)
{
	bool is_new, is_over;
	uint64_t put = 0;
	redisReply *r;
	int rc;

	redis_link_add(&m->cmd, "HGET %s state", m->k.m);
	rc = redis_ask(&m->cmd, &r, clock_deadline_ns(REDIS_CALL_NS), "find the run",
		       e);
	if (rc <= 0)
		return rc;
	is_new = r->type != REDIS_REPLY_STRING;
	is_over = !is_new && strcmp(r->str, "over") == 0;
	freeReplyObject(r);
	if (m->over && (is_new || is_over))
		return 1;
	/* Tasks of a run that is over are all done: its group begins at the end. */
	rc = make_run(m, is_over ? "$" : "0", e);
	if (rc > 0)
		rc = ask_put(m, &put, e);
	if (rc > 0)
		rc = m->found ? compare(m, put, e) : adopt(m, put, e);
	if (rc > 0)
		m->found = true;
	return rc;
}

int
redis_master_reach(struct dist_master *m, uint64_t until_ns, struct err *e)
{
	for (;;) {
		int rc = redis_link_reach(&m->cmd, until_ns, e);

		if (rc > 0)
			rc = redis_link_reach(&m->in, until_ns, e);
		if (rc <= 0)
			return rc;
		rc = find_run(m, e);
		if (rc != 0)
			return rc;
		/* Broken on the way, which began an outage: its end is patience's. */
		if (clock_ns() - m->cmd.out_since_ns >= m->cmd.patience_ns)
			return e->code != 0 ? -e->code : -EAGAIN;
		if (clock_ns() >= until_ns)
			return 0;
	}
}

/* People should know what an end of the engine would cost. Some users may not ask. */
static void
tell_durability(struct dist_master *m)
{
	char line[192];
	redisReply *r;
	struct err e;

	redis_link_add(&m->cmd, "INFO persistence");
	if (redis_link_next(&m->cmd, &r, clock_deadline_ns(REDIS_CALL_NS), &e) <= 0)
		return;
	if (r->type == REDIS_REPLY_STRING && m->c.on_note != NULL &&
	    strstr(r->str, "aof_enabled:0") != NULL) {
		snprintf(line, sizeof(line),
			 "engine %.40s:%d keeps no log (appendonly no): after its end, "
			 "tasks are only what this master still has",
			 m->k.url.host, m->k.url.port);
		m->c.on_note(m->c.arg, line);
	}
	freeReplyObject(r);
}

int
redis_master_open(struct dist_master **out, const struct dist_config *c, uint64_t *put,
		  struct err *e)
{
	struct dist_master *m = calloc(1, sizeof(*m));
	char run[DIST_RUN_MAX];
	int rc;

	*out = NULL;
	if (m == NULL)
		return err_set(e, ENOMEM, "cannot open a run");
	m->c = *c;
	rc = redis_run_init(&m->k, c->url, e);
	if (rc == 0) {
		snprintf(run, sizeof(run), "%s", c->run);
		if (run[0] == '\0')
			snprintf(run, sizeof(run), "%08x", (unsigned)rng_fresh_seed());
		redis_run_name(&m->k, run);
		m->k.lease_ms = c->lease_ns / NS_PER_MS;
		snprintf(m->address, sizeof(m->address), "%s://%s:%d/%d",
			 m->k.url.tls ? "rediss" : "redis", m->k.url.host,
			 m->k.url.port, m->k.url.db);
		snprintf(m->last_r, sizeof(m->last_r), "0-0");
		snprintf(m->last_x, sizeof(m->last_x), "0-0");
		redis_run_link(&m->k, &m->cmd, c);
		redis_run_link(&m->k, &m->in, c);
		m->in.note = NULL; /* once is enough */
		rc = redis_master_reach(m, UINT64_MAX, e);
	}
	if (rc < 0) {
		redis_master_close(m);
		return rc;
	}
	redis_link_well(&m->cmd);
	if (m->cmd.ctx != NULL)
		tell_durability(m);
	*put = m->ntask;
	*out = m;
	return 0;
}

void
redis_master_close(struct dist_master *m)
{
	if (m == NULL)
		return;
	redis_link_close(&m->cmd);
	redis_link_close(&m->in);
	freeReplyObject(m->batch);
	for (uint64_t i = 0; i < m->ntask; i++)
		free(m->task[i].payload);
	free(m->task);
	free(m->known);
	free(m);
}
#endif
