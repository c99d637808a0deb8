/*
 * demos.c - what surprises people about fork: text that comes out twice, a lock that
 * nobody will release, a child that is dead and still there, one without a parent.
 */
#include "scenarios/fork/demos.h"

#include "core/clock.h"
#include "core/lock.h"
#include "core/proc.h"
#include "core/thread.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long the child tries to have the lock. */
#define PATIENCE_NS (100 * NS_PER_MS)

static const struct event_type step_event = {
	.name = "step",
	.say = "● {s}",
	.key_s = "what",
};
static const struct event_type forked_event = {
	.name = "fork",
	.say = "├─ fork → {a}",
	.key_a = "child",
	.unit_a = EVENT_PID,
};
static const struct event_type try_event = {
	.name = "wait",
	.phase = EVENT_WAIT,
	.say = "░ waits for the lock that its copy of the memory says is held",
	.span = "waits for the lock",
};
static const struct event_type tried_event = {
	.name = "waited",
	.phase = EVENT_END,
};
static const struct event_type state_event = {
	.name = "state",
	.say = "└─ state of {a}: {s}",
	.key_a = "child",
	.key_s = "state",
	.unit_a = EVENT_PID,
};
static const struct event_type adopted_event = {
	.name = "adopted",
	.say = "└─ the parent of {a} was {b}, which has ended",
	.key_a = "child",
	.key_b = "parent",
	.unit_a = EVENT_PID,
	.unit_b = EVENT_PID,
};

static pid_t
fork_traced(struct run *run, struct err *e)
{
	const pid_t pid = proc_fork(PROC_DIES_WITH_PARENT | PROC_IGNORES_SIGINT, e);

	if (pid == 0)
		trace_bind(run->trace, 1);
	else if (pid > 0)
		trace_emit(&forked_event, pid, 0, NULL);
	return pid;
}

enum { FULL, FLUSHED, LINE, MODES };

/*
 * Writes a line to a stream over a pipe, forks, and counts how often it comes out.
 * Returns that, or -errno.
 */
