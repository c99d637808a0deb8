/*
 * spsc.c - one producer, one consumer, no locked instruction.
 *
 * Each side owns its index and remembers the other's, which it reads anew only when
 * the ring seems full or empty: the line of an index moves once a lap, not once a
 * message. A side that dies leaves nothing half done to be seen.
 *
 * Sources: L. Lamport, "Specifying Concurrent Program Modules", 1983; the remembered
 * index: P. Lee et al., "A Lock-Free, Cache-Efficient Shared Ring Buffer", 2009.
 *
 * Edge T: the producer stores tail after the message -> the consumer sees it.
 * Edge H: the consumer stores head after it has read -> the producer writes there.
 */
#include "core/queue_kind.h"

struct ring {
	CACHE_ALIGNED atom_u64 tail; /* the producer's */
	CACHE_ALIGNED atom_u64 head; /* the consumer's */
	CACHE_ALIGNED unsigned char slots[];
};

QUEUE_INLINE unsigned char *
slot_at(const struct queue *q, uint64_t pos, size_t n)
{
	struct ring *r = q->area;
	const size_t stride = n == 8 && q->stride == 8 ? 8 : q->stride;

	return r->slots + (pos & (q->slots - 1)) * stride;
}

QUEUE_INLINE int
spsc_try_put(struct queue_end *t, const void *item, size_t n)
{
	const struct queue *q = t->q;
	struct ring *r = q->area;
	const uint64_t tail = t->put_pos;

	if (__builtin_expect(tail - t->seen_head >= q->config.capacity, 0)) {
		t->seen_head = atom_load_acq(&r->head); /* H */
		if (tail - t->seen_head >= q->config.capacity)
			return -EAGAIN;
	}
	queue_copy(slot_at(q, tail, n), item, n);
	atom_store_rel(&r->tail, tail + 1); /* T */
	t->put_pos = tail + 1;
	return 0;
}

QUEUE_INLINE int
spsc_try_get(struct queue_end *t, void *item, size_t n)
{
	const struct queue *q = t->q;
	struct ring *r = q->area;
	const uint64_t head = t->get_pos;

	if (__builtin_expect(head == t->seen_tail, 0)) {
		t->seen_tail = atom_load_acq(&r->tail); /* T */
		if (head == t->seen_tail)
			return -EAGAIN;
	}
	if (n > q->config.item_bytes)
		n = q->config.item_bytes;
	queue_copy(item, slot_at(q, head, n), n);
	atom_store_rel(&r->head, head + 1); /* H */
	t->get_pos = head + 1;
	return (int)n;
}

QUEUE_DEFINE(spsc)

static size_t
spsc_area_bytes(const struct queue_config *f)
{
	return sizeof(struct ring) + 2 * f->capacity * queue_words(f->item_bytes);
}

/* One after the other may be the producer: it goes on where the last one was. */
static void
spsc_attach(struct queue_end *t)
{
	struct ring *r = t->q->area;

	t->put_pos = atom_load_acq(&r->tail); /* T */
	t->get_pos = atom_load_acq(&r->head); /* H */
	t->seen_head = t->seen_tail = t->get_pos;
}

static int64_t
spsc_size(struct queue *q)
{
	struct ring *r = q->area;

	return (int64_t)(atom_load_rlx(&r->tail) - atom_load_rlx(&r->head));
}

const struct queue_kind queue_kind_spsc = {
	.kind = { .name = "spsc",
		  .summary = "ring of one producer and one consumer, no lock at all" },
	.traits = QUEUE_THREADS | QUEUE_PROCESSES | QUEUE_ONE_TO_ONE,
	.area_bytes = spsc_area_bytes,
	.attach = spsc_attach,
	.put = spsc_put,
	.get = spsc_get,
	.size = spsc_size,
	.produce = spsc_produce,
	.consume = spsc_consume,
};
