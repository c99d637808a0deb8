/*
 * redis_result.c - the master takes results and what workers tell.
 */
#include "core/dist/redis_master.h"

#ifdef CONCBENCH_HIREDIS
#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
copy_name(char *to, size_t size, const redisReply *name)
{
	snprintf(to, size, "%s", name != NULL ? name->str : "");
}

struct redis_known *
redis_known(struct dist_master *m, const char *name, bool make)
{
	struct redis_known *all;

	for (size_t i = 0; i < m->nknown; i++)
		if (strcmp(m->known[i].name, name) == 0)
			return &m->known[i];
	all = make ? realloc(m->known, (m->nknown + 1) * sizeof(*all)) : NULL;
	if (all == NULL)
		return NULL;
	m->known = all;
	all[m->nknown] = (struct redis_known){ .gone = false };
	snprintf(all[m->nknown].name, sizeof(all->name), "%s", name);
	return &all[m->nknown++];
}

/* What a worker tells. */
static void
take_word(struct dist_master *m, const redisReply *fields)
{
	const redisReply *kind = redis_field(fields, 'k'),
			 *data = redis_field(fields, 'd');
	char who[DIST_WHO_MAX], consumer[DIST_WHO_MAX];
	struct redis_known *w;

	copy_name(who, sizeof(who), redis_field(fields, 'w'));
	copy_name(consumer, sizeof(consumer), redis_field(fields, 'c'));
	if (kind == NULL)
		return;
	if (kind->str[0] == 't' && data != NULL && m->c.on_trace != NULL)
		m->c.on_trace(m->c.arg, who, data->str, data->len);
	w = redis_known(m, consumer, kind->str[0] == 'h');
	if (w != NULL)
		w->gone = kind->str[0] == 'b';
}

/* Whether this entry of the results is the first of its task; then it is the next. */
static bool
take_result(struct dist_master *m, const redisReply *fields)
{
	const redisReply *value = redis_field(fields, 'v'),
			 *why = redis_field(fields, 'd'), *data = why ? why : value;
	const uint64_t n = redis_field_number(fields, 't');
	struct redis_task *t;

	if (data == NULL || n >= m->ntask)
		return false; /* nobody of us wrote that */
	t = &m->task[n];
	if (t->done) {
		m->duplicates++;
		return false;
	}
	copy_name(m->who, sizeof(m->who), redis_field(fields, 'w'));
	m->next = (struct dist_result){
		.number = n,
		.attempt = (uint32_t)redis_field_number(fields, 'a'),
		.dead = why != NULL,
		.status = (int)redis_field_number(fields, 's'),
		.payload = data->str,
		.bytes = data->len,
		.who = m->who,
	};
	m->redelivered += m->next.attempt > 1 ? m->next.attempt - 1 : 0;
	m->done += why == NULL;
	m->dead += why != NULL;
	t->done = true;
	free(t->payload);
	t->payload = NULL;
	while (m->low < m->ntask && m->task[m->low].done)
		m->low++;
	return true;
}

/* The next entry of the batch, of whichever stream; NULL at its end. */
static const redisReply *
next_entry(struct dist_master *m, bool *is_result)
{
	while (m->batch != NULL && m->stream < m->batch->elements) {
		const redisReply *s = m->batch->element[m->stream];
		const redisReply *list = s->type == REDIS_REPLY_ARRAY && s->elements > 1
						 ? s->element[1]
						 : NULL;

		if (list != NULL && list->type == REDIS_REPLY_ARRAY &&
		    m->entry < list->elements) {
			*is_result = s->element[0]->type == REDIS_REPLY_STRING &&
				     strcmp(s->element[0]->str, m->k.r) == 0;
			return list->element[m->entry++];
		}
		m->stream++;
		m->entry = 0;
	}
	return NULL;
}

/* Where the next XREAD goes on, which may be sent while this batch is worked off. */
static void
note_last(struct dist_master *m)
{
	for (size_t i = 0; i < m->batch->elements; i++) {
		const redisReply *s = m->batch->element[i], *list, *last;
		bool is_result;

		if (s->type != REDIS_REPLY_ARRAY || s->elements < 2)
			continue;
		list = s->element[1];
		if (list->type != REDIS_REPLY_ARRAY || list->elements == 0)
			continue;
		last = list->element[list->elements - 1];
		is_result = strcmp(s->element[0]->str, m->k.r) == 0;
		if (last->type == REDIS_REPLY_ARRAY && last->elements > 0)
			copy_name(is_result ? m->last_r : m->last_x, REDIS_ID_MAX,
				  last->element[0]);
	}
}

/* Takes the batch that XREAD brought. 1; 0: not yet; -errno final. */
static int
next_batch(struct dist_master *m, struct err *e)
{
	enum redis_fault f;
	redisReply *r;
	int rc;

	freeReplyObject(m->batch);
	m->batch = NULL;
	if (!m->asked || m->in.ctx == NULL)
		return 0;
	rc = redis_link_try(&m->in, &r, e);
	if (rc == 0)
		return 0;
	if (rc < 0) {
		redis_master_lost(m, REDIS_GONE, e);
		return 0;
	}
	m->asked = false;
	f = redis_fault(&m->in, r, "read results", e);
	if (f != REDIS_FINE) {
		freeReplyObject(r);
		if (f != REDIS_PASSING && f != REDIS_NO_GROUP)
			return redis_fault_errno(f);
		redis_master_lost(m, f, e);
		return 0;
	}
	redis_link_well(&m->in);
	if (r->type != REDIS_REPLY_ARRAY) { /* nothing came in the time it waited */
		freeReplyObject(r);
		return 0;
	}
	m->batch = r;
	m->stream = m->entry = 0;
	note_last(m);
	return 1;
}

int
redis_master_advance(struct dist_master *m, struct err *e)
{
	while (!m->has_next) {
		bool is_result = false;
		const redisReply *entry = next_entry(m, &is_result);

		if (entry == NULL) {
			int rc = next_batch(m, e);

			if (rc <= 0)
				return rc;
			continue;
		}
		if (entry->type != REDIS_REPLY_ARRAY || entry->elements < 2)
			continue;
		if (is_result)
			m->has_next = take_result(m, entry->element[1]);
		else
			take_word(m, entry->element[1]);
	}
	return 0;
}

int
redis_master_result(struct dist_master *m, struct dist_result *r, struct err *e)
{
	int rc = redis_master_advance(m, e);

	if (rc < 0 || !m->has_next)
		return rc;
	*r = m->next;
	m->has_next = false;
	return 1;
}
#endif
