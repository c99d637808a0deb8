/*
 * socketpair.c - a pair of connected Unix stream sockets.
 */
#include "core/link.h"

#include <errno.h>
#include <sys/socket.h>

static int
socketpair_open(struct link *l, struct err *e)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0)
		return err_set(e, errno, "cannot make a socket pair");
	for (int side = 0; side < 2; side++)
		l->fd[side][0] = l->fd[side][1] = fd[side];
	return 0;
}

const struct link_kind link_kind_socketpair = {
	.kind = { .name = "socketpair", .summary = "a pair of Unix stream sockets" },
	.open = socketpair_open,
	.read = link_fd_read,
	.write = link_fd_write,
	.poll = link_fd_poll,
};
