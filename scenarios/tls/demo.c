/*
 * demo.c - threads that bind a student of their own and greet it; their ends.
 */
#include "scenarios/tls/school.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/sys.h"
#include "core/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Looks at the own value while the others look at theirs. */
enum { LOOKS = 100 };

/* What the threads are told once all have bound, or could not be started. */
enum { GO = 1, GO_HOME };

static const struct event_type kind_event = {
	.name = "kind",
	.say = "● {s}",
	.key_s = "kind",
};
static const struct event_type bound_event = {
	.name = "bound",
	.say = "├─ binds student {s}",
	.key_s = "student",
};
static const struct event_type hello_event = {
	.name = "hello",
	.say = "▶ Hello, {s} (in {a})",
	.key_a = "in",
	.key_s = "student",
	.unit_a = EVENT_ROLE,
};
static const struct event_type strange_event = {
	.name = "strange",
	.say = "✖ finds {s}, which is not its own",
	.key_s = "student",
};
static const struct event_type destroyed_event = {
	.name = "destroyed",
	.say = "■ destructor {a}: {s}",
	.key_a = "order",
	.key_s = "value",
};
static const struct event_type left_event = {
	.name = "leaves",
	.say = "├─ no destructors: gives its values back by hand",
};

static const char *const students[] = { "rookie", "ace",   "scout", "pilot",
					"guide",  "smith", "baker", "miller" };

/* In the thread that ends; when the C library calls it, its trace is closed already. */
static void
destroy(void *value)
{
	struct pupil *p = value;
	struct seat *s = p->seat;

	s->destroyed[p->slot]++;
	s->in_order &= p->slot == s->ndestroyed;
	s->ndestroyed++;
	s->by_itself &= gettid() == atom_load_rlx(&s->t.tid);
	trace_bind(s->t.trace, s->t.role);
	trace_emit(&destroyed_event, s->ndestroyed, 0, p->name);
	if (thread_state(&s->t) == THREAD_FINISHED)
		trace_bind(NULL, 0);
}

static void
open_gate(struct school *c, uint32_t how)
{
	atom_store_rlx(&c->all_bound, how);
	futex_wake(&c->all_bound, INT_MAX);
}

/* All threads set before any looks on: then a value of another would be seen. */
static void
await_others(struct school *c)
{
	if (atom_add_rlx(&c->bound, 1) + 1 == c->n) {
		open_gate(c, GO);
	}
	while (atom_load_rlx(&c->all_bound) == 0)
		futex_wait(&c->all_bound, 0, FUTEX_FOREVER);
}

/* Nobody passed it the student: it finds it where the thread left it. */
static void
greet(struct seat *s)
{
	struct tls *tls = &s->school->tls;
	const struct pupil *p = tls->kind->get(tls, SLOT_STUDENT);

	trace_emit(&hello_event, s->t.role, 0, p != NULL ? p->name : "nobody");
	if (p != &s->pupil[SLOT_STUDENT])
		trace_emit(&strange_event, 0, 0, p != NULL ? p->name : "nobody");
}

static void
look(struct seat *s)
{
	struct tls *tls = &s->school->tls;

	for (int slot = 0; slot < TLS_SLOTS; slot++) {
		s->looks++;
		s->strange += tls->kind->get(tls, slot) != &s->pupil[slot];
	}
}

static void
attend(void *arg)
{
	struct seat *s = arg;
	struct tls *tls = &s->school->tls;

	s->in_order = s->by_itself = true;
	for (int slot = 0; slot < TLS_SLOTS; slot++)
		s->early += tls->kind->get(tls, slot) != NULL;
	for (int slot = 0; slot < TLS_SLOTS && s->error == 0; slot++)
		s->error = -tls->kind->set(tls, slot, &s->pupil[slot]);
	trace_emit(&bound_event, 0, 0, s->pupil[SLOT_STUDENT].name);
	await_others(s->school);
	if (atom_load_rlx(&s->school->all_bound) == GO) {
		greet(s);
		for (int i = 0; i < LOOKS; i++)
			look(s);
	}
	if (tls->kind->leave != NULL) {
		if (tls->kind->traits & TLS_LOCAL)
			trace_emit(&left_event, 0, 0, NULL);
		tls->kind->leave(tls);
	}
}

/* Thread-A ... Thread-Z, Thread-27 ... */
static void
name_thread(int i, char *name)
{
	if (i < 26)
		snprintf(name, TRACE_NAME, "Thread-%c", 'A' + i);
	else
		snprintf(name, TRACE_NAME, "Thread-%d", i + 1);
}

