/*
 * none.c - a ring without any protection: the control, whose checks must fail.
 *
 * As it looks before somebody thinks of threads: two indexes and a count that all
 * change as they like. Messages are lost, come twice, or are left over. Its data
 * races are on purpose. Left to chance they would show only when somebody is
 * preempted at the wrong moment; every 100th operation lasts until another has changed
 * the count, and writes over that. Who gets is the one for whom this works where the
 * ring is empty most of the time, who puts where it is full: so the control fails in
 * each run, on one CPU and on many.
 */
#include "core/queue_kind.h"

#include <time.h>

/* Few and short, for a batch that is timed must hold many of them. */
enum { LINGER_EVERY = 100, NAPS_MAX = 5 };

struct ring {
	int64_t count;
	uint64_t head, tail;
	CACHE_ALIGNED unsigned char slots[];
};

/* Adds to the count as `count += n` does it: reads, and writes later. */
static inline void
add(struct queue_end *t, struct ring *r, int64_t n)
{
	const int64_t count = r->count;

	if (++t->put_pos % LINGER_EVERY == 0)
		for (int i = 0; i < NAPS_MAX && r->count == count; i++) {
			nanosleep(&(struct timespec){ .tv_nsec = 20000 }, NULL);
			atom_compiler_barrier();
		}
	atom_compiler_barrier();
	r->count = count + n;
}

static inline int
none_try_put(struct queue_end *t, const void *item, size_t n)
{
	const struct queue *q = t->q;
	struct ring *r = q->area;

	atom_compiler_barrier(); /* what others did is read anew */
	if (r->count >= (int64_t)q->config.capacity)
		return -EAGAIN;
	memcpy(r->slots + (r->tail++ & (q->slots - 1)) * q->stride, item, n);
	add(t, r, 1);
	return 0;
}

static inline int
none_try_get(struct queue_end *t, void *item, size_t n)
{
	const struct queue *q = t->q;
	struct ring *r = q->area;

	atom_compiler_barrier();
	if (r->count <= 0)
		return -EAGAIN;
	if (n > q->config.item_bytes)
		n = q->config.item_bytes;
	memcpy(item, r->slots + (r->head++ & (q->slots - 1)) * q->stride, n);
	add(t, r, -1);
	return (int)n;
}

QUEUE_DEFINE(none)

static size_t
none_area_bytes(const struct queue_config *f)
{
	return sizeof(struct ring) + 2 * f->capacity * queue_words(f->item_bytes);
}

static int64_t
none_size(struct queue *q)
{
	const struct ring *r = q->area;

	return r->count;
}

const struct queue_kind queue_kind_none = {
	.kind = { .name = "none",
		  .control = true,
		  .summary = "ring without protection: the control that must fail" },
	.traits = QUEUE_THREADS | QUEUE_PROCESSES,
	.area_bytes = none_area_bytes,
	.put = none_put,
	.get = none_get,
	.size = none_size,
	.produce = none_produce,
	.consume = none_consume,
};
