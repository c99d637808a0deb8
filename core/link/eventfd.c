/*
 * eventfd.c - two counters of the kernel: a message is a number, no bytes.
 *
 * An eventfd adds what is written and gives the sum to the next read; so one message
 * may be under way at a time, which is what a round trip needs. It knows no end
 * either: the largest value stands for it, written when a side closes.
 */
#include "core/link.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The sum that says "closed": at the top, where no message is. */
#define CLOSED (UINT64_C(1) << 62)

static int
counter_open(struct link *l, struct err *e)
{
	/* Each side reads its own counter and writes the other's. */
	const int there = eventfd(0, EFD_CLOEXEC), back = eventfd(0, EFD_CLOEXEC);

	if (there >= 0 && back >= 0) {
		l->fd[0][0] = back;
		l->fd[0][1] = there;
		l->fd[1][0] = dup(there);
		l->fd[1][1] = dup(back);
		return 0;
	}
	if (there >= 0)
		close(there);
	if (back >= 0)
		close(back);
	return err_set(e, errno, "cannot make an eventfd");
}

static ssize_t
counter_read(struct link *l, void *to, size_t n, uint64_t deadline_ns)
{
	uint64_t value;
	ssize_t got;

	if (l->ended)
		return 0;
	got = link_fd_read(l, &value, sizeof(value), deadline_ns);
	if (got != (ssize_t)sizeof(value))
		return got;
	if (value >= CLOSED) {
		l->ended = true;
		value -= CLOSED; /* there may have been a last message */
		if (value == 0)
			return 0;
	}
	memset(to, 0, n);
	value--; /* zero cannot be sent */
	memcpy(to, &value, n < 8 ? n : 8);
	return (ssize_t)n;
}

static ssize_t
counter_write(struct link *l, const void *from, size_t n, uint64_t deadline_ns)
{
	uint64_t value = 0;
	ssize_t put;

	if (l->ended)
		return -EPIPE;
	memcpy(&value, from, n < 8 ? n : 8);
	value = (value & (CLOSED / 2 - 1)) + 1;
	put = link_fd_write(l, &value, sizeof(value), deadline_ns);
	return put < 0 ? put : (ssize_t)n;
}

static int
counter_poll(struct link *l, uint64_t deadline_ns)
{
	return l->ended ? 1 : link_fd_poll(l, deadline_ns);
}

static void
counter_close(struct link *l)
{
	const uint64_t closed = CLOSED;
	/* What one side writes, the other side reads: the same counter. */
	const int own = l->fd[l->side][1];
	const int fd = own >= 0 ? own : l->fd[1 - l->side][0];
	const ssize_t n = write(fd, &closed, sizeof(closed));

	(void)n; /* twice is too much for it, and said already */
}

const struct link_kind link_kind_eventfd = {
	.kind = { .name = "eventfd", .summary = "two eventfds: numbers, no bytes" },
	.traits = LINK_TOKENS | LINK_OWNER_TELLS,
	.open = counter_open,
	.read = counter_read,
	.write = counter_write,
	.poll = counter_poll,
	.close = counter_close,
};
