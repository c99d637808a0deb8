/*
 * worker_swap.c - a worker of one of our masters: results there, tasks back.
 *
 * While tasks are ready, a swap is sent and not waited for, so that the round trip
 * costs nothing and no result waits for the end of the next task; with none it waits at
 * the master until there are some. Replies come in the order of the swaps.
 */
#include "core/dist/worker_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How long a swap waits at the master for a task: then it asks anew. */
#define SWAP_NS (5 * NS_PER_S)

#define BACK_NS (2 * NS_PER_S) /* at the end */

struct ready_task *
worker_task(uint64_t number, uint32_t attempt, const struct value *v, struct err *e)
{
	struct wire body = { .at = NULL };
	struct ready_task *t = NULL;

	if (pickle_value(&body, v) != 0) {
		err_set(e, EBADMSG, "a task that is no plain data");
	} else if (!body.lacks_memory) {
		t = malloc(sizeof(*t) + wire_bytes(&body));
		if (t == NULL)
			err_set(e, ENOMEM, "no memory for a task");
	} else {
		err_set(e, ENOMEM, "no memory for a task");
	}
	if (t != NULL) {
		*t = (struct ready_task){ .task = { .number = number,
						    .attempt = attempt,
						    .payload = t + 1,
						    .bytes = wire_bytes(&body) } };
		memcpy(t + 1, body.at + body.from, wire_bytes(&body));
	}
	wire_fini(&body);
	return t;
}

static int
keep_task(struct dist_worker *w, const struct value *v, struct err *e)
{
	struct value *const *item = v->seq.item;
	struct ready_task *t;

	if (v->type != VALUE_TUPLE || v->seq.n != 3 || item[0]->type != VALUE_INT ||
	    item[1]->type != VALUE_INT)
		return err_set(e, EBADMSG, "a task that is none");
	t = worker_task((uint64_t)item[0]->integer, (uint32_t)item[1]->integer, item[2],
			e);
	if (t == NULL)
		return -e->code;
	*w->last_ready = t;
	w->last_ready = &t->next;
	w->nready++;
	return 0;
}

/* Results that were not sent become those of the newest flight. */
static void
take_off(struct dist_worker *w, int64_t want)
{
	w->flight[w->nflights++] =
		(struct flight){ .results = w->unsent.n,
				 .bytes = wire_bytes(&w->unsent.bodies),
				 .want = want };
	w->asked_for += want;
	wire_add(&w->sent.bodies, w->unsent.bodies.at + w->unsent.bodies.from,
		 wire_bytes(&w->unsent.bodies));
	w->sent.n += w->unsent.n;
	wire_taken(&w->unsent.bodies, wire_bytes(&w->unsent.bodies));
	w->unsent.n = 0;
}

/* The oldest flight is confirmed. */
static void
land(struct dist_worker *w)
{
	const struct flight f = w->flight[0];

	w->nflights--;
	memmove(w->flight, w->flight + 1, (size_t)w->nflights * sizeof(f));
	w->asked_for -= f.want;
	wire_taken(&w->sent.bodies, f.bytes);
	w->sent.n -= f.results;
}

/* Sends results and asks for tasks, waiting at the master for wait_ns. */
static int
ask(struct dist_worker *w, int64_t want, uint64_t wait_ns, struct err *e)
{
	struct client *c = &w->client;
	size_t begin;

	if (c->fd < 0)
		return err_set(e, EPIPE, "lost the connection to '%s'",
			       w->config.address);
	begin = client_begin(c, w->task_ident, "concbench_swap");
	pickle_list_begin(&c->out);
	wire_add(&c->out, w->unsent.bodies.at + w->unsent.bodies.from,
		 wire_bytes(&w->unsent.bodies));
	pickle_list_end(&c->out);
	pickle_int(&c->out, want);
	pickle_float(&c->out, (double)wait_ns / 1e9);
	client_end(c, begin);
	take_off(w, want);
	if (w->sent.bodies.lacks_memory)
		return err_set(e, ENOMEM, "no memory for results");
	w->asked_ns = clock_ns() + wait_ns + REPLY_NS;
	return client_send(c, w->asked_ns, e);
}

