/*
 * worker_python.c - a worker of a master written in Python: get() and put().
 */
#include "core/dist/worker_state.h"

#include <errno.h>
#include <stdlib.h>

/* Python parks a thread for each get() that waits, and does not notice when its
 * client is gone; so none waits longer. */
#define GET_NS NS_PER_S

static int
recover(struct dist_worker *w, int rc, struct err *e)
{
	return worker_can_retry(rc) ? worker_reconnect(w, e) : rc;
}

static int
connected(struct dist_worker *w, struct err *e)
{
	return w->client.fd >= 0 ? 0 : worker_reconnect(w, e);
}

static int
get(struct dist_worker *w, uint64_t wait_ns, const struct value **v, struct err *e)
{
	struct client *c = &w->client;
	const size_t begin = client_begin(c, w->task_ident, "get");

	pickle_bool(&c->out, true);
	pickle_float(&c->out, (double)wait_ns / 1e9);
	client_end(c, begin);
	return client_call(c, clock_ns() + wait_ns + REPLY_NS, v, e);
}

/* A task that is not plain data has left its queue already: an answer says so. */
static int
refuse_task(struct dist_worker *w, struct err *e)
{
	struct wire body = { .at = NULL };
	struct dist_result r = { .status = 1 };
	char text[320];

	err_text(e, text, sizeof(text));
	pickle_text(&body, text);
	r.payload = body.at;
	r.bytes = wire_bytes(&body);
	if (python_give(w, &r, e) == 0)
		err_set(e, ENOTSUP, "a task could not be read: %.150s", text);
	wire_fini(&body);
	return -e->code;
}

int
python_take(struct dist_worker *w, struct dist_task *t, uint64_t deadline_ns,
	    struct err *e)
{
	const struct value *v;
	int rc;

	for (;;) {
		const uint64_t now_ns = clock_ns();
		const uint64_t left_ns =
			deadline_ns > now_ns ? deadline_ns - now_ns : 0;

		rc = connected(w, e);
		if (rc == 0)
			rc = get(w, left_ns < GET_NS ? left_ns : GET_NS, &v, e);
		if (rc == 0)
			break;
		if (rc == -ENOTSUP)
			return refuse_task(w, e);
		if (rc == -ENOENT && clock_ns() >= deadline_ns)
			return 0;
		if (rc == -ENOENT)
			continue;
		rc = recover(w, rc, e);
		/* It has no other way to say that it is done. */
		if (worker_can_retry(rc))
			return err_set(e, ESHUTDOWN, "the master is gone");
		if (rc != 0)
			return rc;
	}
	w->taken = worker_task(w->turn++, 1, v, e);
	if (w->taken == NULL)
		return -e->code;
	*t = w->taken->task;
	return 1;
}

static int
put(struct dist_worker *w, const char *ident, const void *body, size_t bytes,
    struct err *e)
{
	struct client *c = &w->client;
	const struct value *v;
	int rc;

	do {
		rc = connected(w, e);
		if (rc == 0) {
			const size_t begin = client_begin(c, ident, "put");

			wire_add(&c->out, body, bytes);
			client_end(c, begin);
			rc = client_call(c, clock_ns() + REPLY_NS, &v, e);
		}
		if (rc == 0)
			return 0;
		/* It may have arrived all the same: at least once. */
		rc = recover(w, rc, e);
	} while (rc == 0);
	return rc;
}

int
python_give(struct dist_worker *w, const struct dist_result *r, struct err *e)
{
	return put(w, w->result_ident, r->payload, r->bytes, e);
}

/* There are no leases: the task is put again. */
int
python_give_back(struct dist_worker *w, struct err *e)
{
	return w->taken == NULL ? 0
				: put(w, w->task_ident, w->taken->task.payload,
				      w->taken->task.bytes, e);
}
