/*
 * server_peer.c - one connection: the handshake, control requests, calls, replies.
 */
#include "core/dist/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the two queues are called in requests. */
#define TASKS_IDENT "task_queue_0"
#define RESULTS_IDENT "result_queue"

/* --- replies --------------------------------------------------------------- */

void
peer_mark(struct dist_master *m, struct peer *p)
{
	if (p->dirty)
		return;
	p->dirty = true;
	p->next_dirty = m->dirty;
	m->dirty = p;
}

size_t
reply_begin(struct peer *p, const char *kind)
{
	const size_t begin = wire_begin(&p->out);

	pickle_begin(&p->out);
	pickle_text(&p->out, kind);
	return begin;
}

void
reply_end(struct dist_master *m, struct peer *p, size_t begin)
{
	pickle_tuple_n(&p->out, 2);
	pickle_end(&p->out);
	wire_end(&p->out, begin);
	peer_mark(m, p);
}

void
reply_none(struct dist_master *m, struct peer *p)
{
	const size_t begin = reply_begin(p, "#RETURN");

	pickle_none(&p->out);
	reply_end(m, p, begin);
}

void
reply_int(struct dist_master *m, struct peer *p, int64_t i)
{
	const size_t begin = reply_begin(p, "#RETURN");

	pickle_int(&p->out, i);
	reply_end(m, p, begin);
}

void
reply_bool(struct dist_master *m, struct peer *p, bool b)
{
	const size_t begin = reply_begin(p, "#RETURN");

	pickle_bool(&p->out, b);
	reply_end(m, p, begin);
}

void
reply_error(struct dist_master *m, struct peer *p, const char *name, const char *text)
{
	const size_t begin = reply_begin(p, "#ERROR");

	pickle_exception(&p->out, name, text);
	reply_end(m, p, begin);
}

void
reply_failure(struct dist_master *m, struct peer *p, const char *text)
{
	const size_t begin = reply_begin(p, "#TRACEBACK");
	char line[320];

	snprintf(line, sizeof(line), "concbench: %s\n", text);
	if (p->python2) /* which insists on a str, its bytes */
		pickle_old_text(&p->out, line);
	else
		pickle_text(&p->out, line);
	reply_end(m, p, begin);
}

/* --- waiting --------------------------------------------------------------- */

void
peer_wait(struct dist_master *m, struct peer *p, enum peer_wait what,
	  uint64_t deadline_ns)
{
	p->waits = what;
	p->deadline_ns = deadline_ns;
	if (deadline_ns < m->next_ns)
		m->next_ns = deadline_ns;
	p->next_waiting = NULL;
	*m->last_waiting = p;
	m->last_waiting = &p->next_waiting;
}

void
peer_stop_waiting(struct dist_master *m, struct peer *p)
{
	struct peer **at = &m->waiting;

	if (p->waits == WAITS_NOT)
		return;
	while (*at != p)
		at = &(*at)->next_waiting;
	*at = p->next_waiting;
	if (m->last_waiting == &p->next_waiting)
		m->last_waiting = at;
	p->waits = WAITS_NOT;
	p->deadline_ns = UINT64_MAX;
}

/* --- the handshake --------------------------------------------------------- */

static void
shake(struct dist_master *m, struct peer *p, const uint8_t *message, size_t n)
{
	const enum auth_outcome outcome = auth_step(&p->auth, message, n);

	if (p->auth.out_bytes > 0) {
		wire_add_message(&p->out, p->auth.out, p->auth.out_bytes);
		peer_mark(m, p);
	}
	switch (outcome) {
	case AUTH_GOES_ON:
		return;
	case AUTH_DONE:
		p->state = PEER_CONTROL;
		p->deadline_ns = clock_ns() + CONTROL_NS;
		m->nshaking--;
		return;
	case AUTH_WRONG:
		m->refused++;
		server_note(m, "%s: wrong authkey: refused", p->address);
		p->closing = true;
		return;
	case AUTH_REFUSED:
		server_drop(m, p, "says that our authkey is wrong");
		return;
	case AUTH_ALIEN:
	default:
		server_drop(m, p, "does not speak the protocol of managers: refused");
		return;
	}
}

/* --- control requests ------------------------------------------------------ */

static void
reply_methods(struct dist_master *m, struct peer *p, const char *ident, bool tasks)
{
	const size_t begin = reply_begin(p, "#RETURN");

	if (ident != NULL)
		pickle_text(&p->out, ident);
	pickle_mark(&p->out);
	for (int i = 0; queue_methods[i] != NULL; i++)
		pickle_text(&p->out, queue_methods[i]);
	for (int i = 0; tasks && own_methods[i] != NULL; i++)
		pickle_text(&p->out, own_methods[i]);
	pickle_tuple(&p->out);
	if (ident != NULL)
		pickle_tuple_n(&p->out, 2);
	reply_end(m, p, begin);
}

/* The first argument, if it is a text. */
static const struct value *
first_text(const struct value *args)
{
	const struct value *v = args->seq.n > 0 ? args->seq.item[0] : NULL;

	return v != NULL && v->type == VALUE_TEXT ? v : NULL;
}

static void
create(struct dist_master *m, struct peer *p, const struct value *args)
{
	const struct value *name = first_text(args);

	if (name != NULL && value_is_text(name, m->config.task_name))
		reply_methods(m, p, TASKS_IDENT, true);
	else if (name != NULL && value_is_text(name, m->config.result_name))
		reply_methods(m, p, RESULTS_IDENT, false);
	else
		reply_failure(m, p, "no queue is registered by this name");
}

