/*
 * pipe.h - messages between two processes: multiprocessing.Pipe and its Connections.
 *
 * A message is its length and its bytes, whatever the link beneath does with streams.
 * One process an end, one thread at a time; sending and receiving may be done by two
 * threads. An end that closes (or dies) lets the other one receive what is under way,
 * then says -EPIPE: Python's EOFError and BrokenPipeError.
 */
#ifndef CORE_PIPE_H
#define CORE_PIPE_H

#include "core/link.h"

#define PIPE_MESSAGE_MAX (1 << 30)

struct pipe_end {
	struct link *link;
	bool poisoned; /* a message was cut off in the middle: the stream is no use */
};

/*
 * Sends n bytes (0...PIPE_MESSAGE_MAX) as one message, waiting until deadline_ns
 * (UINT64_MAX: for ever) for room. Returns 0, -EPIPE: the other end is closed,
 * -ETIMEDOUT (the end cannot be used any more if part of it has gone), or -errno.
 */
int pipe_send(struct pipe_end *p, const void *message, size_t n, uint64_t deadline_ns);

/*
 * Receives one message into at most max bytes. Its length, -EPIPE: the other end is
 * closed and nothing is left (EOF), -EMSGSIZE: longer than max (the end cannot be
 * used any more, as in Python), -ETIMEDOUT, -EIO: cut off in the middle, or -errno.
 */
ssize_t pipe_recv(struct pipe_end *p, void *message, size_t max, uint64_t deadline_ns);

/*
 * 1 when pipe_recv() would not wait (a message has begun, or the end is reached), 0
 * when nothing came until deadline_ns (0: only looks).
 */
int pipe_poll(struct pipe_end *p, uint64_t deadline_ns);

#endif