/* Takes the reply of the oldest swap; deadline_ns may be in the past, for a look. */
static int
hear(struct dist_worker *w, uint64_t deadline_ns, struct err *e)
{
	const struct value *v;
	int rc = client_receive(&w->client, deadline_ns, &v, e);

	if (rc != 0)
		return rc;
	land(w);
	if (v->type != VALUE_TUPLE || v->seq.n != 2 ||
	    v->seq.item[1]->type != VALUE_BOOL ||
	    (v->seq.item[0]->type != VALUE_LIST && v->seq.item[0]->type != VALUE_TUPLE))
		return err_set(e, EBADMSG, "a reply that is none");
	w->over = v->seq.item[1]->integer != 0;
	for (size_t i = 0; i < v->seq.item[0]->seq.n && rc == 0; i++)
		rc = keep_task(w, v->seq.item[0]->seq.item[i], e);
	return rc;
}

/* With tasks at hand: results go, the next tasks come, and nobody waits. */
static int
look_ahead(struct dist_worker *w, struct err *e)
{
	int64_t want;
	int rc = 0;

	while (w->nflights > 0 && rc == 0)
		rc = hear(w, w->nflights == FLIGHTS_MAX ? w->asked_ns : 0, e);
	if (rc != 0 && rc != -ETIMEDOUT)
		return rc;
	want = (int64_t)w->config.prefetch - (int64_t)w->nready - w->asked_for;
	if (w->over || w->nflights == FLIGHTS_MAX || (w->unsent.n == 0 && want <= 0))
		return 0;
	return ask(w, want > 0 ? want : 0, 0, e);
}

/* With none: waits for some. 0, also when there is still none. */
static int
wait_for_tasks(struct dist_worker *w, uint64_t deadline_ns, struct err *e)
{
	const uint64_t now_ns = clock_ns();
	const uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
	int rc = 0;

	if (w->nflights == 0)
		rc = ask(w, w->config.prefetch, left_ns < SWAP_NS ? left_ns : SWAP_NS,
			 e);
	return rc != 0 ? rc : hear(w, w->asked_ns, e);
}

static struct ready_task *
first_ready(struct dist_worker *w)
{
	struct ready_task *t = w->ready;

	w->ready = t->next;
	if (w->ready == NULL)
		w->last_ready = &w->ready;
	w->nready--;
	return t;
}

/* After a failure: a new connection, if that may help. */
static int
recover(struct dist_worker *w, int rc, struct err *e)
{
	return worker_can_retry(rc) ? worker_reconnect(w, e) : rc;
}

int
worker_take(struct dist_worker *w, struct dist_task *t, uint64_t deadline_ns,
	    struct err *e)
{
	int rc;

	free(w->taken);
	w->taken = NULL;
	/* Where replies come at once nothing else looks. */
	if (stop_reason(w->config.stop) != STOP_NONE)
		return err_set(e, ECANCELED, "stopped");
	if (w->python)
		return python_take(w, t, deadline_ns, e);
	for (;;) {
		rc = w->nready > 0 ? look_ahead(w, e)
				   : wait_for_tasks(w, deadline_ns, e);
		if (rc != 0)
			rc = recover(w, rc, e);
		if (rc != 0)
			return rc;
		if (w->nready > 0)
			break;
		if (w->over && w->unsent.n + w->sent.n == 0)
			return err_set(e, ESHUTDOWN, "the run is over");
		if (w->nflights == 0 && clock_ns() >= deadline_ns)
			return 0;
	}
	w->taken = first_ready(w);
	*t = w->taken->task;
	return 1;
}

