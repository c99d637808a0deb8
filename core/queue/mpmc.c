/*
 * mpmc.c - a bounded ring, many producers and consumers, a state word a slot.
 *
 * Positions count messages and never wrap (48 bits); position i lives in slot
 * i mod capacity, whose word says which position it serves and how far it is:
 * FREE -> CLAIMED by a producer -> READY -> TAKEN by a consumer -> FREE for the
 * position one capacity on. One compare and swap an operation, on the slot itself:
 * who holds it is written there, so that the owner can undo what a dead worker held
 * (HOLE: consumers step over it). `tail` and `head` are hints where to begin; an end
 * also remembers where it was. A claimed slot has only claimed ones before it, since
 * a producer walks over these alone; hence order is kept.
 *
 * An end that loses a fight for a slot steps back for a moment, and the line stays
 * with the winner. Slots ahead are fetched for writing before they are needed, for
 * a locked instruction waits for the stores before it.
 *
 * After D. Vyukov's bounded MPMC queue (1024cores.net, 2010), whose positions are
 * claimed on a shared counter and so name no holder.
 *
 * Edge R: a producer stores READY after the message -> a consumer that claims the slot
 * sees the message.
 * Edge F: a consumer stores FREE after it has read the message -> a producer that
 * claims the slot does not overwrite it too early.
 */
#include "core/queue_kind.h"

#include <stdio.h>

enum phase { FREE, CLAIMED, READY, TAKEN, HOLE };

#define PHASE_BITS 3
#define WHO_BITS 12
#define POS_SHIFT (PHASE_BITS + WHO_BITS)
#define WHO_MASK ((UINT64_C(1) << WHO_BITS) - 1)

_Static_assert(QUEUE_ENDS_MAX <= WHO_MASK, "an end's number fits into the word");

struct slot {
	atom_u64 word;
	unsigned char message[];
};

struct ring {
	CACHE_ALIGNED atom_u64 tail; /* producers: about the first free position */
	CACHE_ALIGNED atom_u64 head; /* consumers: about the oldest message */
	CACHE_ALIGNED unsigned char slots[];
};

/* How far ahead a slot is fetched: one pair of cache lines. */
#define AHEAD CACHE_LINE

QUEUE_INLINE uint64_t
word_of(uint64_t pos, int who, enum phase phase)
{
	return pos << POS_SHIFT | (uint64_t)who << PHASE_BITS | phase;
}

QUEUE_INLINE struct slot *
slot_at(const struct queue *q, uint64_t pos, size_t n)
{
	struct ring *r = q->area;
	const size_t capacity = q->config.capacity;
	const size_t i = q->slots == capacity ? pos & (capacity - 1) : pos % capacity;
	const size_t stride = n == 8 && q->stride == 8 ? 16 : q->stride + 8;

	return (struct slot *)(void *)(r->slots + i * stride);
}

/* Claims a free slot for the end; NULL when the ring is full. */
QUEUE_INLINE struct slot *
claim(struct queue_end *t, size_t n)
{
	struct queue *q = t->q;
	struct ring *r = q->area;
	uint64_t pos = atom_load_rlx(&r->tail);
	unsigned failures = 0;

	if (pos < t->put_pos)
		pos = t->put_pos;
	for (;;) {
		struct slot *s = slot_at(q, pos, n);
		uint64_t word = atom_load_rlx(&s->word);

		if (word == word_of(pos, 0, FREE)) {
			if (atom_cas_acq(&s->word, &word, /* F */
					 word_of(pos, t->who, CLAIMED))) {
				t->put_pos = pos;
				return s;
			}
			queue_back_off(&failures);
			pos = atom_load_rlx(&r->tail) > pos ? atom_load_rlx(&r->tail)
							    : pos;
		} else if (word >> POS_SHIFT >= pos) {
			pos++; /* somebody's already */
		} else {
			t->put_pos = pos;
			return NULL;
		}
	}
}

QUEUE_INLINE int
mpmc_try_put(struct queue_end *t, const void *item, size_t n)
{
	struct ring *r = t->q->area;
	struct slot *s = claim(t, n);
	const uint64_t pos = t->put_pos;

	if (s == NULL)
		return -EAGAIN;
	__builtin_prefetch((char *)s + AHEAD, 1);
	queue_copy(s->message, item, n);
	atom_store_rel(&s->word, word_of(pos, 0, READY)); /* R */
	t->put_pos = pos + 1;
	atom_store_rlx(&r->tail, pos + 1);
	return 0;
}

