/*
 * ofd.c - fcntl(2) record locks that belong to the open file, on a file without a name.
 *
 * The older record locks belong to the process: its threads exclude each other not at
 * all, and any close() of the file gives them up.
 */
#include "core/lock_file.h"

static int
ofd_do(void *state, void *node, int command, short type)
{
	struct flock range = { .l_type = type, .l_whence = SEEK_SET, .l_len = 1 };
	const int fd = lock_file_of(state, node);

	if (fd < 0)
		return fd;
	if (type == F_UNLCK)
		LOCK_TOLD_RELEASE(state);
	while (fcntl(fd, command, &range) != 0)
		if (errno != EINTR)
			return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
	if (type != F_UNLCK)
		LOCK_TOLD_ACQUIRE(state);
	return 0;
}

static int
ofd_init(void *state, bool shared)
{
	return lock_file_init(state, shared);
}

static int
ofd_acquire(void *state, void *node)
{
	return ofd_do(state, node, F_OFD_SETLKW, F_WRLCK);
}

static int
ofd_try(void *state, void *node)
{
	return ofd_do(state, node, F_OFD_SETLK, F_WRLCK);
}

static int
ofd_acquire_shared(void *state, void *node)
{
	return ofd_do(state, node, F_OFD_SETLKW, F_RDLCK);
}

static int
ofd_try_shared(void *state, void *node)
{
	return ofd_do(state, node, F_OFD_SETLK, F_RDLCK);
}

static int
ofd_release(void *state, void *node)
{
	return ofd_do(state, node, F_OFD_SETLK, F_UNLCK);
}

static int
ofd_release_shared(void *state, void *node)
{
	return ofd_do(state, node, F_OFD_SETLK, F_UNLCK);
}

LOCK_DEFINE_RW(ofd, LOCK_EXCLUDES | LOCK_PARKS | LOCK_SHARED | LOCK_KEEPS_NODES,
	       .kind.summary = "fcntl(2) lock of an open file; readers share",
	       .origin = "J. Layton, F_OFD_SETLK, Linux 3.15, 2014; POSIX 1003.1-2024",
	       .node_bytes = sizeof(struct lock_file_node),
	       .destroy = lock_file_destroy);
