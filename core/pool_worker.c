/*
 * pool_worker.c - the side of a pool that runs tasks.
 *
 * A worker reserves a range of tasks by moving `hint`, claims each by its state
 * word, runs it. Ranges are one task long while tasks take long, and grow while
 * they are short, so that the shared word is touched once a batch. A reservation is
 * no right: what its holder has not begun, others find in its desk and claim.
 *
 * Edge S: the owner's READY (core/pool.c) -> claim().
 * Edge T: the owner's tail (core/pool.c) -> reserve(), hint_behind().
 * Edge D: run() stores DONE -> is_finished() in core/pool.c.
 * Edge W: run() stores DONE, loads waiting_for -> pool_await() in core/pool.c.
 * Edge P: a range or tail is stored, parked is loaded -> idle() sets parked, looks.
 * Edge C: uncancel() stores the word, loads the flag -> pool_terminate() in
 * core/pool.c.
 */
#include "core/pool_ring.h"

#include "core/clock.h"
#include "core/futex.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A batch shorter than this grows, one longer than the other shrinks. */
#define BATCH_SHORT_NS (4 * NS_PER_US)
#define BATCH_LONG_NS (16 * NS_PER_US)
#define BATCH_MAX 64

/* How long an idle worker looks for work before it sleeps: about the cost of going
 * to sleep and being woken. */
#define SPIN_NS (20 * NS_PER_US)

/* How often a worker may move away from the owner's CPU. */
#define MOVE_EVERY_NS NS_PER_MS

void
pool_hand_init(struct pool_hand *h, struct pool *p, int number, atom_u32 *cancel)
{
	*h = (struct pool_hand){
		.pool = p,
		.desk = &p->desk[number],
		.number = number,
		.batch = 1,
		.left = p->config.max_tasks_per_child ? p->config.max_tasks_per_child
						      : UINT64_MAX,
		.pid = getpid(),
		.tid = (int32_t)syscall(SYS_gettid),
		.tracing = p->config.trace != NULL,
		.stamping = p->stamp != NULL,
		.call = { .context = p->config.context,
			  .worker = number,
			  .cancel = cancel,
			  .cancel_fd = p->crew.cancel_fd },
	};
	atom_store_rlx(&h->desk->next, 0);
	atom_store_rlx(&h->desk->last, 0);
	atom_store_rlx(&h->desk->claims, 0);
}

/* --- who sleeps, who looks ------------------------------------------------- */

static bool
any_bit(const atom_u64 *set, int words)
{
	for (int i = 0; i < words; i++)
		if (atom_load_sc(&set[i]) != 0) /* P */
			return true;
	return false;
}

static int
count_bits(const atom_u64 *set, int words)
{
	int count = 0;

	for (int i = 0; i < words; i++)
		count += __builtin_popcountll(atom_load_rlx(&set[i]));
	return count;
}

static void
set_bit(atom_u64 *set, int number)
{
	atom_or_sc(&set[number / 64], UINT64_C(1) << (number % 64)); /* P */
}

/* True when the bit was set. */
static bool
clear_bit(atom_u64 *set, int number)
{
	const uint64_t bit = UINT64_C(1) << (number % 64);

	return (atom_and_sc(&set[number / 64], ~bit) & bit) != 0; /* P */
}

void
pool_forget(struct pool *p, int number)
{
	clear_bit(p->shared->parked, number);
	clear_bit(p->shared->spinning, number);
}

/* Takes one worker out of the parked; -1 when nobody sleeps. */
static int
pick_parked(struct pool *p)
{
	for (int i = 0; i < p->words; i++) {
		uint64_t set = atom_load_rlx(&p->shared->parked[i]);

		while (set != 0) {
			int number = i * 64 + __builtin_ctzll(set);

			/* It looks for work from now on, on our behalf, so that the
			 * next task does not wake a second one for the same. */
			set_bit(p->shared->spinning, number);
			if (clear_bit(p->shared->parked, number))
				return number;
			clear_bit(p->shared->spinning, number);
			set = atom_load_rlx(&p->shared->parked[i]);
		}
	}
	return -1;
}

void
pool_wake_one(struct pool *p)
{
	int number;

	if (!any_bit(p->shared->parked, p->words) ||
	    any_bit(p->shared->spinning, p->words))
		return;
	number = pick_parked(p);
	if (number < 0)
		return;
	atom_add_rlx(&p->desk[number].wake, 1);
	futex_wake(&p->desk[number].wake, 1);
}

