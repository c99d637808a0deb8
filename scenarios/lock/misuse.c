/*
 * misuse.c - breaks the rules of a lock on purpose: a release of what is not held, by a
 * stranger, a second acquire; and an acquire with a timeout while another holds it.
 */
#include "scenarios/lock/contest.h"

#include "core/clock.h"
#include "core/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Long enough to be seen, short enough to wait for. */
#define PATIENCE_NS (20 * NS_PER_MS)

static const struct event_type call_event = {
	.name = "call",
	.say = "{s}",
	.key_s = "call",
};
static const struct event_type answer_event = {
	.name = "answer",
	.say = "└─ {s}",
	.key_s = "answer",
};
static const struct event_type skipped_event = {
	.name = "skipped",
	.say = "└─ not done: the kind does not know its holder",
};

struct misuse {
	struct run *run;
	const struct lock_kind *kind;
	unsigned char *state, *node, *stranger_node;
	/* What the stranger's thread is to do, and what came of it. */
	bool release, blocking;
	int answer;
};

static const char *
answer_name(int rc)
{
	switch (-rc) {
	case 0:
		return "done";
	case EBUSY:
		return "EBUSY";
	case ETIMEDOUT:
		return "ETIMEDOUT";
	case EPERM:
		return "EPERM";
	case EDEADLK:
		return "EDEADLK";
	default:
		return strerror(-rc);
	}
}

/* Says what came of a call and checks it. */
static void
expect(struct misuse *m, const char *rule, int rc, int expected)
{
	trace_emit(&answer_event, 0, 0, answer_name(rc));
	result_check(m->run->result, m->kind->kind.name, rule, rc == expected,
		     "the answer was %s", answer_name(rc));
}

static int
wait_for_it(struct misuse *m)
{
	int rc;

	thread_blocked("lock");
	rc = lock_acquire_until(m->kind, m->state, m->stranger_node,
				clock_deadline_ns(PATIENCE_NS));
	thread_unblocked();
	return rc;
}

static void
stranger(void *arg)
{
	struct misuse *m = arg;
	const struct lock_kind *k = m->kind;

	if (m->release)
		m->answer = k->release(m->state, m->stranger_node);
	else if (m->blocking)
		m->answer = wait_for_it(m);
	else
		m->answer = k->try_acquire(m->state, m->stranger_node);
	if (!m->release && m->answer == 0)
		k->release(m->state, m->stranger_node);
}

/* Another thread does something with the lock. */
static int
ask_stranger(struct misuse *m, const char *call, bool release, bool blocking,
	     struct err *e)
{
	struct thread t;
	int rc;

	m->release = release;
	m->blocking = blocking;
	m->answer = -EINVAL;
	trace_emit(&call_event, 0, 0, call);
	thread_init(&t, "Stranger", stranger, m);
	t.trace = m->run->trace;
	t.role = 1;
	rc = thread_start(&t, e);
	if (rc == 0)
		thread_join(&t, UINT64_MAX, NULL);
	return rc;
}

static void
second_acquire(struct misuse *m)
{
	const unsigned traits = m->kind->traits;
	int rc;

	trace_emit(&call_event, 0, 0, "acquire by the holder");
	rc = lock_acquire_until(m->kind, m->state, m->stranger_node,
				clock_deadline_ns(PATIENCE_NS));
	if (traits & LOCK_RECURSIVE)
		expect(m, "the holder may acquire again", rc, 0);
	else if (traits & LOCK_CHECKED)
		expect(m, "a second acquire by the holder is refused", rc, -EDEADLK);
	else
		expect(m, "a second acquire by the holder waits", rc, -ETIMEDOUT);
	if (rc == 0)
		m->kind->release(m->state, m->stranger_node);
}

/* Calls that only a kind with an owner can refuse; for others they would be undefined.
 */
static int
break_ownership(struct misuse *m, bool held, struct err *e)
{
	int rc = 0;

	if (!(m->kind->traits & LOCK_OWNED)) {
		trace_emit(&call_event, 0, 0,
			   held ? "release by a stranger" : "release");
		trace_emit(&skipped_event, 0, 0, NULL);
	} else if (held) {
		rc = ask_stranger(m, "release by a stranger", true, false, e);
		if (rc == 0)
			expect(m, "a release by a stranger is refused", m->answer,
			       -EPERM);
	} else {
		trace_emit(&call_event, 0, 0, "release of a free lock");
		expect(m, "a release of a free lock is refused",
		       m->kind->release(m->state, m->node), -EPERM);
	}
	return rc;
}

static int
play(struct misuse *m, struct err *e)
{
	int rc = break_ownership(m, false, e);

	trace_emit(&call_event, 0, 0, "acquire");
	expect(m, "a free lock can be had", m->kind->try_acquire(m->state, m->node), 0);
	if (rc == 0)
		rc = break_ownership(m, true, e);
	if (rc == 0)
		rc = ask_stranger(m, "acquire, not blocking", false, false, e);
	if (rc == 0)
		expect(m, "a held lock is busy", m->answer, -EBUSY);
	if (rc == 0)
		rc = ask_stranger(m, "acquire, 20 ms", false, true, e);
	if (rc == 0)
		expect(m, "the timeout of an acquire comes", m->answer, -ETIMEDOUT);
	second_acquire(m);
	trace_emit(&call_event, 0, 0, "release");
	expect(m, "the holder may release", m->kind->release(m->state, m->node), 0);
	if (rc == 0)
		rc = ask_stranger(m, "acquire, 20 ms", false, true, e);
	if (rc == 0)
		expect(m, "a released lock can be had", m->answer, 0);
	return rc;
}

int
contest_misuse(struct run *run, const struct lock_kind *kind, struct err *e)
{
	unsigned char *memory =
		aligned_alloc(CACHE_LINE, LOCK_STATE_BYTES + 2 * LOCK_NODE_BYTES);
	struct misuse m = { .run = run, .kind = kind, .state = memory };
	int rc;

	if (memory == NULL)
		return err_set(e, ENOMEM, "no memory for a lock");
	memset(memory, 0, LOCK_STATE_BYTES + 2 * LOCK_NODE_BYTES);
	m.node = memory + LOCK_STATE_BYTES;
	m.stranger_node = m.node + LOCK_NODE_BYTES;
	trace_name(run->trace, 1, "Stranger");
	rc = kind->init(m.state, false);
	if (rc != 0) {
		err_set(e, -rc, "cannot make a lock '%s'", kind->kind.name);
	} else {
		trace_emit(&call_event, 0, 0, kind->kind.name);
		rc = play(&m, e);
		if (kind->destroy != NULL)
			kind->destroy(m.state);
	}
	free(memory);
	return rc;
}
