/*
 * redis_join.c - a worker finds its run, at first and after an outage, and leaves it.
 */
#include "core/dist/redis_worker.h"

#ifdef CONCBENCH_HIREDIS
#include "core/clock.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAVE_NS (2 * NS_PER_S)

/* The server has no such run, which may come (back): an outage. */
static int
no_run(struct dist_worker *w, struct err *e)
{
	redis_note *const note = w->link.note;

	if (w->k.run[0] != '\0')
		err_set(e, EINVAL, "engine %s:%d has no run '%s'", w->k.url.host,
			w->k.url.port, w->k.run);
	else
		err_set(e, EINVAL, "engine %s:%d has no run under the prefix '%s'",
			w->k.url.host, w->k.url.port, w->k.url.prefix);
	if (!w->joined)
		w->link.note = NULL; /* the worker came first: no news */
	redis_worker_lost(w, REDIS_NO_GROUP, e);
	w->link.note = note;
	if (!w->joined)
		w->link.told = REDIS_FINE;
	return 0;
}

static int
ask(struct dist_worker *w, redisReply **r, const char *doing, struct err *e)
{
	return redis_ask(&w->link, r, clock_deadline_ns(REDIS_CALL_NS), doing, e);
}

/* Finds the only run there is. */
static int
choose_run(struct dist_worker *w, struct err *e)
{
	redisReply *r;
	int rc;

	snprintf(w->k.runs, sizeof(w->k.runs), "%s:runs", w->k.url.prefix);
	redis_link_add(&w->link, "HKEYS %s", w->k.runs);
	rc = ask(w, &r, "find the run", e);
	if (rc <= 0)
		return rc;
	if (r->elements == 1 && r->element[0]->str != NULL &&
	    r->element[0]->len < DIST_RUN_MAX) {
		redis_run_name(&w->k, r->element[0]->str);
	} else if (r->elements > 1 && r->element[0]->str != NULL &&
		   r->element[1]->str != NULL) {
		rc = err_set(e, EINVAL,
			     "engine %s:%d has %zu open runs, among them '%.40s' and "
			     "'%.40s'",
			     w->k.url.host, w->k.url.port, r->elements,
			     r->element[0]->str, r->element[1]->str);
		err_hint(e, "say by --run which one");
	}
	freeReplyObject(r);
	if (rc > 0 && w->k.run[0] == '\0')
		return no_run(w, e);
	return rc;
}

/* What the master has laid down. 1; 0; -errno. */
static int
read_rules(struct dist_worker *w, struct err *e)
{
	const bool was_well = w->joined && w->link.out_since_ns == 0;
	redisReply *r;
	int rc;

	redis_link_add(&w->link, "HMGET %s state lease_ms retries", w->k.m);
	rc = ask(w, &r, "find the run", e);
	if (rc <= 0)
		return rc;
	if (r->elements < 3 || r->element[0]->type != REDIS_REPLY_STRING ||
	    r->element[1]->type != REDIS_REPLY_STRING ||
	    r->element[2]->type != REDIS_REPLY_STRING) {
		freeReplyObject(r);
		if (!was_well)
			return no_run(w, e);
		w->over = true; /* its keys were taken away */
		return 1;
	}
	w->over = strcmp(r->element[0]->str, "over") == 0;
	w->k.lease_ms = strtoull(r->element[1]->str, NULL, 10);
	w->k.retries = strtoull(r->element[2]->str, NULL, 10);
	freeReplyObject(r);
	return 1;
}

/* Tasks that the server thinks we have and of which we do not know were on their way
 * when the connection broke: they are given back. -ENOENT: there is no queue. */
static int
return_unknown(struct dist_worker *w, struct err *e)
{
	redisReply *r;
	int rc;

	redis_link_add(&w->link, "XPENDING %s g - + %d %s", w->k.t, REDIS_SLOTS_MAX,
		       w->me);
	rc = ask(w, &r, "take tasks", e);
	if (rc <= 0)
		return rc;
	for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i < r->elements; i++) {
		const redisReply *one = r->element[i];
		uint64_t n;

		if (one->type != REDIS_REPLY_ARRAY || one->elements < 4)
			continue;
		n = redis_task_number(one->element[0]);
		if (redis_slot_of(w, n) == REDIS_SLOTS_MAX && one->element[3]->integer)
			redis_worker_release(w, n, (uint32_t)one->element[3]->integer);
	}
	freeReplyObject(r);
	return 1;
}

static void
say_word(struct dist_worker *w, const char *word)
{
	redis_link_add(&w->link, "XADD %s NOMKSTREAM * k %s w %s c %s", w->k.x, word,
		       w->c.who, w->me);
	redis_expect_add(&w->expect, OF_NOTHING, 0);
	w->heard_ns = clock_ns();
}