void
pool_wake_all(struct pool *p)
{
	for (int i = 0; i < p->config.workers; i++) {
		clear_bit(p->shared->parked, i);
		atom_add_rlx(&p->desk[i].wake, 1);
		futex_wake(&p->desk[i].wake, INT_MAX);
	}
}

/* --- finding work ---------------------------------------------------------- */

static bool
hint_behind(const struct pool_shared *s)
{
	return atom_load_rlx(&s->hint) < atom_load_sc(&s->tail); /* T P */
}

/* Takes the next range for itself; false when all tasks are spoken for. */
static bool
reserve(struct pool_hand *h)
{
	struct pool *p = h->pool;
	struct pool_shared *s = p->shared;
	uint64_t from = atom_load_rlx(&s->hint);
	uint64_t n;

	do {
		uint64_t tail = atom_load_acq(&s->tail); /* T */

		if (from >= tail)
			return false;
		n = (tail - from) / (2 * (uint64_t)p->config.workers);
		n = n < 1 ? 1 : n;
		n = n > h->batch ? h->batch : n;
		n = n > h->left ? h->left : n;
	} while (!atom_cas_rlx(&s->hint, &from, from + n));
	h->next = from;
	h->last = from + n;
	if (n > 1) {
		/* What comes after the first must not wait for it while others sleep.
		 */
		atom_store_rlx(&h->desk->next, h->next);
		atom_store_sc(&h->desk->last, h->last); /* P */
		if (any_bit(p->shared->parked, p->words))
			pool_wake_one(p);
	}
	return true;
}

static bool
claim(struct pool_hand *h, uint64_t task)
{
	struct pool *p = h->pool;
	uint64_t ready = pool_state(task, 0, PHASE_READY);

	return atom_cas_acq(&p->slot[task & p->mask].state, &ready, /* S */
			    pool_state(task, h->number, PHASE_CLAIMED));
}

/* A task that somebody else reserved and has not begun; true when it is ours. */
static bool
take_over(struct pool_hand *h, bool only_look)
{
	struct pool *p = h->pool;

	for (int i = 0; i <= p->config.workers; i++) {
		uint64_t last = atom_load_sc(&p->desk[i].last); /* P */
		uint64_t task = atom_load_rlx(&p->desk[i].next);

		for (; task < last; task++) {
			atom_u64 *state = &p->slot[task & p->mask].state;

			if (atom_load_rlx(state) != pool_state(task, 0, PHASE_READY))
				continue;
			if (only_look)
				return true;
			if (claim(h, task)) {
				h->next = task;
				h->last = task + 1;
				return true;
			}
		}
	}
	return false;
}

/* --- running --------------------------------------------------------------- */

static void
ring_doorbell(struct pool *p, uint64_t waited_for)
{
	const uint64_t one = 1;
	ssize_t n;

	/* Whoever takes the word down rings, once. */
	if (!atom_cas_sc(&p->shared->waiting_for, &waited_for, POOL_NOBODY)) /* W */
		return;
	n = write(p->doorbell, &one, sizeof(one));
	(void)n; /* it cannot be full: the owner empties it each time it wakes */
}

static void
stamp_begin(struct pool_hand *h, struct pool_stamp *st)
{
	st->pid = h->pid;
	st->tid = h->tid;
	st->attempts++;
	st->end_ns = 0;
	atom_store_rlx(&st->begin_ns, clock_ns());
}

/* We run in the owner's thread, which is wanted for the end of the run. */
static bool
owner_is_stopped(const struct pool_hand *h)
{
	const struct pool *p = h->pool;

	return (h->number == p->config.workers || p->crew.kind->step != NULL) &&
	       stop_reason(p->config.stop) != STOP_NONE;
}

/*
 * A task that gave up although nobody meant it: the owner cancelled the one before,
 * which was over by then.
 */
static bool
cancelled_by_mistake(const struct pool_hand *h, const struct pool_stamp *st)
{
	const struct pool *p = h->pool;

	return h->call.error == ECANCELED && st != NULL &&
	       p->config.task_timeout_ns != 0 &&
	       !atom_load_rlx(&p->shared->terminating) && !owner_is_stopped(h) &&
	       clock_ns() - atom_load_rlx(&st->begin_ns) < p->config.task_timeout_ns;
}

/*
 * Takes back a cancellation that was meant for the task before: stores the word, then
 * loads terminating, while pool_terminate() stores terminating, then the word.
 */