static void
init_seat(struct school *c, int i)
{
	const int nstudents = (int)(sizeof(students) / sizeof(students[0]));
	struct seat *s = &c->seat[i];
	char name[TRACE_NAME];

	name_thread(i, name);
	thread_init(&s->t, name, attend, s);
	s->school = c;
	s->t.trace = c->run->trace;
	s->t.role = 1 + i;
	s->t.cpu = sys_pin_cpu(c->run->pin, i);
	s->t.notify_fd = c->end_fd;
	trace_name(c->run->trace, s->t.role, name);
	for (int slot = 0; slot < TLS_SLOTS; slot++)
		s->pupil[slot] = (struct pupil){ .seat = s, .slot = slot };
	if (i < nstudents)
		snprintf(s->pupil[SLOT_STUDENT].name, TRACE_NAME, "%s", students[i]);
	else
		snprintf(s->pupil[SLOT_STUDENT].name, TRACE_NAME, "student %d", i + 1);
	snprintf(s->pupil[SLOT_DESK].name, TRACE_NAME, "desk of %.14s",
		 s->pupil[SLOT_STUDENT].name);
}

static void
await_all(struct school *c)
{
	uint64_t ends;

	while (c->nended < (uint64_t)c->nstarted) {
		const int rc =
			watch_fd(c->run->trace, c->cancelled ? NULL : c->run->stop,
				 c->end_fd, UINT64_MAX);

		if (rc == 1 && read(c->end_fd, &ends, sizeof(ends)) == sizeof(ends))
			c->nended += ends;
		else if (rc == -ECANCELED)
			c->cancelled = true;
	}
	for (int i = 0; i < c->nstarted; i++)
		thread_join(&c->seat[i].t, UINT64_MAX, NULL);
}

static void
conclude(struct school *c)
{
	const struct tls_kind *kind = c->tls.kind;
	const char *name = kind->kind.name;
	struct result *r = c->run->result;
	int early = 0, strange = 0, looks = 0, once = 0, in_order = 0;

	for (int i = 0; i < c->n; i++) {
		const struct seat *s = &c->seat[i];

		early += s->early;
		strange += s->strange;
		looks += s->looks;
		once += s->destroyed[0] == 1 && s->destroyed[1] == 1 && s->by_itself;
		in_order += s->in_order;
	}
	result_check(r, name, "a value set in one thread is never seen in another",
		     strange == 0, "%d threads looked %d times, %d times at another's",
		     c->n, looks, strange);
	result_check(r, name, "a new thread has no values", early == 0, "%d found",
		     early);
	if (kind->traits & TLS_LOCAL) {
		result_check(r, name,
			     "each value was destroyed once, by its own thread",
			     once == c->n, "%d of %d threads", once, c->n);
		result_check(r, name, "the destructors ran in the order of the keys",
			     in_order == c->n, "%d of %d threads", in_order, c->n);
	}
	if (strange > 0)
		result_line(
			r,
			"%s: %d threads looked %d times and found another's value %d "
			"times; it is not thread-local, and that is what it is for",
			name, c->n, looks, strange);
	else
		result_line(r,
			    "%s: %d threads looked %d times, each found its own values "
			    "alone; %s",
			    name, c->n, looks,
			    kind->traits & TLS_DESTRUCTORS
				    ? "their ends called the destructors"
				    : "it has no destructors, they gave them back by "
				      "hand");
}

static int
play(struct school *c, struct err *e)
{
	int rc = 0;

	trace_emit(&kind_event, 0, 0, c->tls.kind->kind.name);
	for (int i = 0; i < c->n; i++)
		init_seat(c, i);
	for (int i = 0; i < c->n && rc == 0; i++) {
		rc = stop_reason(c->run->stop) != STOP_NONE
			     ? -ECANCELED
			     : thread_start(&c->seat[i].t, e);
		c->nstarted += rc == 0;
	}
	if (rc != 0)
		open_gate(c, GO_HOME);
	await_all(c);
	if (rc == 0 && c->cancelled)
		return -ECANCELED;
	for (int i = 0; i < c->nstarted && rc == 0; i++)
		if (c->seat[i].error != 0)
			rc = err_set(e, c->seat[i].error, "%s cannot set its value",
				     c->seat[i].t.name);
	if (rc == 0)
		conclude(c);
	return rc;
}

int
school_play(struct run *run, const struct tls_opts *o, const struct tls_kind *kind,
	    struct err *e)
{
	static tls_destructor *const destructors[TLS_SLOTS] = { destroy, destroy };
	struct school c = { .run = run, .o = o, .n = (int)o->n };
	int rc;

	sys_pin_cpu(run->pin, 0); /* the CPUs are those of the main thread */
	rc = tls_open(&c.tls, kind, destructors, e);
	if (rc != 0)
		return rc;
	c.seat = calloc((size_t)c.n, sizeof(*c.seat));
	c.end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c.seat == NULL)
		rc = err_set(e, ENOMEM, "no memory for %d threads", c.n);
	else if (c.end_fd < 0)
		rc = err_set(e, errno, "cannot make an event");
	else
		rc = play(&c, e);
	if (c.end_fd >= 0)
		close(c.end_fd);
	free(c.seat);
	tls_close(&c.tls);
	return rc;
}
