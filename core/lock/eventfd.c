/*
 * eventfd.c - one token in an eventfd: who reads it has the lock, and writes it back.
 */
#include "core/lock_token.h"

#include <sys/eventfd.h>

struct eventfd_lock {
	int fd;
};

static int
eventfd_init(void *state, bool shared)
{
	struct eventfd_lock *l = state;

	(void)shared;
	l->fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	return l->fd < 0 ? -errno : 0;
}

static int
eventfd_acquire(void *state, void *node)
{
	struct eventfd_lock *l = state;

	(void)node;
	return lock_token_take(l->fd, sizeof(uint64_t), FUTEX_FOREVER);
}

static int
eventfd_try(void *state, void *node)
{
	struct eventfd_lock *l = state;

	(void)node;
	return lock_token_try(l->fd, sizeof(uint64_t));
}

static int
eventfd_until(void *state, void *node, uint64_t deadline_ns)
{
	struct eventfd_lock *l = state;

	(void)node;
	return lock_token_take(l->fd, sizeof(uint64_t), deadline_ns);
}

static int
eventfd_release(void *state, void *node)
{
	struct eventfd_lock *l = state;

	(void)node;
	return lock_token_give(l->fd, sizeof(uint64_t));
}

static void
eventfd_destroy(void *state)
{
	struct eventfd_lock *l = state;

	close(l->fd);
}

LOCK_DEFINE(eventfd, LOCK_EXCLUDES | LOCK_PARKS | LOCK_SHARED,
	    .kind.summary = "a token in an eventfd(2)",
	    .origin = "D. Libenzi, eventfd, Linux 2.6.22, 2007",
	    .acquire_until = eventfd_until, .destroy = eventfd_destroy);