int
worker_give(struct dist_worker *w, const struct dist_result *r, struct err *e)
{
	struct wire *b = &w->unsent.bodies;

	if (w->python)
		return python_give(w, r, e);
	if (r->bytes > DIST_PAYLOAD_MAX)
		return err_set(e, EMSGSIZE, "a result of %zu bytes is too large",
			       r->bytes);
	if (wire_bytes(b) > 0 && wire_bytes(b) + r->bytes > DIST_PAYLOAD_MAX) {
		const int rc = worker_sync(w, e);

		if (rc != 0)
			return rc;
	}
	pickle_mark(b);
	pickle_uint(b, r->number);
	pickle_int(b, r->attempt);
	pickle_int(b, r->status);
	wire_add(b, r->payload, r->bytes);
	pickle_tuple(b);
	w->unsent.n++;
	return b->lacks_memory ? err_set(e, ENOMEM, "no memory for a result") : 0;
}

int
worker_sync(struct dist_worker *w, struct err *e)
{
	int rc = 0;

	while (!w->python && (w->nflights > 0 || w->unsent.n > 0)) {
		if (w->unsent.n > 0 && w->nflights < FLIGHTS_MAX)
			rc = ask(w, 0, 0, e);
		if (rc == 0)
			rc = hear(w, w->asked_ns, e);
		if (rc != 0)
			rc = recover(w, rc, e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
back(struct dist_worker *w, uint64_t number, uint64_t deadline_ns, struct err *e)
{
	const size_t begin = client_begin(&w->client, w->task_ident, "concbench_back");
	const struct value *v;

	pickle_uint(&w->client.out, number);
	client_end(&w->client, begin);
	return client_call(&w->client, deadline_ns, &v, e);
}

void
worker_give_ready_back(struct dist_worker *w)
{
	const uint64_t deadline_ns = clock_ns() + BACK_NS;
	const struct ready_task *t;
	struct err e;
	int rc = 0;

	if (w->python || w->client.fd < 0)
		return;
	/* Also when the run was stopped, which is just the case for it. Nobody else
	 * uses the connections any more. */
	w->client_config.stop = NULL;
	if (w->unsent.n > 0 && w->nflights < FLIGHTS_MAX)
		rc = ask(w, 0, 0, &e);
	while (rc == 0 && w->nflights > 0)
		rc = hear(w, deadline_ns, &e);
	for (t = w->ready; t != NULL && rc == 0; t = t->next)
		rc = back(w, t->task.number, deadline_ns, &e);
}

int
worker_give_back(struct dist_worker *w, uint64_t number, struct err *e)
{
	int rc;

	if (w->python)
		return python_give_back(w, e);
	rc = worker_sync(w, e);
	return rc != 0 ? rc : back(w, number, clock_ns() + REPLY_NS, e);
}

int
worker_clock(struct dist_worker *w, uint64_t *ns, struct err *e)
{
	const struct value *v;
	int rc;

	if (w->python)
		return -ENOTSUP;
	rc = worker_sync(w, e);
	if (rc != 0)
		return rc;
	client_end(&w->client,
		   client_begin(&w->client, w->task_ident, "concbench_clock"));
	rc = client_call(&w->client, clock_ns() + REPLY_NS, &v, e);
	if (rc == 0 && v->type != VALUE_INT)
		rc = err_set(e, EBADMSG, "a time that is none");
	if (rc == 0)
		*ns = (uint64_t)v->integer;
	return rc;
}

int
worker_send_trace(struct dist_worker *w, const void *data, size_t bytes, struct err *e)
{
	const struct value *v;
	size_t begin;
	int rc;

	if (w->python)
		return -ENOTSUP;
	rc = worker_sync(w, e);
	if (rc != 0)
		return rc;
	begin = client_begin(&w->client, w->task_ident, "concbench_trace");
	pickle_bytes(&w->client.out, data, bytes);
	client_end(&w->client, begin);
	return client_call(&w->client, clock_ns() + REPLY_NS, &v, e);
}
