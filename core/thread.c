/*
 * thread.c - a thread as an object.
 *
 * States: CREATED -> RUNNING <-> BLOCKED, RUNNING -> FINISHED; written by the thread.
 * Edge F: begin() stores state = FINISHED -> thread_state() sees it, hence what the
 * target wrote.
 */
#include "core/thread.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/proc.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const struct event_type created_event = {
	.name = "created",
	.key_s = "name",
};
static const struct event_type running_event = {
	.name = "running",
	.phase = EVENT_BEGIN,
	.key_s = "name",
	.span = "running",
};
static const struct event_type finished_event = {
	.name = "finished",
	.phase = EVENT_END,
	.key_s = "name",
};
static const struct event_type blocked_event = {
	.name = "blocked",
	.phase = EVENT_WAIT,
	.say = "░ blocked: {s}",
	.key_s = "on",
	.span = "{s}",
};
static const struct event_type unblocked_event = {
	.name = "unblocked",
	.phase = EVENT_END,
};

static _Thread_local struct thread *current;

/* Names given so far. */
static atom_u32 named;

void
thread_init(struct thread *t, const char *name, thread_target *target, void *arg)
{
	*t = (struct thread){
		.target = target, .arg = arg, .cpu = -1, .notify_fd = -1
	};
	if (name == NULL)
		snprintf(t->name, sizeof(t->name), "Thread-%u",
			 atom_add_rlx(&named, 1) + 1);
	else
		snprintf(t->name, sizeof(t->name), "%s", name);
	trace_emit(&created_event, 0, 0, t->name);
}

/* The thread itself. Once FINISHED is seen, t may be gone: nothing of it is read. */
static void *
begin(void *arg)
{
	struct thread *t = arg;
	const int notify_fd = t->notify_fd;
	const uint64_t one = 1;
	char name[16];

	current = t;
	snprintf(name, sizeof(name), "%.15s", t->name);
	pthread_setname_np(pthread_self(), name);
	proc_pin(t->cpu);
	trace_bind(t->trace, t->role);
	atom_store_rlx(&t->tid, gettid());
	atom_store_rlx(&t->state, THREAD_RUNNING);
	trace_emit(&running_event, 0, 0, t->name);
	t->target(t->arg);
	trace_emit(&finished_event, 0, 0, t->name);
	trace_bind(NULL, 0);
	atom_store_rel(&t->state, THREAD_FINISHED); /* F */
	/* If t is gone already, this wakes nobody, which a futex allows. */
	futex_wake(&t->state, INT_MAX);
	if (notify_fd >= 0)
		(void)!write(notify_fd, &one, sizeof(one));
	return NULL;
}

static int
refused(const struct thread *t, int code, struct err *e)
{
	proc_refused(e, code, "cannot start thread '%s'", t->name);
	if (t->stack_bytes > 0)
		err_hint(e,
			 "its stack has %zu bytes; a smaller one may fit, or see "
			 "'ulimit -u' and 'ulimit -v'",
			 t->stack_bytes);
	return -code;
}

static int
start(struct thread *t, bool detached, struct err *e)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	pthread_attr_t attr;
	sigset_t saved;
	int code = 0;

	if (t->started)
		return err_set(e, EINVAL, "threads can only be started once: '%s'",
			       t->name);
	pthread_attr_init(&attr);
	if (detached)
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (t->stack_bytes > 0)
		code = pthread_attr_setstacksize(&attr, (t->stack_bytes + page - 1) /
								page * page);
	/* Known to the thread as well, which may ask before we go on. */
	t->started = true;
	t->detached = detached;
	/* It inherits the mask: no handler ever runs in it. */
	proc_block_signals(&saved);
	if (code == 0)
		code = pthread_create(&t->thread, &attr, begin, t);
	proc_restore_signals(&saved);
	pthread_attr_destroy(&attr);
	if (code == 0)
		return 0;
	t->started = t->detached = false;
	return refused(t, code, e);
}

int
thread_start(struct thread *t, struct err *e)
{
	return start(t, false, e);
}

int
thread_start_detached(struct thread *t, struct err *e)
{
	return start(t, true, e);
}

enum thread_state
thread_state(struct thread *t)
{
	return (enum thread_state)atom_load_acq(&t->state); /* F */
}

int
thread_wait(struct thread *t, uint64_t timeout_ns)
{
	const uint64_t deadline_ns = clock_deadline_ns(timeout_ns);
	enum thread_state state;

	for (;;) {
		state = thread_state(t);
		if (state == THREAD_FINISHED)
			return 0;
		if (clock_ns() >= deadline_ns)
			return -ETIMEDOUT;
		futex_wait(&t->state, state, deadline_ns);
	}
}

int
thread_join(struct thread *t, uint64_t timeout_ns, struct err *e)
{
	if (!t->started)
		return err_set(e, EINVAL,
			       "cannot join thread before it is started: '%s'",
			       t->name);
	if (t == current)
		return err_set(e, EINVAL, "cannot join current thread: '%s'", t->name);
	if (t->detached)
		return err_set(e, EINVAL, "cannot join detached thread: '%s'", t->name);
	if (t->joined)
		return 0;
	if (thread_wait(t, timeout_ns) != 0)
		return err_set(e, ETIMEDOUT, "thread '%s' still runs", t->name);
	pthread_join(t->thread, NULL);
	t->joined = true;
	return 0;
}

bool
thread_is_alive(struct thread *t)
{
	return t->started && thread_state(t) != THREAD_FINISHED;
}

const char *
thread_state_name(enum thread_state state)
{
	static const char *const name[] = { [THREAD_CREATED] = "created",
					    [THREAD_RUNNING] = "running",
					    [THREAD_BLOCKED] = "blocked",
					    [THREAD_FINISHED] = "finished" };

	return name[state];
}

struct thread *
thread_current(void)
{
	return current;
}

const char *
thread_current_name(void)
{
	if (current != NULL)
		return current->name;
	return gettid() == getpid() ? "MainThread" : "";
}

void
thread_blocked(const char *on)
{
	if (current != NULL)
		atom_store_rlx(&current->state, THREAD_BLOCKED);
	trace_emit(&blocked_event, 0, 0, on);
}

void
thread_unblocked(void)
{
	if (current != NULL)
		atom_store_rlx(&current->state, THREAD_RUNNING);
	trace_emit(&unblocked_event, 0, 0, NULL);
}
