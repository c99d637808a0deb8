/*
 * server.c - turns of the embedded engine: events, time, what is due; the end of a
 * connection.
 */
#include "core/dist/server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS_MAX = 128 };

void
server_note(struct dist_master *m, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (m->config.on_note == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->config.on_note(m->config.arg, text);
}

/* --- closing --------------------------------------------------------------- */

static void
free_dead(struct dist_master *m)
{
	struct peer *p;

	while ((p = m->dead) != NULL) {
		m->dead = p->next;
		wire_fini(&p->in);
		wire_fini(&p->out);
		free(p->owed);
		free(p->owed_attempt);
		explicit_bzero(&p->auth, sizeof(p->auth));
		free(p);
	}
}

void
server_close(struct dist_master *m)
{
	while (m->peers != NULL)
		server_drop(m, m->peers, NULL);
	free_dead(m);
	if (m->listen_fd >= 0)
		close(m->listen_fd);
	if (m->near_fd >= 0)
		close(m->near_fd);
	if (m->epoll_fd >= 0)
		close(m->epoll_fd);
	m->listen_fd = m->near_fd = m->epoll_fd = -1;
	arena_fini(&m->arena);
}

void
server_drop(struct dist_master *m, struct peer *p, const char *why)
{
	if (p->fd < 0)
		return;
	close(p->fd);
	p->fd = -1;
	if (p->state == PEER_SHAKES)
		m->nshaking--;
	if (p->own && !p->side)
		m->ledger.n.workers--;
	m->npeers--;
	peer_stop_waiting(m, p);
	if (why != NULL) {
		m->refused++;
		server_note(m, "%s: %s", p->address, why);
	}
	if (p->owner.ntasks > 0 &&
	    ledger_release(&m->ledger, &p->owner, "went away") != 0)
		err_set(&m->trouble, ENOMEM, "no memory for a task that came back");
	if (p->prev != NULL)
		p->prev->next = p->next;
	else
		m->peers = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	p->next = m->dead;
	m->dead = p;
}

/* --- time ------------------------------------------------------------------ */

/* Ends the wait of a peer; what it has sent meanwhile is next. */
static void
answer(struct dist_master *m, struct peer *p)
{
	if (p->waits == WAITS_GET)
		queue_answer(m, p);
	else
		own_answer(m, p);
	if (wire_bytes(&p->in) > 0)
		peer_handle(m, p);
}

static void
past_deadline(struct dist_master *m, struct peer *p)
{
	if (p->waits != WAITS_NOT) {
		answer(m, p);
		return;
	}
	server_drop(m, p,
		    p->state == PEER_SHAKES ? "did not shake hands in time"
					    : "did not end its request in time");
}

static void
look_at_time(struct dist_master *m)
{
	const uint64_t now_ns = clock_ns();
	struct peer *p, *next;

	if (now_ns >= m->leases_ns && ledger_expire(&m->ledger, now_ns, &m->leases_ns))
		err_set(&m->trouble, ENOMEM, "no memory for a task that came back");
	if (now_ns < m->next_ns)
		return;
	m->next_ns = UINT64_MAX;
	server_accept_again(m, now_ns);
	if (m->accept_ns != 0)
		m->next_ns = m->accept_ns;
	for (p = m->peers; p != NULL; p = next) {
		next = p->next;
		if (p->deadline_ns <= now_ns)
			past_deadline(m, p);
		if (p->fd >= 0 && p->deadline_ns < m->next_ns)
			m->next_ns = p->deadline_ns;
	}
}

/* --- a turn ---------------------------------------------------------------- */

void
server_wake(struct dist_master *m)
{
	struct peer *p, *next;

	for (p = m->waiting; p != NULL && (m->over || m->ledger.n.queued > 0);
	     p = next) {
		next = p->next_waiting;
		answer(m, p);
	}
}

static uint64_t
turn_deadline(const struct dist_master *m, uint64_t deadline_ns)
{
	const struct trace *t = m->config.trace;

	if (t != NULL && t->live_ns != 0 && deadline_ns > 0) {
		const uint64_t live_ns = clock_ns() + t->live_ns;

		deadline_ns = deadline_ns < live_ns ? deadline_ns : live_ns;
	}
	deadline_ns = deadline_ns < m->next_ns ? deadline_ns : m->next_ns;
	return deadline_ns < m->leases_ns ? deadline_ns : m->leases_ns;
}

static void
serve(struct dist_master *m, const struct epoll_event *ev)
{
	struct peer *p = ev->data.ptr;

	if (p == NULL || server_accepts(m, p))
		return; /* NULL is the stop: seen by the caller */
	if (p->fd >= 0 && ev->events & EPOLLOUT)
		server_flush(m, p);
	if (p->fd >= 0 && ev->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		server_read(m, p);
}

/* Sends what is due, once the journal has what it confirms. */
static void
settle(struct dist_master *m)
{
	server_wake(m);
	if (!m->has_journal || journal_sync(&m->journal, &m->trouble) == 0)
		server_flush_dirty(m);
}

/* Waits for events, until the deadline at most. */
static int
wait_events(struct dist_master *m, struct epoll_event ev[static EVENTS_MAX],
	    uint64_t deadline_ns)
{
	int n;

	for (bool looks = deadline_ns != 0 && eager_begin(&m->eager); looks;
	     looks = eager_again(&m->eager)) {
		n = epoll_wait(m->epoll_fd, ev, EVENTS_MAX, 0);
		if (n != 0) {
			eager_came(&m->eager);
			return n;
		}
	}
	return epoll_wait(m->epoll_fd, ev, EVENTS_MAX, clock_poll_ms(deadline_ns));
}

int
server_turn(struct dist_master *m, int input_fd, bool *input, uint64_t deadline_ns,
	    struct err *e)
{
	struct epoll_event ev[EVENTS_MAX];
	bool watched = false;
	int n;

	*input = false;
	settle(m); /* tasks may have been put since */
	if (input_fd >= 0) {
		ev[0] = (struct epoll_event){ .events = EPOLLIN,
					      .data = { .ptr = &m->address } };
		watched = epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, input_fd, ev) == 0;
		*input = !watched; /* a file is always ready */
	}
	n = wait_events(m, ev, *input ? 0 : turn_deadline(m, deadline_ns));
	for (int i = 0; i < n; i++)
		if (ev[i].data.ptr == &m->address)
			*input = true;
		else
			serve(m, &ev[i]);
	if (watched)
		epoll_ctl(m->epoll_fd, EPOLL_CTL_DEL, input_fd, NULL);
	look_at_time(m);
	settle(m);
	free_dead(m);
	if (m->config.trace != NULL && m->config.trace->live_ns != 0)
		trace_pump(m->config.trace, false);
	if (m->trouble.code != 0) {
		*e = m->trouble;
		return -e->code;
	}
	return stop_reason(m->config.stop) != STOP_NONE ? -ECANCELED : 0;
}
