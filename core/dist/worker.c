/*
 * worker.c - a worker opens, looks for its master again when it was lost, closes.
 */
#include "core/dist/worker_state.h"

#include "core/dist/mac.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#define CONNECT_NS (10 * NS_PER_S)
#define PAUSE_FIRST_NS (50 * NS_PER_MS)
#define PAUSE_MAX_NS (2 * NS_PER_S)

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
	worker_start_anew(w);
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
		rc = worker_serve(w, c, deadline_ns, &e);
		if (rc == 0)
			rc = worker_hello(w, c, true, deadline_ns, &v, &e);
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
