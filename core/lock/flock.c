/*
 * flock.c - flock(2) on a file without a name.
 */
#include "core/lock_file.h"

#include <sys/file.h>

static int
flock_do(void *state, void *node, int how)
{
	const int fd = lock_file_of(state, node);

	if (fd < 0)
		return fd;
	if (how == LOCK_UN)
		LOCK_TOLD_RELEASE(state);
	while (flock(fd, how) != 0)
		if (errno != EINTR)
			return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (how != LOCK_UN)
		LOCK_TOLD_ACQUIRE(state);
	return 0;
}

static int
flock_init(void *state, bool shared)
{
	return lock_file_init(state, shared);
}

static int
flock_acquire(void *state, void *node)
{
	return flock_do(state, node, LOCK_EX);
}

static int
flock_try(void *state, void *node)
{
	return flock_do(state, node, LOCK_EX | LOCK_NB);
}

static int
flock_acquire_shared(void *state, void *node)
{
	return flock_do(state, node, LOCK_SH);
}

static int
flock_try_shared(void *state, void *node)
{
	return flock_do(state, node, LOCK_SH | LOCK_NB);
}

static int
flock_release(void *state, void *node)
{
	return flock_do(state, node, LOCK_UN);
}

static int
flock_release_shared(void *state, void *node)
{
	return flock_do(state, node, LOCK_UN);
}

LOCK_DEFINE_RW(flock, LOCK_EXCLUDES | LOCK_PARKS | LOCK_SHARED | LOCK_KEEPS_NODES,
	       .kind.summary = "flock(2) of a whole file; readers share",
	       .origin = "4.2BSD, 1983", .node_bytes = sizeof(struct lock_file_node),
	       .destroy = lock_file_destroy);
