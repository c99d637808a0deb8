/*
 * posixmq.c - a POSIX message queue, whose name is taken away as soon as it is open.
 *
 * On Linux its descriptor can be polled. An ordinary user gets 10 messages
 * (/proc/sys/fs/mqueue/msg_max) whatever the capacity asked for. Sources:
 * mq_overview(7).
 */
#include "core/queue_kind.h"

#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* What every user may have. */
#define MESSAGES_ALWAYS 10

static int
posixmq_put(struct queue_end *t, const void *item, size_t n, uint64_t deadline_ns)
{
	struct queue *q = t->q;
	int rc;

	for (;;) {
		rc = queue_refusal(q);
		if (rc != 0)
			return rc;
		if (mq_send(q->fd[0], item, n, 0) == 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (deadline_ns != 0)
			t->sleeps++;
		rc = queue_poll(q, q->fd[0], POLLOUT, deadline_ns);
		if (rc != 0)
			return rc;
	}
}

/* The kernel wants a buffer of the largest size, so n is that at least. */
static int
posixmq_get(struct queue_end *t, void *item, size_t n, uint64_t deadline_ns)
{
	struct queue *q = t->q;
	int state, rc;
	ssize_t got;

	for (;;) {
		state = queue_refusal(q);
		if (state == -ECANCELED)
			return state;
		got = mq_receive(q->fd[0], item, n, NULL);
		if (got >= 0)
			return (int)got;
		if (errno != EAGAIN && errno != EINTR)
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

QUEUE_DRIVES(posixmq)

static mqd_t
make(long messages, size_t bytes)
{
	static atom_u32 serial;
	struct mq_attr attr = { .mq_maxmsg = messages, .mq_msgsize = (long)bytes };
	char name[64];
	mqd_t mq;

	snprintf(name, sizeof(name), "/concbench.%d.%u", (int)getpid(),
		 atom_add_rlx(&serial, 1));
	mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attr);
	if (mq >= 0)
		mq_unlink(name);
	return mq;
}

static int
posixmq_open(struct queue *q, struct err *e)
{
	q->fd[0] = make((long)q->config.capacity, q->config.item_bytes);
	if (q->fd[0] < 0 && q->config.capacity > MESSAGES_ALWAYS &&
	    (errno == EINVAL || errno == EMFILE || errno == EPERM || errno == ENOMEM))
		q->fd[0] = make(MESSAGES_ALWAYS, q->config.item_bytes);
	if (q->fd[0] >= 0)
		return 0;
	err_set(e, errno, "cannot make a POSIX message queue for messages of %zu bytes",
		q->config.item_bytes);
	err_hint(e, "see /proc/sys/fs/mqueue and ulimit -q");
	return -e->code;
}

static int64_t
posixmq_size(struct queue *q)
{
	struct mq_attr attr;

	return mq_getattr(q->fd[0], &attr) == 0 ? attr.mq_curmsgs : 0;
}

static bool
posixmq_available(char *why, size_t size)
{
	const mqd_t mq = make(1, 8);

	if (mq >= 0) {
		mq_close(mq);
		return true;
	}
	snprintf(why, size, "the kernel has no POSIX message queues for us");
	return false;
}

const struct queue_kind queue_kind_posixmq = {
	.kind = { .name = "posixmq",
		  .summary = "a POSIX message queue (mq_send)",
		  .available = posixmq_available },
	.traits = QUEUE_THREADS | QUEUE_PROCESSES | QUEUE_VARIABLE,
	.max_item = 8192,
	.open = posixmq_open,
	.put = posixmq_put,
	.get = posixmq_get,
	.size = posixmq_size,
	.produce = posixmq_produce,
	.consume = posixmq_consume,
};
