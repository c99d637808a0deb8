/*
 * fork.c - fork(2) and exec: the child copies our page tables first.
 *
 * It answers through a pipe that closes as it execs, by which the parent knows.
 */
#include "core/spawn.h"

#include "core/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Reads the child's answers until it has exec'd or is gone; the last one counts, but
 * exec is called once. */
static void
hear(struct spawn_start *s, int fd)
{
	struct spawn_start answer;
	ssize_t n;

	while ((n = read(fd, &answer, sizeof(answer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(answer))
			return;
		s->exec_ns = answer.exec_ns;
		s->refused = answer.refused;
		s->failed = answer.failed;
	}
}

static int
start(const struct spawn_request *q, struct spawn_child *c, struct err *e)
{
	struct spawn_start s = { .request = q, .parent = getpid() };
	sigset_t before;
	int p[2], code;

	if (pipe2(p, O_CLOEXEC) != 0)
		return err_set(e, errno, "cannot make a pipe for '%s'", q->argv[0]);
	s.report_fd = p[1];
	/* Above the three that the child puts in place. */
	if (p[1] < 3) {
		s.report_fd = fcntl(p[1], F_DUPFD_CLOEXEC, 3);
		close(p[1]);
	}
	proc_block_signals(&before);
	c->pid = s.report_fd < 0 ? -1 : fork();
	if (c->pid == 0)
		spawn_exec(&s);
	code = errno;
	proc_restore_signals(&before);
	if (s.report_fd >= 0)
		close(s.report_fd);
	if (c->pid > 0)
		hear(&s, p[0]);
	close(p[0]);
	if (c->pid < 0)
		return proc_refused(e, code, "cannot start '%s'", q->argv[0]);
	return spawn_conclude(&s, c, e);
}

const struct spawn_kind spawn_kind_fork = {
	.kind = { .name = "fork",
		  .summary = "fork and exec: the page tables are copied, and thrown "
			     "away" },
	.traits = SPAWN_COPIES,
	.start = start,
};
