/*
 * demo.c - the script of `concbench thread`: start, count, wait, join.
 */
#include "scenarios/thread/thread_run.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/sys.h"
#include "core/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How long to trust that the end of a thread will be told. */
#define LOOK_NS (250 * NS_PER_MS)

static const struct event_type running_event = {
	.name = "thread_running",
	.say = "▶ thread {s} is running...",
	.key_s = "name",
};
static const struct event_type line_event = {
	.name = "line",
	.say = "thread {s} >>> {a}",
	.key_a = "n",
	.key_s = "name",
};
static const struct event_type ended_event = {
	.name = "thread_ended",
	.say = "✔ thread {s} ended.",
	.key_s = "name",
};
static const struct event_type created_event = {
	.name = "thread_created",
	.say = "├─ {s}: created",
	.key_s = "name",
};
static const struct event_type started_event = {
	.name = "thread_started",
	.say = "├─ {s}: started",
	.key_s = "name",
};
static const struct event_type detached_event = {
	.name = "thread_detached",
	.say = "├─ {s}: started detached, nobody will join it",
	.key_s = "name",
};
static const struct event_type joined_event = {
	.name = "thread_joined",
	.say = "├─ {s}: finished, joined (TID {a})",
	.key_a = "joined_tid",
	.key_s = "name",
	.unit_a = EVENT_PID,
};
static const struct event_type counted_event = {
	.name = "thread_counted",
	.say = "├─ {s}: finished, by its own word (TID {a})",
	.key_a = "counted_tid",
	.key_s = "name",
	.unit_a = EVENT_PID,
};
static const struct event_type variable_event = {
	.name = "variable",
	.say = "the variable at {s}: {a} → {b}",
	.key_a = "before",
	.key_b = "after",
	.key_s = "address",
};

bool
thread_demo_is_cancelled(const struct thread_demo *d)
{
	return atom_load_rlx(&d->cancel) != 0;
}

static void
pause_here(struct thread_demo *d)
{
	const uint64_t deadline_ns = clock_deadline_ns(d->o->pause_ns);

	if (d->o->pause_ns == 0)
		return;
	thread_blocked("pause");
	while (!thread_demo_is_cancelled(d) && clock_ns() < deadline_ns)
		futex_wait(&d->cancel, 0, deadline_ns);
	thread_unblocked();
}

static void
change_variable(struct thread_looper *l, int64_t *last)
{
	struct thread_demo *d = l->demo;
	char address[EVENT_TEXT];
	int64_t before;

	if (pthread_mutex_trylock(&d->lock) != 0) {
		thread_blocked("lock");
		pthread_mutex_lock(&d->lock);
		thread_unblocked();
	}
	before = d->variable;
	d->variable = before + 1;
	pthread_mutex_unlock(&d->lock);
	atom_add_rlx(&d->sum, 1);
	l->grew &= before > *last;
	*last = before;
	snprintf(address, sizeof(address), "%p", (void *)&d->variable);
	trace_emit(&variable_event, before, before + 1, address);
}

static void
loop(void *arg)
{
	struct thread_looper *l = arg;
	struct thread_demo *d = l->demo;
	const char *name = thread_current_name();
	int64_t n, last = THREAD_VALUE - 1;

	l->begin_ns = clock_ns();
	l->pid = getpid();
	trace_emit(&running_event, 0, 0, name);
	for (n = 1; n <= d->o->loops && !thread_demo_is_cancelled(d); n++) {
		trace_emit(&line_event, n, 0, name);
		l->lines = n;
		if (d->o->share)
			change_variable(l, &last);
		pause_here(d);
	}
	trace_emit(&ended_event, 0, 0, name);
	l->end_ns = clock_ns();
}

