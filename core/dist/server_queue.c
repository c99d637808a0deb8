/*
 * server_queue.c - the queues as Python knows them: get, put, qsize, empty, full.
 *
 * The queue of tasks gives, the queue of results takes; only the master puts tasks
 * and gets results, for a task that it does not know of would belong to no run.
 */
#include "core/dist/server.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const queue_methods[] = {
	"empty", "full",       "get",	"get_nowait", "join",
	"put",	 "put_nowait", "qsize", "task_done",  NULL,
};

/* Binds positional and named arguments to `names` (ended by NULL) as a call does. A
 * text says what is wrong. */
static const char *
bind_arguments(const char *const *names, const struct value *args,
	       const struct value *kwds, const struct value **bound)
{
	size_t n = 0;

	while (names[n] != NULL)
		bound[n++] = NULL;
	if (args->seq.n > n)
		return "too many arguments";
	for (size_t i = 0; i < args->seq.n; i++)
		bound[i] = args->seq.item[i];
	for (size_t i = 0; i < kwds->seq.n; i += 2) {
		size_t at = 0;

		while (at < n && !value_is_text(kwds->seq.item[i], names[at]))
			at++;
		if (at == n)
			return "unexpected keyword argument";
		if (at < args->seq.n)
			return "multiple values for an argument";
		bound[at] = kwds->seq.item[i + 1];
	}
	return NULL;
}

static bool
is_true(const struct value *v)
{
	double number = 1;

	if (v == NULL)
		return true; /* block=True */
	return v->type != VALUE_NONE && (!value_number(v, &number) || number != 0);
}

/* When a call with these arguments gives up: 0: at once. False: an error was sent. */
static bool
read_deadline(struct dist_master *m, struct peer *p, const struct value *block,
	      const struct value *timeout, uint64_t *deadline_ns)
{
	double seconds;

	*deadline_ns = UINT64_MAX;
	if (!is_true(block)) {
		*deadline_ns = 0;
		return true;
	}
	if (timeout == NULL || timeout->type == VALUE_NONE)
		return true;
	if (!value_number(timeout, &seconds) || isnan(seconds)) {
		reply_error(m, p, "TypeError", "timeout must be a number");
		return false;
	}
	if (seconds < 0) {
		reply_error(m, p, "ValueError",
			    "'timeout' must be a non-negative number");
		return false;
	}
	if (seconds < 1e9)
		*deadline_ns = clock_ns() + (uint64_t)(seconds * 1e9);
	return true;
}

void
queue_answer(struct dist_master *m, struct peer *p)
{
	struct ledger_task *t = !m->over && p->nowed < OWED_MAX
					? ledger_take(&m->ledger, &p->owner, clock_ns())
					: NULL;
	size_t begin;

	peer_stop_waiting(m, p);
	if (t == NULL) {
		reply_error(m, p, "Empty", NULL);
	} else if (!peer_owes(p, t->number, t->attempt)) {
		ledger_give_back(&m->ledger, &p->owner, t->number);
		reply_error(m, p, "MemoryError", "no memory for a lease");
	} else {
		if (t->until_ns < m->leases_ns)
			m->leases_ns = t->until_ns;
		p->undone++;
		begin = reply_begin(p, "#RETURN");
		wire_add(&p->out, t->payload, t->bytes);
		reply_end(m, p, begin);
	}
}

static void
get(struct dist_master *m, struct peer *p, const struct value *args,
    const struct value *kwds, bool nowait)
{
	static const char *const names[] = { "block", "timeout", NULL };
	static const char *const none[] = { NULL };
	const struct value *bound[2] = { NULL };
	const char *wrong = bind_arguments(nowait ? none : names, args, kwds, bound);
	uint64_t deadline_ns = 0;

	if (wrong != NULL) {
		reply_error(m, p, "TypeError", wrong);
		return;
	}
	if (!nowait && !read_deadline(m, p, bound[0], bound[1], &deadline_ns))
		return;
	if (p->nowed == OWED_MAX) {
		reply_error(m, p, "RuntimeError", "too many tasks without a result");
		return;
	}
	/* In line, whoever came first. */
	peer_wait(m, p, WAITS_GET, deadline_ns);
	if (deadline_ns == 0 || (m->waiting == p && m->ledger.n.queued > 0) || m->over)
		queue_answer(m, p);
}

