/*
 * subprocess.c - a command as an object: start, poll, wait, communicate, signals.
 */
#include "core/subprocess.h"

#include "core/clock.h"
#include "core/guard.h"
#include "core/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NSTREAMS = 3 };

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Descriptors for the child: fd[i] to give, `mine` those to close afterwards. */
static int
open_streams(struct subprocess *p, const struct subprocess_config *c,
	     int fd[static NSTREAMS], int mine[static NSTREAMS], struct err *e)
{
	for (int i = 0; i < NSTREAMS; i++) {
		int both[2];

		fd[i] = c->stream[i] == SUBPROCESS_INHERIT ? i : c->stream[i];
		if (c->stream[i] == SUBPROCESS_NULL) {
			fd[i] = mine[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
			if (fd[i] < 0)
				return err_set(e, errno, "cannot open '/dev/null'");
		}
		if (c->stream[i] != SUBPROCESS_PIPE)
			continue;
		if (pipe2(both, O_CLOEXEC) != 0)
			return err_set(e, errno, "cannot make a pipe for a command");
		fd[i] = mine[i] = both[i == 0 ? 0 : 1];
		p->pipe[i] = both[i == 0 ? 1 : 0];
		if (fcntl(p->pipe[i], F_SETFL, O_NONBLOCK) != 0)
			return err_set(e, errno, "cannot prepare a pipe");
	}
	return 0;
}

static const char *
variable(char *const *envp, const char *name)
{
	const size_t n = strlen(name);

	for (; *envp != NULL; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

/* The interpreter that a script's first line names; "" when there is none. */
static void
read_interpreter(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char line[PATH_MAX];
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	char *word;

	buf[0] = '\0';
	if (fd >= 0)
		close(fd);
	if (n < 2 || strncmp(line, "#!", 2) != 0)
		return;
	line[n] = '\0';
	word = line + 2 + strspn(line + 2, " \t");
	word[strcspn(word, " \t\r\n")] = '\0';
	snprintf(buf, size, "%s", word);
}

const char *
subprocess_refusal(const char *path, int refused, char *buf, size_t size)
{
	char interpreter[128];

	if (refused == ENOENT && access(path, F_OK) == 0) {
		read_interpreter(path, interpreter, sizeof(interpreter));
		if (interpreter[0] != '\0')
			snprintf(buf, size, "its interpreter '%s' is missing",
				 interpreter);
		else
			snprintf(buf, size, "its loader is missing");
	} else if (refused == ENOENT) {
		snprintf(buf, size, "not found");
	} else if (refused == EACCES) {
		snprintf(buf, size, "not executable");
	} else {
		snprintf(buf, size, "%s", strerror(refused));
	}
	return buf;
}

/* It never ran: says why, and leaves the number that a shell would. */
static int
refuse(struct subprocess *p, const char *name, const char *path, int refused,
       struct err *e)
{
	char why[192];

	p->ended = true;
	p->refused = refused;
	p->returncode = refused == ENOENT && access(path, F_OK) != 0 ? 127 : 126;
	err_set(e, refused, "'%s': %s", name,
		subprocess_refusal(path, refused, why, sizeof(why)));
	if (e != NULL)
		e->code = 0; /* all is said */
	return -refused;
}

/* A script without "#!": the shell runs it, as execvp(3) has it. */
static int
start_script(struct subprocess *p, const struct spawn_kind *kind,
	     const struct spawn_request *q, struct err *e)
{
	size_t n = 0;
	char **argv;
	struct spawn_request shell = *q;
	int rc;

	while (q->argv[n] != NULL)
		n++;
	argv = calloc(n + 2, sizeof(*argv));
	if (argv == NULL)
		return err_set(e, ENOMEM, "no memory for a command");
	argv[0] = (char *)(uintptr_t)_PATH_BSHELL;
	argv[1] = (char *)(uintptr_t)q->path;
	for (size_t i = 1; i < n; i++)
		argv[i + 1] = q->argv[i];
	shell.path = _PATH_BSHELL;
	shell.argv = argv;
	rc = spawn_start(kind, &shell, &p->spawned, e);
	free(argv);
	return rc;
}

static int
start_program(struct subprocess *p, const struct subprocess_config *c,
	      const int fd[static NSTREAMS], int cwd_fd, struct err *e)
{
	const struct spawn_kind *kind = c->kind == NULL ? &spawn_kind_spawn : c->kind;
	char *const *envp = c->envp == NULL ? environ : c->envp;
	char path[PATH_MAX];
	struct spawn_request q = { .path = path,
				   .argv = c->argv,
				   .envp = envp,
				   .cwd_fd = cwd_fd,
				   .fd = { fd[0], fd[1], fd[2] },
				   .pass_fd = c->has_pass_fd ? c->pass_fd : -1,
				   .flags = c->flags,
				   .guard = c->guard,
				   .guard_slot = c->guard_slot };
	uint64_t call_ns = clock_ns();
	int rc;

	rc = spawn_find(c->argv[0], variable(envp, "PATH"), cwd_fd, path, sizeof(path));
	if (rc != 0)
		return refuse(p, c->argv[0], c->argv[0], -rc, e);
	rc = spawn_start(kind, &q, &p->spawned, e);
	if (rc == 0 && p->spawned.refused == ENOEXEC)
		rc = start_script(p, kind, &q, e);
	p->spawned.call_ns = call_ns;
	if (rc != 0)
		return rc;
	p->pid = p->spawned.pid;
	p->pidfd = p->spawned.pidfd;
	if (p->spawned.refused != 0)
		return refuse(p, c->argv[0], path, p->spawned.refused, e);
	return 0;
}

int
subprocess_start(struct subprocess *p, const struct subprocess_config *c, struct err *e)
{
	int fd[NSTREAMS] = { -1, -1, -1 }, mine[NSTREAMS] = { -1, -1, -1 };
	int cwd_fd = -1, rc;

	*p = (struct subprocess){
		.pid = -1, .pidfd = -1, .pipe = { -1, -1, -1 }, .flags = c->flags
	};
	rc = open_streams(p, c, fd, mine, e);
	if (rc == 0 && c->cwd != NULL) {
		cwd_fd = open(c->cwd, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (cwd_fd < 0)
			rc = err_set(e, errno, "cannot start in '%s'", c->cwd);
	}
	if (rc == 0)
		rc = start_program(p, c, fd, cwd_fd, e);
	for (int i = 0; i < NSTREAMS; i++)
		close_fd(&mine[i]);
	close_fd(&cwd_fd);
	return rc;
}

bool
subprocess_poll(struct subprocess *p)
{
	int rc;

	if (p->ended || p->pidfd < 0)
		return p->ended;
	rc = proc_reap(p->pidfd, &p->returncode);
	/* Somebody else reaped it: how it ended is not to be had. */
	if (rc < 0)
		p->returncode = 255;
	if (rc != 0) {
		p->ended = true;
		close_fd(&p->pidfd);
	}
	return p->ended;
}

int
subprocess_wait(struct subprocess *p, uint64_t timeout_ns)
{
	return subprocess_communicate(p, NULL, 0, timeout_ns);
}

static bool
all_ended(const struct flow *flow, int n)
{
	for (int i = 0; i < n; i++)
		if (flow[i].pipe >= 0)
			return false;
	return true;
}

/*
 * One wait for whatever comes first: flows, the command's end, cancel_fd (-1: none),
 * the deadline. Returns 0; -ETIMEDOUT; -ECANCELED; or -errno.
 */
static int
attend(struct subprocess *p, struct flow *flow, int n, int cancel_fd,
       uint64_t deadline_ns)
{
	struct pollfd fd[NSTREAMS + 2];
	int rc;

	for (int i = 0; i < n; i++)
		flow_poll(&flow[i], &fd[i]);
	fd[n] = (struct pollfd){ .fd = p->pidfd, .events = POLLIN };
	fd[n + 1] = (struct pollfd){ .fd = cancel_fd, .events = POLLIN };
	rc = poll(fd, (nfds_t)n + 2, clock_poll_ms(deadline_ns));
	if (rc < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++)
		if (fd[i].revents != 0)
			flow_move(&flow[i]);
	if (fd[n].revents != 0)
		subprocess_poll(p);
	if (fd[n + 1].revents != 0)
		return -ECANCELED;
	/* Also when there was something to move: a command may never fall silent. */
	return clock_ns() >= deadline_ns ? -ETIMEDOUT : 0;
}

int
subprocess_communicate(struct subprocess *p, struct flow *flow, int nflows,
		       uint64_t timeout_ns)
{
	const uint64_t deadline_ns = clock_deadline_ns(timeout_ns);
	int rc = 0;

	while (rc == 0 && (!subprocess_poll(p) || !all_ended(flow, nflows)))
		rc = attend(p, flow, nflows, -1, deadline_ns);
	return rc;
}

void
subprocess_signal(struct subprocess *p, int sig)
{
	if (subprocess_poll(p) || p->pidfd < 0)
		return;
	/* Not reaped: the number of the group is its own. */
	if (!(p->flags & SPAWN_OWN_GROUP) || kill(-p->pid, sig) != 0)
		proc_signal(p->pidfd, sig);
}

void
subprocess_terminate(struct subprocess *p)
{
	subprocess_signal(p, SIGTERM);
}

void
subprocess_kill(struct subprocess *p)
{
	subprocess_signal(p, SIGKILL);
}

void
subprocess_close(struct subprocess *p)
{
	if (p->pidfd >= 0 && !p->ended) {
		subprocess_kill(p);
		proc_discard(p->pidfd);
		p->pidfd = -1;
	}
	for (int i = 0; i < NSTREAMS; i++)
		close_fd(&p->pipe[i]);
	close_fd(&p->pidfd);
}

/* --- a command from its start to its end ----------------------------------- */

/* A run that goes on. */
struct life {
	const struct subprocess_run *q;
	struct subprocess p;
	struct subprocess_end *end;
	uint64_t deadline_ns; /* next escalation; UINT64_MAX: none */
	int sig;	      /* the last one sent; 0: none */
};

/* The first signal, and SIGKILL when the grace is over. */
static void
escalate(struct life *l)
{
	const struct subprocess_run *q = l->q;
	int first = SIGTERM;

	if (l->end->cancelled && q->cancel_signal != NULL)
		first = q->cancel_signal(q->cancel_arg);
	l->deadline_ns = l->sig == 0 ? clock_deadline_ns(q->grace_ns) : UINT64_MAX;
	l->sig = l->sig == 0 ? first : SIGKILL;
	if (q->signalled != NULL)
		q->signalled(q->arg, l->sig);
	subprocess_signal(&l->p, l->sig);
}

/* Moves what is to move until the command has ended, and ends it when it must. */
static int
live(struct life *l)
{
	const struct subprocess_run *q = l->q;
	const int n = q->flow == NULL ? 0 : NSTREAMS;
	int rc;

	while (!l->p.ended) {
		rc = attend(&l->p, q->flow, n, l->sig == 0 ? q->cancel_fd : -1,
			    l->deadline_ns);
		if (l->p.ended)
			break;
		if (rc == -ECANCELED)
			l->end->cancelled = true;
		else if (rc == -ETIMEDOUT)
			l->end->timed_out |= !l->end->cancelled;
		else if (rc != 0)
			return rc;
		if (rc != 0)
			escalate(l);
	}
	l->end->end_ns = clock_ns();
	return 0;
}

/* True when what the command itself wrote has been passed on. */
static bool
is_settled(const struct flow *flow, const uint64_t owed[static NSTREAMS])
{
	for (int i = 1; i < NSTREAMS; i++)
		if (flow[i].pipe >= 0 && flow[i].bytes < owed[i])
			return false;
	return true;
}

/*
 * It has ended. What it wrote is passed on, however slow our side is, unless it was
 * ended by us; its own children, who may hold the pipes, get a little time.
 */
static int
drain(struct life *l)
{
	const struct subprocess_run *q = l->q;
	const uint64_t deadline_ns = clock_deadline_ns(q->drain_ns);
	uint64_t owed[NSTREAMS] = { 0 };
	bool settled = false;
	int rc = 0;

	l->end->drained = true;
	if (q->flow == NULL)
		return 0;
	flow_end(&q->flow[0]);
	for (int i = 1; i < NSTREAMS && l->sig == 0; i++)
		owed[i] = q->flow[i].bytes + flow_pending(&q->flow[i]);
	while (rc == 0 && !all_ended(q->flow, NSTREAMS)) {
		settled = settled || is_settled(q->flow, owed);
		rc = attend(&l->p, q->flow, NSTREAMS, l->sig == 0 ? q->cancel_fd : -1,
			    settled ? deadline_ns : UINT64_MAX);
	}
	l->end->drained = all_ended(q->flow, NSTREAMS);
	if (rc == -ECANCELED)
		l->end->cancelled = true;
	return rc == -ETIMEDOUT || rc == -ECANCELED ? 0 : rc;
}

int
subprocess_run(const struct subprocess_run *q, struct subprocess_end *end,
	       struct err *e)
{
	struct life l = { .q = q, .end = end };
	int rc;

	*end = (struct subprocess_end){ .pid = -1 };
	rc = subprocess_start(&l.p, &q->config, e);
	end->spawned = l.p.spawned;
	end->pid = l.p.pid;
	for (int i = 0; i < NSTREAMS && q->flow != NULL; i++) {
		q->flow[i].pipe = l.p.pipe[i];
		q->flow[i].feeds = i == 0;
		l.p.pipe[i] = -1;
	}
	if (rc == 0 && q->started != NULL)
		q->started(q->arg, &l.p);
	l.deadline_ns =
		q->timeout_ns != 0 ? clock_deadline_ns(q->timeout_ns) : UINT64_MAX;
	if (rc == 0) {
		rc = live(&l);
		if (rc == 0)
			rc = drain(&l);
		if (rc != 0)
			err_set(e, -rc, "cannot wait for a command");
	} else if (l.p.refused != 0) {
		rc = 0;
		end->drained = true;
		end->end_ns = clock_ns();
	}
	end->refused = l.p.refused;
	end->exitcode = l.p.returncode;
	if (q->config.guard != NULL)
		guard_note(q->config.guard, q->config.guard_slot, 0);
	for (int i = 0; i < NSTREAMS && q->flow != NULL; i++)
		flow_end(&q->flow[i]);
	subprocess_close(&l.p);
	return rc;
}
