/*
 * mutex.c - a ring under one mutex with two condition variables: the baseline.
 *
 * Between threads it is what everybody writes: pthread_mutex_t and two
 * pthread_cond_t. Between processes the mutex is robust, and the conditions are
 * futex words: a pthread_cond_t hangs its signaller for ever when a process was
 * killed while it waited (glibc 2.36: the group of the dead waiter never empties).
 * What is in the ring changes in one store at the end of put or get, so that a
 * holder that dies leaves it whole; the message that it was about to take stays.
 *
 * Edge C: who changes the ring moves the futex word under the mutex -> a sleeper, which
 * read the word under the mutex, does not sleep over it.
 */
#include "core/queue_kind.h"

#include "core/clock.h"
#include "core/futex.h"

#include <limits.h>
#include <pthread.h>
#include <time.h>

struct condition {
	pthread_cond_t cond; /* threads */
	atom_u32 seq;	     /* processes: a futex */
	bool sleeps;	     /* somebody may; under the mutex */
};

struct ring {
	pthread_mutex_t mutex;
	struct condition not_empty, not_full;
	uint64_t head, tail; /* under the mutex */
	CACHE_ALIGNED unsigned char slots[];
};

static int
lock(const struct queue *q)
{
	struct ring *r = q->area;
	int rc = pthread_mutex_lock(&r->mutex);

	if (rc == EOWNERDEAD)
		rc = pthread_mutex_consistent(&r->mutex);
	return -rc;
}

static void
unlock(const struct queue *q)
{
	struct ring *r = q->area;

	pthread_mutex_unlock(&r->mutex);
}

/* Leaves the mutex and wakes one that waits for it. */
static void
unlock_and_signal(const struct queue *q, struct condition *c)
{
	bool sleeps = c->sleeps;

	if (!q->config.processes) {
		unlock(q);
		pthread_cond_signal(&c->cond);
		return;
	}
	if (sleeps) {
		c->sleeps = false;
		atom_add_sc(&c->seq, 1); /* C */
	}
	unlock(q);
	if (sleeps)
		futex_wake(&c->seq, 1);
}

/* Waits under the mutex. 0 or -ETIMEDOUT; the mutex is held in any case. */
static int
wait_on(const struct queue *q, struct condition *c, uint64_t deadline_ns)
{
	struct ring *r = q->area;
	struct timespec at = { .tv_sec = (time_t)(deadline_ns / NS_PER_S),
			       .tv_nsec = (long)(deadline_ns % NS_PER_S) };
	uint32_t seq;
	int rc;

	if (!q->config.processes) {
		if (deadline_ns == QUEUE_FOREVER)
			return -pthread_cond_wait(&c->cond, &r->mutex);
		return -pthread_cond_timedwait(&c->cond, &r->mutex, &at);
	}
	seq = atom_load_acq(&c->seq); /* C */
	c->sleeps = true;
	unlock(q);
	rc = futex_wait(&c->seq, seq, deadline_ns);
	lock(q);
	c->sleeps = true; /* who woke us cleared it, and others may sleep, too */
	return rc == -ETIMEDOUT ? rc : 0;
}

/* Waits for room or messages; what is left to do is 0, or why not. */
static int
await(struct queue_end *t, bool put, uint64_t deadline_ns)
{
	const struct queue *q = t->q;
	struct ring *r = q->area;
	struct condition *c = put ? &r->not_full : &r->not_empty;
	int rc = 0;

	for (;;) {
		const uint64_t size = r->tail - r->head;
		const uint32_t state = atom_load_rlx(&q->shared->state);

		if (state & QUEUE_ABORTED)
			return -ECANCELED;
		if (put && state & QUEUE_CLOSED)
			return -EPIPE;
		if (put ? size < q->config.capacity : size > 0)
			return 0;
		if (state & QUEUE_CLOSED)
			return -EPIPE;
		if (rc == -ETIMEDOUT)
			return rc;
		if (deadline_ns == 0)
			return -EAGAIN;
		t->sleeps++;
		rc = wait_on(q, c, deadline_ns);
	}
}

