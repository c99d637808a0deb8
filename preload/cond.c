/*
 * cond.c - pthread_cond_*() of the program, over mutexes that are ours.
 *
 * The C library's would release its own mutex. A condition variable of one process is
 * a number here, which each signal raises: who waits reads it while it still has the
 * mutex, and sleeps as long as the number stays. A waiter may wake for nothing, as
 * POSIX allows. Those between processes are the C library's.
 *
 * Edge C: post() raises the number -> wait_on() or sleep_on() reads it raised.
 * Edge W: wait_on() counts itself in waiters and then reads the number; post() raises
 * the number and then reads waiters: one of them sees the other.
 *
 * Source: the condition variables of Android's C library, bionic/pthread_cond.cpp, have
 * this shape; U. Drepper, "Futexes Are Tricky", 2011.
 */
#include "preload/under.h"

#include "core/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLER() __builtin_extract_return_addr(__builtin_return_address(0))

/* In the memory of a pthread_cond_t; all zero at the start. __wrefs stays 0, whose last
 * bit tells those between processes. */
struct number {
	atom_u32 number;
	atom_u32 waiters; /* who sleep, or are about to */
	int32_t clock;	  /* of pthread_cond_timedwait(); 0 is CLOCK_REALTIME */
};

_Static_assert(sizeof(struct number) <= offsetof(pthread_cond_t, __data.__wrefs),
	       "it ends before __wrefs");
_Static_assert(CLOCK_REALTIME == 0, "the clock of a zeroed one");

static bool
is_shared(const pthread_cond_t *c)
{
	return (c->__data.__wrefs & 1) != 0;
}

static struct number *
number_of(pthread_cond_t *c)
{
	return (struct number *)(void *)c;
}

static int
post(pthread_cond_t *c, int n)
{
	struct number *x = number_of(c);

	atom_add_sc(&x->number, 1);	    /* C */
	if (atom_load_sc(&x->waiters) != 0) /* W */
		futex_wake(&x->number, n);
	return 0;
}

/* A wait that pthread_cancel() may end. */
struct wait {
	pthread_cond_t *cond;
	pthread_mutex_t *mutex;
	struct record *record; /* NULL: the mutex is the C library's */
	uint32_t depth;	       /* of a recursive mutex */
};

static int
take_back(struct wait *w)
{
	int rc;

	if (w->record == NULL)
		return real()->lock(w->mutex);
	rc = -under_lock(w->mutex, w->record, FUTEX_FOREVER);
	w->record->depth = w->depth;
	return rc;
}

/* The thread is cancelled: it may have been woken in another's place. */
static void
cancelled(void *arg)
{
	struct wait *w = arg;

	atom_sub_rlx(&number_of(w->cond)->waiters, 1);
	post(w->cond, INT_MAX);
	take_back(w);
}

/* 0, or ETIMEDOUT. */
static int
sleep_on(struct number *x, uint32_t seen, clockid_t clock, const struct timespec *at)
{
	const int op = FUTEX_WAIT_BITSET |
		       (clock == CLOCK_REALTIME ? FUTEX_CLOCK_REALTIME : 0);
	int old, rc = 0;

	/* Cancelled it can be nowhere but here. */
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
	if (atom_load_acq(&x->number) == seen && /* C */
	    syscall(SYS_futex, &x->number, op, seen, at, NULL,
		    FUTEX_BITSET_MATCH_ANY) != 0 &&
	    errno == ETIMEDOUT)
		rc = ETIMEDOUT;
	pthread_setcanceltype(old, NULL);
	return rc;
}

/* Releases what a wait gives up: a recursive mutex, too, as often as it is held. */
static int
let_go(struct wait *w)
{
	if (w->record == NULL)
		return real()->unlock(w->mutex);
	if (atom_load_rlx(&w->record->owner) == self()) {
		w->depth = w->record->depth;
		w->record->depth = 0;
	}
	if (w->record->slot != NULL)
		w->record->slot->cond_waits++;
	return -under_unlock(w->mutex, w->record);
}

static int
wait_on(pthread_cond_t *c, pthread_mutex_t *m, const void *caller, clockid_t clock,
	const struct timespec *at)
{
	struct wait w = { c, m, record_of(m, caller), 0 };
	struct number *x = number_of(c);
	struct timespec soon = { 0, 1000000 };
	uint32_t seen;
	int rc, error = errno, back;

	if (at != NULL && (at->tv_nsec < 0 || at->tv_nsec >= 1000000000))
		return EINVAL;
	if (is_shared(c)) {
		if (w.record == NULL)
			return at == NULL ? real()->cond_wait(c, m)
					  : real()->cond_clockwait(c, m, clock, at);
		/* Between processes, but the mutex is not: wakes for nothing. */
		rc = let_go(&w);
		nanosleep(&soon, NULL);
		return rc != 0 ? rc : take_back(&w);
	}
	atom_add_sc(&x->waiters, 1);	 /* W */
	seen = atom_load_sc(&x->number); /* C */
	rc = let_go(&w);
	if (rc != 0) {
		atom_sub_rlx(&x->waiters, 1);
		return rc;
	}
	/* A time before 1970 is over; the kernel would refuse it. */
	pthread_cleanup_push(cancelled, &w);
	rc = at != NULL && at->tv_sec < 0 ? ETIMEDOUT : sleep_on(x, seen, clock, at);
	pthread_cleanup_pop(0);
	atom_sub_rlx(&x->waiters, 1);
	errno = error;
	back = take_back(&w);
	return back != 0 ? back : rc;
}

EXPORT int
pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *attr)
{
	int shared = PTHREAD_PROCESS_PRIVATE;
	clockid_t clock = CLOCK_REALTIME;

	if (!under_ready())
		return real()->cond_init(c, attr);
	if (attr != NULL) {
		pthread_condattr_getpshared(attr, &shared);
		pthread_condattr_getclock(attr, &clock);
	}
	if (shared == PTHREAD_PROCESS_SHARED)
		return real()->cond_init(c, attr);
	memset(c, 0, sizeof(*c));
	number_of(c)->clock = clock;
	return 0;
}

EXPORT int
pthread_cond_destroy(pthread_cond_t *c)
{
	if (!under_ready() || is_shared(c))
		return real()->cond_destroy(c);
	/* Woken waiters may still be on their way out of it; after a fork, some that
	 * are no more are counted. */
	for (int i = 0; i < 1000 && atom_load_rlx(&number_of(c)->waiters) != 0; i++)
		sched_yield();
	return 0;
}

EXPORT int
pthread_cond_signal(pthread_cond_t *c)
{
	return !under_ready() || is_shared(c) ? real()->cond_signal(c) : post(c, 1);
}

EXPORT int
pthread_cond_broadcast(pthread_cond_t *c)
{
	return !under_ready() || is_shared(c) ? real()->cond_broadcast(c)
					      : post(c, INT_MAX);
}

EXPORT int
pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	return under_ready() ? wait_on(c, m, CALLER(), CLOCK_REALTIME, NULL)
			     : real()->cond_wait(c, m);
}

EXPORT int
pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *at)
{
	if (!under_ready())
		return real()->cond_timedwait(c, m, at);
	if (is_shared(c) && record_known(m) == NULL)
		return real()->cond_timedwait(c, m, at);
	return wait_on(c, m, CALLER(), is_shared(c) ? 0 : number_of(c)->clock, at);
}

EXPORT int
pthread_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m, clockid_t clock,
		       const struct timespec *at)
{
	if (!under_ready())
		return real()->cond_clockwait(c, m, clock, at);
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return EINVAL;
	return wait_on(c, m, CALLER(), clock, at);
}
