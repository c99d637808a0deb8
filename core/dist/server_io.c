/*
 * server_io.c - connections of the embedded engine: read and written.
 */
#include "core/dist/server.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
	READ_BYTES = 64 * 1024,
	OUT_MAX = 64 << 20, /* replies that a peer does not fetch */
};

void
server_flush(struct dist_master *m, struct peer *p)
{
	struct epoll_event ev = { .events = EPOLLIN, .data = { .ptr = p } };
	bool full = false;

	if (p->out.lacks_memory || wire_bytes(&p->out) > OUT_MAX) {
		server_drop(m, p, "it does not fetch its replies");
		return;
	}
	while (wire_bytes(&p->out) > 0 && !full) {
		const ssize_t n = send(p->fd, p->out.at + p->out.from,
				       wire_bytes(&p->out), MSG_NOSIGNAL);

		if (n >= 0) {
			wire_taken(&p->out, (size_t)n);
		} else if (errno == EAGAIN) {
			full = true;
		} else if (errno != EINTR) {
			server_drop(m, p, NULL);
			return;
		}
	}
	if (!full && p->closing) {
		server_drop(m, p, NULL);
		return;
	}
	if (full == p->writes)
		return;
	p->writes = full;
	ev.events |= full ? EPOLLOUT : 0u;
	epoll_ctl(m->epoll_fd, EPOLL_CTL_MOD, p->fd, &ev);
}

void
server_flush_dirty(struct dist_master *m)
{
	while (m->dirty != NULL) {
		struct peer *p = m->dirty;

		m->dirty = p->next_dirty;
		p->dirty = false;
		if (p->fd >= 0)
			server_flush(m, p);
	}
}

void
server_read(struct dist_master *m, struct peer *p)
{
	static const int on = 1;
	const size_t most = p->state == PEER_SHAKES ? 4 * AUTH_MESSAGE_MAX : READ_BYTES;
	uint8_t *to = wire_room(&p->in, most);
	ssize_t n;

	if (to == NULL || wire_bytes(&p->in) > MESSAGE_MAX + READ_BYTES) {
		server_drop(m, p, "it sends too much at once");
		return;
	}
	n = recv(p->fd, to, most, 0);
	if (n <= 0) {
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		server_drop(m, p,
			    p->state == PEER_SHAKES ? "left before it was known"
						    : NULL);
		return;
	}
	/* Python's client sends two small writes, the second of which waits for our
	 * acknowledgement (Nagle), and that for 40 ms, unless it is hurried. */
	if (!p->own)
		setsockopt(p->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
	wire_added(&p->in, (size_t)n);
	peer_handle(m, p);
}
