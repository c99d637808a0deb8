/*
 * communicate.c - moves what goes into a command and what comes out of it, at once.
 */
#include "core/communicate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Moved by one call of flow_move(), so that the other flows have their turn. */
#define TURN_BYTES (4U << 20)

static int
from_fd(const struct flow *f)
{
	return f->feeds ? f->peer : f->pipe;
}

static int
to_fd(const struct flow *f)
{
	return f->feeds ? f->pipe : f->peer;
}

/* Both sides have a descriptor: splice may do it. */
static bool
has_two_ends(const struct flow *f)
{
	return f->peer >= 0;
}

void
flow_end(struct flow *f)
{
	if (f->pipe >= 0)
		close(f->pipe);
	f->pipe = -1;
	free(f->buffer);
	f->buffer = NULL;
}

static void
fail(struct flow *f, int error, bool writing)
{
	/* The command did not want more: that is its right. */
	if (f->feeds && writing && error == EPIPE)
		f->refused = true;
	else
		f->error = error;
	flow_end(f);
}

static void
start(struct flow *f)
{
	struct stat st;

	f->started = true;
	f->copies = !has_two_ends(f);
	/* poll() promises room for PIPE_BUF bytes, no more; files never block. */
	f->small = !f->feeds && f->peer >= 0 &&
		   (fstat(f->peer, &st) != 0 || !S_ISREG(st.st_mode));
}

/* Returns what splice() moved, 0 at the end, or -errno. */
static ssize_t
splice_turn(struct flow *f)
{
	ssize_t n = splice(from_fd(f), NULL, to_fd(f), NULL, TURN_BYTES,
			   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

	return n >= 0 ? n : -errno;
}

static void
move_by_splice(struct flow *f)
{
	const uint64_t before = f->bytes;
	ssize_t n;

	do {
		n = splice_turn(f);
		if (n > 0) {
			f->bytes += (uint64_t)n;
			f->waits_to = false;
		}
	} while ((n > 0 && f->bytes - before < TURN_BYTES) || n == -EINTR);
	if (n > 0)
		return;
	if (n == 0)
		flow_end(f);
	else if (n == -EAGAIN)
		f->waits_to = !f->waits_to; /* it was not that side, or no more */
	else if (n == -EINVAL)
		f->copies = true; /* one side has no splice: a terminal, O_APPEND */
	else
		fail(f, (int)-n, n == -EPIPE);
}

/* Fills the buffer when it is empty. True when there is something to put. */
static bool
get(struct flow *f)
{
	ssize_t n;

	if (f->held > 0)
		return true;
	do
		n = read(from_fd(f), f->buffer, FLOW_PIECE);
	while (n < 0 && errno == EINTR);
	f->at = 0;
	f->held = n > 0 ? (size_t)n : 0;
	if (n == 0)
		flow_end(f);
	else if (n < 0 && errno != EAGAIN)
		fail(f, errno, false);
	return n > 0;
}

/* Puts what is held, or a part of it. True when all is gone. */
static bool
put(struct flow *f)
{
	size_t most = f->small && f->held > PIPE_BUF ? PIPE_BUF : f->held;
	ssize_t n;

	if (!has_two_ends(f)) {
		int rc = f->sink == NULL
				 ? 0
				 : f->sink(f->sink_arg, f->buffer + f->at, f->held);

		f->bytes += f->held;
		f->held = 0;
		if (rc != 0)
			fail(f, -rc, true);
		return rc == 0;
	}
	n = write(to_fd(f), f->buffer + f->at, most);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		fail(f, errno, true);
	if (n <= 0)
		return false;
	f->bytes += (uint64_t)n;
	f->at += (size_t)n;
	f->held -= (size_t)n;
	return f->held == 0;
}

/* One piece through the buffer. */
static void
move_by_copy(struct flow *f)
{
	if (f->buffer == NULL) {
		f->buffer = malloc(FLOW_PIECE);
		if (f->buffer == NULL) {
			fail(f, ENOMEM, false);
			return;
		}
	}
	/* It was polled for the one side; whether the other is ready is not known:
	 * one step, then poll again, unless nothing on that side ever waits. */
	if (f->held == 0) {
		if (!get(f) || f->small)
			return;
	}
	put(f);
}

static void
feed_text(struct flow *f)
{
	while (f->text_bytes > 0) {
		ssize_t n = write(f->pipe, f->text, f->text_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			fail(f, errno, true);
			return;
		}
		f->text += n;
		f->text_bytes -= (size_t)n;
		f->bytes += (uint64_t)n;
	}
	flow_end(f);
}

void
flow_move(struct flow *f)
{
	if (f->pipe < 0)
		return;
	if (!f->started)
		start(f);
	if (f->feeds && f->peer < 0)
		feed_text(f);
	else if (f->copies)
		move_by_copy(f);
	else
		move_by_splice(f);
}

void
flow_poll(const struct flow *f, struct pollfd *p)
{
	bool to;

	*p = (struct pollfd){ .fd = -1 };
	if (f->pipe < 0)
		return;
	to = f->copies ? f->held > 0 : f->waits_to;
	if (f->feeds && f->peer < 0)
		to = true;
	p->fd = to ? to_fd(f) : from_fd(f);
	p->events = to ? POLLOUT : POLLIN;
}

uint64_t
flow_pending(const struct flow *f)
{
	int n = 0;

	if (f->pipe < 0 || ioctl(f->pipe, FIONREAD, &n) != 0 || n < 0)
		n = 0;
	return (uint64_t)n + f->held;
}
