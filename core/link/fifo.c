/*
 * fifo.c - two named pipes (mkfifo) in a folder of their own, whose names are taken
 * away as soon as both ends are open.
 */
#include "core/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* One named pipe: its reading and its writing end. */
static int
open_one(const char *name, int *reads, int *writes)
{
	int flags, rc = 0;

	if (mkfifo(name, 0600) != 0)
		return -errno;
	/* Without O_NONBLOCK, opening waits for the other end. */
	*reads = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (*reads >= 0)
		*writes = open(name, O_WRONLY | O_CLOEXEC);
	if (*reads < 0 || *writes < 0)
		rc = -errno;
	unlink(name);
	if (rc == 0) {
		flags = fcntl(*reads, F_GETFL);
		fcntl(*reads, F_SETFL, flags & ~O_NONBLOCK);
	}
	return rc;
}

static int
fifo_open(struct link *l, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	char folder[256], name[280];
	int rc;

	snprintf(folder, sizeof(folder), "%.200s/concbench.XXXXXX",
		 tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
	if (mkdtemp(folder) == NULL)
		return err_set(e, errno, "cannot make folder '%s'", folder);
	snprintf(name, sizeof(name), "%s/there", folder);
	rc = open_one(name, &l->fd[1][0], &l->fd[0][1]);
	if (rc == 0) {
		snprintf(name, sizeof(name), "%s/back", folder);
		rc = open_one(name, &l->fd[0][0], &l->fd[1][1]);
	}
	rmdir(folder);
	return rc == 0 ? 0 : err_set(e, -rc, "cannot make a named pipe");
}

const struct link_kind link_kind_fifo = {
	.kind = { .name = "fifo", .summary = "two named pipes (mkfifo)" },
	.open = fifo_open,
	.read = link_fd_read,
	.write = link_fd_write,
	.poll = link_fd_poll,
};
