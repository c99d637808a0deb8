/*
 * pool.c - the owner's side of a pool: open, submit, collect, wait, end.
 *
 * Edge S: pool_apply_async() stores READY -> claim() in core/pool_worker.c.
 * Edge T: pool_apply_async() stores tail -> reserve() in core/pool_worker.c.
 * Edge D: run() in core/pool_worker.c stores DONE -> is_finished().
 * Edge W: pool_await() stores waiting_for, loads the state -> run() in
 * core/pool_worker.c.
 * Edge P: tail, closing and terminating are stored, then parked is loaded -> idle()
 * in core/pool_worker.c.
 * Edge C: pool_terminate() stores terminating -> uncancel() in core/pool_worker.c.
 */
#include "core/pool_ring.h"

#include "core/clock.h"
#include "core/sys.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define CAPACITY_DEFAULT 1024
#define CAPACITY_MAX (1u << 20)

/* How long a waiting owner looks at the task before it sleeps. */
#define OWNER_SPIN_NS (20 * NS_PER_US)

/* --- open and free --------------------------------------------------------- */

static size_t
round_up(size_t size)
{
	return (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

/* Lays control, desks, slots, stamps and payloads into one mapping. */
static int
map_shared(struct pool *p, struct err *e)
{
	const struct pool_config *f = &p->config;
	const size_t capacity = f->capacity;
	const size_t desks =
		round_up(((size_t)f->workers + 1) * sizeof(struct pool_desk));
	const size_t slots = round_up(capacity * sizeof(struct pool_slot));
	const size_t stamps =
		f->stamps ? round_up(capacity * sizeof(struct pool_stamp)) : 0;
	const size_t control = round_up(sizeof(struct pool_shared));
	char *at;

	if (__builtin_mul_overflow(capacity, f->payload_bytes, &p->map_bytes) ||
	    __builtin_add_overflow(p->map_bytes, control + desks + slots + stamps,
				   &p->map_bytes))
		return err_set(e, ENOMEM, "no memory for payloads of %zu bytes",
			       f->payload_bytes);
	at = mmap(NULL, p->map_bytes, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return err_set(e, errno, "cannot map %zu bytes for the pool's ring",
			       p->map_bytes);
	p->map = at;
	p->shared = (struct pool_shared *)(void *)at;
	p->desk = (struct pool_desk *)(void *)(at += control);
	p->slot = (struct pool_slot *)(void *)(at += desks);
	at += slots;
	if (f->stamps)
		p->stamp = (struct pool_stamp *)(void *)at;
	if (f->payload_bytes != 0)
		p->payload = at + stamps;
	atom_store_rlx(&p->shared->waiting_for, POOL_NOBODY);
	atom_store_rlx(&p->shared->owner_cpu, -1);
	return 0;
}

static int
reserve_memory(struct pool *p, struct err *e)
{
	const size_t capacity = p->config.capacity;

	p->async = calloc(capacity, sizeof(struct pool_async *));
	p->deaths = calloc(capacity, 1);
	p->overdue = calloc(capacity, sizeof(*p->overdue));
	if (p->config.assist)
		p->hand = calloc(1, sizeof(*p->hand));
	if (p->async == NULL || p->deaths == NULL || p->overdue == NULL ||
	    (p->config.assist && p->hand == NULL))
		return err_set(e, ENOMEM, "no memory for %zu tasks in flight",
			       capacity);
	p->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->doorbell < 0)
		return err_set(e, errno, "cannot make the pool's doorbell");
	return map_shared(p, e);
}

int
pool_start_worker(struct pool *p, int number, struct err *e)
{
	int rc = crew_start(&p->crew, number, e);

	if (rc != 0)
		return rc;
	p->stats.started++;
	if (p->crew.kind->traits & CREW_SHARES_MEMORY)
		trace_emit(&pool_event_create, p->crew.role0 + number, 0,
			   p->crew.kind->call);
	else
		trace_emit(&pool_event_fork, p->crew.role0 + number,
			   p->crew.worker[number].pid, p->crew.kind->call);
	return 0;
}

static int
start_workers(struct pool *p, struct err *e)
{
	const struct pool_config *f = &p->config;
	int rc = crew_init(&p->crew, f->kind, f->workers, pool_worker_body, p, f->pin,
			   e);

	if (rc != 0)
		return rc;
	p->crew.trace = f->trace;
	if (f->role0 != 0)
		p->crew.role0 = f->role0;
	for (int i = 0; i < f->workers; i++) {
		if (stop_reason(f->stop) != STOP_NONE)
			return err_set(e, EINTR, "stopped while starting workers");
		rc = pool_start_worker(p, i, e);
		if (rc != 0)
			return rc;
		if (f->trace != NULL && f->trace->live_ns != 0)
			trace_pump(f->trace, false);
	}
	if (f->wait_up)
		crew_wait_up(&p->crew, clock_deadline_ns(NS_PER_S));
	return 0;
}

int
pool_open(struct pool **out, const struct pool_config *config, struct err *e)
{
	struct pool *p = aligned_alloc(CACHE_LINE, sizeof(*p));
	int rc;

	*out = NULL;
	if (p == NULL)
		return err_set(e, ENOMEM, "no memory for a pool");
	*p = (struct pool){ .config = *config };
	p->doorbell = -1;
	if (p->config.capacity == 0)
		p->config.capacity = CAPACITY_DEFAULT;
	if (p->config.crashes == 0)
		p->config.crashes = 3;
	if (p->config.task_timeout_ns != 0)
		p->config.stamps = true;
	if (!(config->kind->traits & CREW_SHARES_MEMORY))
		p->config.assist = false;
	p->mask = p->config.capacity - 1;
	p->words = POOL_WORDS(config->workers);
	p->max_spinners = sys_cpus_allowed() - 1;
	if (config->kind->step != NULL)
		p->max_spinners = 0; /* nothing happens while we look */
	p->may_move = p->max_spinners > 0 &&
		      (config->pin == NULL || config->pin->policy == PIN_NONE);
	if (p->config.capacity < 2 || p->config.capacity > CAPACITY_MAX ||
	    (p->config.capacity & p->mask) != 0)
		rc = err_set(e, EINVAL, "a ring of %u tasks", p->config.capacity);
	else
		rc = reserve_memory(p, e);
	if (rc == 0)
		rc = start_workers(p, e);
	if (rc != 0) {
		pool_free(p);
		return rc;
	}
	if (p->hand != NULL)
		pool_hand_init(p->hand, p, config->workers, &p->no_cancel);
	*out = p;
	return 0;
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	p->config.on_done = NULL;
	if (p->map != NULL && !p->joined && p->crew.worker != NULL)
		pool_terminate(p);
	crew_fini(&p->crew);
	if (p->map != NULL)
		munmap(p->map, p->map_bytes);
	if (p->doorbell >= 0)
		close(p->doorbell);
	free(p->async);
	free(p->deaths);
	free(p->overdue);
	free(p->hand);
	free(p);
}

const struct pool_stats *
pool_stats(const struct pool *p)
{
	return &p->stats;
}

const struct crew_worker *
pool_worker(const struct pool *p, int number)
{
	return &p->crew.worker[number];
}

/* --- outcomes -------------------------------------------------------------- */

static enum pool_status
status_of(enum pool_phase phase)
{
	switch (phase) {
	case PHASE_DONE:
		return POOL_DONE;
	case PHASE_RAISED:
		return POOL_RAISED;
	case PHASE_LOST:
		return POOL_LOST;
	case PHASE_OVERDUE:
		return POOL_TIMED_OUT;
	case PHASE_FREE:
	case PHASE_READY:
	case PHASE_CLAIMED:
	case PHASE_CANCELLED:
		break;
	}
	return POOL_CANCELLED;
}

static void
read_outcome(const struct pool *p, uint64_t task, uint64_t state,
	     struct pool_outcome *o)
{
	const uint64_t i = task & p->mask;
	const struct pool_slot *slot = &p->slot[i];

	*o = (struct pool_outcome){ .task = task,
				    .status = status_of(pool_phase_of(state)),
				    .result = slot->result,
				    .worker = pool_worker_of(state) };
	if (o->worker == POOL_NO_WORKER)
		o->worker = -1;
	if (o->status == POOL_RAISED)
		o->error = (int)slot->arg;
	if (o->error == ECANCELED && p->overdue[i])
		o->status = POOL_TIMED_OUT;
	else if (o->error == ECANCELED && p->terminated)
		o->status = POOL_CANCELLED;
	if (p->payload != NULL)
		o->payload = p->payload + i * p->config.payload_bytes;
	if (p->stamp != NULL) {
		const struct pool_stamp *st = &p->stamp[i];

		o->attempts = st->attempts;
		o->pid = st->pid;
		o->tid = st->tid;
		o->submit_ns = st->submit_ns;
		o->begin_ns = atom_load_rlx(&st->begin_ns);
		o->end_ns = st->end_ns;
	}
}

static void
count_outcome(struct pool_stats *s, const struct pool_outcome *o)
{
	s->done += o->status == POOL_DONE;
	s->raised += o->status == POOL_RAISED;
	s->lost += o->status == POOL_LOST;
	s->timed_out += o->status == POOL_TIMED_OUT;
	s->cancelled += o->status == POOL_CANCELLED;
}

/* True when the task has its outcome; *state is its word. */
static bool
is_finished(const struct pool *p, uint64_t task, uint64_t *state)
{
	*state = atom_load_sc(&p->slot[task & p->mask].state); /* D W */
	return pool_task_of(*state) == task && pool_phase_of(*state) >= PHASE_DONE;
}

/* Gives an outcome to the async that waits for it. */
static void
harvest(struct pool *p, uint64_t task, const struct pool_outcome *o)
{
	const uint64_t i = task & p->mask;

	if (p->async[i] == NULL)
		return;
	p->async[i]->outcome = *o;
	p->async[i]->outcome.payload = NULL;
	p->async[i]->ready = true;
	p->async[i] = NULL;
}

void
pool_collect(struct pool *p)
{
	struct pool_outcome o;
	uint64_t state;

	while (p->floor < p->tail && is_finished(p, p->floor, &state)) {
		/* The common case of a million empty tasks: nobody asks. */
		if (pool_phase_of(state) == PHASE_DONE && p->config.on_done == NULL &&
		    p->async[p->floor & p->mask] == NULL) {
			p->stats.done++;
		} else {
			read_outcome(p, p->floor, state, &o);
			harvest(p, p->floor, &o);
			count_outcome(&p->stats, &o);
			if (p->config.on_done != NULL)
				p->config.on_done(p->config.on_done_arg, &o);
		}
		p->floor++;
	}
}

void
pool_settle(struct pool *p, uint64_t task, enum pool_phase phase)
{
	struct pool_slot *slot = &p->slot[task & p->mask];
	const uint64_t state = atom_load_rlx(&slot->state);
	const bool begun = pool_phase_of(state) == PHASE_CLAIMED;

	atom_store_rlx(&slot->state,
		       pool_state(task, begun ? pool_worker_of(state) : POOL_NO_WORKER,
				  phase));
}

/* --- submitting ------------------------------------------------------------ */

/* Waits until the ring has room for one more task. */
static int
make_room(struct pool *p, struct err *e)
{
	if (p->closed || p->terminated)
		return err_set(e, EINVAL, "pool not running");
	/* Here, since with short tasks the owner may never sleep. */
	if (stop_reason(p->config.stop) != STOP_NONE)
		return err_set(e, EINTR, "stopped");
	if (p->tail - p->floor <= p->mask)
		return 0;
	pool_collect(p);
	while (p->tail - p->floor > p->mask) {
		/* Half of it, so that we do not wake for every single task. */
		int rc = pool_await(p, p->floor + p->mask / 2, UINT64_MAX, e);

		if (rc != 0)
			return rc;
		pool_collect(p);
		if (p->tail - p->floor > p->mask)
			rc = pool_await(p, p->floor, UINT64_MAX, e);
		if (rc != 0)
			return rc;
		pool_collect(p);
	}
	return 0;
}

void *
pool_payload(struct pool *p, struct err *e)
{
	if (p->payload == NULL) {
		err_set(e, EINVAL, "this pool has no payloads");
		return NULL;
	}
	if (make_room(p, e) != 0)
		return NULL;
	return p->payload + (p->tail & p->mask) * p->config.payload_bytes;
}

int
pool_apply_async(struct pool *p, pool_fn *fn, uint64_t arg, struct pool_async *async,
		 struct err *e)
{
	const uint64_t task = p->tail;
	const uint64_t i = task & p->mask;
	struct pool_slot *slot = &p->slot[i];
	int rc = make_room(p, e);

	if (rc != 0)
		return rc;
	if (async != NULL)
		*async = (struct pool_async){ .task = task };
	p->async[i] = async;
	slot->fn = fn;
	slot->arg = arg;
	slot->result = 0;
	p->deaths[i] = 0;
	p->overdue[i] = false;
	if (p->stamp != NULL)
		p->stamp[i] = (struct pool_stamp){ .submit_ns = clock_ns() };
	if (p->config.trace != NULL)
		trace_emit(&pool_event_queued, (int64_t)task, 0, NULL);
	atom_store_rel(&slot->state, pool_state(task, 0, PHASE_READY)); /* S */
	p->tail = task + 1;
	p->stats.submitted++;
	atom_xchg_sc(&p->shared->tail, p->tail); /* T P */
	pool_wake_one(p);
	return 0;
}

/* True when the oldest task is finished and not delivered yet. */
static bool
one_finished(const struct pool *p)
{
	uint64_t state;

	return p->floor < p->tail && is_finished(p, p->floor, &state);
}

/* --- waiting --------------------------------------------------------------- */

/* How long a sleep may be: until the deadline, the next line to show, or the next
 * task that runs too long. */
static int
rest_ms(const struct pool *p, uint64_t deadline_ns)
{
	const struct trace *t = p->config.trace;
	uint64_t until_ns = deadline_ns;
	uint64_t overdue_ns = pool_next_overdue_ns(p);

	/* A worker that could not ring is found out after this long. */
	if (until_ns > clock_ns() + NS_PER_S)
		until_ns = clock_ns() + NS_PER_S;
	if (t != NULL && t->live_ns != 0 && until_ns > clock_ns() + t->live_ns)
		until_ns = clock_ns() + t->live_ns;
	return clock_poll_ms(overdue_ns < until_ns ? overdue_ns : until_ns);
}

int
pool_rest(struct pool *p, int extra_fd, uint64_t deadline_ns, struct err *e)
{
	struct pollfd fd[4] = {
		{ .fd = p->doorbell, .events = POLLIN },
		{ .fd = p->crew.end_fd, .events = POLLIN },
		{ .fd = p->config.stop ? p->config.stop->fd : -1, .events = POLLIN },
		{ .fd = extra_fd, .events = POLLIN },
	};
	const uint64_t next_ns = crew_step(&p->crew);
	uint64_t rung;
	int rc;

	poll(fd, 4, rest_ms(p, next_ns < deadline_ns ? next_ns : deadline_ns));
	if (fd[0].revents != 0 && read(p->doorbell, &rung, sizeof(rung)) < 0 &&
	    errno != EAGAIN)
		return err_set(e, errno, "cannot read the pool's doorbell");
	if (p->config.trace != NULL && p->config.trace->live_ns != 0)
		trace_pump(p->config.trace, false);
	if (stop_reason(p->config.stop) != STOP_NONE)
		return err_set(e, EINTR, "stopped");
	rc = pool_attend(p, e);
	return rc != 0 ? rc : fd[3].revents != 0;
}

int
pool_pump(struct pool *p, int fd, uint64_t deadline_ns, struct err *e)
{
	int rc = 0;

	atom_store_sc(&p->shared->waiting_for, POOL_ANYBODY); /* W */
	if (one_finished(p))
		rc = 0;
	else if (p->floor < p->tail && crew_running(&p->crew) == 0)
		rc = err_set(e, ECHILD, "no worker is left");
	else
		rc = pool_rest(p, fd, deadline_ns, e);
	atom_store_sc(&p->shared->waiting_for, POOL_NOBODY); /* W */
	pool_collect(p);
	return rc;
}

bool
pool_is_idle(struct pool *p)
{
	pool_collect(p);
	return p->floor == p->tail;
}

static int
parked_workers(const struct pool *p)
{
	int parked = 0;

	for (int i = 0; i < p->words; i++)
		parked += __builtin_popcountll(atom_load_rlx(&p->shared->parked[i]));
	return parked;
}

/* Looks at the task for a short while, or runs others meanwhile. */
static bool
await_awake(struct pool *p, uint64_t task)
{
	uint64_t state, until_ns;

	if (is_finished(p, task, &state))
		return true;
	if (p->hand != NULL)
		while (pool_hand_work(p->hand)) {
			p->stats.assisted = atom_load_rlx(&p->hand->desk->claims);
			if (stop_reason(p->config.stop) != STOP_NONE)
				return false;
			if (is_finished(p, task, &state))
				return true;
		}
	if (p->max_spinners == 0)
		return false;
	until_ns = clock_ns() + OWNER_SPIN_NS;
	do {
		for (int i = 0; i < POOL_SPIN_LOOKS; i++) {
			if (is_finished(p, task, &state))
				return true;
			atom_pause();
		}
		/* No CPU to spare: what we burn here, the workers lack. */
		if (p->config.workers - parked_workers(p) > p->max_spinners)
			break;
		atom_store_rlx(&p->shared->owner_cpu, sched_getcpu());
		sched_yield(); /* its worker may be waiting for this very CPU */
	} while (clock_ns() < until_ns);
	atom_store_rlx(&p->shared->owner_cpu, -1);
	return false;
}

int
pool_await(struct pool *p, uint64_t task, uint64_t deadline_ns, struct err *e)
{
	uint64_t state;
	int rc;

	while (!await_awake(p, task)) {
		if (crew_running(&p->crew) == 0)
			return err_set(e, ECHILD, "no worker is left");
		atom_store_sc(&p->shared->waiting_for, task); /* W */
		rc = 0;
		if (!is_finished(p, task, &state))
			rc = pool_rest(p, -1, deadline_ns, e);
		atom_store_sc(&p->shared->waiting_for, POOL_NOBODY); /* W */
		if (rc != 0)
			return rc;
		if (is_finished(p, task, &state))
			return 0;
		if (clock_ns() >= deadline_ns)
			return -ETIMEDOUT;
	}
	return 0;
}

int
pool_get(struct pool *p, struct pool_async *a, uint64_t deadline_ns, struct err *e)
{
	struct pool_outcome o;
	uint64_t state;
	int rc;

	if (a->ready)
		return 0;
	if (p->terminated)
		return err_set(e, EINVAL, "the pool was terminated");
	rc = pool_await(p, a->task, deadline_ns, e);
	if (rc != 0)
		return rc;
	pool_collect(p);
	if (!a->ready && is_finished(p, a->task, &state)) {
		read_outcome(p, a->task, state, &o);
		harvest(p, a->task, &o); /* before its turn; on_done still comes */
	}
	return 0;
}

void
pool_abandon(struct pool *p, const struct pool_async *a)
{
	if (p->async[a->task & p->mask] == a)
		p->async[a->task & p->mask] = NULL;
}

void *
pool_payload_of(const struct pool *p, uint64_t task)
{
	return p->payload + (task & p->mask) * p->config.payload_bytes;
}

/* --- ending ---------------------------------------------------------------- */

void
pool_close(struct pool *p)
{
	p->closed = true;
}

/* All tasks are done: lets the workers go. */
static int
dismiss(struct pool *p, struct err *e)
{
	int rc = 0;

	atom_store_sc(&p->shared->closing, 1); /* P */
	pool_wake_all(p);
	while (rc == 0 && crew_running(&p->crew) > 0)
		rc = pool_rest(p, -1, UINT64_MAX, e);
	return rc;
}

int
pool_drain(struct pool *p, struct err *e)
{
	int rc = 0;

	pool_collect(p);
	while (rc == 0 && p->floor < p->tail) {
		/* Half of them first, so that we do not wake for every single one. */
		rc = pool_await(p, p->floor + (p->tail - 1 - p->floor) / 2, UINT64_MAX,
				e);
		pool_collect(p);
		if (rc == 0 && p->floor < p->tail)
			rc = pool_await(p, p->floor, UINT64_MAX, e);
		pool_collect(p);
	}
	return rc;
}

int
pool_join(struct pool *p, struct err *e)
{
	int rc;

	if (!p->closed && !p->terminated)
		return err_set(e, EINVAL, "pool is still running");
	if (p->joined || p->terminated)
		return 0;
	rc = pool_drain(p, e);
	if (rc != 0)
		return rc;
	rc = dismiss(p, e);
	p->joined = rc == 0;
	return rc;
}

void
pool_terminate(struct pool *p)
{
	if (p->joined || p->terminated)
		return;
	p->terminated = true;
	atom_store_sc(&p->shared->terminating, 1); /* C P */
	pool_wake_all(p);
	crew_terminate(&p->crew, POOL_GRACE_NS);
	pool_collect(p);
	for (uint64_t task = p->floor; task < p->tail; task++) {
		uint64_t state;

		if (!is_finished(p, task, &state))
			pool_settle(p, task, PHASE_CANCELLED);
	}
	pool_collect(p);
	if (p->config.trace != NULL)
		trace_pump(p->config.trace, false);
}
