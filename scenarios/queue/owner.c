/*
 * owner.c - what main does in a run: starts the workers, opens the gate, sees them
 * end, stops the consumers when the producers are done, buries the dead.
 *
 * Edge G: the gate opens when all workers are there -> scenarios/queue/workers.c.
 */
#include "scenarios/queue/queue_run.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/proc.h"
#include "core/watch.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* How long the owner, who must look after the workers, tries a put at a time. */
#define OWNER_PATIENCE_NS (5 * NS_PER_MS)

/* An empty queue whose consumers have got nothing for so long gives nothing more. */
#define IDLE_NS (100 * NS_PER_MS)
/* Where nobody died, one who has got a message may be slow to say so. */
#define PATIENCE_NS (10 * NS_PER_S)

static const struct event_type open_event = {
	.name = "queue",
	.phase = EVENT_INSTANT,
	.say = "● queue '{s}': producers {a}, consumers {b}",
	.key_a = "producers",
	.key_b = "consumers",
	.key_s = "kind",
};
static const struct event_type started_event = {
	.name = "start",
	.phase = EVENT_INSTANT,
	.say = "├─ {s} → {a} ({b})",
	.key_a = "worker",
	.key_b = "worker_pid",
	.key_s = "call",
	.unit_a = EVENT_ROLE,
	.unit_b = EVENT_PID,
};
static const struct event_type sentinel_event = {
	.name = "stop_sentinel",
	.phase = EVENT_INSTANT,
	.say = "■ all is put: a sentinel for each of {a} consumers",
	.key_a = "consumers",
};
static const struct event_type close_event = {
	.name = "stop_close",
	.phase = EVENT_INSTANT,
	.say = "■ all is put: close",
};
static const struct event_type terminate_event = {
	.name = "stop_terminate",
	.phase = EVENT_INSTANT,
	.say = "■ all is got: terminate {a}",
	.key_a = "worker",
	.unit_a = EVENT_ROLE,
};
static const struct event_type ended_event = {
	.name = "join",
	.phase = EVENT_INSTANT,
	.say = "├─ {a}: {s}",
	.key_a = "worker",
	.key_s = "end",
	.unit_a = EVENT_ROLE,
};
static const struct event_type died_event = {
	.name = "died",
	.phase = EVENT_INSTANT,
	.say = "✘ {a} died; what it held is given back, messages lost with it: {b}",
	.key_a = "worker",
	.key_b = "lost",
	.unit_a = EVENT_ROLE,
};
static const struct event_type nobody_event = {
	.name = "nobody",
	.phase = EVENT_INSTANT,
	.say = "✘ no consumer is left: the queue is given up",
};

static bool
is_shown(const struct queue_run *r)
{
	return r->shown;
}

/* --- the board ----------------------------------------------------------------- */

