/*
 * link.c - streams between two ends: what the kinds have in common.
 */
#include "core/link.h"

#include "core/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const struct link_kind *
link_kind_find(const char *name)
{
	for (int i = 0; link_kind_table[i] != NULL; i++)
		if (strcmp(link_kind_table[i]->kind.name, name) == 0)
			return link_kind_table[i];
	return NULL;
}

int
link_open(struct link *l, const struct link_kind *kind, struct err *e)
{
	int rc;

	*l = (struct link){ .kind = kind,
			    .fd = { { -1, -1 }, { -1, -1 } },
			    .side = -1 };
	rc = kind->open(l, e);
	if (rc != 0)
		link_close(l);
	return rc;
}

static void
close_side(struct link *l, int side)
{
	if (l->fd[side][1] >= 0 && l->fd[side][1] != l->fd[side][0])
		close(l->fd[side][1]);
	if (l->fd[side][0] >= 0)
		close(l->fd[side][0]);
	l->fd[side][0] = l->fd[side][1] = -1;
}

void
link_take(struct link *l, int side)
{
	close_side(l, 1 - side);
	l->side = side;
	if (l->kind->take != NULL)
		l->kind->take(l);
}

void
link_close(struct link *l)
{
	if (l->kind == NULL)
		return;
	if (l->kind->close != NULL && l->side >= 0)
		l->kind->close(l);
	close_side(l, 0);
	close_side(l, 1);
	if (l->map != NULL)
		munmap(l->map, l->map_bytes);
	*l = (struct link){ .kind = NULL,
			    .fd = { { -1, -1 }, { -1, -1 } },
			    .side = -1 };
}

void
link_forget(struct link *l)
{
	if (l->kind->traits & LINK_OWNER_TELLS)
		return;
	close_side(l, 0);
	close_side(l, 1);
}

void
link_bury(struct link *l, int side)
{
	const int mine = l->side;

	/* As if that side had closed. The kernel does this for the other kinds. */
	if (!(l->kind->traits & LINK_OWNER_TELLS))
		return;
	l->side = side;
	l->kind->close(l);
	l->side = mine;
}

/* 0 when fd is ready (or at its end), -EAGAIN, -ETIMEDOUT, or -errno. */
static int
await(int fd, short events, uint64_t deadline_ns)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&p, 1, deadline_ns == 0 ? 0 : clock_poll_ms(deadline_ns));
	while ((n < 0 && errno == EINTR) || (n == 0 && clock_ns() < deadline_ns));
	return n > 0 ? 0 : n < 0 ? -errno : deadline_ns == 0 ? -EAGAIN : -ETIMEDOUT;
}

ssize_t
link_fd_read(struct link *l, void *to, size_t n, uint64_t deadline_ns)
{
	const int fd = l->fd[l->side][0];
	ssize_t got;
	int rc;

	for (;;) {
		/* Without a deadline the kernel waits: one call a read. */
		if (deadline_ns != UINT64_MAX) {
			rc = await(fd, POLLIN, deadline_ns);
			if (rc != 0)
				return rc;
		}
		got = read(fd, to, n);
		if (got >= 0)
			return got;
		if (errno == ECONNRESET)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

ssize_t
link_fd_write(struct link *l, const void *from, size_t n, uint64_t deadline_ns)
{
	const bool timed = deadline_ns != UINT64_MAX;
	const int fd = l->fd[l->side][1];
	ssize_t put;
	int rc;

	for (;;) {
		if (timed) {
			rc = await(fd, POLLOUT, deadline_ns);
			if (rc != 0)
				return rc;
		}
		/* poll promises room for so much; a longer write would wait. */
		put = write(fd, from, timed && n > PIPE_BUF ? PIPE_BUF : n);
		if (put >= 0)
			return put;
		if (errno == ECONNRESET)
			return -EPIPE;
		if (errno != EINTR)
			return -errno;
	}
}

int
link_fd_poll(struct link *l, uint64_t deadline_ns)
{
	const int rc = await(l->fd[l->side][0], POLLIN, deadline_ns);

	return rc == 0 ? 1 : rc == -EAGAIN || rc == -ETIMEDOUT ? 0 : rc;
}