int
redis_worker_reach(struct dist_worker *w, uint64_t until_ns, struct err *e)
{
	for (;;) {
		int rc = redis_link_reach(&w->link, until_ns, e);

		if (rc > 0 && w->k.run[0] == '\0')
			rc = choose_run(w, e);
		if (rc > 0)
			rc = read_rules(w, e);
		if (rc > 0 && !w->over && w->joined)
			rc = return_unknown(w, e);
		if (rc == -ENOENT) {
			/* Was the run ended between the two questions? */
			rc = read_rules(w, e);
			rc = rc > 0 && !w->over ? no_run(w, e) : rc;
		}
		if (rc > 0) {
			for (unsigned i = 0; i < REDIS_SLOTS_MAX; i++)
				if (w->slot[i].hold == HOLD_GIVEN)
					redis_worker_send(w, i);
			if (!w->joined && !w->over)
				say_word(w, "h");
			w->joined = true;
			return 1;
		}
		if (rc < 0)
			return rc;
		if (w->link.out_since_ns != 0 &&
		    clock_ns() - w->link.out_since_ns >= w->link.patience_ns)
			return e->code != EINVAL && e->code != 0 ? -e->code : -ENOENT;
		if (clock_ns() >= until_ns)
			return 0;
	}
}

int
redis_worker_open(struct dist_worker **out, const struct dist_config *c, struct err *e)
{
	struct dist_worker *w = calloc(1, sizeof(*w));
	int rc;

	*out = NULL;
	if (w == NULL)
		return err_set(e, ENOMEM, "cannot open a worker");
	w->c = *c;
	w->prefetch = c->prefetch > 0 ? c->prefetch : 1;
	if (w->prefetch > REDIS_PREFETCH_MAX)
		w->prefetch = REDIS_PREFETCH_MAX;
	snprintf(w->cursor, sizeof(w->cursor), "0-0");
	snprintf(w->me, sizeof(w->me), "%.40s.%08x", c->who,
		 (unsigned)rng_fresh_seed());
	pthread_mutex_init(&w->mutex, NULL);
	rc = redis_run_init(&w->k, c->url, e);
	if (rc == 0) {
		if (c->run[0] != '\0')
			redis_run_name(&w->k, c->run);
		redis_run_link(&w->k, &w->link, c);
		redis_run_link(&w->k, &w->beat, c);
		w->beat.note = NULL;
		w->beat.trace = NULL;
		w->beat.stop = NULL; /* a task that ends after a stop keeps its lease */
		rc = redis_worker_reach(w, UINT64_MAX, e);
	}
	if (rc < 0) {
		redis_worker_close(w);
		return rc;
	}
	*out = w;
	return 0;
}

/* Hears all answers that are due, whatever they are. False: the link broke. */
static bool
hear_all(struct dist_worker *w, uint64_t deadline_ns)
{
	struct err e;

	while (w->expect.n > 0)
		if (redis_worker_hear(w, deadline_ns, &e) <= 0)
			return false;
	return w->link.ctx != NULL;
}

/*
 * Gives everything back and says good-bye. When a fetch waits at the server, connects
 * anew: closing takes it back. What came of it all the same is given back as unknown,
 * and so are tasks that wait here.
 */
static void
leave(struct dist_worker *w, uint64_t deadline_ns)
{
	struct err e;

	w->link.stop = NULL;
	w->link.note = NULL;
	if (w->asked) {
		redis_link_close(&w->link);
		w->expect = (struct redis_expect){ .n = 0 };
		w->asked = false;
	}
	for (unsigned i = 0; i < REDIS_SLOTS_MAX; i++)
		if (w->slot[i].hold == HOLD_CLAIMED || w->slot[i].hold == HOLD_WAITING)
			redis_slot_set(w, i, HOLD_FREE);
	if (w->link.ctx == NULL) {
		w->link.failures = 0;
		w->link.retry_ns = 0;
	} else if (!hear_all(w, deadline_ns)) {
		return;
	}
	/* Connects if need be, and gives back what is unknown. */
	if (redis_worker_reach(w, deadline_ns, &e) <= 0)
		return;
	for (unsigned i = 0; i < REDIS_SLOTS_MAX; i++)
		if (w->slot[i].hold == HOLD_OUT)
			redis_worker_release(w, w->slot[i].number, w->slot[i].attempt);
	say_word(w, "b");
	hear_all(w, deadline_ns);
}

void
redis_worker_close(struct dist_worker *w)
{
	if (w == NULL)
		return;
	if (w->joined)
		leave(w, clock_deadline_ns(LEAVE_NS));
	redis_link_close(&w->link);
	redis_link_close(&w->beat);
	for (unsigned i = 0; i < REDIS_SLOTS_MAX; i++)
		free(w->slot[i].data);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}
#endif
