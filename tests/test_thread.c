/*
 * test_thread - thread objects behave as Python's threading.Thread and _thread.
 */
#include "core/clock.h"
#include "core/futex.h"
#include "core/thread.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What a thread waits for and what it found out. */
struct seat {
	atom_u32 go;
	struct thread *seen;
	char name[TRACE_NAME], kernel_name[16];
	pid_t tid;
	int sig_blocked, join_self;
	struct err e;
};

static void
wait_for_go(struct seat *s)
{
	thread_blocked("go");
	while (atom_load_acq(&s->go) == 0)
		futex_wait(&s->go, 0, FUTEX_FOREVER);
	thread_unblocked();
}

static void
let_go(struct seat *s)
{
	atom_store_rel(&s->go, 1);
	futex_wake(&s->go, INT_MAX);
}

static void
sit(void *arg)
{
	struct seat *s = arg;
	sigset_t set;

	s->seen = thread_current();
	snprintf(s->name, sizeof(s->name), "%s", thread_current_name());
	pthread_getname_np(pthread_self(), s->kernel_name, sizeof(s->kernel_name));
	s->tid = gettid();
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	s->sig_blocked = sigismember(&set, SIGINT) && sigismember(&set, SIGTERM);
	s->join_self = thread_join(s->seen, 0, &s->e);
	wait_for_go(s);
}

/* Waits until the thread is in a state. */
static void
reach(struct thread *t, enum thread_state state)
{
	const uint64_t deadline_ns = clock_deadline_ns(60 * NS_PER_S);

	while (thread_state(t) != state && clock_ns() < deadline_ns)
		sched_yield();
	cr_assert_eq(thread_state(t), state, "%s", thread_state_name(state));
}

Test(thread, a_life)
{
	struct seat s = { 0 };
	struct thread t;
	struct err e = { 0 };

	thread_init(&t, "a name longer than 15", sit, &s);
	cr_assert_eq(thread_state(&t), THREAD_CREATED);
	cr_assert_not(thread_is_alive(&t));
	cr_assert_eq(thread_start(&t, &e), 0, "%s", e.msg);
	reach(&t, THREAD_BLOCKED);
	cr_assert(thread_is_alive(&t));
	cr_assert_eq(thread_join(&t, 0, &e), -ETIMEDOUT);
	cr_assert_eq(thread_wait(&t, NS_PER_MS), -ETIMEDOUT);
	let_go(&s);
	cr_assert_eq(thread_join(&t, UINT64_MAX, &e), 0);
	cr_assert_eq(thread_join(&t, UINT64_MAX, &e), 0, "twice is fine");
	cr_assert_not(thread_is_alive(&t));
	cr_assert_eq(thread_state(&t), THREAD_FINISHED);
	cr_assert_eq(s.seen, &t);
	cr_assert_str_eq(s.name, "a name longer than 15");
	cr_assert_str_eq(s.kernel_name, "a name longer t");
	cr_assert_eq(atom_load_rlx(&t.tid), s.tid);
	cr_assert_neq(s.tid, gettid());
	cr_assert(s.sig_blocked, "handlers run in the main thread");
	cr_assert_eq(s.join_self, -EINVAL);
	cr_assert(strstr(s.e.msg, "cannot join current thread") != NULL);
}

Test(thread, names)
{
	struct thread a, b, c;

	cr_assert_str_eq(thread_current_name(), "MainThread");
	cr_assert_null(thread_current());
	thread_init(&a, NULL, sit, NULL);
	thread_init(&b, "mine", sit, NULL);
	thread_init(&c, NULL, sit, NULL);
	cr_assert_str_eq(a.name, "Thread-1");
	cr_assert_str_eq(c.name, "Thread-2");
}

Test(thread, refusals_speak_python)
{
	struct seat s = { .go = 1 };
	struct thread t;
	struct err e = { 0 };

	thread_init(&t, NULL, sit, &s);
	cr_assert_eq(thread_join(&t, 0, &e), -EINVAL);
	cr_assert(strstr(e.msg, "cannot join thread before it is started") != NULL);
	cr_assert_eq(thread_start(&t, &e), 0);
	cr_assert_eq(thread_start(&t, &e), -EINVAL);
	cr_assert(strstr(e.msg, "threads can only be started once") != NULL);
	cr_assert_eq(thread_join(&t, UINT64_MAX, &e), 0);
	cr_assert_eq(thread_start(&t, &e), -EINVAL);
}

Test(thread, a_detached_one_is_waited_for_but_not_joined)
{
	struct seat s = { 0 };
	struct thread t;
	struct err e = { 0 };
	struct pollfd p;
	uint64_t ends = 0;

	thread_init(&t, NULL, sit, &s);
	t.notify_fd = eventfd(0, EFD_CLOEXEC);
	cr_assert_eq(thread_start_detached(&t, &e), 0);
	cr_assert_eq(thread_join(&t, UINT64_MAX, &e), -EINVAL);
	cr_assert(strstr(e.msg, "detached") != NULL);
	let_go(&s);
	p = (struct pollfd){ .fd = t.notify_fd, .events = POLLIN };
	cr_assert_eq(poll(&p, 1, 60000), 1);
	cr_assert_eq(read(t.notify_fd, &ends, sizeof(ends)), sizeof(ends));
	cr_assert_eq(ends, 1);
	cr_assert_eq(thread_state(&t), THREAD_FINISHED, "before it is counted");
	cr_assert_eq(thread_wait(&t, 0), 0);
	close(t.notify_fd);
}

struct seen {
	char text[256];
};

static void
note(void *arg, const struct event *e)
{
	struct seen *s = arg;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "%u:%s ", e->role,
		 event_type_of(e)->name);
}

Test(thread, the_story_of_a_thread)
{
	struct seat s = { .go = 1 };
	struct seen seen = { "" };
	struct trace trace;
	struct thread t;

	cr_assert_eq(trace_init(&trace, 2, 64, NULL), 0);
	trace.sink = note;
	trace.sink_arg = &seen;
	trace_bind(&trace, 0);
	thread_init(&t, NULL, sit, &s);
	t.trace = &trace;
	t.role = 1;
	cr_assert_eq(thread_start(&t, NULL), 0);
	cr_assert_eq(thread_join(&t, UINT64_MAX, NULL), 0);
	trace_pump(&trace, true);
	cr_assert_str_eq(seen.text,
			 "0:created 1:running 1:blocked 1:unblocked 1:finished ");
	trace_fini(&trace);
}

Test(thread, a_refused_one_may_be_started_later)
{
	struct seat s = { .go = 1 };
	struct thread t;
	struct err e = { 0 };

	thread_init(&t, "big", sit, &s);
	t.stack_bytes = (size_t)1 << 47; /* more than there is address space */
	cr_assert_lt(thread_start(&t, &e), 0);
	cr_assert(strstr(e.msg, "'big'") != NULL);
	cr_assert(e.hint[0] != '\0');
	cr_assert_not(thread_is_alive(&t));
	t.stack_bytes = 100000; /* not a multiple of the page */
	cr_assert_eq(thread_start(&t, &e), 0, "%s", e.msg);
	cr_assert_eq(thread_join(&t, UINT64_MAX, &e), 0);
}
