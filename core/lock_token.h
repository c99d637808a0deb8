/*
 * lock_token.h - waiting for a token to come out of a descriptor.
 *
 * For files in core/lock/. Who reads the token has the lock. The descriptors do not
 * block, so that a try needs no second one; who finds no token sleeps in poll(2).
 */
#ifndef CORE_LOCK_TOKEN_H
#define CORE_LOCK_TOKEN_H

#include "core/clock.h"
#include "core/futex.h"
#include "core/lock.h"

#include <poll.h>
#include <unistd.h>

/* Reads a token of `bytes`. 0, -EBUSY: there is none, or -errno. */
static inline int
lock_token_try(int fd, size_t bytes)
{
	uint64_t token;

	while (read(fd, &token, bytes) < 0)
		if (errno != EINTR)
			return errno == EAGAIN ? -EBUSY : -errno;
	return 0;
}

/* The same, but waits; -ETIMEDOUT past the deadline. */
static inline int
lock_token_take(int fd, size_t bytes, uint64_t deadline_ns)
{
	int rc;

	while ((rc = lock_token_try(fd, bytes)) == -EBUSY) {
		struct pollfd wanted = { .fd = fd, .events = POLLIN };
		struct timespec left;
		uint64_t now_ns;

		if (deadline_ns == FUTEX_FOREVER) {
			ppoll(&wanted, 1, NULL, NULL);
			continue;
		}
		now_ns = clock_ns();
		if (now_ns >= deadline_ns)
			return -ETIMEDOUT;
		left = lock_monotonic(deadline_ns - now_ns);
		ppoll(&wanted, 1, &left, NULL);
	}
	return rc;
}

/* Puts a token of `bytes` back. */
static inline int
lock_token_give(int fd, size_t bytes)
{
	const uint64_t token = 1;

	while (write(fd, &token, bytes) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

#endif
