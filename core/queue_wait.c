/*
 * queue_wait.c - how ends of a queue wait: look, yield, sleep; and are woken.
 *
 * A side that finds nothing looks again for about 20 us, offering the CPU to others
 * every 1 to 2 us, since its partner may sit on the same one. Then it sleeps on a
 * futex.
 *
 * The fast path of the other side is a store (the message, the free slot) and a plain
 * load of "somebody may sleep", which the processor may do in the other order. The
 * sleeper pays for both: having said that it may sleep, it calls membarrier(2), after
 * which every running thread either sees that word or has its message seen here.
 * Where that call is missing, each put and get has a fence of its own.
 *
 * The word is a flag, not a count: it stays right when its writer is killed. A waker
 * clears it, and wakes one; who was woken sets it again, for others may sleep behind
 * it, and hands the wake-up on when it leaves while there is more. The waker may
 * have been killed in between: queue_bury() wakes everybody.
 *
 * Edge S (Dekker): a sleeper sets its flag, then looks for messages or room once more;
 * the other side makes them visible, then looks at the flag: see above.
 * Edge Q: a waker changes the futex word after the flag -> the sleeper, which reads it
 * before its last look, does not sleep over it.
 * Edge X: queue_close(), queue_abort() change the state, then the futex words -> as Q.
 */
#include "core/queue_kind.h"

#include "core/clock.h"
#include "core/futex.h"

#include <assert.h>
#include <limits.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* About what going to sleep and being woken cost together. */
#define SPIN_NS (20 * NS_PER_US)

/* Looks between two offers of the CPU, further and further apart: 1 to 2 us. */
#define LOOKS 7
#define PAUSES_MAX 32

/*
 * Who has worked for so long since its last wait is in a stream and has caught up with
 * the other side: it steps back first, so that the other gets some cache lines ahead.
 * One that comes back sooner waits for an answer, which it wants at once.
 */
#define STREAM_NS (1 * NS_PER_US)
#define STREAM_PAUSES 96

/* A yield that takes longer has let another run. */
#define SWITCH_NS (2 * NS_PER_US)

static void
barrier(const struct queue *q)
{
	if (!q->fences)
		syscall(SYS_membarrier,
			q->config.processes ? MEMBARRIER_CMD_GLOBAL_EXPEDITED
					    : MEMBARRIER_CMD_PRIVATE_EXPEDITED,
			0, 0);
}

void
queue_fence(struct queue_end *t)
{
	atom_add_sc(&t->dummy, 1); /* S */
}

static void
wake_one(atom_u32 *flag, atom_u32 *seq)
{
	if (atom_xchg_sc(flag, 0) == 0) /* S */
		return;
	atom_add_sc(seq, 1); /* Q */
	futex_wake(seq, 1);
}

void
queue_wake_getter(struct queue *q)
{
	wake_one(&q->shared->getters_sleep, &q->shared->getters_seq);
}

void
queue_wake_putter(struct queue *q)
{
	wake_one(&q->shared->putters_sleep, &q->shared->putters_seq);
}

void
queue_wake_everybody(struct queue *q)
{
	struct queue_shared *s = q->shared;

	atom_add_sc(&s->getters_seq, 1); /* Q X */
	atom_add_sc(&s->putters_seq, 1); /* Q X */
	atom_add_sc(&s->joiners_seq, 1); /* Q X */
	futex_wake(&s->getters_seq, INT_MAX);
	futex_wake(&s->putters_seq, INT_MAX);
	futex_wake(&s->joiners_seq, INT_MAX);
}

void
queue_back_off(unsigned *failures)
{
	if (++*failures % 4 == 0) {
		sched_yield();
		return;
	}
	for (int i = 0; i < 16; i++)
		atom_pause();
}

int
queue_poll(struct queue *q, int fd, short events, uint64_t deadline_ns)
{
	struct pollfd p[2] = { { .fd = fd, .events = events },
			       { .fd = q->close_fd, .events = POLLIN } };
	int n;

	if (deadline_ns == 0)
		return -EAGAIN;
	n = poll(p, 2, clock_poll_ms(deadline_ns));
	if (n < 0 && errno != EINTR)
		return -errno;
	if (n == 0 && clock_ns() >= deadline_ns)
		return -ETIMEDOUT;
	return 0;
}

/* --- one wait of either side ------------------------------------------------- */

/* What is being waited for: one try of a put or a get. */
struct attempt {
	struct queue_end *t;
	const void *from;
	void *to;
	size_t n;
	queue_try_put *try_put;
	queue_try_get *try_get; /* NULL: it is a put */
};

static int
try_again(const struct attempt *a)
{
	if (a->try_get != NULL)
		return a->try_get(a->t, a->to, a->n);
	assert(a->try_put != NULL);
	return a->try_put(a->t, a->from, a->n);
}

static bool
must_wait(int rc)
{
	return rc == -EAGAIN || rc == -EBUSY;
}

