/*
 * redis_run.c - keys, and small pieces that both sides need.
 */
#include "core/dist/redis_run.h"

#ifdef CONCBENCH_HIREDIS
#include "core/clock.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_NS (60 * NS_PER_S)

int
redis_run_init(struct redis_run *k, const char *url, struct err *e)
{
	*k = (struct redis_run){ .retries = 0 };
	return redis_url_parse(&k->url, url, e);
}

void
redis_run_name(struct redis_run *k, const char *run)
{
	char *const key[] = { k->t, k->r, k->d, k->x, k->m };
	const char name[] = "trdxm";

	snprintf(k->run, sizeof(k->run), "%s", run);
	for (size_t i = 0; i < sizeof(key) / sizeof(key[0]); i++)
		snprintf(key[i], REDIS_KEY_MAX, "%s:{%s}:%c", k->url.prefix, k->run,
			 name[i]);
	snprintf(k->runs, sizeof(k->runs), "%s:runs", k->url.prefix);
}

void
redis_run_link(const struct redis_run *k, struct redis_link *l,
	       const struct dist_config *c)
{
	*l = (struct redis_link){
		.url = &k->url,
		.password = c->key_bytes > 0 ? c->key : NULL,
		.password_bytes = c->key_bytes,
		.stop = c->stop,
		.trace = c->trace,
		.patience_ns = c->reconnect_ns != 0 ? c->reconnect_ns : PATIENCE_NS,
		.note = c->on_note,
		.arg = c->arg,
	};
	rng_init(&l->rng, rng_fresh_seed(), 0);
}

void
redis_expect_add(struct redis_expect *q, uint8_t kind, uint32_t slot)
{
	const unsigned i = (unsigned)(q->first + q->n++) % REDIS_EXPECT_MAX;

	q->at[i].kind = kind;
	q->at[i].slot = slot;
}

bool
redis_expect_next(struct redis_expect *q, uint8_t *kind, uint32_t *slot)
{
	if (q->n == 0)
		return false;
	*kind = q->at[q->first].kind;
	*slot = q->at[q->first].slot;
	q->first = (uint16_t)((q->first + 1u) % REDIS_EXPECT_MAX);
	q->n--;
	return true;
}

uint64_t
redis_task_number(const redisReply *id)
{
	char *end;
	uint64_t n;

	if (id->type != REDIS_REPLY_STRING)
		return UINT64_MAX;
	n = strtoull(id->str, &end, 10);
	return n == 0 || strcmp(end, "-0") != 0 ? UINT64_MAX : n - 1;
}

const redisReply *
redis_field(const redisReply *fields, char name)
{
	if (fields == NULL || fields->type != REDIS_REPLY_ARRAY)
		return NULL;
	for (size_t i = 0; i + 1 < fields->elements; i += 2) {
		const redisReply *key = fields->element[i];
		const redisReply *value = fields->element[i + 1];

		if (key->type == REDIS_REPLY_STRING && key->len == 1 &&
		    key->str[0] == name && value->type == REDIS_REPLY_STRING)
			return value;
	}
	return NULL;
}

uint64_t
redis_field_number(const redisReply *fields, char name)
{
	const redisReply *v = redis_field(fields, name);

	return v != NULL ? strtoull(v->str, NULL, 10) : 0;
}

uint64_t
redis_time_ns(const redisReply *r)
{
	if (r->type != REDIS_REPLY_ARRAY || r->elements < 2 ||
	    r->element[0]->type != REDIS_REPLY_STRING ||
	    r->element[1]->type != REDIS_REPLY_STRING)
		return 0;
	return strtoull(r->element[0]->str, NULL, 10) * NS_PER_S +
	       strtoull(r->element[1]->str, NULL, 10) * NS_PER_US;
}

int
redis_ask(struct redis_link *l, redisReply **r, uint64_t deadline_ns, const char *doing,
	  struct err *e)
{
	enum redis_fault f;
	int rc = redis_link_next(l, r, deadline_ns, e);

	if (rc == -ECANCELED)
		return rc;
	if (rc == 0)
		err_set(e, ETIMEDOUT, "engine %s:%d: no answer", l->url->host,
			l->url->port);
	if (rc <= 0) {
		redis_link_fail(l, REDIS_GONE, e);
		return 0;
	}
	f = redis_fault(l, *r, doing, e);
	if (f == REDIS_FINE)
		return 1;
	freeReplyObject(*r);
	*r = NULL;
	if (f != REDIS_PASSING)
		return f == REDIS_NO_GROUP ? -ENOENT : redis_fault_errno(f);
	redis_link_fail(l, f, e);
	return 0;
}

void
redis_bury(struct redis_link *l, const struct redis_run *k, uint64_t number,
	   uint64_t attempts, const char *who, const void *payload, size_t bytes)
{
	char why[128];

	snprintf(why, sizeof(why),
		 "given up after %" PRIu64 " attempt%s, the last by %s", attempts,
		 attempts == 1 ? "" : "s", who);
	redis_link_add(l, "MULTI");
	redis_link_add(l, "XADD %s NOMKSTREAM * t %llu a %llu w %s d %s", k->r,
		       (unsigned long long)number, (unsigned long long)attempts, who,
		       why);
	redis_link_add(l, "XADD %s NOMKSTREAM * t %llu a %llu d %s p %b", k->d,
		       (unsigned long long)number, (unsigned long long)attempts, why,
		       payload, bytes);
	redis_link_add(l, "XACK %s g %llu-0", k->t, (unsigned long long)number + 1);
	redis_link_add(l, "EXEC");
}
#endif
