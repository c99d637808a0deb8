/*
 * redis_hear.c - a worker's commands, and the answers to them.
 */
#include "core/dist/redis_worker.h"

#ifdef CONCBENCH_HIREDIS
#include "core/clock.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <string.h>

static void
expect(struct dist_worker *w, uint8_t kind, unsigned slot)
{
	if (w->link.ctx == NULL)
		return;
	if (w->expect.n == 0)
		w->heard_ns = clock_ns();
	redis_expect_add(&w->expect, kind, slot);
}

void
redis_worker_fetch(struct dist_worker *w, unsigned n, uint64_t block_ns)
{
	if (block_ns > 0)
		redis_link_add(&w->link,
			       "XREADGROUP GROUP g %s COUNT %u BLOCK %llu STREAMS %s >",
			       w->me, n, (unsigned long long)(block_ns / NS_PER_MS) + 1,
			       w->k.t);
	else
		redis_link_add(&w->link, "XREADGROUP GROUP g %s COUNT %u STREAMS %s >",
			       w->me, n, w->k.t);
	expect(w, OF_FETCH, 0);
	w->asked = true;
	w->slice_ns = block_ns;
}

void
redis_worker_claim(struct dist_worker *w, unsigned n)
{
	redis_link_add(&w->link, "XAUTOCLAIM %s g %s %llu %s COUNT %u", w->k.t, w->me,
		       (unsigned long long)w->k.lease_ms, w->cursor, n);
	expect(w, OF_CLAIM, 0);
	w->asked = true;
	w->slice_ns = 0;
}

void
redis_worker_send(struct dist_worker *w, unsigned slot)
{
	const struct redis_slot *s = &w->slot[slot];
	const unsigned long long n = (unsigned long long)s->number;

	redis_link_add(&w->link, "MULTI");
	/* Never makes the stream anew: the run may be over, and its keys taken away. */
	redis_link_add(&w->link, "XADD %s NOMKSTREAM * t %llu a %u w %s s %d v %b",
		       w->k.r, n, s->attempt, w->c.who, s->status, s->data, s->bytes);
	redis_link_add(&w->link, "XACK %s g %llu-0", w->k.t, n + 1);
	redis_link_add(&w->link, "EXEC");
	for (int i = 0; i < 3; i++)
		expect(w, OF_QUEUED, slot);
	expect(w, OF_GIVEN, slot);
}

void
redis_worker_release(struct dist_worker *w, uint64_t number, uint32_t attempt)
{
	/* Idle for a whole lease: whoever looks next takes it; not an attempt. */
	redis_link_add(&w->link,
		       "XCLAIM %s g %s 0 %llu-0 IDLE %llu RETRYCOUNT %u JUSTID", w->k.t,
		       w->me, (unsigned long long)number + 1,
		       (unsigned long long)w->k.lease_ms, attempt - 1);
	expect(w, OF_NOTHING, 0);
}

void
redis_worker_lost(struct dist_worker *w, enum redis_fault f, const struct err *e)
{
	redis_link_fail(&w->link, f, e);
	w->queued_fault = REDIS_FINE;
	w->expect = (struct redis_expect){ .n = 0 };
	w->asked = false;
	/* Claimed ones are given back, with those that came and were not heard. */
	for (unsigned i = 0; i < REDIS_SLOTS_MAX; i++)
		if (w->slot[i].hold == HOLD_CLAIMED)
			redis_slot_set(w, i, HOLD_FREE);
}

/* Entries of the stream of tasks: ID and fields. */
static void
take_entries(struct dist_worker *w, const redisReply *list, enum redis_hold hold)
{
	for (size_t i = 0; list->type == REDIS_REPLY_ARRAY && i < list->elements; i++) {
		const redisReply *one = list->element[i];
		redisReply *p;
		uint64_t n;
		unsigned slot;

		if (one->type != REDIS_REPLY_ARRAY || one->elements < 2)
			continue; /* taken away meanwhile */
		n = redis_task_number(one->element[0]);
		p = (redisReply *)redis_field(one->element[1], 'p');
		if (p == NULL || redis_slot_of(w, n) != REDIS_SLOTS_MAX)
			continue; /* our own, whose lease had ended: it begins anew */
		slot = redis_slot_add(w, n, 1, p->str, p->len, hold);
		p->str = NULL; /* moved */
		if (hold != HOLD_CLAIMED || slot == REDIS_SLOTS_MAX)
			continue;
		redis_link_add(&w->link, "XPENDING %s g %llu-0 %llu-0 1", w->k.t,
			       (unsigned long long)n + 1, (unsigned long long)n + 1);
		expect(w, OF_COUNT, slot);
	}
}

static void
take_fetch(struct dist_worker *w, const redisReply *r)
{
	w->asked = false;
	if (r->type != REDIS_REPLY_ARRAY || r->elements == 0 ||
	    r->element[0]->elements < 2)
		return;
	take_entries(w, r->element[0]->element[1], HOLD_WAITING);
}

