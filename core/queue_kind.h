/*
 * queue_kind.h - what the kinds of queues are made of; for core/queue/ alone.
 *
 * A kind in memory brings two functions that never wait (0 or length, -EAGAIN when
 * full or empty, -EBUSY when another end stands in the way for a moment), and
 * QUEUE_DEFINE makes the rest of them: put and get that spin, yield and sleep, and
 * the hot loops, inlined around them.
 */
#ifndef CORE_QUEUE_KIND_H
#define CORE_QUEUE_KIND_H

#include "core/queue.h"

#include <errno.h>
#include <string.h>

typedef int queue_try_put(struct queue_end *t, const void *item, size_t n);
typedef int queue_try_get(struct queue_end *t, void *item, size_t n);

#define QUEUE_INLINE static inline __attribute__((always_inline))

/* The waiting half of put and get; rc is what the first try returned. */
int queue_put_slow(struct queue_end *t, const void *item, size_t n,
		   uint64_t deadline_ns, queue_try_put *try_put, int rc);
int queue_get_slow(struct queue_end *t, void *item, size_t n, uint64_t deadline_ns,
		   queue_try_get *try_get, int rc);

/* Wakes one sleeper of a side that has some. */
void queue_wake_getter(struct queue *q);
void queue_wake_putter(struct queue *q);
void queue_wake_everybody(struct queue *q);

/* Where membarrier(2) is missing, every put and get orders its store by itself. */
void queue_fence(struct queue_end *t);

/* Small steps away from a fight for the same line: the winner works meanwhile. */
void queue_back_off(unsigned *failures);

/* For kinds of the kernel: waits until fd is ready for `events`, the queue is closed
 * or aborted, or the deadline. 0, or -errno. */
int queue_poll(struct queue *q, int fd, short events, uint64_t deadline_ns);

/* What holds before a put by kinds that do not use queue_put_by(); 0 or -errno. */
static inline int
queue_refusal(const struct queue *q)
{
	const uint32_t state = atom_load_rlx(&q->shared->state);

	return state & QUEUE_ABORTED ? -ECANCELED : state & QUEUE_CLOSED ? -EPIPE : 0;
}

QUEUE_INLINE int
queue_put_by(struct queue_end *t, const void *item, size_t n, uint64_t deadline_ns,
	     queue_try_put *try_put)
{
	struct queue_shared *s = t->q->shared;
	int rc;

	if (__builtin_expect(atom_load_rlx(&s->state) != 0, 0))
		return queue_refusal(t->q);
	rc = try_put(t, item, n);
	if (__builtin_expect(rc < 0, 0))
		return queue_put_slow(t, item, n, deadline_ns, try_put, rc);
	atom_compiler_barrier();
	if (__builtin_expect(t->q->fences, 0))
		queue_fence(t);
	if (__builtin_expect(atom_load_rlx(&s->getters_sleep) != 0, 0))
		queue_wake_getter(t->q);
	return rc;
}

QUEUE_INLINE int
queue_get_by(struct queue_end *t, void *item, size_t n, uint64_t deadline_ns,
	     queue_try_get *try_get)
{
	struct queue_shared *s = t->q->shared;
	int rc = try_get(t, item, n);

	if (__builtin_expect(rc < 0, 0))
		return queue_get_slow(t, item, n, deadline_ns, try_get, rc);
	atom_compiler_barrier();
	if (__builtin_expect(t->q->fences, 0))
		queue_fence(t);
	if (__builtin_expect(atom_load_rlx(&s->putters_sleep) != 0, 0))
		queue_wake_putter(t->q);
	return rc;
}

typedef int queue_put_fn(struct queue_end *t, const void *item, size_t n,
			 uint64_t deadline_ns);
typedef int queue_get_fn(struct queue_end *t, void *item, size_t n,
			 uint64_t deadline_ns);

