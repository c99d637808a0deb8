/*
 * pipe.c - one byte in a pipe: who reads it has the lock, and writes it back.
 */
#include "core/lock_token.h"

#include <fcntl.h>

struct pipe_lock {
	int fd[2];
};

static void
pipe_destroy(void *state)
{
	struct pipe_lock *l = state;

	close(l->fd[0]);
	close(l->fd[1]);
}

static int
pipe_init(void *state, bool shared)
{
	struct pipe_lock *l = state;
	int rc;

	(void)shared;
	if (pipe2(l->fd, O_CLOEXEC | O_NONBLOCK) != 0)
		return -errno;
	rc = lock_token_give(l->fd[1], 1);
	if (rc != 0)
		pipe_destroy(l);
	return rc;
}

static int
pipe_acquire(void *state, void *node)
{
	struct pipe_lock *l = state;

	(void)node;
	return lock_token_take(l->fd[0], 1, FUTEX_FOREVER);
}

static int
pipe_try(void *state, void *node)
{
	struct pipe_lock *l = state;

	(void)node;
	return lock_token_try(l->fd[0], 1);
}

static int
pipe_until(void *state, void *node, uint64_t deadline_ns)
{
	struct pipe_lock *l = state;

	(void)node;
	return lock_token_take(l->fd[0], 1, deadline_ns);
}

static int
pipe_release(void *state, void *node)
{
	struct pipe_lock *l = state;

	(void)node;
	return lock_token_give(l->fd[1], 1);
}

LOCK_DEFINE(pipe, LOCK_EXCLUDES | LOCK_PARKS | LOCK_SHARED,
	    .kind.summary = "a token in a pipe",
	    .origin = "D. McIlroy, K. Thompson, 1973", .acquire_until = pipe_until,
	    .destroy = pipe_destroy);
