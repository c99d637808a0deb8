/*
 * worker.c - a worker finds its master, and again when it was lost.
 */
#include "core/dist/worker_state.h"

#include "core/dist/mac.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_NS (10 * NS_PER_S)
#define PAUSE_FIRST_NS (50 * NS_PER_MS)
#define PAUSE_MAX_NS (2 * NS_PER_S)

static bool
exposes(const struct value *methods, const char *name)
{
	for (size_t i = 0; i < methods->seq.n; i++)
		if (value_is_text(methods->seq.item[i], name))
			return true;
	return false;
}

/* The object behind a registered name: its ident, and whether it is one of ours. */
static int
create(struct dist_worker *w, const char *name, char ident[static IDENT_MAX], bool *own,
       uint64_t deadline_ns, struct err *e)
{
	const struct value *v, *text;
	int rc = client_control(&w->client, "create", name, deadline_ns, &v, e);

	if (rc != 0)
		return rc;
	if (v->type != VALUE_TUPLE || v->seq.n != 2 ||
	    v->seq.item[0]->type != VALUE_TEXT || v->seq.item[1]->type != VALUE_TUPLE ||
	    v->seq.item[0]->bytes.n >= IDENT_MAX)
		return err_set(e, EBADMSG, "the master has no queue '%s'", name);
	text = v->seq.item[0];
	memcpy(ident, text->bytes.at, text->bytes.n);
	ident[text->bytes.n] = '\0';
	*own = exposes(v->seq.item[1], "concbench_swap");
	return 0;
}

/* What a master of ours says first. */
static int
read_hello(struct dist_worker *w, const struct value *v, struct err *e)
{
	char run[DIST_RUN_MAX];

	if (v->type != VALUE_TUPLE || v->seq.n != 3 ||
	    v->seq.item[0]->type != VALUE_TEXT ||
	    v->seq.item[0]->bytes.n >= sizeof(run) ||
	    v->seq.item[2]->type != VALUE_BOOL)
		return err_set(e, EBADMSG, "a greeting that is none");
	snprintf(run, sizeof(run), "%.*s", (int)v->seq.item[0]->bytes.n,
		 (const char *)v->seq.item[0]->bytes.at);
	w->lease_ns = v->seq.item[1]->type == VALUE_INT
			      ? (uint64_t)v->seq.item[1]->integer
			      : UINT64_MAX;
	w->over = v->seq.item[2]->integer != 0;
	/* Results of another run are none of its business. */
	if (w->run[0] != '\0' && strcmp(run, w->run) != 0) {
		wire_taken(&w->unsent.bodies, wire_bytes(&w->unsent.bodies));
		w->unsent.n = 0;
	}
	memcpy(w->run, run, sizeof(run));
	return 0;
}

static int
say_hello(struct dist_worker *w, struct client *c, bool side, uint64_t deadline_ns,
	  const struct value **v, struct err *e)
{
	const size_t begin = client_begin(c, w->task_ident, "concbench_hello");

	pickle_int(&c->out, 1);
	pickle_text(&c->out, w->config.who);
	pickle_text_n(&c->out, w->token, sizeof(w->token));
	pickle_bool(&c->out, side);
	client_end(c, begin);
	return client_call(c, deadline_ns, v, e);
}

/* A connection that serves calls. */
static int
serve(struct dist_worker *w, struct client *c, uint64_t deadline_ns, struct err *e)
{
	const struct value *v;

	return client_control(c, "accept_connection", w->config.who, deadline_ns, &v,
			      e);
}

/* Where the master says that workers of its machine find it; "" or a failure: there is
 * no such place. */