static void
take_claim(struct dist_worker *w, const redisReply *r)
{
	w->asked = false;
	if (r->type != REDIS_REPLY_ARRAY || r->elements < 2 ||
	    r->element[0]->type != REDIS_REPLY_STRING ||
	    r->element[0]->len >= sizeof(w->cursor))
		return;
	memcpy(w->cursor, r->element[0]->str, r->element[0]->len + 1);
	take_entries(w, r->element[1], HOLD_CLAIMED);
}

/* How often a task that we took over was handed out. */
static void
take_count(struct dist_worker *w, const redisReply *r, unsigned slot)
{
	struct redis_slot *s = &w->slot[slot];
	const redisReply *one = r->elements > 0 ? r->element[0] : NULL;
	uint64_t attempts;

	if (one == NULL || one->type != REDIS_REPLY_ARRAY || one->elements < 4 ||
	    one->element[1]->type != REDIS_REPLY_STRING ||
	    strcmp(one->element[1]->str, w->me) != 0) {
		redis_slot_set(w, slot, HOLD_FREE); /* done meanwhile, or another's */
		return;
	}
	attempts = (uint64_t)one->element[3]->integer;
	if (attempts <= 1 + w->k.retries) {
		s->attempt = (uint32_t)attempts;
		redis_slot_set(w, slot, HOLD_WAITING);
		return;
	}
	redis_bury(&w->link, &w->k, s->number, attempts - 1, "a worker that is gone",
		   s->data, s->bytes);
	for (int i = 0; i < REDIS_BURY_ANSWERS; i++)
		expect(w, OF_NOTHING, 0);
	redis_slot_set(w, slot, HOLD_FREE);
}

static enum redis_fault
take_queued(struct dist_worker *w, const redisReply *r, unsigned slot, bool is_end,
	    struct err *e)
{
	enum redis_fault f = redis_fault(&w->link, r, "give a result", e);

	if (!is_end) {
		if (f != REDIS_FINE && w->queued_fault == REDIS_FINE) {
			w->queued_fault = f;
			w->queued_err = *e;
		}
		return REDIS_FINE;
	}
	if (f != REDIS_FINE && w->queued_fault != REDIS_FINE) {
		f = w->queued_fault;
		*e = w->queued_err;
	}
	w->queued_fault = REDIS_FINE;
	for (size_t i = 0; f == REDIS_FINE && i < r->elements; i++)
		f = redis_fault(&w->link, r->element[i], "give a result", e);
	if (f == REDIS_FINE)
		redis_slot_set(w, slot, HOLD_FREE);
	return f;
}

static enum redis_fault
take_answer(struct dist_worker *w, const redisReply *r, struct err *e)
{
	uint8_t kind = OF_NOTHING;
	uint32_t slot = 0;
	enum redis_fault f;

	redis_expect_next(&w->expect, &kind, &slot);
	if (kind == OF_QUEUED || kind == OF_GIVEN)
		return take_queued(w, r, slot, kind == OF_GIVEN, e);
	f = redis_fault(&w->link, r, "take tasks", e);
	if (kind == OF_FETCH || kind == OF_CLAIM)
		w->asked = false;
	if (f != REDIS_FINE)
		return f;
	if (kind == OF_FETCH)
		take_fetch(w, r);
	else if (kind == OF_CLAIM)
		take_claim(w, r);
	else if (kind == OF_COUNT)
		take_count(w, r, slot);
	return REDIS_FINE;
}

int
redis_worker_hear(struct dist_worker *w, uint64_t until_ns, struct err *e)
{
	const uint64_t silent_ns = w->heard_ns + w->slice_ns + REDIS_CALL_NS;
	enum redis_fault f;
	redisReply *r;
	int rc = redis_link_next(&w->link, &r,
				 until_ns < silent_ns ? until_ns : silent_ns, e);

	if (rc == -ECANCELED)
		return rc;
	if (rc == 0 && (w->expect.n == 0 || clock_ns() < silent_ns))
		return 0;
	if (rc == 0)
		err_set(e, ETIMEDOUT, "engine %s:%d: no answer", w->k.url.host,
			w->k.url.port);
	if (rc <= 0) {
		redis_worker_lost(w, REDIS_GONE, e);
		return 0;
	}
	w->heard_ns = clock_ns();
	f = take_answer(w, r, e);
	freeReplyObject(r);
	if (f == REDIS_FINE) {
		if (w->expect.n == 0)
			redis_link_well(&w->link);
		return 1;
	}
	if (f == REDIS_NO_GROUP) {
		w->check = true;
		return 1;
	}
	if (f != REDIS_PASSING)
		return redis_fault_errno(f);
	redis_worker_lost(w, f, e);
	return 0;
}
#endif
