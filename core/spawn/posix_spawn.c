/*
 * posix_spawn.c - posix_spawn(3): the C library's way.
 *
 * It has no word for dying with the parent, and does not tell when it execs.
 */
#include "core/spawn.h"

#include "core/guard.h"
#include "core/libc.h"
#include "core/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

/* Descriptors and folder; `high` gets copies to close afterwards. */
static int
add_actions(const struct spawn_request *q, posix_spawn_file_actions_t *a, int high[3])
{
	int rc = 0, i;

	for (i = 0; i < 3 && rc == 0; i++) {
		int fd = q->fd[i];

		if (fd < 3 && fd != i)
			fd = high[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		rc = fd < 0 ? errno : posix_spawn_file_actions_adddup2(a, fd, i);
	}
	if (rc == 0 && q->cwd_fd >= 0)
		rc = posix_spawn_file_actions_addfchdir_np(a, q->cwd_fd);
	/* A dup onto itself takes close-on-exec away, in the child only. */
	if (rc == 0 && q->pass_fd >= 0)
		rc = posix_spawn_file_actions_adddup2(a, q->pass_fd, q->pass_fd);
#if LIBC_AT_LEAST(2, 34)
	if (rc == 0 && q->pass_fd < 0)
		rc = posix_spawn_file_actions_addclosefrom_np(a, 3);
#endif
	return rc;
}

static int
start(const struct spawn_request *q, struct spawn_child *c, struct err *e)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int high[3] = { -1, -1, -1 }, code, i;
	struct spawn_start s = { .request = q };
	sigset_t set;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&attr, &set);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	posix_spawnattr_setflags(
		&attr,
		(short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
			(q->flags & SPAWN_OWN_GROUP ? POSIX_SPAWN_SETPGROUP : 0)));
	code = add_actions(q, &actions, high);
	if (code != 0)
		err_set(e, code, "cannot prepare '%s'", q->argv[0]);
	else
		s.refused = posix_spawn(&c->pid, q->path, &actions, &attr, q->argv,
					q->envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	for (i = 0; i < 3; i++)
		if (high[i] >= 0)
			close(high[i]);
	if (code != 0)
		return -code;
	if (s.refused == EAGAIN || s.refused == ENOMEM)
		return proc_refused(e, s.refused, "cannot start '%s'", q->argv[0]);
	if (s.refused != 0)
		c->pid = -1; /* the C library has reaped it */
	else if (q->guard != NULL && (q->flags & SPAWN_OWN_GROUP))
		guard_note(q->guard, q->guard_slot, c->pid);
	return spawn_conclude(&s, c, e);
}

const struct spawn_kind spawn_kind_posix_spawn = {
	.kind = { .name = "posix_spawn",
		  .summary = "posix_spawn: the C library's; cannot ask that the "
			     "program dies with us" },
	.traits = SPAWN_CANNOT_DIE,
	.start = start,
};
