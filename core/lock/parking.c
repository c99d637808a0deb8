/*
 * parking.c - a word that spins for a while, and one parking lot for all locks:
 * sleepers are kept by address, in queues outside of the lock.
 *
 * The word: HELD, and PARKED when somebody sleeps for it. A release that sees PARKED
 * wakes the first one, who competes again; but once in a while it hands the lock over
 * instead, which keeps anyone from waiting for ever.
 *
 * Edge P: parking_release() takes HELD off the word -> who puts it on sees that, hence
 * sees what the holder before wrote. A hand-over is ordered by the mutex of the bucket,
 * and by this edge:
 * Edge W: unpark() stores awake in the sleeper -> who slept sees it.
 *
 * Source: F. Pizlo, "Locking in WebKit", 2016; A. d'Antras, parking_lot, 2016.
 */
#include "core/clock.h"
#include "core/futex.h"
#include "core/lock.h"

#include <pthread.h>

enum { HELD = 1, PARKED = 2 };
enum { ASLEEP, AWAKE, HANDED };
enum { PARKING_SPINS = 10, PARKING_YIELDS = 10, BUCKETS = 256 };

/* From one hand-over in a bucket to the next. */
#define PARKING_FAIR_NS (500 * NS_PER_US)

struct parking_lock {
	atom_u32 word;
};

/* On the stack of who sleeps. */
struct sleeper {
	struct sleeper *next;
	struct parking_lock *lock;
	atom_u32 awake; /* a futex */
};

struct bucket {
	CACHE_ALIGNED pthread_mutex_t mutex;
	struct sleeper *first, *last;
	uint64_t fair_ns; /* when a release hands over next */
};

static struct bucket lot[BUCKETS];

static struct bucket *
bucket_of(const struct parking_lock *l)
{
	return &lot[(uint64_t)(uintptr_t)l * UINT64_C(0x9E3779B97F4A7C15) >> 56];
}

static void
make_lot(void)
{
	for (int i = 0; i < BUCKETS; i++)
		pthread_mutex_init(&lot[i].mutex, NULL);
}

static int
parking_init(void *state, bool shared)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct parking_lock *l = state;

	if (shared)
		return -ENOTSUP; /* the lot is not */
	pthread_once(&once, make_lot);
	atom_store_rlx(&l->word, 0);
	return 0;
}

static int
parking_try(void *state, void *node)
{
	struct parking_lock *l = state;
	uint32_t seen = atom_load_rlx(&l->word);

	(void)node;
	while (!(seen & HELD))
		if (atom_cas_acq(&l->word, &seen, seen | HELD)) /* P */
			return 0;
	return -EBUSY;
}

/* Takes what `pick` names, or the first that sleeps for l, out. NULL: none. */
static struct sleeper *
bucket_take(struct bucket *b, const struct parking_lock *l, const struct sleeper *pick)
{
	struct sleeper *before = NULL, *s = b->first;

	while (s != NULL && (pick != NULL ? s != pick : s->lock != l)) {
		before = s;
		s = s->next;
	}
	if (s == NULL)
		return NULL;
	*(before != NULL ? &before->next : &b->first) = s->next;
	if (b->last == s)
		b->last = before;
	return s;
}

static bool
bucket_has(const struct bucket *b, const struct parking_lock *l)
{
	const struct sleeper *s = b->first;

	while (s != NULL && s->lock != l)
		s = s->next;
	return s != NULL;
}

/* Queues unless the lock is free by now. Whether it did. */
static bool
park_enter(struct bucket *b, struct parking_lock *l, struct sleeper *me)
{
	uint32_t seen;
	bool queued = false;

	pthread_mutex_lock(&b->mutex);
	seen = atom_load_rlx(&l->word);
	while (seen == HELD && !atom_cas_rlx(&l->word, &seen, HELD | PARKED))
		;
	if (seen & HELD) {
		*(b->last != NULL ? &b->last->next : &b->first) = me;
		b->last = me;
		queued = true;
	}
	pthread_mutex_unlock(&b->mutex);
	return queued;
}

/* Sleeps until woken: AWAKE, HANDED, or ASLEEP when the deadline came first. */
static uint32_t
park(struct parking_lock *l, uint64_t deadline_ns)
{
	struct bucket *b = bucket_of(l);
	struct sleeper me = { .lock = l };
	uint32_t seen;

	if (!park_enter(b, l, &me))
		return AWAKE;
	while (atom_load_acq(&me.awake) == ASLEEP) /* W */
		if (futex_wait(&me.awake, ASLEEP, deadline_ns) == -ETIMEDOUT)
			break;
	/* The one who wakes us uses what lies on our stack: under the mutex. */
	pthread_mutex_lock(&b->mutex);
	seen = atom_load_acq(&me.awake); /* W */
	if (seen == ASLEEP)
		bucket_take(b, l, &me);
	pthread_mutex_unlock(&b->mutex);
	return seen;
}

__attribute__((noinline)) static int
parking_wait(struct parking_lock *l, uint64_t deadline_ns)
{
	for (;;) {
		unsigned away = 4;

		for (int i = 0; i < PARKING_SPINS + PARKING_YIELDS; i++) {
			if (atom_load_rlx(&l->word) & PARKED)
				break; /* others sleep already */
			if (i >= PARKING_SPINS)
				sched_yield();
			else
				for (unsigned p = 0; p < away; p++)
					atom_pause();
			away += away;
			if (parking_try(l, NULL) == 0)
				return 0;
		}
		switch (park(l, deadline_ns)) {
		case HANDED:
			return 0;
		case ASLEEP:
			return -ETIMEDOUT;
		default:
			if (parking_try(l, NULL) == 0)
				return 0;
		}
	}
}

static int
parking_acquire(void *state, void *node)
{
	return parking_try(state, node) == 0 ? 0 : parking_wait(state, FUTEX_FOREVER);
}

static int
parking_until(void *state, void *node, uint64_t deadline_ns)
{
	return parking_try(state, node) == 0 ? 0 : parking_wait(state, deadline_ns);
}

/* Wakes the first sleeper, and lets it compete, or hands the lock over. */
__attribute__((noinline)) static int
unpark(struct parking_lock *l)
{
	struct bucket *b = bucket_of(l);
	struct sleeper *s;
	uint64_t now_ns;
	bool hand = false;

	pthread_mutex_lock(&b->mutex);
	s = bucket_take(b, l, NULL);
	if (s != NULL) {
		now_ns = clock_ns();
		hand = now_ns >= b->fair_ns;
		if (hand)
			b->fair_ns = now_ns + PARKING_FAIR_NS;
	}
	/* We hold the lock yet; nobody but who has the bucket puts PARKED on. */
	atom_store_rel(&l->word,
		       (hand ? HELD : 0u) | (bucket_has(b, l) ? PARKED : 0u)); /* P */
	if (s != NULL) {
		atom_store_rel(&s->awake, hand ? HANDED : AWAKE); /* W */
		futex_wake(&s->awake, 1);
	}
	pthread_mutex_unlock(&b->mutex);
	return 0;
}

static int
parking_release(void *state, void *node)
{
	struct parking_lock *l = state;
	uint32_t seen = HELD;

	(void)node;
	return atom_cas_rel(&l->word, &seen, 0) ? 0 : unpark(l); /* P */
}

LOCK_DEFINE(parking, LOCK_EXCLUDES | LOCK_PARKS,
	    .kind.summary = "spins, then sleeps in one parking lot of all locks",
	    .origin = "F. Pizlo, WTF::Lock, 2016; A. d'Antras, parking_lot, 2016",
	    .acquire_until = parking_until);
