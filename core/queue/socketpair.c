/*
 * socketpair.c - two connected Unix sockets that keep messages apart (SOCK_SEQPACKET).
 *
 * How many fit is the kernel's affair: SO_SNDBUF counts its own overhead, too. The
 * kernel holds nothing that a dead process could keep. Sources: unix(7).
 */
#include "core/queue_kind.h"

#include <limits.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* What the kernel adds to each message, about. */
#define OVERHEAD 1024

static int
socketpair_put(struct queue_end *t, const void *item, size_t n, uint64_t deadline_ns)
{
	struct queue *q = t->q;
	int rc;

	for (;;) {
		rc = queue_refusal(q);
		if (rc != 0)
			return rc;
		if (send(q->fd[1], item, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n)
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
socketpair_get(struct queue_end *t, void *item, size_t n, uint64_t deadline_ns)
{
	struct queue *q = t->q;
	int state, rc;
	ssize_t got;

	for (;;) {
		state = queue_refusal(q);
		if (state == -ECANCELED)
			return state;
		got = recv(q->fd[0], item, n, MSG_DONTWAIT);
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

QUEUE_DRIVES(socketpair)

static int
socketpair_open(struct queue *q, struct err *e)
{
	const size_t bytes = q->config.capacity * (q->config.item_bytes + OVERHEAD);
	const int want = bytes < INT_MAX / 2 ? (int)bytes : INT_MAX / 2;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, q->fd) != 0)
		return err_set(e, errno, "cannot make a socket pair");
	/* Cut by the kernel to net.core.wmem_max, which is fine. */
	setsockopt(q->fd[1], SOL_SOCKET, SO_SNDBUF, &want, sizeof(want));
	return 0;
}

static int64_t
socketpair_size(struct queue *q)
{
	int bytes = 0;

	if (ioctl(q->fd[0], SIOCINQ, &bytes) != 0)
		return 0;
	return bytes / (int64_t)q->config.item_bytes;
}

const struct queue_kind queue_kind_socketpair = {
	.kind = { .name = "socketpair",
		  .summary = "a pair of Unix sockets, SOCK_SEQPACKET" },
	.traits = QUEUE_THREADS | QUEUE_PROCESSES | QUEUE_VARIABLE,
	.max_item = 65536,
	.open = socketpair_open,
	.put = socketpair_put,
	.get = socketpair_get,
	.size = socketpair_size,
	.produce = socketpair_produce,
	.consume = socketpair_consume,
};
