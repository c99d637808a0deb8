/*
 * redis_take.c - a worker takes tasks, gives results, and shows that it lives.
 */
#include "core/dist/redis_worker.h"

#ifdef CONCBENCH_HIREDIS
#include "core/clock.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_NS NS_PER_S /* longest wait of a fetch at the server */
#define BUSY_SLICE_NS                                                                  \
	(20 * NS_PER_MS) /* while results may have to go out behind it                 \
			  */
#define CLAIM_LEAST_NS (50 * NS_PER_MS)
#define CLAIM_MOST_NS (500 * NS_PER_MS)
#define BEAT_MOST_NS (5 * NS_PER_S)

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How often leases that have ended are looked for: soon after they do, and not all
 * workers at once. */
static void
next_claim(struct dist_worker *w)
{
	uint64_t every_ns = w->k.lease_ms * NS_PER_MS / 8;

	every_ns = every_ns < CLAIM_LEAST_NS ? CLAIM_LEAST_NS : every_ns;
	every_ns = least(every_ns, CLAIM_MOST_NS);
	w->claim_ns = clock_ns() + every_ns / 2 + rng_below(&w->link.rng, every_ns / 2);
}

/* Asks for tasks if there is need for some. */
static void
ask(struct dist_worker *w, uint64_t deadline_ns)
{
	const unsigned out = redis_slots(w, HOLD_OUT);
	const unsigned waiting = redis_slots(w, HOLD_WAITING);
	const unsigned held = out + waiting + redis_slots(w, HOLD_CLAIMED);
	const uint64_t now_ns = clock_ns();
	uint64_t block_ns = 0;

	if (w->asked || w->link.ctx == NULL || held >= w->prefetch ||
	    (waiting > 0 && held > w->prefetch / 2))
		return;
	if (now_ns >= w->claim_ns) {
		next_claim(w);
		redis_worker_claim(w, w->prefetch - held);
		return;
	}
	if (held == out && deadline_ns > now_ns) {
		block_ns =
			least(out > 0 ? BUSY_SLICE_NS : SLICE_NS, w->claim_ns - now_ns);
		block_ns = least(block_ns, deadline_ns - now_ns);
	}
	redis_worker_fetch(w, w->prefetch - held, block_ns);
}

/* The queue is not there any more: is the run over? 1, 0, -errno. */
static int
look(struct dist_worker *w, uint64_t deadline_ns, struct err *e)
{
	int rc = 1;

	while (rc > 0 && w->expect.n > 0)
		rc = redis_worker_hear(w, clock_deadline_ns(REDIS_CALL_NS), e);
	w->check = false;
	/* On the same connection, for it is well: HMGET says. */
	return rc < 0 ? rc : redis_worker_reach(w, deadline_ns, e);
}

int
redis_worker_take(struct dist_worker *w, struct dist_task *t, uint64_t deadline_ns,
		  struct err *e)
{
	for (;;) {
		uint64_t until_ns = 0;
		unsigned i;
		int rc = 1;

		if (stop_reason(w->c.stop) != STOP_NONE)
			return err_set(e, ECANCELED, "stopped");
		if (w->check)
			rc = look(w, deadline_ns, e);
		else if (w->link.ctx == NULL)
			rc = redis_worker_reach(w, deadline_ns, e);
		if (rc <= 0)
			return rc < 0 ? rc : -EAGAIN;
		if (w->over)
			return -ESHUTDOWN;
		ask(w, deadline_ns);
		i = redis_slot_first(w, HOLD_WAITING);
		/* With one in hand only what has come is heard, unless the results of
		 * before pile up. */
		if (i == REDIS_SLOTS_MAX)
			until_ns = deadline_ns;
		else if (redis_slots(w, HOLD_GIVEN) >= REDIS_GIVEN_MAX / 2)
			until_ns = clock_deadline_ns(REDIS_CALL_NS);
		/* With one in hand and nothing due there is nothing to hear. */
		rc = i != REDIS_SLOTS_MAX && w->expect.n == 0
			     ? 0
			     : redis_worker_hear(w, until_ns, e);
		if (rc < 0)
			return rc;
		if (rc == 0 && i != REDIS_SLOTS_MAX &&
		    w->slot[i].hold == HOLD_WAITING) {
			redis_slot_set(w, i, HOLD_OUT);
			*t = (struct dist_task){ .number = w->slot[i].number,
						 .attempt = w->slot[i].attempt,
						 .payload = w->slot[i].data,
						 .bytes = w->slot[i].bytes };
			return 1;
		}
		if (rc == 0 && i == REDIS_SLOTS_MAX && clock_ns() >= deadline_ns)
			return 0;
	}
}

