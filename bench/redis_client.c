/*
 * redis_client.c - a task queue on Redis Streams as one writes it by hand: hiredis'
 * blocking client and the four commands XADD, XREADGROUP, XACK, XAUTOCLAIM.
 *
 * A worker reads a task, adds its result, acknowledges: a command and its answer each,
 * and takes over what others left when there is nothing new. The master adds tasks,
 * a pipeline at a time, and reads results as a group of one.
 */
#include "bench/redis_peer.h"

#include <hiredis/hiredis.h>

enum { READ_MANY = 256, BLOCK_MS = 1000, LEASE_MS = 30000 };

static redisContext *master;
static unsigned due;

static redisContext *
dial(int port)
{
	redisContext *c = redisConnect("127.0.0.1", port);

	if (c == NULL || c->err != 0)
		peer_die("cannot connect");
	return c;
}

static redisReply *
checked(void *reply)
{
	redisReply *r = reply;

	if (r == NULL || r->type == REDIS_REPLY_ERROR)
		peer_die(r != NULL ? r->str : "the connection broke");
	return r;
}

static void
peer_open(int port)
{
	master = dial(port);
	freeReplyObject(checked(redisCommand(master, "XGROUP CREATE t g 0 MKSTREAM")));
	freeReplyObject(checked(redisCommand(master, "XGROUP CREATE r g 0 MKSTREAM")));
}

/* Entries of an answer: ID and fields; each is worked off. */
static void
work_off(redisContext *c, const redisReply *entries)
{
	for (size_t i = 0; i < entries->elements; i++) {
		const redisReply *id = entries->element[i]->element[0];
		const redisReply *p = entries->element[i]->element[1]->element[1];
		uint64_t number;

		memcpy(&number, p->str, sizeof(number));
		freeReplyObject(checked(redisCommand(c, "XADD r * n %llu",
						     (unsigned long long)number)));
		freeReplyObject(checked(redisCommand(c, "XACK t g %s", id->str)));
	}
}

static void
peer_work(int port, int number)
{
	redisContext *c = dial(port);

	for (;;) {
		redisReply *r = checked(
			redisCommand(c,
				     "XREADGROUP GROUP g w%d COUNT 1 BLOCK %d STREAMS "
				     "t >",
				     number, BLOCK_MS));

		if (r->type == REDIS_REPLY_ARRAY) {
			work_off(c, r->element[0]->element[1]);
		} else {
			freeReplyObject(r);
			r = checked(redisCommand(c, "XAUTOCLAIM t g w%d %d 0 COUNT 1",
						 number, LEASE_MS));
			work_off(c, r->element[1]);
		}
		freeReplyObject(r);
	}
}

static void
peer_put(uint64_t number, const void *payload, size_t bytes)
{
	(void)number;
	redisAppendCommand(master, "XADD t * p %b", payload, bytes);
	due++;
}

static void
answers(void)
{
	for (; due > 0; due--) {
		void *r;

		if (redisGetReply(master, &r) != REDIS_OK)
			peer_die("the connection broke");
		freeReplyObject(checked(r));
	}
}

static void
peer_results(void)
{
	const redisReply *entries;
	redisReply *r;

	answers();
	r = checked(redisCommand(master,
				 "XREADGROUP GROUP g m COUNT %d BLOCK %d STREAMS r >",
				 READ_MANY, BLOCK_MS));
	if (r->type != REDIS_REPLY_ARRAY) {
		freeReplyObject(r);
		return;
	}
	entries = r->element[0]->element[1];
	for (size_t i = 0; i < entries->elements; i++) {
		const redisReply *one = entries->element[i];

		peer_result(strtoull(one->element[1]->element[1]->str, NULL, 10));
		redisAppendCommand(master, "XACK r g %s", one->element[0]->str);
		due++;
	}
	freeReplyObject(r);
}

static void
peer_close(void)
{
	answers();
	redisFree(master);
}
