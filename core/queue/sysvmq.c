/*
 * sysvmq.c - a System V message queue (msgsnd, msgrcv).
 *
 * It knows neither timeouts nor an end, and cannot be polled; so who finds it full or
 * empty waits on our futex, and each call is made without waiting. What kill -9 of
 * the whole program leaves behind is swept up by a later run (core/sysv.h).
 * Sources: msgop(2).
 */
#include "core/queue_kind.h"
#include "core/sysv.h"

#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>

/* MSGMAX as the kernel has it. */
#define MESSAGE_MAX 8192

struct message {
	long type;
	unsigned char bytes[MESSAGE_MAX];
};

static int
sysvmq_try_put(struct queue_end *t, const void *item, size_t n)
{
	struct message m;

	if (queue_size(t->q) >= (int64_t)t->q->config.capacity)
		return -EAGAIN;
	m.type = 1;
	memcpy(m.bytes, item, n);
	if (msgsnd(t->q->id, &m, n, IPC_NOWAIT) == 0)
		return 0;
	return errno == EINTR ? -EBUSY : -errno;
}

static int
sysvmq_try_get(struct queue_end *t, void *item, size_t n)
{
	struct message m;
	ssize_t got = msgrcv(t->q->id, &m, sizeof(m.bytes), 0, IPC_NOWAIT);

	if (got < 0)
		return errno == ENOMSG ? -EAGAIN : errno == EINTR ? -EBUSY : -errno;
	if ((size_t)got < n)
		n = (size_t)got;
	memcpy(item, m.bytes, n);
	return (int)n;
}

QUEUE_DEFINE(sysvmq)

static int
sysvmq_open(struct queue *q, struct err *e)
{
	q->id = sysv_queue_open();
	if (q->id < 0)
		return err_set(e, -q->id, "cannot make a System V message queue");
	return 0;
}

static void
sysvmq_fini(struct queue *q)
{
	if (q->id >= 0)
		sysv_queue_close(q->id);
}

static int64_t
sysvmq_size(struct queue *q)
{
	struct msqid_ds ds;

	return msgctl(q->id, IPC_STAT, &ds) == 0 ? (int64_t)ds.msg_qnum : 0;
}

static bool
sysvmq_available(char *why, size_t size)
{
	const int id = msgget(IPC_PRIVATE, 0600 | IPC_CREAT);

	if (id >= 0) {
		msgctl(id, IPC_RMID, NULL);
		return true;
	}
	snprintf(why, size, "the kernel has no System V message queues for us");
	return false;
}

const struct queue_kind queue_kind_sysvmq = {
	.kind = { .name = "sysvmq",
		  .summary = "a System V message queue (msgsnd)",
		  .available = sysvmq_available },
	.traits = QUEUE_THREADS | QUEUE_PROCESSES | QUEUE_VARIABLE,
	.max_item = MESSAGE_MAX,
	.open = sysvmq_open,
	.fini = sysvmq_fini,
	.put = sysvmq_put,
	.get = sysvmq_get,
	.size = sysvmq_size,
	.produce = sysvmq_produce,
	.consume = sysvmq_consume,
};