/* The oldest task that it owes is forgotten. */
static void
pay(struct peer *p)
{
	p->nowed--;
	memmove(p->owed, p->owed + 1, p->nowed * sizeof(*p->owed));
	memmove(p->owed_attempt, p->owed_attempt + 1,
		p->nowed * sizeof(*p->owed_attempt));
}

/* A result of a worker with put() alone: that of the oldest task that it owes. */
static void
take_result(struct dist_master *m, struct peer *p, const struct value *item)
{
	struct dist_result r = { .who = p->owner.who };
	struct wire body = { .at = NULL };
	int rc;

	if (p->nowed == 0) {
		m->ledger.n.duplicates++;
		server_note(m, "%s: a result without a task was dropped", p->address);
		reply_none(m, p);
		return;
	}
	if (pickle_value(&body, item) != 0) {
		reply_error(m, p, "TypeError", "a result must be plain data");
		wire_fini(&body);
		return;
	}
	r.number = p->owed[0];
	r.attempt = p->owed_attempt[0];
	r.payload = body.at;
	r.bytes = wire_bytes(&body);
	rc = body.lacks_memory ? -ENOMEM : ledger_give(&m->ledger, &r);
	wire_fini(&body);
	if (rc < 0) {
		reply_error(m, p, "MemoryError", "no memory for a result");
		return;
	}
	pay(p);
	reply_none(m, p);
}

static void
put(struct dist_master *m, struct peer *p, bool tasks, const struct value *args,
    const struct value *kwds, bool nowait)
{
	static const char *const names[] = { "item", "block", "timeout", NULL };
	static const char *const item_alone[] = { "item", NULL };
	const struct value *bound[3] = { NULL };
	const char *wrong =
		bind_arguments(nowait ? item_alone : names, args, kwds, bound);
	uint64_t deadline_ns;

	if (wrong == NULL && bound[0] == NULL)
		wrong = "missing argument 'item'";
	if (wrong != NULL)
		reply_error(m, p, "TypeError", wrong);
	else if (!nowait && !read_deadline(m, p, bound[1], bound[2], &deadline_ns))
		return;
	else if (tasks && !ledger_has_room(&m->ledger))
		reply_error(m, p, "Full", NULL);
	else if (tasks)
		reply_error(m, p, "RuntimeError", "only the master puts tasks");
	else
		take_result(m, p, bound[0]);
}

/* task_done(): Python's way to say that a task is finished, before or after its result.
 * Here it is the result that says so; once more than tasks were taken is a mistake, as
 * there. */
static void
task_done(struct dist_master *m, struct peer *p, bool tasks)
{
	if (tasks && p->undone == 0) {
		reply_error(m, p, "ValueError", "task_done() called too many times");
		return;
	}
	p->undone -= tasks;
	reply_none(m, p);
}

static void
text_of(struct dist_master *m, struct peer *p, bool tasks)
{
	const size_t begin = reply_begin(p, "#RETURN");

	pickle_text(&p->out, tasks ? "<queue of tasks of concbench dist>"
				   : "<queue of results of concbench dist>");
	reply_end(m, p, begin);
}

bool
queue_call(struct dist_master *m, struct peer *p, bool tasks, const char *method,
	   const struct value *args, const struct value *kwds)
{
	const uint64_t queued = tasks ? m->ledger.n.queued : 0;
	const bool nowait = strstr(method, "_nowait") != NULL;

	if (strcmp(method, "get") == 0 || strcmp(method, "get_nowait") == 0) {
		if (tasks)
			get(m, p, args, kwds, nowait);
		else
			reply_error(m, p, "RuntimeError",
				    "only the master gets results");
	} else if (strcmp(method, "put") == 0 || strcmp(method, "put_nowait") == 0) {
		put(m, p, tasks, args, kwds, nowait);
	} else if (strcmp(method, "qsize") == 0) {
		reply_int(m, p, (int64_t)queued);
	} else if (strcmp(method, "empty") == 0) {
		reply_bool(m, p, queued == 0);
	} else if (strcmp(method, "full") == 0) {
		reply_bool(m, p, tasks && !ledger_has_room(&m->ledger));
	} else if (strcmp(method, "task_done") == 0) {
		task_done(m, p, tasks);
	} else if (strcmp(method, "join") == 0) {
		reply_error(m, p, "RuntimeError", "only the master waits for the end");
	} else if (strcmp(method, "__str__") == 0 || strcmp(method, "__repr__") == 0 ||
		   strcmp(method, "#GETVALUE") == 0) {
		text_of(m, p, tasks);
	} else {
		return false;
	}
	return true;
}
