/*
 * test_process - process objects behave as Python's multiprocessing.Process.
 */
#include "core/clock.h"
#include "core/process.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int
give(void *arg)
{
	return *(int *)arg;
}

static int
stay(void *arg)
{
	(void)arg;
	while (pause() == -1)
		;
	return 1;
}

static int
die(void *arg)
{
	raise(*(int *)arg);
	return 0;
}

static void
assert_no_children(void)
{
	cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_assert_eq(errno, ECHILD);
}

Test(process, a_life)
{
	struct process p;
	struct err e = { 0 };
	int status = 42, code = 99;

	process_init(&p, "worker", give, &status, false);
	cr_assert_str_eq(p.name, "worker");
	cr_assert_not(process_is_alive(&p));
	cr_assert_not(process_exitcode(&p, &code), "None before the start");
	cr_assert_eq(process_start(&p, &e), 0, "%s", e.msg);
	cr_assert_gt(p.pid, 0);
	cr_assert_eq(process_join(&p, UINT64_MAX, &e), 0);
	cr_assert_not(process_is_alive(&p));
	cr_assert(process_exitcode(&p, &code));
	cr_assert_eq(code, 42);
	cr_assert_eq(process_join(&p, 0, &e), 0, "joining again is fine");
	cr_assert_eq(process_terminate(&p, &e), 0, "and so is a late terminate");
	cr_assert_eq(process_close(&p, &e), 0);
	cr_assert_eq(process_close(&p, &e), 0);
	assert_no_children();
}

Test(process, names_count)
{
	struct process a, b, c;

	process_init(&a, NULL, give, NULL, false);
	process_init(&b, "mine", give, NULL, false);
	process_init(&c, NULL, give, NULL, false);
	cr_assert_str_eq(a.name, "Process-1");
	cr_assert_str_eq(c.name, "Process-2");
}

Test(process, refusals_speak_python)
{
	struct process p;
	struct err e = { 0 };
	int status = 0;

	process_init(&p, "p", give, &status, false);
	cr_assert_eq(process_join(&p, 0, &e), -EINVAL);
	cr_assert(strstr(e.msg, "can only join a started process") != NULL);
	cr_assert_eq(process_terminate(&p, &e), -EINVAL);
	cr_assert_eq(process_kill(&p, &e), -EINVAL);
	cr_assert_eq(process_start(&p, &e), 0);
	cr_assert_eq(process_start(&p, &e), -EINVAL);
	cr_assert(strstr(e.msg, "cannot start a process twice") != NULL);
	cr_assert_eq(process_join(&p, UINT64_MAX, &e), 0);
	cr_assert_eq(process_start(&p, &e), -EINVAL, "not after its end either");
	cr_assert_eq(process_close(&p, &e), 0);
	cr_assert_eq(process_join(&p, 0, &e), -EINVAL);
	cr_assert(strstr(e.msg, "is closed") != NULL);
	cr_assert_eq(process_start(&p, &e), -EINVAL);
}

Test(process, terminate_and_kill)
{
	struct process p[2];
	struct err e = { 0 };
	int code, i;

	for (i = 0; i < 2; i++) {
		process_init(&p[i], NULL, stay, NULL, false);
		cr_assert_eq(process_start(&p[i], &e), 0);
		cr_assert(process_is_alive(&p[i]));
		cr_assert_not(process_exitcode(&p[i], &code), "None while it runs");
		cr_assert_eq(process_close(&p[i], &e), -EINVAL);
		cr_assert(strstr(e.msg, "while it is still running") != NULL);
		cr_assert_eq(process_join(&p[i], 0, &e), -ETIMEDOUT);
		cr_assert_eq(process_join(&p[i], NS_PER_MS, &e), -ETIMEDOUT);
	}
	cr_assert_eq(process_terminate(&p[0], &e), 0);
	cr_assert_eq(process_kill(&p[1], &e), 0);
	for (i = 0; i < 2; i++)
		cr_assert_eq(process_join(&p[i], UINT64_MAX, &e), 0);
	cr_assert(process_exitcode(&p[0], &code));
	cr_assert_eq(code, -SIGTERM);
	cr_assert(process_exitcode(&p[1], &code));
	cr_assert_eq(code, -SIGKILL);
	assert_no_children();
}

Test(process, exit_by_a_signal_is_negative)
{
	struct process p;
	int sig = SIGUSR1, code = 0;

	process_init(&p, NULL, die, &sig, false);
	cr_assert_eq(process_start(&p, NULL), 0);
	cr_assert_eq(process_join(&p, UINT64_MAX, NULL), 0);
	cr_assert(process_exitcode(&p, &code));
	cr_assert_eq(code, -SIGUSR1);
}

/* What a child may not do with objects; bits of what went wrong. */
static struct process sibling;

static int
meddle(void *arg)
{
	struct process own;
	struct err e;
	int bad = 0, status = 0;

	if (process_current() != arg)
		bad |= 1;
	if (process_join(&sibling, 0, &e) != -EINVAL ||
	    strstr(e.msg, "can only join a child process") == NULL)
		bad |= 2;
	if (process_kill(&sibling, &e) != -EINVAL)
		bad |= 4;
	process_init(&own, NULL, give, &status, false);
	if (process_start(&own, &e) != -EINVAL ||
	    strstr(e.msg, "daemonic processes are not allowed") == NULL)
		bad |= 8;
	if (!process_is_alive(arg))
		bad |= 16;
	return bad;
}

Test(process, a_daemon_in_the_child)
{
	struct process p;
	int code = -1;

	cr_assert_null(process_current());
	process_init(&sibling, NULL, stay, NULL, true);
	cr_assert_eq(process_start(&sibling, NULL), 0);
	process_init(&p, NULL, meddle, &p, true);
	cr_assert_eq(process_start(&p, NULL), 0);
	cr_assert_eq(process_join(&p, UINT64_MAX, NULL), 0);
	cr_assert(process_exitcode(&p, &code));
	cr_assert_eq(code, 0, "bits: %d", code);
	cr_assert(process_is_alive(&sibling));
	cr_assert_eq(process_kill(&sibling, NULL), 0);
	cr_assert_eq(process_join(&sibling, UINT64_MAX, NULL), 0);
	assert_no_children();
}

/* Killed together with its parent, which a pipe tells. */
static int pipefd[2];

static int
say_and_stay(void *arg)
{
	(void)!write(pipefd[1], "x", 1);
	return stay(arg);
}

Test(process, a_daemon_does_not_outlive_a_killed_parent, .timeout = 60)
{
	struct process p;
	char byte;
	pid_t parent;

	cr_assert_eq(pipe2(pipefd, O_CLOEXEC), 0);
	parent = fork();
	if (parent == 0) {
		process_init(&p, NULL, say_and_stay, NULL, true);
		if (process_start(&p, NULL) != 0)
			_exit(1);
		stay(NULL);
	}
	close(pipefd[1]);
	cr_assert_eq(read(pipefd[0], &byte, 1), 1, "the daemon runs");
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	cr_assert_eq(read(pipefd[0], &byte, 1), 0, "and is gone");
}

Test(process, without_a_descriptor_nothing_is_left)
{
	struct rlimit limit = { 0, 0 };
	struct process p;
	struct err e;
	int status = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &limit);
	process_init(&p, NULL, give, &status, false);
	cr_assert_eq(process_start(&p, &e), -EMFILE);
	cr_assert_not(process_is_alive(&p));
	assert_no_children();
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	cr_assert_eq(process_start(&p, &e), 0, "it may be tried again");
	cr_assert_eq(process_join(&p, UINT64_MAX, &e), 0);
}
