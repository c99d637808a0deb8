/*
 * spawn.c - runs a command to its end, its output into files.
 */
#include "core/spawn.h"

#include "core/clock.h"
#include "core/guard.h"
#include "core/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_STACK_BYTES (64 * 1024)
#define PIECE_BYTES (64 * 1024)

/* What the child needs; it runs in our memory, on a stack of its own. */
struct start {
	const struct spawn_request *request;
	int in, out, err; /* its descriptors 0, 1, 2; all above 2 */
	pid_t parent;
	volatile int refused; /* the child: errno of a failed exec; read after it has
				 gone, with the parent suspended meanwhile */
};

static int __attribute__((noinline)) child(void *arg)
{
	struct start *s = arg;

	proc_settle(PROC_DIES_WITH_PARENT, s->parent);
	setpgid(0, 0);
	if (s->request->guard != NULL)
		guard_note(s->request->guard, s->request->guard_slot, getpid());
	if (dup2(s->in, 0) < 0 || dup2(s->out, 1) < 0 || dup2(s->err, 2) < 0) {
		s->refused = errno;
		_exit(125);
	}
	/* Ours are close-on-exec; this is for what we inherited. */
	syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
	execvp(s->request->argv[0], s->request->argv);
	s->refused = errno;
	_exit(errno == ENOENT ? 127 : 126);
}