static void
uncancel(struct pool_hand *h)
{
	const struct pool *p = h->pool;

	if (p->config.task_timeout_ns == 0)
		return;
	atom_store_sc(h->call.cancel, 0);	   /* C */
	if (atom_load_sc(&p->shared->terminating)) /* C */
		atom_store_sc(h->call.cancel, 1);  /* C */
}

/* The task was told to give up, and did: it is not to be tried again. */
static bool
gave_up(const struct pool_hand *h)
{
	const struct pool *p = h->pool;

	return atom_load_rlx(&p->shared->terminating) || owner_is_stopped(h) ||
	       (h->call.error == ECANCELED && p->config.task_timeout_ns != 0);
}

/* The attempts of one task, with stamps and events. Returns the result. */
static int64_t
run_observed(struct pool_hand *h, struct pool_slot *slot, struct pool_stamp *st)
{
	const unsigned tries = h->pool->config.tries ? h->pool->config.tries : 1;
	const int64_t task = (int64_t)h->call.task;
	int64_t result;
	uint64_t took_ns;

	for (unsigned run = 1;; run++) {
		if (st != NULL)
			stamp_begin(h, st);
		h->call.attempt = (unsigned)++slot->result;
		if (h->tracing)
			trace_emit(&pool_event_run, task, h->call.attempt, NULL);
		do {
			h->call.error = 0;
			uncancel(h);
			result = slot->fn(&h->call);
		} while (cancelled_by_mistake(h, st));
		if (st != NULL)
			st->end_ns = clock_ns();
		took_ns = st ? st->end_ns - atom_load_rlx(&st->begin_ns) : 0;
		if (h->tracing)
			trace_emit(h->call.error ? &pool_event_raised
						 : &pool_event_done,
				   task, (int64_t)took_ns, NULL);
		if (h->call.error == 0 || run >= tries || gave_up(h))
			return result;
	}
}

/* Runs a claimed task and publishes its outcome. */
static inline void
run(struct pool_hand *h, uint64_t task)
{
	struct pool *p = h->pool;
	struct pool_slot *slot = &p->slot[task & p->mask];
	enum pool_phase phase = PHASE_DONE;
	uint64_t waited_for;

	h->left--;
	atom_store_rlx(&h->desk->claims, atom_load_rlx(&h->desk->claims) + 1);
	h->call.task = task;
	h->call.arg = slot->arg;
	if (p->payload != NULL)
		h->call.payload =
			p->payload + (task & p->mask) * p->config.payload_bytes;
	if (h->stamping || h->tracing || p->config.tries > 1) {
		slot->result = run_observed(
			h, slot, h->stamping ? &p->stamp[task & p->mask] : NULL);
	} else {
		h->call.error = 0;
		h->call.attempt = (unsigned)++slot->result;
		slot->result = slot->fn(&h->call);
	}
	if (h->call.error != 0) {
		slot->arg = (uint64_t)h->call.error;
		phase = PHASE_RAISED;
	}
	atom_xchg_sc(&slot->state, pool_state(task, h->number, phase)); /* D W */
	waited_for = atom_load_sc(&p->shared->waiting_for);		/* W */
	if (waited_for == task || waited_for == POOL_ANYBODY)
		ring_doorbell(p, waited_for);
}

/* It has work now. The last one that looked sends the next one to look. */
static void
stop_spinning(struct pool_hand *h)
{
	struct pool *p = h->pool;

	h->spinning = false;
	clear_bit(p->shared->spinning, h->number);
	if (hint_behind(p->shared) || h->next + 1 < h->last)
		pool_wake_one(p);
}

static void
adapt_batch(struct pool_hand *h)
{
	uint64_t now_ns = clock_ns();
	uint64_t took_ns = now_ns - h->batch_began_ns;

	h->batch_began_ns = now_ns;
	if (took_ns < BATCH_SHORT_NS)
		h->batch = h->batch < BATCH_MAX ? h->batch * 2 : BATCH_MAX;
	else if (took_ns > BATCH_LONG_NS)
		h->batch = h->batch > 1 ? h->batch / 2 : 1;
}

bool
pool_hand_work(struct pool_hand *h)
{
	bool mine = false;

	if (h->left == 0)
		return false;
	if (!reserve(h)) {
		if (!take_over(h, false))
			return false;
		mine = true; /* claimed already */
	}
	if (h->spinning)
		stop_spinning(h);
	for (; h->next < h->last; h->next++) {
		if (!mine && !claim(h, h->next))
			continue;
		run(h, h->next);
		if (atom_load_rlx(&h->pool->shared->terminating))
			return true;
	}
	adapt_batch(h);
	return true;
}

