/*
 * tcp.c - a TCP connection over the loopback interface, without Nagle's delay.
 *
 * The listening socket takes whichever port is free, accepts one connection, and
 * makes sure that it is ours: a stranger may connect to it, too.
 */
#include "core/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
set_pair(struct link *l, int side, int fd)
{
	const int on = 1;

	l->fd[side][0] = l->fd[side][1] = fd;
	if (fd < 0)
		return -errno;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return 0;
}

/* Takes connections until the one that we made. */
static int
accept_own(struct link *l, int listener)
{
	struct sockaddr_in ours = { 0 }, peer = { 0 };
	socklen_t n = sizeof(ours);

	if (getsockname(l->fd[1][0], (struct sockaddr *)&ours, &n) != 0)
		return -errno;
	for (;;) {
		int fd;

		n = sizeof(peer);
		fd = accept4(listener, (struct sockaddr *)&peer, &n, SOCK_CLOEXEC);
		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			return -errno;
		if (fd >= 0 && peer.sin_port == ours.sin_port &&
		    peer.sin_addr.s_addr == ours.sin_addr.s_addr)
			return set_pair(l, 0, fd);
		if (fd >= 0)
			close(fd);
	}
}

static int
tcp_open(struct link *l, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc = 0;

	if (listener < 0 || bind(listener, (struct sockaddr *)&at, n) != 0 ||
	    listen(listener, 8) != 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &n) != 0)
		rc = -errno;
	if (rc == 0)
		rc = set_pair(l, 1, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (rc == 0 && connect(l->fd[1][0], (struct sockaddr *)&at, n) != 0)
		rc = -errno;
	if (rc == 0)
		rc = accept_own(l, listener);
	if (listener >= 0)
		close(listener);
	return rc == 0 ? 0 : err_set(e, -rc, "cannot connect to the loopback address");
}

const struct link_kind link_kind_tcp = {
	.kind = { .name = "tcp", .summary = "a TCP connection over loopback" },
	.open = tcp_open,
	.read = link_fd_read,
	.write = link_fd_write,
	.poll = link_fd_poll,
};
