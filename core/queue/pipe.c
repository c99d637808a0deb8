/*
 * pipe.c - a kernel pipe as a queue: each message one write, each read one message.
 *
 * Writes of up to PIPE_BUF bytes are atomic, and since all messages have one length,
 * so is every read. How many fit is the kernel's affair: pages, at least `capacity`
 * messages where /proc/sys/fs/pipe-max-size allows it. The kernel holds nothing that a
 * dead process could keep. Sources: pipe(7).
 */
#include "core/queue_kind.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int
pipe_put(struct queue_end *t, const void *item, size_t n, uint64_t deadline_ns)
{
	struct queue *q = t->q;
	int rc;

	for (;;) {
		rc = queue_refusal(q);
		if (rc != 0)
			return rc;
		if (write(q->fd[1], item, n) == (ssize_t)n)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (deadline_ns != 0)
			t->sleeps++;
		rc = queue_poll(q, q->fd[1], POLLOUT, deadline_ns);
		if (rc != 0)
			return rc;
	}
}

static int
pipe_get(struct queue_end *t, void *item, size_t n, uint64_t deadline_ns)
{
	struct queue *q = t->q;
	int state, rc;
	ssize_t got;

	if (n > q->config.item_bytes)
		n = q->config.item_bytes;
	for (;;) {
		state = queue_refusal(q); /* before the look that finds nothing */
		if (state == -ECANCELED)
			return state;
		got = read(q->fd[0], item, n);
		if (got > 0)
			return (int)got;
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (state != 0)
			return state;
		if (deadline_ns != 0)
			t->sleeps++;
		rc = queue_poll(q, q->fd[0], POLLIN, deadline_ns);
		if (rc != 0)
			return rc;
	}
}

QUEUE_DRIVES(pipe)

static int
pipe_open(struct queue *q, struct err *e)
{
	const size_t bytes = q->config.capacity * q->config.item_bytes;

	if (pipe2(q->fd, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_set(e, errno, "cannot make a pipe");
	/* A refusal leaves the usual 64 KiB. */
	if (bytes <= INT_MAX)
		fcntl(q->fd[1], F_SETPIPE_SZ, (int)bytes);
	return 0;
}

static int64_t
pipe_size(struct queue *q)
{
	int bytes = 0;

	if (ioctl(q->fd[0], FIONREAD, &bytes) != 0)
		return 0;
	return bytes / (int64_t)q->config.item_bytes;
}

const struct queue_kind queue_kind_pipe = {
	.kind = { .name = "pipe",
		  .summary = "a pipe of the kernel, a write a message" },
	.traits = QUEUE_THREADS | QUEUE_PROCESSES,
	.max_item = PIPE_BUF,
	.open = pipe_open,
	.put = pipe_put,
	.get = pipe_get,
	.size = pipe_size,
	.produce = pipe_produce,
	.consume = pipe_consume,
};
