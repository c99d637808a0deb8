/*
 * lock_file.h - what the locks on files have in common: an unnamed file, opened anew by
 * each contender, for the lock belongs to an open file, not to a thread.
 *
 * For files in core/lock/. A contender opens the file at its first acquire and keeps it
 * in its node; destroy() closes what this process opened, so nodes stay until then
 * (LOCK_KEEPS_NODES). What another process opened goes with that process. The name of
 * the file is in /proc/self/fd.
 *
 * Edge FO: lock_file_open() puts its node on the list of the lock -> lock_file_close()
 * sees it, hence sees the descriptor; and the next node that comes on.
 */
#ifndef CORE_LOCK_FILE_H
#define CORE_LOCK_FILE_H

#include "core/lock.h"
#include "core/lock_told.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

struct lock_file_node {
	bool opened;
	int fd;
	pid_t pid; /* whose descriptor it is */
	struct lock_file_node *next;
};

struct lock_file {
	int fd;
	struct lock_file_node *_Atomic opened;
};

static inline int
lock_file_init(void *state, bool shared)
{
	struct lock_file *l = state;

	(void)shared;
	atom_store_rlx(&l->opened, NULL);
	l->fd = memfd_create("concbench-lock", MFD_CLOEXEC);
	return l->fd < 0 ? -errno : 0;
}

/* The contender's own open file, or -errno. */
__attribute__((noinline)) static int
lock_file_open(struct lock_file *l, struct lock_file_node *me)
{
	char name[40];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", l->fd);
	me->fd = open(name, O_RDWR | O_CLOEXEC);
	if (me->fd < 0)
		return -errno;
	me->pid = getpid();
	me->opened = true;
	me->next = atom_load_rlx(&l->opened);
	while (!atom_cas_acq_rel(&l->opened, &me->next, me)) /* FO */
		;
	return me->fd;
}

static inline int
lock_file_of(struct lock_file *l, struct lock_file_node *me)
{
	return me->opened ? me->fd : lock_file_open(l, me);
}

static inline void
lock_file_destroy(void *state)
{
	struct lock_file *l = state;
	struct lock_file_node *node = atom_load_acq(&l->opened); /* FO */

	for (; node != NULL; node = node->next) {
		if (node->pid == getpid())
			close(node->fd);
		node->opened = false;
	}
	close(l->fd);
}

#endif
