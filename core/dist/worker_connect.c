/*
 * worker_connect.c - a worker finds its master: which queues, whose master, and where.
 */
#include "core/dist/worker_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int
worker_hello(struct dist_worker *w, struct client *c, bool side, uint64_t deadline_ns,
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
int
worker_serve(struct dist_worker *w, struct client *c, uint64_t deadline_ns,
	     struct err *e)
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
		return w->client.fd >= 0 ? 0
					 : worker_serve(w, &w->client, deadline_ns, e);
	w->client_config.near = w->near;
	if (worker_serve(w, &w->client, deadline_ns, e) == 0)
		return 0;
	w->client_config.near = NULL;
	return worker_serve(w, &w->client, deadline_ns, e);
}

/* Forgets what the old connection had: tasks are others' now, results are given
 * again. */
void
worker_start_anew(struct dist_worker *w)
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

	worker_start_anew(w);
	w->client_config.near = NULL;
	if (!w->known || w->python) {
		rc = create(w, w->config.task_name, w->task_ident, &own, deadline_ns,
			    e);
		if (rc == 0 && !own)
			rc = create(w, w->config.result_name, w->result_ident, &ignored,
				    deadline_ns, e);
	}
	if (rc == 0)
		rc = worker_serve(w, &w->client, deadline_ns, e);
	if (rc == 0 && own)
		rc = come_near(w, deadline_ns, e);
	if (rc == 0 && own)
		rc = worker_hello(w, &w->client, false, deadline_ns, &v, e);
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