/* LoopThread, LoopThread-2; those of _thread are called as Python calls them. */
static void
init_looper(struct thread_demo *d, int i)
{
	struct thread_looper *l = &d->looper[i];
	char name[TRACE_NAME], tail[16] = "";

	if (i > 0)
		snprintf(tail, sizeof(tail), "-%d", i + 1);
	if (d->sort == THREAD_JOINED)
		snprintf(name, sizeof(name), "%.*s%s",
			 (int)(sizeof(name) - 1 - strlen(tail)), d->o->name, tail);
	else
		snprintf(name, sizeof(name), "Dummy-%d", i + 1);
	thread_init(&l->t, name, loop, l);
	l->demo = d;
	l->grew = true;
	l->t.trace = d->run->trace;
	l->t.role = 1 + d->sort * d->n + i;
	l->t.cpu = sys_pin_cpu(d->run->pin, i);
	l->t.stack_bytes = (size_t)d->o->stack_bytes;
	l->t.notify_fd = d->end_fd;
	trace_name(d->run->trace, l->t.role, name);
	trace_emit(&created_event, 0, 0, name);
}

static int
start_all(struct thread_demo *d, struct err *e)
{
	int rc = 0, i;

	for (i = 0; i < d->n; i++)
		init_looper(d, i);
	for (i = 0; i < d->n && rc == 0; i++) {
		struct thread_looper *l = &d->looper[i];

		if (stop_reason(d->run->stop) != STOP_NONE)
			return -ECANCELED;
		l->start_ns = clock_ns();
		rc = d->sort == THREAD_JOINED ? thread_start(&l->t, e)
					      : thread_start_detached(&l->t, e);
		l->started_ns = clock_ns();
		if (rc != 0)
			break;
		d->nstarted++;
		trace_emit(d->sort == THREAD_JOINED ? &started_event : &detached_event,
			   0, 0, l->t.name);
	}
	return rc;
}

static void
cancel(struct thread_demo *d)
{
	atom_store_rlx(&d->cancel, 1);
	futex_wake(&d->cancel, INT_MAX);
}

/*
 * Waits for ends of threads, shows events, hears the stop; at most LOOK_NS, for an
 * end that could not be counted. False when nothing came.
 */
static bool
watch_ends(struct thread_demo *d)
{
	uint64_t ends;
	int rc = watch_fd(d->run->trace,
			  thread_demo_is_cancelled(d) ? NULL : d->run->stop, d->end_fd,
			  clock_deadline_ns(LOOK_NS));

	if (rc == 1 && read(d->end_fd, &ends, sizeof(ends)) == sizeof(ends))
		d->nended += ends;
	else if (rc != 1 && rc != -ETIMEDOUT)
		cancel(d);
	return rc != -ETIMEDOUT;
}

static void
wait_looper(struct thread_demo *d, struct thread_looper *l)
{
	char on[EVENT_TEXT];

	if (thread_is_alive(&l->t)) {
		snprintf(on, sizeof(on), "%s %.17s",
			 d->sort == THREAD_JOINED ? "join" : "wait", l->t.name);
		thread_blocked(on);
		while (thread_is_alive(&l->t))
			watch_ends(d);
		thread_unblocked();
	}
	if (d->sort == THREAD_JOINED)
		thread_join(&l->t, UINT64_MAX, NULL);
	trace_emit(d->sort == THREAD_JOINED ? &joined_event : &counted_event,
		   atom_load_rlx(&l->t.tid), 0, l->t.name);
}

static void
wait_all(struct thread_demo *d)
{
	int i;

	for (i = 0; i < d->nstarted; i++)
		wait_looper(d, &d->looper[i]);
	/* A detached one that has finished may still have to say so to end_fd. */
	while (d->nended < (uint64_t)d->nstarted && watch_ends(d))
		;
}

int
thread_demo_play(struct thread_demo *d, struct err *e)
{
	const uint64_t begin_ns = clock_ns();
	struct err why;
	int rc;

	rc = start_all(d, e);
	if (rc != 0)
		cancel(d);
	wait_all(d);
	thread_demo_conclude(
		d, rc == 0 && !thread_demo_is_cancelled(d) ? clock_ns() - begin_ns : 0);
	if (rc == 0 || rc == -ECANCELED)
		return rc == 0 && thread_demo_is_cancelled(d) ? -ECANCELED : rc;
	why = *e;
	err_set(e, why.code, "thread %d of %d: %.160s", d->nstarted + 1, d->n, why.msg);
	err_hint(e, "%s", why.hint);
	return rc;
}
