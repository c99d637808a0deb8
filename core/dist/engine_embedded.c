/*
 * engine_embedded.c - the default engine: the master itself keeps the queues.
 */
#include "core/dist/mac.h"
#include "core/dist/server.h"
#include "core/dist/worker.h"
#include "core/rng.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
master_close(struct dist_master *m)
{
	if (m == NULL)
		return;
	server_close(m);
	if (m->has_journal)
		journal_close(&m->journal);
	free(m->taken);
	ledger_fini(&m->ledger);
	free(m);
}

static int
open_journal(struct dist_master *m, struct err *e)
{
	int rc;

	if (m->config.journal == NULL)
		return 0;
	rc = journal_open(&m->journal, m->config.journal, m->run, !m->config.no_fsync,
			  &m->ledger, e);
	if (rc != 0)
		return rc;
	m->has_journal = true;
	m->ledger.journal = &m->journal;
	snprintf(m->run, sizeof(m->run), "%s", m->journal.run);
	if (m->journal.dropped > 0)
		server_note(m,
			    "the last %" PRIu64 " bytes of the journal were cut off in "
			    "the middle of a record, and dropped",
			    m->journal.dropped);
	return 0;
}

static int
master_open(struct dist_master **master, const struct dist_config *c, uint64_t *put,
	    struct err *e)
{
	struct dist_master *m = calloc(1, sizeof(*m));
	int rc;

	*master = NULL;
	if (m == NULL)
		return err_set(e, ENOMEM, "no memory for a master");
	m->config = *c;
	m->epoll_fd = m->listen_fd = m->near_fd = -1;
	ledger_init(&m->ledger);
	m->ledger.bound = c->bound;
	m->ledger.lease_ns = c->lease_ns;
	m->ledger.plain_lease_ns = c->plain_lease_ns;
	m->ledger.retries = c->retries;
	if (c->run[0] != '\0')
		snprintf(m->run, sizeof(m->run), "%s", c->run);
	else
		snprintf(m->run, sizeof(m->run), "%" PRIx64, rng_fresh_seed());
	rc = open_journal(m, e);
	if (rc == 0)
		rc = server_open(m, e);
	if (rc != 0) {
		master_close(m);
		return rc;
	}
	*put = m->ledger.n.put;
	*master = m;
	return 0;
}

static const char *
master_address(const struct dist_master *m)
{
	return m->address;
}

static const char *
master_run(const struct dist_master *m)
{
	return m->run;
}

static int
put(struct dist_master *m, const void *payload, size_t bytes, struct err *e)
{
	int rc;

	if (bytes > DIST_PAYLOAD_MAX)
		return err_set(e, EMSGSIZE, "a task of %zu bytes is too large", bytes);
	rc = ledger_put(&m->ledger, payload, bytes);
	return rc < 0 ? err_set(e, ENOMEM, "no memory for a task") : rc;
}

static int
flush(struct dist_master *m, struct err *e)
{
	return m->has_journal ? journal_sync(&m->journal, e) : 0;
}

static int
result(struct dist_master *m, struct dist_result *r, struct err *e)
{
	(void)e;
	free(m->taken);
	m->taken = ledger_result(&m->ledger);
	if (m->taken == NULL)
		return 0;
	*r = m->taken->r;
	return 1;
}

static unsigned
what_holds(const struct dist_master *m, unsigned want, bool input)
{
	unsigned is = 0;

	if (want & DIST_ROOM && ledger_has_room(&m->ledger))
		is |= DIST_ROOM;
	if (want & DIST_RESULT && m->ledger.first != NULL)
		is |= DIST_RESULT;
	return is | (want & DIST_INPUT && input ? (unsigned)DIST_INPUT : 0u);
}

static int
wait_for(struct dist_master *m, unsigned want, int fd, uint64_t deadline_ns,
	 struct err *e)
{
	unsigned is = what_holds(m, want, false);
	bool input, last;
	int rc;

	do {
		/* What is there already is no reason to let the workers wait. */
		last = is != 0 ||
		       (deadline_ns != UINT64_MAX && clock_ns() >= deadline_ns);
		rc = server_turn(m, want & DIST_INPUT ? fd : -1, &input,
				 last ? 0 : deadline_ns, e);
		is = what_holds(m, want, input);
	} while (rc == 0 && is == 0 && !last);
	if (rc == -ECANCELED)
		return err_set(e, ECANCELED, "stopped");
	return rc != 0 ? rc : (int)is;
}

static void
counts(struct dist_master *m, struct dist_counts *n)
{
	*n = m->ledger.n;
	n->refused = m->refused;
}

static int
master_clock(struct dist_master *m, uint64_t *ns, struct err *e)
{
	(void)m;
	(void)e;
	*ns = clock_ns();
	return 0;
}

/* Everybody who asks hears that it is over. Waits until the last one has left. */
static int
finish(struct dist_master *m, uint64_t deadline_ns, struct err *e)
{
	bool input;
	int rc = 0;

	m->over = true;
	server_wake(m);
	do {
		rc = server_turn(m, -1, &input, m->npeers > 0 ? deadline_ns : 0, e);
	} while (rc == 0 && m->npeers > 0 && clock_ns() < deadline_ns);
	return rc;
}

static int
remove_run(struct dist_master *m, struct err *e)
{
	return m->has_journal && !m->config.keep ? journal_remove(&m->journal, e) : 0;
}

const struct dist_engine dist_engine_embedded = {
	.kind = { .name = "embedded",
		  .summary = "the master itself; workers may be Python's",
		  .available = mac_available },
	.master_open = master_open,
	.master_address = master_address,
	.master_run = master_run,
	.put = put,
	.flush = flush,
	.result = result,
	.wait = wait_for,
	.counts = counts,
	.master_clock = master_clock,
	.finish = finish,
	.remove = remove_run,
	.master_close = master_close,
	.worker_open = worker_open,
	.take = worker_take,
	.give = worker_give,
	.give_back = worker_give_back,
	.sync = worker_sync,
	.extend = worker_extend,
	.extend_every_ns = worker_extend_every_ns,
	.worker_clock = worker_clock,
	.send_trace = worker_send_trace,
	.worker_close = worker_close,
};