static void
ask_near(struct dist_worker *w, uint64_t deadline_ns)
{
	const struct value *v;
	struct err e;

	w->near[0] = '\0';
	client_end(&w->client,
		   client_begin(&w->client, w->task_ident, "concbench_near"));
	if (client_call(&w->client, deadline_ns, &v, &e) == 0 &&
	    v->type == VALUE_TEXT && v->bytes.n < sizeof(w->near))
		snprintf(w->near, sizeof(w->near), "%.*s", (int)v->bytes.n,
			 (const char *)v->bytes.at);
}

/*
 * With the master on the same machine: from TCP to a Unix domain socket, which costs
 * half. A tunnel looks like that, too; behind it nobody has the name, and it goes on
 * as it began.
 */
static int
come_near(struct dist_worker *w, uint64_t deadline_ns, struct err *e)
{
	if (w->config.far || !address_is_same(w->client.fd))
		return 0;
	ask_near(w, deadline_ns);
	if (w->near[0] == '\0')
		return w->client.fd >= 0 ? 0 : serve(w, &w->client, deadline_ns, e);
	w->client_config.near = w->near;
	if (serve(w, &w->client, deadline_ns, e) == 0)
		return 0;
	w->client_config.near = NULL;
	return serve(w, &w->client, deadline_ns, e);
}

/* Forgets what the old connection had: tasks are others' now, results are given
 * again. */
static void
start_anew(struct dist_worker *w)
{
	struct ready_task *t;

	w->nflights = 0;
	w->asked_for = 0;
	while ((t = w->ready) != NULL) {
		w->ready = t->next;
		free(t);
	}
	w->last_ready = &w->ready;
	w->nready = 0;
	if (w->sent.n == 0)
		return;
	wire_add(&w->sent.bodies, w->unsent.bodies.at + w->unsent.bodies.from,
		 wire_bytes(&w->unsent.bodies));
	w->sent.n += w->unsent.n;
	wire_fini(&w->unsent.bodies);
	w->unsent = w->sent;
	w->sent = (struct parcel){ .n = 0 };
}

int
worker_connect(struct dist_worker *w, uint64_t deadline_ns, struct err *e)
{
	const struct value *v;
	bool own = !w->python, ignored;
	int rc = 0;

	start_anew(w);
	w->client_config.near = NULL;
	if (!w->known || w->python) {
		rc = create(w, w->config.task_name, w->task_ident, &own, deadline_ns,
			    e);
		if (rc == 0 && !own)
			rc = create(w, w->config.result_name, w->result_ident, &ignored,
				    deadline_ns, e);
	}
	if (rc == 0)
		rc = serve(w, &w->client, deadline_ns, e);
	if (rc == 0 && own)
		rc = come_near(w, deadline_ns, e);
	if (rc == 0 && own)
		rc = say_hello(w, &w->client, false, deadline_ns, &v, e);
	if (rc == 0 && own)
		rc = read_hello(w, v, e);
	if (rc != 0) {
		client_close(&w->client);
		return rc;
	}
	w->known = true;
	w->python = !own;
	return 0;
}

bool
worker_can_retry(int rc)
{
	return rc == -EPIPE || rc == -ECONNRESET || rc == -ECONNREFUSED ||
	       rc == -ETIMEDOUT || rc == -EHOSTUNREACH || rc == -ENETUNREACH ||
	       rc == -ECONNABORTED || rc == -ENETDOWN || rc == -EHOSTDOWN;
}

/* Sleeps between half of *pause_ns and all of it, which then doubles. */
static int
pause_some(struct dist_worker *w, uint64_t *pause_ns, uint64_t end_ns, struct err *e)
{
	const struct stop *stop = w->config.stop;
	struct pollfd p = { .fd = stop != NULL ? stop->fd : -1, .events = POLLIN };
	uint64_t until_ns = clock_ns() + rng_range(&w->rng, *pause_ns / 2, *pause_ns);

	until_ns = until_ns < end_ns ? until_ns : end_ns;
	*pause_ns = 2 * *pause_ns < PAUSE_MAX_NS ? 2 * *pause_ns : PAUSE_MAX_NS;
	while (clock_ns() < until_ns && stop_reason(stop) == STOP_NONE)
		poll(&p, 1, clock_poll_ms(until_ns));
	return stop_reason(stop) != STOP_NONE ? err_set(e, ECANCELED, "stopped") : 0;
}

