/*
 * urcu.c - liburcu's wait-free concurrent queue (wfcqueue): a linked list, for threads.
 *
 * A put is an exchange and a store, whatever others do; gets lock each other out. It
 * has no bound and knows no waiting: the bound is a count beside it, the waiting is
 * ours. Each message has a node from malloc(). Source: M. Desnoyers, L. Jiangshan.
 */
#include "core/queue_kind.h"

#if __has_include(<urcu/wfcqueue.h>)

#define _LGPL_SOURCE
#include <stdlib.h>
#include <urcu/wfcqueue.h>

struct list {
	struct cds_wfcq_head head;
	CACHE_ALIGNED struct cds_wfcq_tail tail;
	CACHE_ALIGNED atom_i64 count;
};

struct message {
	struct cds_wfcq_node node;
	unsigned char bytes[];
};

static inline int
urcu_try_put(struct queue_end *t, const void *item, size_t n)
{
	struct list *l = t->q->own;
	struct message *m;

	if (atom_load_rlx(&l->count) >= (int64_t)t->q->config.capacity)
		return -EAGAIN;
	/* Several may have seen the same room; who is too many steps back. */
	if (atom_add_rlx(&l->count, 1) >= (int64_t)t->q->config.capacity) {
		atom_sub_rlx(&l->count, 1);
		return -EAGAIN;
	}
	m = malloc(sizeof(*m) + n);
	if (m == NULL) {
		atom_sub_rlx(&l->count, 1);
		return -ENOMEM;
	}
	memcpy(m->bytes, item, n);
	cds_wfcq_node_init(&m->node);
	cds_wfcq_enqueue(&l->head, &l->tail, &m->node);
	return 0;
}

static inline int
urcu_try_get(struct queue_end *t, void *item, size_t n)
{
	struct list *l = t->q->own;
	struct cds_wfcq_node *node = cds_wfcq_dequeue_blocking(&l->head, &l->tail);
	struct message *m;

	if (node == NULL)
		return -EAGAIN;
	m = caa_container_of(node, struct message, node);
	if (n > t->q->config.item_bytes)
		n = t->q->config.item_bytes;
	memcpy(item, m->bytes, n);
	free(m);
	atom_sub_rlx(&l->count, 1);
	return (int)n;
}

QUEUE_DEFINE(urcu)

static void
urcu_fini(struct queue *q)
{
	struct list *l = q->own;
	struct cds_wfcq_node *node;

	if (l == NULL)
		return;
	while ((node = cds_wfcq_dequeue_blocking(&l->head, &l->tail)) != NULL)
		free(caa_container_of(node, struct message, node));
	cds_wfcq_destroy(&l->head, &l->tail);
	free(l);
	q->own = NULL;
}

static int
urcu_open(struct queue *q, struct err *e)
{
	struct list *l = aligned_alloc(CACHE_LINE, sizeof(*l));

	if (l == NULL)
		return err_set(e, ENOMEM, "no memory for a list");
	memset(l, 0, sizeof(*l));
	cds_wfcq_init(&l->head, &l->tail);
	q->own = l;
	return 0;
}

static int64_t
urcu_size(struct queue *q)
{
	struct list *l = q->own;

	return atom_load_rlx(&l->count);
}

#define URCU_OPERATIONS                                                                \
	.open = urcu_open, .fini = urcu_fini, .put = urcu_put, .get = urcu_get,        \
	.size = urcu_size, .produce = urcu_produce, .consume = urcu_consume
#define urcu_available NULL

#else

#include <stdio.h>

static bool
urcu_available(char *why, size_t size)
{
	snprintf(why, size, "needs liburcu-dev");
	return false;
}

#define URCU_OPERATIONS .size = NULL

#endif

const struct queue_kind queue_kind_urcu = {
	.kind = { .name = "urcu",
		  .summary = "liburcu's wfcqueue, threads only",
		  .available = urcu_available },
	.traits = QUEUE_THREADS,
	URCU_OPERATIONS,
};