/* A running command and the ends of its pipes that we hold. */
struct command {
	const struct spawn_request *request;
	struct spawn_end *end;
	int pidfd;
	int fd[2];	      /* read ends of out and err; -1: at its end */
	uint64_t deadline_ns; /* next escalation; UINT64_MAX: none */
	bool told;	      /* SIGTERM was sent */
	char *piece;	      /* PIECE_BYTES */
};

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Pipes out and err, read ends non-blocking, and /dev/null; p[2] is the latter. */
static int
open_ends(int p[static 3][2], struct err *e)
{
	for (int i = 0; i < 2; i++) {
		if (pipe2(p[i], O_CLOEXEC) != 0)
			return err_set(e, errno, "cannot make a pipe for a command");
		if (fcntl(p[i][0], F_SETFL, O_NONBLOCK) != 0)
			return err_set(e, errno, "cannot prepare a pipe");
	}
	p[2][0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (p[2][0] < 0)
		return err_set(e, errno, "cannot open '/dev/null'");
	return 0;
}

static int
start(struct command *c, struct err *e)
{
	int p[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	_Alignas(64) char stack[CHILD_STACK_BYTES];
	struct start s = { .request = c->request, .parent = getpid() };
	sigset_t before;
	pid_t pid;
	int rc = open_ends(p, e);

	if (rc == 0) {
		s.in = p[2][0];
		s.out = p[0][1];
		s.err = p[1][1];
		proc_block_signals(&before);
		pid = clone(child, stack + sizeof(stack),
			    CLONE_VM | CLONE_VFORK | SIGCHLD, &s);
		rc = pid < 0 ? proc_refused(e, errno, "cannot start '%s'",
					    c->request->argv[0])
			     : 0;
		proc_restore_signals(&before);
		c->end->pid = pid;
		c->end->refused = s.refused;
	}
	close_fd(&p[0][1]);
	close_fd(&p[1][1]);
	close_fd(&p[2][0]);
	c->fd[0] = p[0][0];
	c->fd[1] = p[1][0];
	if (rc != 0)
		return rc;
	c->pidfd = proc_open(c->end->pid, e);
	if (c->pidfd >= 0)
		return 0;
	kill(c->end->pid, SIGKILL); /* not reaped yet: the number is its own */
	waitpid(c->end->pid, NULL, 0);
	return c->pidfd;
}

static int
write_all(int fd, const char *data, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t done = write(fd, data, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_set(e, errno, "cannot keep a command's output");
		data += done;
		n -= (size_t)done;
	}
	return 0;
}

/* Moves what is there from one pipe into its file. */
static int
move_output(struct command *c, int i, struct err *e)
{
	const int to = i == 0 ? c->request->out_fd : c->request->err_fd;

	while (c->fd[i] >= 0) {
		ssize_t n = read(c->fd[i], c->piece, PIECE_BYTES);
		int rc;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0) {
			close_fd(&c->fd[i]);
			return 0;
		}
		rc = write_all(to, c->piece, (size_t)n, e);
		if (rc != 0)
			return rc;
		if (n < PIECE_BYTES)
			return 0;
	}
	return 0;
}

/* The whole process group, for a shell has children of its own. */
static void
tell(struct command *c, int sig)
{
	if (kill(-c->end->pid, sig) != 0)
		proc_signal(c->pidfd, sig);
}

/* SIGTERM first, SIGKILL when the grace is over. */
static void
escalate(struct command *c)
{
	tell(c, c->told ? SIGKILL : SIGTERM);
	c->deadline_ns = c->told ? UINT64_MAX : clock_deadline_ns(c->request->grace_ns);
	c->told = true;
}

static int
move_both(struct command *c, struct err *e)
{
	int rc = move_output(c, 0, e);

	return rc != 0 ? rc : move_output(c, 1, e);
}

/* Passes on output until the command has ended, and ends it when it must. */
static int
attend(struct command *c, struct err *e)
{
	int rc;

	while ((rc = proc_reap(c->pidfd, &c->end->exitcode)) == 0) {
		struct pollfd fd[4] = {
			{ .fd = c->fd[0], .events = POLLIN },
			{ .fd = c->fd[1], .events = POLLIN },
			{ .fd = c->pidfd, .events = POLLIN },
			{ .fd = c->told ? -1 : c->request->cancel_fd,
			  .events = POLLIN },
		};

		poll(fd, 4, clock_poll_ms(c->deadline_ns));
		if (fd[3].revents != 0) {
			c->end->cancelled = true;
			escalate(c);
		} else if (clock_ns() >= c->deadline_ns) {
			c->end->timed_out |= !c->end->cancelled;
			escalate(c);
		}
		rc = move_both(c, e);
		if (rc != 0) {
			tell(c, SIGKILL);
			proc_wait(c->pidfd, UINT64_MAX, &c->end->exitcode);
			return rc;
		}
	}
	return rc < 0 ? err_set(e, -rc, "cannot wait for a command") : 0;
}

/* It has ended; its own children may hold the pipes: they get a little time. */
static int
drain(struct command *c, struct err *e)
{
	const uint64_t deadline_ns = clock_deadline_ns(c->request->drain_ns);
	int rc;

	while ((rc = move_both(c, e)) == 0 && (c->fd[0] >= 0 || c->fd[1] >= 0) &&
	       clock_ns() < deadline_ns) {
		struct pollfd fd[2] = {
			{ .fd = c->fd[0], .events = POLLIN },
			{ .fd = c->fd[1], .events = POLLIN },
		};

		poll(fd, 2, clock_poll_ms(deadline_ns));
	}
	c->end->drained = c->fd[0] < 0 && c->fd[1] < 0;
	return rc;
}

int
spawn_run(const struct spawn_request *q, struct spawn_end *end, struct err *e)
{
	char piece[PIECE_BYTES];
	struct command c = {
		.request = q, .end = end, .pidfd = -1, .fd = { -1, -1 }, .piece = piece
	};
	int rc;

	*end = (struct spawn_end){ .pid = -1 };
	c.deadline_ns = q->timeout_ns ? clock_deadline_ns(q->timeout_ns) : UINT64_MAX;
	rc = start(&c, e);
	if (rc == 0)
		rc = attend(&c, e);
	if (rc == 0)
		rc = drain(&c, e);
	if (q->guard != NULL)
		guard_note(q->guard, q->guard_slot, 0);
	close_fd(&c.fd[0]);
	close_fd(&c.fd[1]);
	close_fd(&c.pidfd);
	return rc;
}