/* incref and decref: the two queues live as long as the master. */
static void
count_reference(struct dist_master *m, struct peer *p, const struct value *args)
{
	const struct value *ident = first_text(args);

	if (ident != NULL &&
	    (value_is_text(ident, TASKS_IDENT) || value_is_text(ident, RESULTS_IDENT)))
		reply_none(m, p);
	else
		reply_failure(m, p, "no such object");
}

static void
begin_serving(struct peer *p)
{
	p->state = PEER_SERVES;
	p->deadline_ns = UINT64_MAX;
	snprintf(p->owner.who, sizeof(p->owner.who), "%s", p->address);
}

static void
control(struct dist_master *m, struct peer *p, const struct value *method,
	const struct value *args)
{
	p->closing = true;
	if (value_is_text(method, "accept_connection")) {
		p->closing = false;
		begin_serving(p);
		reply_none(m, p);
	} else if (value_is_text(method, "dummy")) {
		reply_none(m, p);
	} else if (value_is_text(method, "create")) {
		create(m, p, args);
	} else if (value_is_text(method, "incref") || value_is_text(method, "decref")) {
		count_reference(m, p, args);
	} else if (value_is_text(method, "get_methods")) {
		reply_methods(m, p, NULL, true);
	} else if (value_is_text(method, "number_of_objects")) {
		reply_int(m, p, 2);
	} else if (value_is_text(method, "shutdown")) {
		reply_failure(m, p, "the master is not shut down by others");
	} else {
		reply_failure(m, p, "no such request");
	}
}

/* --- requests -------------------------------------------------------------- */

bool
peer_owes(struct peer *p, uint64_t number, uint32_t attempt)
{
	if (p->owed == NULL) {
		p->owed = calloc(OWED_MAX, sizeof(*p->owed));
		p->owed_attempt = calloc(OWED_MAX, sizeof(*p->owed_attempt));
	}
	if (p->owed == NULL || p->owed_attempt == NULL || p->nowed == OWED_MAX)
		return false;
	p->owed[p->nowed] = number;
	p->owed_attempt[p->nowed++] = attempt;
	return true;
}

static void
call(struct dist_master *m, struct peer *p, const struct value *request)
{
	const struct value *ident = request->seq.item[0];
	const struct value *args = request->seq.item[2];
	const struct value *kwds = request->seq.item[3];
	const struct value *name = request->seq.item[1];
	const bool tasks = value_is_text(ident, TASKS_IDENT);
	char method[32];

	if (!tasks && !value_is_text(ident, RESULTS_IDENT)) {
		reply_failure(m, p, "no such object");
		return;
	}
	snprintf(method, sizeof(method), "%.*s", (int)(name->bytes.n & 0x7fffffff),
		 (const char *)name->bytes.at);
	if (tasks && own_call(m, p, method, args))
		return;
	if (!queue_call(m, p, tasks, method, args, kwds))
		reply_failure(m, p, "this method is not exposed");
}

static bool
is_request(const struct value *v)
{
	return v->type == VALUE_TUPLE && v->seq.n == 4 &&
	       v->seq.item[1]->type == VALUE_TEXT &&
	       (v->seq.item[2]->type == VALUE_TUPLE ||
		v->seq.item[2]->type == VALUE_LIST) &&
	       v->seq.item[3]->type == VALUE_DICT;
}

/* What cannot be read is told to the peer, which proved that it knows the key. */
static void
refuse(struct dist_master *m, struct peer *p, const char *why)
{
	m->refused++;
	server_note(m, "%s: %s: closed", p->address, why);
	reply_failure(m, p, why);
	p->closing = true;
}

static void
request(struct dist_master *m, struct peer *p, const uint8_t *message, size_t n)
{
	struct pickle k = { .value = NULL };
	struct err e = { 0 };

	arena_reset(&m->arena);
	if (pickle_read(&m->arena, message, n, &k, &e) != 0) {
		refuse(m, p, e.msg);
		return;
	}
	p->python2 = k.protocol == 2 && !p->own;
	if (!is_request(k.value))
		refuse(m, p, "this is no request");
	else if (p->state == PEER_CONTROL)
		control(m, p, k.value->seq.item[1], k.value->seq.item[2]);
	else
		call(m, p, k.value);
}

void
peer_handle(struct dist_master *m, struct peer *p)
{
	while (p->fd >= 0 && !p->closing && p->waits == WAITS_NOT) {
		const bool shakes = p->state == PEER_SHAKES;
		const uint8_t *message;
		size_t n, whole;
		int rc;

		rc = wire_message(&p->in, shakes ? AUTH_MESSAGE_MAX : MESSAGE_MAX,
				  &message, &n, &whole);
		if (rc < 0) {
			server_drop(m, p, "claims a message of an impossible length");
			return;
		}
		if (rc == 0)
			break;
		if (shakes)
			shake(m, p, message, n);
		else
			request(m, p, message, n);
		wire_taken(&p->in, whole);
	}
	if (p->fd < 0 || p->state != PEER_SERVES || p->waits != WAITS_NOT)
		return;
	/* Half a message does not stay for ever. */
	if (wire_bytes(&p->in) == 0) {
		p->deadline_ns = UINT64_MAX;
	} else if (p->deadline_ns == UINT64_MAX) {
		p->deadline_ns = clock_ns() + PARTIAL_NS;
		if (p->deadline_ns < m->next_ns)
			m->next_ns = p->deadline_ns;
	}
}
