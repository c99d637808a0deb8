/*
 * mutex.c - pthread_mutex_*() of the program, done by a lock of ours.
 *
 * What the types promise is kept: a recursive mutex counts, a checking one refuses. The
 * node of the holder stands in the record, under the lock, so that a mutex may also be
 * released by another thread than took it, as programs do that should not.
 */
#include "preload/under.h"

#include "core/clock.h"

#include <errno.h>

#define FOREVER UINT64_MAX
#define AT_ONCE 0 /* a deadline: do not wait at all */

enum { TYPE_RECURSIVE = 1, TYPE_CHECKING = 2 };

#define CALLER() __builtin_extract_return_addr(__builtin_return_address(0))

static int
type_of(const pthread_mutex_t *m)
{
	return m->__data.__kind & 3;
}

/* True once in PRELOAD_HOLDS or so. */
static bool
is_sampled(void)
{
	static __thread uint32_t x;

	if (x == 0)
		x = (uint32_t)((uintptr_t)self() >> 6) | 1;
	/* Marsaglia's xorshift, 2003. */
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % PRELOAD_HOLDS == 0;
}

/* Who has just taken it writes its books; begin_ns, end_ns: of a wait, or 0. */
static void
note_taken(struct record *r, uint64_t begin_ns, uint64_t end_ns)
{
	struct preload_mutex *slot = r->slot;

	if (slot == NULL) {
		if (!r->unlisted)
			record_list(r);
		slot = r->slot;
		if (slot == NULL) {
			struct preload_tally *t = record_tally();

			if (t != NULL)
				atom_add_rlx(&t->unlisted, 1);
			return;
		}
	}
	slot->acquired++;
	if (begin_ns != 0) {
		slot->contended++;
		slot->wait_ns += end_ns - begin_ns;
		hist_add(&slot->wait, end_ns - begin_ns);
	}
	if (is_sampled())
		r->hold_begin_ns = end_ns != 0 ? end_ns : clock_ns();
}

/* Takes the lock itself. */
static int
take(struct record *r, uint64_t deadline_ns)
{
	void *node = under.has_nodes ? node_take(r) : NULL;
	uint64_t begin_ns = 0, end_ns = 0;
	int rc;

	if (under.has_nodes && node == NULL)
		return -ENOMEM;
	rc = under.kind->try_acquire(r->state, node);
	if (rc == -EBUSY && deadline_ns != AT_ONCE) {
		begin_ns = clock_ns();
		rc = deadline_ns == FOREVER ? under.kind->acquire(r->state, node)
					    : lock_acquire_until(under.kind, r->state,
								 node, deadline_ns);
		end_ns = clock_ns();
	}
	/* A thread ended with it: to the program it would be held for ever. */
	if (rc == -EOWNERDEAD)
		rc = under.kind->repair(r->state);
	if (rc != 0) {
		if (node != NULL)
			node_give(r, node);
		return rc;
	}
	r->node = node;
	r->held = true;
	note_taken(r, begin_ns, end_ns);
	return 0;
}

int
under_lock(pthread_mutex_t *m, struct record *r, uint64_t deadline_ns)
{
	const int type = type_of(m);
	int rc;

	if (type == TYPE_RECURSIVE || type == TYPE_CHECKING) {
		if (atom_load_rlx(&r->owner) == self()) {
			if (type == TYPE_CHECKING)
				return deadline_ns == AT_ONCE ? -EBUSY : -EDEADLK;
			if (r->depth == UINT32_MAX)
				return -EAGAIN;
			r->depth++;
			return 0;
		}
		rc = take(r, deadline_ns);
		if (rc == 0)
			atom_store_rlx(&r->owner, self());
		return rc;
	}
	return take(r, deadline_ns);
}

