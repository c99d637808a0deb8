/*
 * pipe.c - messages over a link: a length of 4 bytes, then the bytes, as Python's
 * Connection has it (which writes the length in network order, for it may be a
 * socket to another machine; here both ends are one program).
 */
#include "core/pipe.h"

#include <errno.h>
#include <string.h>

/* A message up to here goes with its length in one write. */
#define TOGETHER 16384

static int
write_all(struct pipe_end *p, const void *from, size_t n, bool begun,
	  uint64_t deadline_ns)
{
	const char *at = from;

	while (n > 0) {
		const ssize_t put = p->link->kind->write(p->link, at, n, deadline_ns);

		if (put < 0) {
			p->poisoned |= begun;
			return (int)put;
		}
		begun = true;
		at += put;
		n -= (size_t)put;
	}
	return 0;
}

/* -EPIPE when the end comes before the first byte, -EIO when it comes later. */
static int
read_all(struct pipe_end *p, void *to, size_t n, bool begun, uint64_t deadline_ns)
{
	char *at = to;

	while (n > 0) {
		const ssize_t got = p->link->kind->read(p->link, at, n, deadline_ns);

		if (got <= 0) {
			p->poisoned |= begun;
			return got < 0 ? (int)got : begun ? -EIO : -EPIPE;
		}
		begun = true;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

int
pipe_send(struct pipe_end *p, const void *message, size_t n, uint64_t deadline_ns)
{
	char together[TOGETHER + 4];
	uint32_t length = (uint32_t)n;
	int rc;

	if (p->poisoned)
		return -EIO;
	if (n > PIPE_MESSAGE_MAX)
		return -EMSGSIZE;
	if (p->link->kind->traits & LINK_TOKENS)
		return write_all(p, message, n, false, deadline_ns);
	memcpy(together, &length, 4);
	if (n <= TOGETHER) {
		memcpy(together + 4, message, n);
		return write_all(p, together, n + 4, false, deadline_ns);
	}
	rc = write_all(p, together, 4, false, deadline_ns);
	return rc != 0 ? rc : write_all(p, message, n, true, deadline_ns);
}

ssize_t
pipe_recv(struct pipe_end *p, void *message, size_t max, uint64_t deadline_ns)
{
	uint32_t length;
	int rc;

	if (p->poisoned)
		return -EIO;
	if (p->link->kind->traits & LINK_TOKENS) {
		rc = read_all(p, message, max, false, deadline_ns);
		return rc != 0 ? rc : (ssize_t)max;
	}
	rc = read_all(p, &length, 4, false, deadline_ns);
	if (rc != 0)
		return rc;
	if (length > max) {
		p->poisoned = true;
		return -EMSGSIZE;
	}
	rc = read_all(p, message, length, true, deadline_ns);
	return rc != 0 ? rc : (ssize_t)length;
}

int
pipe_poll(struct pipe_end *p, uint64_t deadline_ns)
{
	return p->link->kind->poll(p->link, deadline_ns);
}