int
redis_worker_give(struct dist_worker *w, const struct dist_result *r, struct err *e)
{
	const unsigned i = redis_slot_of(w, r->number);
	void *copy;

	if (i == REDIS_SLOTS_MAX || w->slot[i].hold != HOLD_OUT)
		return err_set(e, EINVAL, "task %llu is not ours",
			       (unsigned long long)r->number);
	copy = malloc(r->bytes > 0 ? r->bytes : 1);
	if (copy == NULL)
		return err_set(e, ENOMEM, "cannot give a result");
	if (r->bytes > 0)
		memcpy(copy, r->payload, r->bytes);
	free(w->slot[i].data);
	w->slot[i].data = copy;
	w->slot[i].bytes = r->bytes;
	w->slot[i].status = r->status;
	redis_slot_set(w, i, HOLD_GIVEN);
	redis_worker_send(w, i);
	return 0;
}

int
redis_worker_give_back(struct dist_worker *w, uint64_t number, struct err *e)
{
	const unsigned i = redis_slot_of(w, number);

	if (i == REDIS_SLOTS_MAX || w->slot[i].hold != HOLD_OUT)
		return err_set(e, EINVAL, "task %llu is not ours",
			       (unsigned long long)number);
	redis_worker_release(w, number, w->slot[i].attempt);
	redis_slot_set(w, i, HOLD_FREE);
	return 0;
}

int
redis_worker_sync(struct dist_worker *w, struct err *e)
{
	while (w->expect.n > 0 || redis_slots(w, HOLD_GIVEN) > 0) {
		int rc = w->link.ctx == NULL ? redis_worker_reach(w, UINT64_MAX, e)
					     : redis_worker_hear(w, UINT64_MAX, e);

		if (rc < 0)
			return rc;
	}
	return 0;
}

int
redis_worker_clock(struct dist_worker *w, uint64_t *ns, struct err *e)
{
	redisReply *r;
	int rc = redis_worker_sync(w, e);

	if (rc < 0)
		return rc;
	redis_link_add(&w->link, "TIME");
	rc = redis_ask(&w->link, &r, clock_deadline_ns(REDIS_CALL_NS), "read its clock",
		       e);
	if (rc <= 0)
		return rc < 0 ? rc : err_set(e, EAGAIN, "the engine's clock");
	*ns = redis_time_ns(r);
	freeReplyObject(r);
	return 0;
}

int
redis_worker_send_trace(struct dist_worker *w, const void *data, size_t bytes,
			struct err *e)
{
	(void)e;
	if (w->link.ctx == NULL)
		return 0; /* the next one may come through; a trace is no result */
	redis_link_add(&w->link, "XADD %s NOMKSTREAM * k t w %s c %s d %b", w->k.x,
		       w->c.who, w->me, data, bytes);
	redis_expect_add(&w->expect, OF_NOTHING, 0);
	w->heard_ns = clock_ns();
	return 0;
}

uint64_t
redis_worker_extend_every_ns(const struct dist_worker *w)
{
	return w->k.lease_ms * NS_PER_MS / 3;
}

void
redis_worker_extend(struct dist_worker *w)
{
	const uint64_t deadline_ns =
		clock_deadline_ns(least(w->k.lease_ms * NS_PER_MS / 3, BEAT_MOST_NS));
	struct err e;
	redisReply *r;

	if (w->beat.ctx == NULL &&
	    redis_link_open(&w->beat, deadline_ns, &e) != REDIS_FINE)
		return;
	/* Only what is still ours by the server's word: another may have it by now. */
	redis_link_add(&w->beat, "XPENDING %s g - + %d %s", w->k.t, REDIS_SLOTS_MAX,
		       w->me);
	if (redis_link_next(&w->beat, &r, deadline_ns, &e) <= 0) {
		redis_link_close(&w->beat);
		return;
	}
	for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i < r->elements; i++) {
		const uint64_t n =
			r->element[i]->elements > 0
				? redis_task_number(r->element[i]->element[0])
				: UINT64_MAX;
		bool ours;

		pthread_mutex_lock(&w->mutex);
		ours = redis_slot_of(w, n) != REDIS_SLOTS_MAX;
		pthread_mutex_unlock(&w->mutex);
		if (ours)
			redis_link_add(&w->beat, "XCLAIM %s g %s 0 %llu-0 JUSTID",
				       w->k.t, w->me, (unsigned long long)n + 1);
	}
	freeReplyObject(r);
	while (w->beat.due > 0) {
		if (redis_link_next(&w->beat, &r, deadline_ns, &e) <= 0) {
			redis_link_close(&w->beat);
			return;
		}
		freeReplyObject(r);
	}
}
#endif