int
worker_reconnect(struct dist_worker *w, struct err *e)
{
	const uint64_t now_ns = clock_ns();
	const uint64_t end_ns = w->config.reconnect_ns > UINT64_MAX - now_ns
					? UINT64_MAX
					: now_ns + w->config.reconnect_ns;
	uint64_t pause_ns = PAUSE_FIRST_NS;
	struct err stopped;
	int rc;

	client_close(&w->client);
	for (;;) {
		rc = worker_connect(w, clock_ns() + CONNECT_NS, e);
		if (rc == 0 || !worker_can_retry(rc) || clock_ns() >= end_ns)
			return rc;
		if (pause_some(w, &pause_ns, end_ns, &stopped) != 0) {
			*e = stopped;
			return -ECANCELED;
		}
	}
}

int
worker_open(struct dist_worker **worker, const struct dist_config *c, struct err *e)
{
	struct dist_worker *w = calloc(1, sizeof(*w));
	int rc;

	*worker = NULL;
	if (w == NULL)
		return err_set(e, ENOMEM, "no memory for a worker");
	w->config = *c;
	w->client_config = (struct client_config){ .address = c->address,
						   .key = c->key,
						   .key_bytes = c->key_bytes,
						   .stop = c->stop };
	client_init(&w->client, &w->client_config);
	w->side_config = w->client_config;
	client_init(&w->side, &w->side_config);
	w->last_ready = &w->ready;
	rng_init(&w->rng, rng_fresh_seed(), 0);
	rc = mac_random(w->token, sizeof(w->token), e);
	for (size_t i = 0; i < sizeof(w->token); i++)
		w->token[i] = (char)('a' + (w->token[i] & 15));
	if (rc == 0)
		rc = worker_reconnect(w, e);
	if (rc != 0) {
		worker_close(w);
		return rc;
	}
	*worker = w;
	return 0;
}

/* Python counts the references to its queues. */
static void
drop_reference(struct dist_worker *w, const char *ident)
{
	const struct value *v;
	struct err e;

	if (ident[0] != '\0')
		client_control(&w->client, "decref", ident, clock_ns() + NS_PER_S, &v,
			       &e);
}

void
worker_close(struct dist_worker *w)
{
	const bool python = w != NULL && w->python && w->client.fd >= 0;

	if (w == NULL)
		return;
	worker_give_ready_back(w);
	client_close(&w->client);
	start_anew(w);
	if (python) {
		drop_reference(w, w->task_ident);
		drop_reference(w, w->result_ident);
	}
	client_fini(&w->client);
	client_fini(&w->side);
	free(w->taken);
	wire_fini(&w->unsent.bodies);
	wire_fini(&w->sent.bodies);
	free(w);
}

/* --- the side connection --------------------------------------------------- */

void
worker_extend(struct dist_worker *w)
{
	const uint64_t deadline_ns = clock_ns() + REPLY_NS;
	struct client *c = &w->side;
	const struct value *v;
	struct err e;
	int rc = 0;

	if (w->python)
		return;
	if (c->fd < 0) {
		rc = serve(w, c, deadline_ns, &e);
		if (rc == 0)
			rc = say_hello(w, c, true, deadline_ns, &v, &e);
	}
	if (rc == 0) {
		client_end(c, client_begin(c, w->task_ident, "concbench_extend"));
		rc = client_call(c, deadline_ns, &v, &e);
	}
	if (rc != 0)
		client_close(c);
}

uint64_t
worker_extend_every_ns(const struct dist_worker *w)
{
	return w->python || w->lease_ns == UINT64_MAX ? 0 : w->lease_ns / 3;
}