/* Takes the oldest message for the end; NULL when there is none. */
QUEUE_INLINE struct slot *
take(struct queue_end *t, size_t n)
{
	struct queue *q = t->q;
	struct ring *r = q->area;
	uint64_t pos = atom_load_rlx(&r->head);
	unsigned failures = 0;

	if (pos < t->get_pos)
		pos = t->get_pos;
	for (;;) {
		struct slot *s = slot_at(q, pos, n);
		uint64_t word = atom_load_rlx(&s->word);

		if (word == word_of(pos, 0, READY)) {
			if (atom_cas_acq(&s->word, &word, /* R */
					 word_of(pos, t->who, TAKEN))) {
				t->get_pos = pos;
				return s;
			}
			queue_back_off(&failures);
			pos = atom_load_rlx(&r->head) > pos ? atom_load_rlx(&r->head)
							    : pos;
		} else if (word == word_of(pos, 0, HOLE)) {
			/* Its producer died; whoever comes by gives it back. */
			if (atom_cas_rlx(&s->word, &word,
					 word_of(pos + q->config.capacity, 0, FREE)))
				pos++;
		} else if (word >> POS_SHIFT > pos ||
			   (word >> POS_SHIFT == pos &&
			    (word & ((1 << PHASE_BITS) - 1)) == TAKEN)) {
			pos++;
		} else {
			t->get_pos = pos;
			return NULL;
		}
	}
}

QUEUE_INLINE int
mpmc_try_get(struct queue_end *t, void *item, size_t n)
{
	struct queue *q = t->q;
	struct ring *r = q->area;
	struct slot *s;
	uint64_t pos;

	if (n > q->config.item_bytes)
		n = q->config.item_bytes;
	s = take(t, n);
	if (s == NULL)
		return -EAGAIN;
	pos = t->get_pos;
	__builtin_prefetch((char *)s + AHEAD, 1);
	queue_copy(item, s->message, n);
	atom_store_rel(&s->word, /* F */
		       word_of(pos + q->config.capacity, 0, FREE));
	t->get_pos = pos + 1;
	atom_store_rlx(&r->head, pos + 1);
	return (int)n;
}

QUEUE_DEFINE(mpmc)

static size_t
mpmc_area_bytes(const struct queue_config *f)
{
	/* The last fetch ahead may look past the end. */
	return sizeof(struct ring) + f->capacity * (queue_words(f->item_bytes) + 8) +
	       AHEAD;
}

static int
mpmc_open(struct queue *q, struct err *e)
{
	(void)e;
	for (uint64_t i = 0; i < q->config.capacity; i++)
		atom_store_rlx(&slot_at(q, i, 0)->word, word_of(i, 0, FREE));
	return 0;
}

/* From the hints, which may be late, to where the ring really begins and ends. */
static int64_t
mpmc_size(struct queue *q)
{
	struct ring *r = q->area;
	uint64_t head = atom_load_rlx(&r->head), tail = atom_load_rlx(&r->tail);
	uint64_t word;

	for (;; head++) {
		word = atom_load_rlx(&slot_at(q, head, 0)->word);
		if (word >> POS_SHIFT < head ||
		    (word >> POS_SHIFT == head &&
		     (word & ((1 << PHASE_BITS) - 1)) < TAKEN))
			break;
	}
	if (tail < head)
		tail = head;
	for (;; tail++) {
		word = atom_load_rlx(&slot_at(q, tail, 0)->word);
		if (word >> POS_SHIFT < tail || word == word_of(tail, 0, FREE))
			break;
	}
	return (int64_t)(tail - head);
}

static int
mpmc_bury(struct queue *q, int who)
{
	int lost = 0;

	for (size_t i = 0; i < q->config.capacity; i++) {
		struct slot *s = slot_at(q, i, 0);
		const uint64_t word = atom_load_rlx(&s->word);
		const uint64_t pos = word >> POS_SHIFT;

		if (word == word_of(pos, who, CLAIMED)) {
			atom_store_rlx(&s->word, word_of(pos, 0, HOLE));
			lost++;
		} else if (word == word_of(pos, who, TAKEN)) {
			atom_store_rlx(&s->word,
				       word_of(pos + q->config.capacity, 0, FREE));
			lost++;
		}
	}
	return lost;
}

/* Gives up when the queue is closed: nothing may ever come to be held. */
static void
mpmc_seize(struct queue_end *t, bool put)
{
	unsigned failures = 0;

	while ((put ? claim(t, 0) : take(t, 0)) == NULL &&
	       atom_load_rlx(&t->q->shared->state) == 0)
		queue_back_off(&failures);
}

const struct queue_kind queue_kind_mpmc = {
	.kind = { .name = "mpmc",
		  .summary = "lock-free ring, a state word a slot, sleeps when idle" },
	.traits = QUEUE_THREADS | QUEUE_PROCESSES,
	.area_bytes = mpmc_area_bytes,
	.open = mpmc_open,
	.put = mpmc_put,
	.get = mpmc_get,
	.size = mpmc_size,
	.bury = mpmc_bury,
	.seize = mpmc_seize,
	.produce = mpmc_produce,
	.consume = mpmc_consume,
};
