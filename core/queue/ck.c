/*
 * ck.c - Concurrency Kit's ck_ring: pointers in a ring, for threads.
 *
 * With one producer and one consumer its SPSC calls, else its MPMC ones. Its size is
 * a power of two less one, hence it may hold more than the capacity. It knows no
 * waiting: that is ours, the same as for our own rings. A message of more than a word
 * goes in a block from malloc().
 */
#include "core/queue_box.h"

#if __has_include(<ck_ring.h>)

#include <ck_ring.h>

struct ring {
	ck_ring_t ck;
	bool single;
	ck_ring_buffer_t *buffer;
};

QUEUE_INLINE int
ck_try_put(struct queue_end *t, const void *item, size_t n)
{
	struct ring *r = t->q->own;
	void *pointer;
	bool done;

	if (!queue_box(&pointer, item, n))
		return -ENOMEM;
	done = r->single ? ck_ring_enqueue_spsc(&r->ck, r->buffer, pointer)
			 : ck_ring_enqueue_mpmc(&r->ck, r->buffer, pointer);
	if (!done && n != 8)
		free(pointer);
	return done ? 0 : -EAGAIN;
}

QUEUE_INLINE int
ck_try_get(struct queue_end *t, void *item, size_t n)
{
	struct ring *r = t->q->own;
	void *pointer;
	bool done;

	if (n > t->q->config.item_bytes)
		n = t->q->config.item_bytes;
	done = r->single ? ck_ring_dequeue_spsc(&r->ck, r->buffer, &pointer)
			 : ck_ring_dequeue_mpmc(&r->ck, r->buffer, &pointer);
	if (!done)
		return -EAGAIN;
	queue_unbox(pointer, item, n);
	return (int)n;
}

QUEUE_DEFINE(ck)

static void
ck_fini(struct queue *q)
{
	struct ring *r = q->own;
	void *pointer;

	if (r == NULL)
		return;
	while (q->config.item_bytes != 8 && r->buffer != NULL &&
	       ck_ring_dequeue_mpmc(&r->ck, r->buffer, &pointer))
		free(pointer);
	free(r->buffer);
	free(r);
	q->own = NULL;
}

static int
ck_open(struct queue *q, struct err *e)
{
	struct ring *r = aligned_alloc(CACHE_LINE, (sizeof(*r) + CACHE_LINE - 1) &
							   ~(size_t)(CACHE_LINE - 1));
	unsigned slots = 4;

	while (slots - 1 < q->config.capacity)
		slots *= 2;
	q->own = r;
	if (r == NULL)
		return err_set(e, ENOMEM, "no memory for a ring");
	memset(r, 0, sizeof(*r));
	r->single = q->config.producers == 1 && q->config.consumers == 1;
	r->buffer = calloc(slots, sizeof(*r->buffer));
	if (r->buffer == NULL)
		return err_set(e, ENOMEM, "no memory for a ring of %u", slots);
	ck_ring_init(&r->ck, slots);
	return 0;
}

static int64_t
ck_size(struct queue *q)
{
	struct ring *r = q->own;

	return ck_ring_size(&r->ck);
}

#define CK_OPERATIONS                                                                  \
	.open = ck_open, .fini = ck_fini, .put = ck_put, .get = ck_get,                \
	.size = ck_size, .produce = ck_produce, .consume = ck_consume
#define ck_available NULL

#else

#include <stdio.h>

static bool
ck_available(char *why, size_t size)
{
	snprintf(why, size, "needs libck-dev");
	return false;
}

#define CK_OPERATIONS .size = NULL

#endif

const struct queue_kind queue_kind_ck = {
	.kind = { .name = "ck",
		  .summary = "Concurrency Kit's ck_ring, threads only",
		  .available = ck_available },
	.traits = QUEUE_THREADS,
	CK_OPERATIONS,
};