static int
mutex_put(struct queue_end *t, const void *item, size_t n, uint64_t deadline_ns)
{
	const struct queue *q = t->q;
	struct ring *r = q->area;
	int rc = lock(q);

	if (rc != 0)
		return rc;
	rc = await(t, true, deadline_ns);
	if (rc != 0) {
		unlock(q);
		return rc;
	}
	queue_copy(r->slots + (r->tail & (q->slots - 1)) * q->stride, item, n);
	r->tail++;
	unlock_and_signal(q, &r->not_empty);
	return 0;
}

static int
mutex_get(struct queue_end *t, void *item, size_t n, uint64_t deadline_ns)
{
	const struct queue *q = t->q;
	struct ring *r = q->area;
	bool more;
	int rc = lock(q);

	if (rc != 0)
		return rc;
	rc = await(t, false, deadline_ns);
	if (rc != 0) {
		unlock(q);
		return rc;
	}
	if (n > q->config.item_bytes)
		n = q->config.item_bytes;
	queue_copy(item, r->slots + (r->head & (q->slots - 1)) * q->stride, n);
	r->head++;
	more = q->config.processes && r->tail != r->head && r->not_empty.sleeps;
	unlock_and_signal(q, &r->not_full);
	if (more) { /* one wake-up may have stood for several messages */
		lock(q);
		unlock_and_signal(q, &r->not_empty);
	}
	return (int)n;
}

QUEUE_DRIVES(mutex)

static size_t
mutex_area_bytes(const struct queue_config *f)
{
	size_t slots = 1;

	while (slots < f->capacity)
		slots *= 2;
	return sizeof(struct ring) + slots * queue_words(f->item_bytes);
}

/* Deadlines are of the monotonic clock. 0 or an errno. */
static int
init_condition(pthread_cond_t *c)
{
	pthread_condattr_t attr;
	int rc;

	pthread_condattr_init(&attr);
	rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (rc == 0)
		rc = pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
	return rc;
}

static int
mutex_open(struct queue *q, struct err *e)
{
	struct ring *r = q->area;
	pthread_mutexattr_t attr;
	int rc;

	pthread_mutexattr_init(&attr);
	if (q->config.processes) {
		pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
		pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	}
	rc = pthread_mutex_init(&r->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	if (rc == 0)
		rc = init_condition(&r->not_empty.cond);
	if (rc == 0)
		rc = init_condition(&r->not_full.cond);
	return rc == 0 ? 0 : err_set(e, rc, "cannot make a mutex and its conditions");
}

static int64_t
mutex_size(struct queue *q)
{
	struct ring *r = q->area;
	int64_t size;

	if (lock(q) != 0)
		return 0;
	size = (int64_t)(r->tail - r->head);
	unlock(q);
	return size;
}

static void
mutex_wake(struct queue *q)
{
	struct ring *r = q->area;
	struct condition *c[2] = { &r->not_empty, &r->not_full };

	lock(q);
	for (int i = 0; i < 2; i++)
		if (q->config.processes)
			atom_add_sc(&c[i]->seq, 1); /* C */
		else
			pthread_cond_broadcast(&c[i]->cond);
	unlock(q);
	for (int i = 0; i < 2 && q->config.processes; i++)
		futex_wake(&c[i]->seq, INT_MAX);
}

static int
mutex_bury(struct queue *q, int who)
{
	(void)who;
	mutex_wake(q); /* it may have swallowed a wake-up; the mutex is robust */
	return 0;
}

static void
mutex_seize(struct queue_end *t, bool put)
{
	(void)put;
	lock(t->q);
}

const struct queue_kind queue_kind_mutex = {
	.kind = { .name = "mutex",
		  .summary = "ring under a mutex with condition variables" },
	.traits = QUEUE_THREADS | QUEUE_PROCESSES,
	.area_bytes = mutex_area_bytes,
	.open = mutex_open,
	.put = mutex_put,
	.get = mutex_get,
	.size = mutex_size,
	.wake = mutex_wake,
	.bury = mutex_bury,
	.seize = mutex_seize,
	.produce = mutex_produce,
	.consume = mutex_consume,
};