static size_t
rounded(size_t n)
{
	return (n + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
}

static int
board_open(struct queue_run *r, struct err *e)
{
	const size_t workers = (size_t)r->crew.n;
	const size_t p = (size_t)r->opts->producers, c = (size_t)r->opts->consumers;
	const size_t desks = rounded(workers * sizeof(struct queue_desk));
	const size_t nexts = rounded(p * c * sizeof(uint64_t));
	const size_t seen = is_shown(r) ? rounded(p * r->messages * 4) : 0;
	const size_t buffers = workers * rounded(r->books->item_bytes);
	char *at;

	r->board_bytes =
		rounded(sizeof(struct queue_board)) + desks + nexts + seen + buffers;
	r->board = mmap(NULL, r->board_bytes, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->board == MAP_FAILED) {
		r->board = NULL;
		err_set(e, errno, "cannot map the books of %zu workers", workers);
		return -ENOMEM;
	}
	at = (char *)r->board + rounded(sizeof(struct queue_board));
	r->board->desk = (struct queue_desk *)(void *)at;
	r->board->next = (uint64_t *)(void *)(at + desks);
	r->board->seen = (atom_u32 *)(void *)(at + desks + nexts);
	r->board->buffer = (unsigned char *)at + desks + nexts + seen;
	atom_store_rlx(&r->board->producing, (uint32_t)p);
	return 0;
}

/* --- starts and ends -------------------------------------------------------------- */

static int
start_workers(struct queue_run *r, struct err *e)
{
	int rc = 0;

	for (int i = 0; i < r->crew.n && rc == 0; i++) {
		rc = crew_start(&r->crew, i, e);
		if (rc != 0)
			break;
		*(i < r->opts->producers ? &r->producers_running
					 : &r->consumers_running) += 1;
		if (is_shown(r))
			trace_emit(&started_event, r->books->role0 + i,
				   r->crew.worker[i].pid, r->crew_kind->call);
	}
	return rc;
}

static void
open_gate(struct queue_run *r)
{
	atom_store_rel(&r->board->gate, 1); /* G */
	futex_wake(&r->board->gate, INT_MAX);
}

/* The end of worker i was seen. */
static void
note_end(struct queue_run *r, int i)
{
	const struct crew_worker *w = &r->crew.worker[i];
	const bool producer = i < r->opts->producers;
	char words[EVENT_TEXT];
	int lost;

	*(producer ? &r->producers_running : &r->consumers_running) -= 1;
	if (is_shown(r))
		trace_emit(&ended_event, r->books->role0 + i, 0,
			   proc_exit_words(w->exit, words, sizeof(words)));
	if (w->exit >= 0 || (w->exit == -SIGTERM && r->opts->stop == STOP_TERMINATE &&
			     !producer && r->producers_running == 0))
		return;
	lost = queue_bury(&r->q, i);
	r->deaths++;
	r->buried += lost;
	if (is_shown(r))
		trace_emit(&died_event, r->books->role0 + i, lost, NULL);
}

/*
 * Waits for ends of workers until the deadline at most, and sees to them. 0, or
 * -ECANCELED when the run is to stop.
 */
static int
attend(struct queue_run *r, uint64_t deadline_ns)
{
	int rc, i;

	rc = watch_fd(r->run->trace, r->run->stop, r->crew.end_fd, deadline_ns);
	if (rc == -ECANCELED)
		return rc;
	while ((i = crew_reap(&r->crew)) >= 0)
		note_end(r, i);
	if (r->consumers_running == 0 && r->producers_running > 0 &&
	    atom_load_rlx(&r->board->producing) > 0) {
		if (is_shown(r))
			trace_emit(&nobody_event, 0, 0, NULL);
		queue_abort(&r->q);
		r->consumers_running = -1; /* said once */
		r->abandoned = true;
	}
	return 0;
}

/* --- how the consumers are stopped --------------------------------------------------
 */

static int
put_sentinels(struct queue_run *r)
{
	static unsigned char sentinel[8];
	const size_t n = r->books->item_bytes;
	unsigned char *buffer = n > 8 ? r->board->buffer : sentinel;
	struct queue_end t;
	int rc = 0, left = r->consumers_running;

	trace_emit(&sentinel_event, left, 0, NULL);
	queue_attach(&r->q, &t, r->crew.n);
	queue_fill(buffer, n, QUEUE_SENTINEL);
	while (left > 0 && r->consumers_running > 0) {
		rc = queue_put(&t, buffer, n, clock_deadline_ns(OWNER_PATIENCE_NS));
		if (rc == 0)
			left--;
		else if (rc == -ETIMEDOUT || rc == -EAGAIN)
			rc = attend(r, 0);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* What was put and what was got, by the books. */
static void
count(const struct queue_run *r, uint64_t *put, uint64_t *got)
{
	*put = *got = 0;
	for (int i = 0; i < r->crew.n; i++)
		*(i < r->opts->producers ? put : got) +=
			atom_load_rlx(&r->board->desk[i].tally.count);
}

/*
 * Waits until all is got, or, where messages were lost, until nothing has moved for a
 * while. 0 or -ECANCELED.
 */
static int
await_idle(struct queue_run *r)
{
	const bool control = r->q.kind->kind.control;
	uint64_t put, got, before = UINT64_MAX;
	uint64_t idle_ns = 0;
	int rc = 0;

	for (;;) {
		count(r, &put, &got);
		if (got >= put || r->consumers_running <= 0)
			return 0;
		if (got != before || (queue_size(&r->q) > 0 && !control))
			idle_ns = clock_ns();
		else if (clock_ns() - idle_ns >
			 (r->deaths > 0 || control ? IDLE_NS : PATIENCE_NS))
			return 0;
		before = got;
		rc = attend(r, clock_deadline_ns(NS_PER_MS));
		if (rc != 0)
			return rc;
	}
}

/* Nothing is lost by terminating a consumer that has nothing more to get. */
static int
terminate_when_idle(struct queue_run *r)
{
	int rc = await_idle(r);

	if (rc != 0)
		return rc;
	for (int i = (int)r->opts->producers; i < r->crew.n; i++) {
		if (r->crew.worker[i].state != WORKER_RUNNING)
			continue;
		trace_emit(&terminate_event, r->books->role0 + i, 0, NULL);
		r->crew_kind->signal(&r->crew.worker[i], SIGTERM);
	}
	if (r->crew_kind->traits & CREW_SHARES_MEMORY)
		queue_abort(&r->q); /* a thread cannot be killed alone */
	return 0;
}

/* The last producer has put the sentinels; where some were lost, none will come. A
 * consumer that has taken its own may be slow to end: that does no harm. */
static int
see_consumers_end(struct queue_run *r)
{
	const bool control = r->q.kind->kind.control;
	uint64_t idle_ns = clock_ns();
	int rc = await_idle(r);

	while (rc == 0 && r->consumers_running > 0 && !r->aborted) {
		if (queue_size(&r->q) > 0 && !control)
			idle_ns = clock_ns();
		else if (clock_ns() - idle_ns > IDLE_NS) {
			queue_abort(&r->q);
			r->aborted = true;
		}
		rc = attend(r, clock_deadline_ns(5 * NS_PER_MS));
	}
	return rc;
}

static int
stop_consumers(struct queue_run *r)
{
	if (r->consumers_running <= 0)
		return 0;
	if (!is_shown(r))
		return see_consumers_end(r);
	if (r->opts->stop == STOP_SENTINEL)
		return put_sentinels(r);
	if (r->opts->stop == STOP_TERMINATE)
		return terminate_when_idle(r);
	trace_emit(&close_event, 0, 0, NULL);
	queue_close(&r->q);
	return 0;
}

static int
see_through(struct queue_run *r)
{
	int rc = 0;

	while (rc == 0 && r->producers_running > 0)
		rc = attend(r, UINT64_MAX);
	if (rc == 0)
		rc = stop_consumers(r);
	while (rc == 0 && crew_running(&r->crew) > 0)
		rc = attend(r, UINT64_MAX);
	return rc;
}

static int
run_crew(struct queue_run *r, struct err *e)
{
	int rc = start_workers(r, e);

	if (rc != 0) {
		queue_abort(&r->q);
		return rc;
	}
	open_gate(r);
	rc = see_through(r);
	if (rc == -ECANCELED) {
		r->stopped = true;
		queue_abort(&r->q);
		crew_terminate(&r->crew, 200 * NS_PER_MS);
		rc = 0;
	}
	return rc < 0 ? err_set(e, -rc, "putting the sentinel") : 0;
}

int
queue_run_open(struct queue_run *r, struct err *e)
{
	const struct queue_opts *o = r->opts;
	const struct queue_config f = { .kind = r->books->kind,
					.capacity = r->books->capacity,
					.item_bytes = r->books->item_bytes,
					.producers = (int)o->producers,
					.consumers = (int)o->consumers,
					.processes = o->between == 0,
					.joinable = r->shown };

	r->crew_kind = crew_kind_find(o->between == 0 ? "process" : "thread");
	if (r->crew_kind == NULL)
		return err_set(e, ENOSYS, "no such workers in this build");
	if (is_shown(r))
		trace_emit(&open_event, o->producers, o->consumers,
			   r->books->kind->kind.name);
	return queue_open(&r->q, &f, e);
}

void
queue_run_close(struct queue_run *r)
{
	queue_fini(&r->q);
}

int
queue_run_messages(struct queue_run *r, void (*report)(struct queue_run *r),
		   struct err *e)
{
	const int n = (int)(r->opts->producers + r->opts->consumers);
	int rc;

	r->producers_running = r->consumers_running = r->deaths = 0;
	r->buried = 0;
	r->stopped = r->abandoned = r->aborted = false;
	rc = crew_init(&r->crew, r->crew_kind, n, queue_worker, r, r->run->pin, e);
	if (rc == 0) {
		r->crew.trace = is_shown(r) ? r->run->trace : NULL;
		r->crew.role0 = r->books->role0;
		rc = board_open(r, e);
	}
	if (rc == 0)
		rc = run_crew(r, e);
	if (rc == 0)
		report(r);
	crew_fini(&r->crew);
	if (r->board != NULL)
		munmap(r->board, r->board_bytes);
	r->board = NULL;
	return rc;
}