/* What ends the wait beside success; 0: nothing does. */
static int
reason_to_leave(const struct attempt *a)
{
	const uint32_t state = atom_load_acq(&a->t->q->shared->state); /* X */
	int rc;

	if (state & QUEUE_ABORTED)
		return -ECANCELED;
	if (!(state & QUEUE_CLOSED))
		return 0;
	if (a->try_get == NULL)
		return -EPIPE;
	/* Closed, and empty before that was known: look once more. */
	rc = try_again(a);
	return rc == -EAGAIN ? -EPIPE : rc == -EBUSY ? 0 : rc == 0 ? INT_MAX : rc;
}

/* The other side may be on this very CPU, or on another one, at work. */
static void
step_back(uint64_t now_ns)
{
	sched_yield();
	if (clock_ns() - now_ns > SWITCH_NS)
		return; /* somebody else ran here meanwhile */
	for (int i = 0; i < STREAM_PAUSES; i++)
		atom_pause();
}

/* Looks for a while. The result of the last try. */
static int
spin(const struct attempt *a, uint64_t deadline_ns)
{
	const uint64_t now_ns = clock_ns();
	const uint64_t until_ns = now_ns + SPIN_NS;
	int pauses = 1, rc;

	if (now_ns - a->t->waited_ns > STREAM_NS)
		step_back(now_ns);

	do {
		for (int i = 0; i < LOOKS; i++) {
			for (int j = 0; j < pauses; j++)
				atom_pause();
			rc = try_again(a);
			if (!must_wait(rc))
				return rc;
			if (pauses < PAUSES_MAX)
				pauses *= 2;
		}
		if (atom_load_rlx(&a->t->q->shared->state) != 0)
			return rc;
		sched_yield(); /* the other side may be waiting for this very CPU */
		rc = try_again(a);
		if (!must_wait(rc))
			return rc;
	} while (clock_ns() < until_ns && clock_ns() < deadline_ns);
	return rc;
}

/* Sleeps once, unless there is something. The result of the last try. */
static int
sleep_once(const struct attempt *a, atom_u32 *flag, atom_u32 *seq, uint64_t deadline_ns,
	   int *waited)
{
	uint32_t before;
	int rc;

	*waited = 0;
	/* Before the flag: a waker that clears it again has this word changed after. */
	before = atom_load_sc(seq); /* Q */
	atom_xchg_sc(flag, 1);	    /* S */
	barrier(a->t->q);
	rc = try_again(a);
	if (rc != -EAGAIN)
		return rc;
	if (atom_load_acq(&a->t->q->shared->state) != 0) /* X */
		return rc;
	a->t->sleeps++;
	*waited = futex_wait(seq, before, deadline_ns);
	return try_again(a);
}

/* Others may sleep where this one slept: passes the wake-up on if there is more. */
static void
hand_on(const struct attempt *a, atom_u32 *flag, atom_u32 *seq)
{
	struct queue *q = a->t->q;
	int64_t size;

	atom_xchg_sc(flag, 1); /* S */
	barrier(q);
	size = q->kind->size(q);
	if (a->try_get != NULL ? size > 0 : size < (int64_t)q->config.capacity)
		wake_one(flag, seq);
}

static int
wait_for(const struct attempt *a, uint64_t deadline_ns, int rc)
{
	struct queue_shared *s = a->t->q->shared;
	const bool get = a->try_get != NULL;
	atom_u32 *flag = get ? &s->getters_sleep : &s->putters_sleep;
	atom_u32 *seq = get ? &s->getters_seq : &s->putters_seq;
	bool slept = false;
	int why, waited = 0;

	if (must_wait(rc) && deadline_ns != 0)
		rc = spin(a, deadline_ns);
	while (must_wait(rc)) {
		why = reason_to_leave(a);
		if (why != 0) {
			rc = why == INT_MAX ? 0 : why;
			break;
		}
		if (deadline_ns == 0)
			break;
		if (waited == -ETIMEDOUT || clock_ns() >= deadline_ns) {
			rc = -ETIMEDOUT;
			break;
		}
		if (rc == -EBUSY) {
			sched_yield();
			rc = try_again(a);
			continue;
		}
		rc = sleep_once(a, flag, seq, deadline_ns, &waited);
		slept = true;
	}
	if (slept)
		hand_on(a, flag, seq);
	a->t->waited_ns = clock_ns();
	if (rc >= 0) {
		queue_fence(a->t);
		if (atom_load_sc(get ? &s->putters_sleep : &s->getters_sleep)) /* S */
			wake_one(get ? &s->putters_sleep : &s->getters_sleep,
				 get ? &s->putters_seq : &s->getters_seq);
	}
	return rc == -EBUSY ? -EAGAIN : rc;
}

__attribute__((noinline, cold)) int
queue_put_slow(struct queue_end *t, const void *item, size_t n, uint64_t deadline_ns,
	       queue_try_put *try_put, int rc)
{
	const struct attempt a = { .t = t, .from = item, .n = n, .try_put = try_put };

	return wait_for(&a, deadline_ns, rc);
}

__attribute__((noinline, cold)) int
queue_get_slow(struct queue_end *t, void *item, size_t n, uint64_t deadline_ns,
	       queue_try_get *try_get, int rc)
{
	const struct attempt a = { .t = t, .to = item, .n = n, .try_get = try_get };

	return wait_for(&a, deadline_ns, rc);
}