static int
count_lines(struct run *run, int mode, struct err *e)
{
	char text[256];
	int fd[2], lines = 0, exitcode;
	FILE *f;
	pid_t pid;
	ssize_t n;

	if (pipe2(fd, O_CLOEXEC) != 0)
		return err_set(e, errno, "cannot make a pipe");
	f = fdopen(fd[1], "w");
	if (f == NULL) {
		close(fd[0]);
		close(fd[1]);
		return err_set(e, ENOMEM, "no memory for a stream");
	}
	if (mode == LINE)
		setvbuf(f, NULL, _IOLBF, BUFSIZ);
	fputs("hello\n", f);
	if (mode == FLUSHED)
		fflush(f);
	pid = fork_traced(run, e);
	if (pid == 0) {
		fclose(f); /* what exit() does to every stream */
		_exit(0);
	}
	if (pid > 0)
		proc_reap_pid(pid, &exitcode);
	/* cppcheck-suppress doubleFree ; the first was in the child, which ended */
	fclose(f);
	while ((n = read(fd[0], text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += text[i] == '\n';
	close(fd[0]);
	return pid < 0 ? (int)pid : lines;
}

static int
demo_stdio(struct run *run, struct err *e)
{
	static const struct {
		const char *name, *what;
		int expected;
	} mode[MODES] = {
		[FULL] = { "fully buffered", "full buffer: a pipe", 2 },
		[FLUSHED] = { "flushed before the fork", "flushed before", 1 },
		[LINE] = { "line buffered", "by line: a terminal", 1 },
	};

	for (int i = 0; i < MODES; i++) {
		int lines;

		trace_emit(&step_event, 0, 0, mode[i].what);
		lines = count_lines(run, i, e);
		if (lines < 0)
			return lines;
		result_check(run->result, NULL, mode[i].name, lines == mode[i].expected,
			     "one line was written, it came out %d times", lines);
		result_line(run->result,
			    "%s: one line written before fork comes out %s",
			    mode[i].name, lines == 2 ? "twice" : "once");
	}
	result_line(run->result,
		    "fork copies the buffer, too; when both end, both write "
		    "it: flush before fork, leave the child with _exit()");
	return 0;
}

/* A thread that holds a lock while another forks. */
struct keeper {
	struct thread t;
	unsigned char *state;
	const struct lock_kind *kind;
	atom_u32 held, let_go;
};

static void
keep(void *arg)
{
	struct keeper *k = arg;

	k->kind->acquire(k->state, NULL);
	atom_store_rlx(&k->held, 1);
	while (atom_load_rlx(&k->let_go) == 0)
		sched_yield();
	k->kind->release(k->state, NULL);
}

/* Forks; 1 when the child could have the lock, 0 when it could not, or -errno. */
static int
try_in_child(struct run *run, struct keeper *k, struct err *e)
{
	int exitcode = 0;
	const pid_t pid = fork_traced(run, e);

	if (pid == 0) {
		int rc;

		trace_emit(&try_event, 0, 0, NULL);
		rc = lock_acquire_until(k->kind, k->state, NULL,
					clock_deadline_ns(PATIENCE_NS));
		trace_emit(&tried_event, 0, 0, NULL);
		_exit(rc == 0);
	}
	if (pid < 0)
		return (int)pid;
	proc_reap_pid(pid, &exitcode);
	return exitcode;
}

static int
demo_locked(struct run *run, struct err *e)
{
	CACHE_ALIGNED unsigned char state[LOCK_STATE_BYTES] = { 0 };
	struct keeper k = { .state = state, .kind = lock_kind_find("mutex") };
	int rc, free_before, held;

	rc = k.kind->init(state, false);
	if (rc != 0)
		return err_set(e, -rc, "cannot make a lock");
	trace_emit(&step_event, 0, 0, "fork: the lock is free");
	free_before = try_in_child(run, &k, e);
	if (free_before < 0)
		return free_before;
	thread_init(&k.t, "Keeper", keep, &k);
	rc = thread_start(&k.t, e);
	if (rc != 0)
		return rc;
	while (atom_load_rlx(&k.held) == 0)
		sched_yield();
	trace_emit(&step_event, 0, 0, "fork: a thread holds it");
	held = try_in_child(run, &k, e);
	atom_store_rlx(&k.let_go, 1);
	thread_join(&k.t, UINT64_MAX, NULL);
	k.kind->destroy(state);
	if (held < 0)
		return held;
	result_check(run->result, NULL, "a free lock is free in the child",
		     free_before == 1, "it %s", free_before ? "is" : "is not");
	result_check(run->result, NULL, "a lock held by another thread stays held",
		     held == 0, "the child %s", held ? "had it" : "waited in vain");
	result_line(run->result,
		    "the child has one thread, the one that forked; the thread that "
		    "would release the lock is not in it, so it waits for ever (here "
		    "100 ms). After fork with threads: only what is async-signal-safe, "
		    "or exec");
	return 0;
}

/* The letter of the state in /proc; '?' when there is none. */
static char
state_of(pid_t pid)
{
	char path[64], text[512], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return '?';
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	p = strrchr(text, ')');
	return p != NULL && p[1] == ' ' ? p[2] : '?';
}

/* A child that ends at once, and is looked at before and after it is reaped. */
static int
show_zombie(struct run *run, struct err *e)
{
	siginfo_t info;
	char before, after;
	int exitcode;
	pid_t pid;

	trace_emit(&step_event, 0, 0, "a child ends, no wait");
	pid = fork_traced(run, e);
	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return (int)pid;
	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0 &&
	       errno == EINTR)
		;
	before = state_of(pid);
	trace_emit(&state_event, pid, 0, before == 'Z' ? "zombie" : "?");
	proc_reap_pid(pid, &exitcode);
	after = state_of(pid);
	trace_emit(&state_event, pid, 0, after == '?' ? "gone, reaped" : "?");
	result_check(run->result, NULL, "an ended child is a zombie until it is reaped",
		     before == 'Z' && after == '?', "state %c, then %c", before, after);
	result_line(run->result,
		    "zombie: %d had ended, but was kept for its exit status until its "
		    "parent waited for it",
		    (int)pid);
	return 0;
}

/* A child that leaves one behind: it tells its parents through a pipe. */
static int
show_orphan(struct run *run, struct err *e)
{
	pid_t told[3] = { 0 }, pid;
	int fd[2], exitcode;
	ssize_t n;

	trace_emit(&step_event, 0, 0, "a parent ends first");
	if (pipe2(fd, O_CLOEXEC) != 0)
		return err_set(e, errno, "cannot make a pipe");
	/* We adopt it in place of init, to be sure that it does not stay. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork_traced(run, e);
	if (pid == 0) {
		const pid_t parent = getpid();

		if (fork() == 0) {
			while (getppid() == parent)
				sched_yield();
			told[0] = getpid();
			told[1] = parent;
			told[2] = getppid();
			_exit(write(fd[1], told, sizeof(told)) != sizeof(told));
		}
		_exit(0);
	}
	close(fd[1]);
	if (pid > 0)
		proc_reap_pid(pid, &exitcode);
	n = pid > 0 ? read(fd[0], told, sizeof(told)) : 0;
	close(fd[0]);
	if (n == sizeof(told))
		proc_reap_pid(told[0], &exitcode);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	if (pid < 0)
		return (int)pid;
	trace_emit(&adopted_event, told[0], told[1], NULL);
	result_check(run->result, NULL, "an orphan is adopted",
		     n == sizeof(told) && told[1] == pid && told[2] == getpid(),
		     "%d had parent %d, then %d", (int)told[0], (int)told[1],
		     (int)told[2]);
	result_line(run->result,
		    "orphan: the parent of %d ended first; it was adopted by %d (the "
		    "nearest subreaper, else init)",
		    (int)told[0], (int)told[2]);
	return 0;
}

int
fork_demo(struct run *run, int demo, struct err *e)
{
	int rc;

	trace_name(run->trace, 1, "child");
	switch (demo) {
	case DEMO_STDIO:
		return demo_stdio(run, e);
	case DEMO_LOCKED:
		return demo_locked(run, e);
	default:
		rc = show_zombie(run, e);
		return rc != 0 ? rc : show_orphan(run, e);
	}
}