int
under_unlock(pthread_mutex_t *m, struct record *r)
{
	const int type = type_of(m);
	void *node = r->node;
	int rc;

	if (type == TYPE_RECURSIVE || type == TYPE_CHECKING) {
		if (atom_load_rlx(&r->owner) != self())
			return -EPERM;
		if (r->depth > 0) {
			r->depth--;
			return 0;
		}
		atom_store_rlx(&r->owner, NULL);
	}
	/* The C library does not mind a plain one that is not held; a queue would. */
	if (!r->held)
		return 0;
	if (r->hold_begin_ns != 0) {
		if (r->slot != NULL)
			hist_add(&r->slot->hold, clock_ns() - r->hold_begin_ns);
		r->hold_begin_ns = 0;
	}
	r->held = false;
	r->node = NULL;
	rc = under.kind->release(r->state, node);
	if (node != NULL)
		node_give(r, node);
	return rc;
}

/* An absolute time of a clock as a deadline of clock_ns(); false: it is none. */
static bool
deadline_of(clockid_t clock, const struct timespec *at, uint64_t *deadline_ns)
{
	const uint64_t now_ns = clock_ns();
	const uint64_t of_clock_ns =
		clock == CLOCK_REALTIME ? (uint64_t)clock_unix_ns() : now_ns;
	uint64_t at_ns = UINT64_MAX; /* beyond 292 years: for ever */

	if (at->tv_nsec < 0 || at->tv_nsec >= (long)NS_PER_S)
		return false;
	if (at->tv_sec < 0)
		at_ns = 0;
	else if ((uint64_t)at->tv_sec < INT64_MAX / NS_PER_S)
		at_ns = (uint64_t)at->tv_sec * NS_PER_S + (uint64_t)at->tv_nsec;
	/* What is past is now: a deadline of 0 would be no wait at all. */
	*deadline_ns = at_ns == UINT64_MAX    ? UINT64_MAX
		       : at_ns <= of_clock_ns ? now_ns
					      : now_ns + (at_ns - of_clock_ns);
	return true;
}

EXPORT int
pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attr)
{
	return real()->init(m, attr);
}

EXPORT int
pthread_mutex_destroy(pthread_mutex_t *m)
{
	struct record *r = under_ready() ? record_known(m) : NULL;

	if (r != NULL && r->held)
		return EBUSY;
	if (r != NULL)
		record_forget(m);
	return real()->destroy(m);
}

EXPORT int
pthread_mutex_lock(pthread_mutex_t *m)
{
	struct record *r = under_ready() ? record_of(m, CALLER()) : NULL;

	return r == NULL ? real()->lock(m) : -under_lock(m, r, FOREVER);
}

EXPORT int
pthread_mutex_trylock(pthread_mutex_t *m)
{
	struct record *r = under_ready() ? record_of(m, CALLER()) : NULL;

	return r == NULL ? real()->trylock(m) : -under_lock(m, r, AT_ONCE);
}

EXPORT int
pthread_mutex_timedlock(pthread_mutex_t *m, const struct timespec *at)
{
	struct record *r = under_ready() ? record_of(m, CALLER()) : NULL;
	uint64_t deadline_ns;

	if (r == NULL)
		return real()->timedlock(m, at);
	return deadline_of(CLOCK_REALTIME, at, &deadline_ns)
		       ? -under_lock(m, r, deadline_ns)
		       : EINVAL;
}

EXPORT int
pthread_mutex_clocklock(pthread_mutex_t *m, clockid_t clock, const struct timespec *at)
{
	struct record *r = under_ready() ? record_of(m, CALLER()) : NULL;
	uint64_t deadline_ns;

	if (r == NULL)
		return real()->clocklock(m, clock, at);
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return EINVAL;
	return deadline_of(clock, at, &deadline_ns) ? -under_lock(m, r, deadline_ns)
						    : EINVAL;
}

EXPORT int
pthread_mutex_unlock(pthread_mutex_t *m)
{
	struct record *r = under_ready() ? record_known(m) : NULL;

	return r == NULL ? real()->unlock(m) : -under_unlock(m, r);
}
