/*
 * pipe.c - two pipes, one each way.
 */
#include "core/link.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int
pipe_open(struct link *l, struct err *e)
{
	int there[2], back[2];

	if (pipe2(there, O_CLOEXEC) != 0)
		return err_set(e, errno, "cannot make a pipe");
	l->fd[0][1] = there[1];
	l->fd[1][0] = there[0];
	if (pipe2(back, O_CLOEXEC) != 0)
		return err_set(e, errno, "cannot make a pipe");
	l->fd[1][1] = back[1];
	l->fd[0][0] = back[0];
	return 0;
}

const struct link_kind link_kind_pipe = {
	.kind = { .name = "pipe", .summary = "two pipes, one each way" },
	.open = pipe_open,
	.read = link_fd_read,
	.write = link_fd_write,
	.poll = link_fd_poll,
};
