/*
 * shm.c - messages of any length in a ring of shared memory: a length, then the bytes.
 *
 * One lock a side: producers lock out producers, consumers lock out consumers, and
 * both sides run at once. The lock word names its holder, so that the owner can take
 * it away from a dead one; and all that a holder does becomes visible by one store
 * at its end, so that nothing half written is ever seen. A message that a dead
 * consumer was copying stays in the ring for the next one.
 *
 * The ring holds `capacity` messages of the largest size; more when they are smaller.
 *
 * Two locks: M. Michael and M. Scott, "Simple, Fast, and Practical Non-Blocking and
 * Blocking Concurrent Queue Algorithms", 1996.
 *
 * Edge L: unlock -> the next lock of this side.
 * Edge T: a producer stores tail after the message -> a consumer sees it.
 * Edge H: a consumer stores head after it has read -> a producer writes there.
 */
#include "core/queue_kind.h"

#include <sched.h>

struct side {
	CACHE_ALIGNED atom_u32 lock; /* 0, or number of the holder + 1 */
	uint64_t seen;		     /* the other side's position; under the lock */
	atom_u64 pos;		     /* bytes put or taken; under the lock */
	atom_u64 count;		     /* messages put or taken; under the lock */
};

struct ring {
	struct side put, get;
	CACHE_ALIGNED unsigned char bytes[];
};

#define HEADER 8

/* How long an end tries before it says -EBUSY: its caller may have a deadline. */
#define TRIES 1000

static size_t
need_of(size_t n)
{
	return HEADER + queue_words(n);
}

static inline size_t
limit_of(const struct queue *q)
{
	return q->config.capacity * need_of(q->config.item_bytes);
}

static __attribute__((noinline)) bool
lock_slow(struct side *s, uint32_t me)
{
	unsigned failures = 0;

	for (int i = 0; i < TRIES; i++) {
		uint32_t nobody = 0;

		if (atom_load_rlx(&s->lock) == 0 &&
		    atom_cas_acq(&s->lock, &nobody, me)) /* L */
			return true;
		queue_back_off(&failures);
	}
	return false;
}

QUEUE_INLINE bool
lock(struct side *s, const struct queue_end *t)
{
	const uint32_t me = (uint32_t)t->who + 1;
	uint32_t nobody = 0;

	if (__builtin_expect(atom_cas_acq(&s->lock, &nobody, me), 1)) /* L */
		return true;
	return lock_slow(s, me);
}

QUEUE_INLINE void
unlock(struct side *s)
{
	atom_store_rel(&s->lock, 0); /* L */
}

/* Copies into and out of the ring, around its end. */
QUEUE_INLINE void
copy_in(const struct queue *q, uint64_t pos, const void *from, size_t n)
{
	struct ring *r = q->area;
	const size_t at = pos & (q->slots - 1), room = q->slots - at;

	if (__builtin_expect(n <= room, 1)) {
		queue_copy(r->bytes + at, from, n);
	} else {
		memcpy(r->bytes + at, from, room);
		memcpy(r->bytes, (const char *)from + room, n - room);
	}
}

QUEUE_INLINE void
copy_out(const struct queue *q, uint64_t pos, void *to, size_t n)
{
	const struct ring *r = q->area;
	const size_t at = pos & (q->slots - 1), room = q->slots - at;

	if (__builtin_expect(n <= room, 1)) {
		queue_copy(to, r->bytes + at, n);
	} else {
		memcpy(to, r->bytes + at, room);
		memcpy((char *)to + room, r->bytes, n - room);
	}
}

QUEUE_INLINE int
shm_try_put(struct queue_end *t, const void *item, size_t n)
{
	const struct queue *q = t->q;
	struct ring *r = q->area;
	struct side *s = &r->put;
	const size_t need = HEADER + (n == 8 ? 8 : queue_words(n));
	const uint64_t length = n;
	uint64_t tail;

	if (!lock(s, t))
		return -EBUSY;
	tail = atom_load_rlx(&s->pos);
	if (__builtin_expect(tail + need - s->seen > limit_of(q), 0)) {
		s->seen = atom_load_acq(&r->get.pos); /* H */
		if (tail + need - s->seen > limit_of(q)) {
			unlock(s);
			return -EAGAIN;
		}
	}
	copy_in(q, tail, &length, HEADER);
	copy_in(q, tail + HEADER, item, n);
	atom_store_rlx(&s->count, atom_load_rlx(&s->count) + 1);
	atom_store_rel(&s->pos, tail + need); /* T */
	unlock(s);
	return 0;
}

QUEUE_INLINE int
shm_try_get(struct queue_end *t, void *item, size_t n)
{
	const struct queue *q = t->q;
	struct ring *r = q->area;
	struct side *s = &r->get;
	uint64_t head, length;

	if (!lock(s, t))
		return -EBUSY;
	head = atom_load_rlx(&s->pos);
	if (__builtin_expect(head == s->seen, 0)) {
		s->seen = atom_load_acq(&r->put.pos); /* T */
		if (head == s->seen) {
			unlock(s);
			return -EAGAIN;
		}
	}
	copy_out(q, head, &length, HEADER);
	if (__builtin_expect(length < n, 0))
		n = (size_t)length;
	copy_out(q, head + HEADER, item, n);
	atom_store_rlx(&s->count, atom_load_rlx(&s->count) + 1);
	atom_store_rel(&s->pos, head + need_of((size_t)length)); /* H */
	unlock(s);
	return (int)n;
}

QUEUE_DEFINE(shm)

static size_t
ring_bytes(const struct queue_config *f)
{
	size_t bytes = 64;

	while (bytes < f->capacity * need_of(f->item_bytes))
		bytes *= 2;
	return bytes;
}

static size_t
shm_area_bytes(const struct queue_config *f)
{
	return sizeof(struct ring) + ring_bytes(f);
}

static int
shm_open_ring(struct queue *q, struct err *e)
{
	(void)e;
	q->slots = ring_bytes(&q->config);
	return 0;
}

static int64_t
shm_size(struct queue *q)
{
	struct ring *r = q->area;
	const uint64_t got = atom_load_rlx(&r->get.count);
	const uint64_t put = atom_load_rlx(&r->put.count);

	return put > got ? (int64_t)(put - got) : 0;
}

static int
shm_bury(struct queue *q, int who)
{
	struct ring *r = q->area;
	struct side *sides[2] = { &r->put, &r->get };

	for (int i = 0; i < 2; i++) {
		uint32_t me = (uint32_t)who + 1;

		/* Counts may be one ahead of the positions: the dead one was between.
		 */
		atom_cas_acq(&sides[i]->lock, &me, 0); /* L */
	}
	return 0;
}

static void
shm_seize(struct queue_end *t, bool put)
{
	struct ring *r = t->q->area;

	while (!lock(put ? &r->put : &r->get, t) &&
	       atom_load_rlx(&t->q->shared->state) == 0)
		;
}

const struct queue_kind queue_kind_shm = {
	.kind = { .name = "shm",
		  .summary = "messages of any length in a shared-memory ring" },
	.traits = QUEUE_THREADS | QUEUE_PROCESSES | QUEUE_VARIABLE,
	.area_bytes = shm_area_bytes,
	.open = shm_open_ring,
	.put = shm_put,
	.get = shm_get,
	.size = shm_size,
	.bury = shm_bury,
	.seize = shm_seize,
	.produce = shm_produce,
	.consume = shm_consume,
};