QUEUE_INLINE void
queue_drive_put(struct queue_end *t, struct queue_load *l, size_t n, queue_put_fn *put)
{
	struct queue_tally *y = l->tally;
	const uint64_t base = queue_word(l->number, 0);
	uint64_t word = base, sum = 0;
	int rc = 0;

	for (uint64_t i = 0; i < l->messages; i++) {
		word = base | i;
		if (n == 8) {
			rc = put(t, &word, 8, QUEUE_FOREVER);
		} else {
			queue_fill(l->buffer, n, word);
			rc = put(t, l->buffer, n, QUEUE_FOREVER);
		}
		if (__builtin_expect(rc < 0, 0))
			break;
		sum += queue_mix(word);
		atom_store_rlx(&y->count, i + 1);
		atom_store_rlx(&y->sum, sum);
	}
	l->rc = rc;
}

QUEUE_INLINE void
queue_drive_get(struct queue_end *t, struct queue_load *l, size_t n, queue_get_fn *get)
{
	struct queue_tally *y = l->tally;
	const uint64_t mask = (UINT64_C(1) << QUEUE_NUMBER_BITS) - 1;
	uint64_t word = 0, sum = 0, count = 0;
	int rc = 0;

	for (;;) {
		void *at = n == 8 ? (void *)&word : l->buffer;
		uint64_t producer;

		rc = get(t, at, n, QUEUE_FOREVER);
		if (__builtin_expect(rc < 0, 0))
			break;
		if (n != 8) {
			memcpy(&word, at, 8);
			if (!queue_is_whole(at, n))
				atom_add_rlx(&y->corrupt, 1);
		}
		producer = word >> QUEUE_NUMBER_BITS;
		if (__builtin_expect(producer >= (uint64_t)l->producers, 0)) {
			if (word == QUEUE_SENTINEL) {
				rc = 0;
				break;
			}
			atom_add_rlx(&y->corrupt, 1);
		} else {
			if (__builtin_expect((word & mask) < l->next[producer], 0))
				atom_add_rlx(&y->disorder, 1);
			l->next[producer] = (word & mask) + 1;
		}
		sum += queue_mix(word);
		atom_store_rlx(&y->count, ++count);
		atom_store_rlx(&y->sum, sum);
	}
	l->rc = rc;
}

/* The hot loops of a kind with its own put and get: id_put(), id_get(). */
#define QUEUE_DRIVES(id)                                                               \
	__attribute__((flatten)) static void id##_produce(struct queue_end *t,         \
							  struct queue_load *l)        \
	{                                                                              \
		if (l->item_bytes == 8)                                                \
			queue_drive_put(t, l, 8, id##_put);                            \
		else                                                                   \
			queue_drive_put(t, l, l->item_bytes, id##_put);                \
	}                                                                              \
	__attribute__((flatten)) static void id##_consume(struct queue_end *t,         \
							  struct queue_load *l)        \
	{                                                                              \
		if (l->item_bytes == 8)                                                \
			queue_drive_get(t, l, 8, id##_get);                            \
		else                                                                   \
			queue_drive_get(t, l, l->item_bytes, id##_get);                \
	}

/* All that a kind with id_try_put() and id_try_get() needs. */
#define QUEUE_DEFINE(id)                                                               \
	QUEUE_INLINE int id##_put(struct queue_end *t, const void *item, size_t n,     \
				  uint64_t deadline_ns)                                \
	{                                                                              \
		return queue_put_by(t, item, n, deadline_ns, id##_try_put);            \
	}                                                                              \
	QUEUE_INLINE int id##_get(struct queue_end *t, void *item, size_t n,           \
				  uint64_t deadline_ns)                                \
	{                                                                              \
		return queue_get_by(t, item, n, deadline_ns, id##_try_get);            \
	}                                                                              \
	QUEUE_DRIVES(id)

/* Bytes of a slot's payload: whole words. */
static inline size_t
queue_words(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* Copies n bytes; n == 8 is the usual case, and known when the loop is compiled. */
QUEUE_INLINE void
queue_copy(void *to, const void *from, size_t n)
{
	if (n == 8)
		__builtin_memcpy(to, from, 8);
	else
		memcpy(to, from, n);
}

#endif
