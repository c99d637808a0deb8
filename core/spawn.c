/*
 * spawn.c - starts a program: what all ways have in common.
 */
#include "core/spawn.h"

#include "core/clock.h"
#include "core/guard.h"
#include "core/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <paths.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- in the child ---------------------------------------------------------- */

/* dup2(2), past ThreadSanitizer: where memory is borrowed, it would take the child's
 * descriptors for the parent's. */
static int
place(int from, int to)
{
	return (int)syscall(SYS_dup3, from, to, 0);
}

/* Moves the three to 0, 1, 2; by copies above, for they may stand in each other's
 * way. */
static int
place_fds(const int want[static 3])
{
	int fd[3];
	int i;

	for (i = 0; i < 3; i++) {
		fd[i] = want[i];
		if (fd[i] < 3 && fd[i] != i)
			fd[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, 3);
		if (fd[i] < 0)
			return -1;
	}
	for (i = 0; i < 3; i++) {
		if (fd[i] != i ? place(fd[i], i) < 0 : fcntl(i, F_SETFD, 0) < 0)
			return -1;
	}
	return 0;
}

/* Tells the parent: when it execs, or which error stopped it. */
static void
report(struct spawn_start *s, int failed, int refused)
{
	struct spawn_start copy;
	ssize_t n;

	if (failed == 0 && refused == 0)
		s->exec_ns = clock_ns();
	s->failed = failed;
	s->refused = refused;
	if (s->report_fd < 0)
		return;
	memcpy(&copy, (const void *)s, sizeof(copy));
	n = write(s->report_fd, &copy, sizeof(copy));
	(void)n; /* nobody reads it: the parent is gone */
}

SPAWN_FOREIGN_STACK void
spawn_exec(struct spawn_start *s)
{
	const struct spawn_request *q = s->request;

	proc_settle(q->flags & SPAWN_DIES_WITH_PARENT ? PROC_DIES_WITH_PARENT : 0,
		    s->parent);
	if (q->flags & SPAWN_OWN_GROUP) {
		setpgid(0, 0);
		if (q->guard != NULL)
			guard_note(q->guard, q->guard_slot, getpid());
	}
	if (place_fds(q->fd) != 0 || (q->cwd_fd >= 0 && fchdir(q->cwd_fd) != 0)) {
		report(s, errno, 0);
		_exit(125);
	}
	/* Ours are close-on-exec; this is for what we inherited. */
	syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
	if (q->pass_fd >= 0)
		fcntl(q->pass_fd, F_SETFD, 0);
	report(s, 0, 0);
	execve(q->path, q->argv, q->envp);
	report(s, 0, errno);
	_exit(126);
}

/* --- in the parent --------------------------------------------------------- */

int
spawn_conclude(const struct spawn_start *s, struct spawn_child *c, struct err *e)
{
	int exitcode, rc = 0;

	c->return_ns = clock_ns();
	c->exec_ns = s->exec_ns;
	c->refused = s->refused;
	if (s->failed != 0)
		rc = err_set(e, s->failed, "cannot prepare '%s'", s->request->argv[0]);
	if (c->refused == 0 && rc == 0 && c->pidfd < 0) {
		c->pidfd = proc_open(c->pid, e);
		if (c->pidfd >= 0)
			return 0;
		kill(c->pid, SIGKILL); /* not reaped yet: the number is its own */
		rc = c->pidfd;
	}
	if (c->refused == 0 && rc == 0)
		return 0;
	if (c->pid > 0)
		proc_reap_pid(c->pid, &exitcode);
	if (c->pidfd >= 0)
		close(c->pidfd);
	c->pidfd = -1;
	return rc;
}

int
spawn_start(const struct spawn_kind *kind, const struct spawn_request *q,
	    struct spawn_child *c, struct err *e)
{
	*c = (struct spawn_child){ .pid = -1, .pidfd = -1, .call_ns = clock_ns() };
	return kind->start(q, c, e);
}

/* 0 when a file there can be executed, else the errno that exec would give. */
static int
can_exec(const char *path, int cwd_fd)
{
	struct stat st;

	if (fstatat(cwd_fd, path, &st, 0) != 0)
		return errno;
	if (!S_ISREG(st.st_mode) || faccessat(cwd_fd, path, X_OK, AT_EACCESS) != 0)
		return EACCES;
	return 0;
}

int
spawn_find(const char *name, const char *search, int cwd_fd, char *buf, size_t size)
{
	const char *at = search == NULL ? _PATH_DEFPATH : search, *end;
	int rc = -ENOENT;

	if (cwd_fd < 0)
		cwd_fd = AT_FDCWD;
	if (strchr(name, '/') != NULL)
		return (size_t)snprintf(buf, size, "%s", name) < size ? 0
								      : -ENAMETOOLONG;
	for (; *name != '\0'; at = end + 1) {
		end = strchrnul(at, ':');
		/* An empty folder is the current one. */
		if ((size_t)snprintf(buf, size, "%.*s%s%s", (int)(end - at), at,
				     end == at ? "./" : "/", name) < size) {
			int error = can_exec(buf, cwd_fd);

			if (error == 0)
				return 0;
			if (error == EACCES)
				rc = -EACCES;
		}
		if (*end == '\0')
			break;
	}
	return rc;
}