/* --- the worker ------------------------------------------------------------ */

static bool
told_to_leave(const struct pool_shared *s)
{
	return atom_load_sc(&s->closing) || atom_load_sc(&s->terminating); /* P */
}

static bool
work_in_sight(struct pool_hand *h)
{
	return hint_behind(h->pool->shared) || take_over(h, true);
}

/*
 * The owner looks for a result on the very CPU on which we look for work: one of the
 * two must go, or each hand-over costs a switch. The scheduler sees two that are
 * always ready and leaves them for long; so we ask to be elsewhere, then take the
 * request back. Not where the user has pinned us.
 */
static void
leave_owners_cpu(struct pool_hand *h)
{
	const struct pool *p = h->pool;
	const int cpu = sched_getcpu();
	cpu_set_t allowed, others;

	if (cpu < 0 || atom_load_rlx(&p->shared->owner_cpu) != cpu ||
	    clock_ns() - h->moved_ns < MOVE_EVERY_NS || !p->may_move ||
	    sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return;
	h->moved_ns = clock_ns();
	others = allowed;
	CPU_CLR((size_t)cpu, &others);
	if (CPU_COUNT(&others) == 0 ||
	    sched_setaffinity(0, sizeof(others), &others) != 0)
		return;
	sched_setaffinity(0, sizeof(allowed), &allowed);
}

/* Looks for work for a short while; true when there is some, or the end. */
static bool
spin(struct pool_hand *h)
{
	const struct pool_shared *s = h->pool->shared;
	uint64_t until_ns = clock_ns() + SPIN_NS;

	do {
		for (int i = 0; i < POOL_SPIN_LOOKS; i++) {
			if (hint_behind(s) || told_to_leave(s))
				return true;
			atom_pause();
		}
		leave_owners_cpu(h);
		sched_yield(); /* the owner may be waiting for this very CPU */
	} while (clock_ns() < until_ns);
	return false;
}

/* No work: looks for it a while, then sleeps until woken. */
static void
idle(struct pool_hand *h)
{
	struct pool *p = h->pool;
	struct pool_shared *s = p->shared;
	uint32_t wake;

	if (crew_idle(&p->crew)) {
		h->batch_began_ns = clock_ns();
		return;
	}
	if (!h->spinning && count_bits(s->spinning, p->words) < p->max_spinners) {
		h->spinning = true;
		set_bit(s->spinning, h->number);
	}
	if (h->spinning && p->max_spinners > 0 && spin(h))
		return;
	wake = atom_load_rlx(&h->desk->wake);
	set_bit(s->parked, h->number);
	if (h->spinning)
		clear_bit(s->spinning, h->number);
	h->spinning = false;
	if (!work_in_sight(h) && !told_to_leave(s)) {
		futex_wait(&h->desk->wake, wake, FUTEX_FOREVER);
	} else {
		/* Work came while we counted as one who looks, and nobody was woken for
		 * it: look again, so that finding it wakes the next (stop_spinning). */
		h->spinning = true;
		set_bit(s->spinning, h->number);
	}
	/* Whoever woke us took the parked bit and set the other for us. */
	if (!clear_bit(s->parked, h->number))
		h->spinning = true;
	h->batch_began_ns = clock_ns();
}

int
pool_worker_body(struct crew *c, int number, void *arg)
{
	struct pool *p = arg;
	struct pool_shared *s = p->shared;
	struct pool_hand h;

	trace_emit(&pool_event_up, c->owner, 0, NULL);
	if (p->config.initializer != NULL &&
	    p->config.initializer(number, p->config.context) != 0)
		return POOL_EXIT_UNFIT;
	pool_hand_init(&h, p, number, &c->block[number].cancel);
	h.batch_began_ns = clock_ns();
	while (!atom_load_rlx(&s->terminating)) {
		if (!owner_is_stopped(&h) && pool_hand_work(&h))
			continue;
		if (h.left == 0)
			break;
		if (atom_load_sc(&s->closing) && !work_in_sight(&h)) /* P */
			break;
		idle(&h);
	}
	pool_forget(p, number);
	return h.left == 0 ? POOL_EXIT_RETIRED : 0;
}
