/*
 * test_proc - child processes are waited for, signalled and named rightly.
 */
#include "core/clock.h"
#include "core/proc.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int
child_that_waits(void)
{
	pid_t pid = proc_fork(PROC_DIES_WITH_PARENT, NULL);

	if (pid == 0)
		for (;;)
			pause();
	cr_assert_gt(pid, 0);
	return proc_open(pid, NULL);
}

static void
nothing(int sig)
{
	(void)sig;
}

Test(proc, exit_status_comes_back)
{
	struct err e = { 0 };
	int exitcode = -1, fd;
	pid_t pid = proc_fork(0, &e);

	if (pid == 0)
		_exit(42);
	cr_assert_gt(pid, 0);
	fd = proc_open(pid, &e);
	cr_assert_geq(fd, 0);
	cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	cr_assert_eq(proc_wait(fd, UINT64_MAX, &exitcode), 0);
	cr_assert_eq(exitcode, 42);
	cr_assert_eq(proc_reap(fd, &exitcode), -ECHILD, "reaped once only");
	cr_assert_eq(proc_signal(fd, SIGKILL), -ESRCH, "no signal to the dead");
	close(fd);
}

Test(proc, signal_is_a_negative_exit_code)
{
	int exitcode = 0, fd = child_that_waits();

	cr_assert_eq(proc_reap(fd, &exitcode), 0, "it runs");
	cr_assert_eq(proc_signal(fd, SIGTERM), 0);
	cr_assert_eq(proc_wait(fd, clock_deadline_ns(20 * NS_PER_S), &exitcode), 0);
	cr_assert_eq(exitcode, -SIGTERM);
	close(fd);
}

Test(proc, wait_ends_at_its_deadline)
{
	int exitcode = 7, fd = child_that_waits();

	cr_assert_eq(proc_wait(fd, clock_ns(), &exitcode), -ETIMEDOUT);
	cr_assert_eq(proc_wait(fd, clock_deadline_ns(NS_PER_MS), &exitcode),
		     -ETIMEDOUT);
	cr_assert_eq(exitcode, 7, "not touched");
	proc_discard(fd);
	cr_assert_eq(waitpid(-1, NULL, 0), -1, "discard reaps");
	proc_discard(-1);
}

Test(proc, child_starts_with_a_clean_set_of_signals)
{
	struct sigaction action = { .sa_handler = nothing }, now;
	sigset_t set, after;
	int exitcode = -1, fd;
	pid_t pid;

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_SETMASK, &set, NULL);
	pid = proc_fork(PROC_IGNORES_SIGINT | PROC_DIES_WITH_PARENT, NULL);
	if (pid == 0) {
		int bad = 0, death = 0;

		sigaction(SIGUSR1, NULL, &now);
		bad |= now.sa_handler == SIG_DFL ? 0 : 1;
		sigaction(SIGINT, NULL, &now);
		bad |= now.sa_handler == SIG_IGN ? 0 : 2;
		sigprocmask(SIG_SETMASK, NULL, &set);
		bad |= sigismember(&set, SIGUSR2) ? 4 : 0;
		prctl(PR_GET_PDEATHSIG, &death);
		bad |= death == SIGKILL ? 0 : 8;
		_exit(bad);
	}
	sigprocmask(SIG_SETMASK, NULL, &after);
	cr_assert(sigismember(&after, SIGUSR2) && !sigismember(&after, SIGTERM),
		  "the parent's mask is as before");
	fd = proc_open(pid, NULL);
	cr_assert_eq(proc_wait(fd, UINT64_MAX, &exitcode), 0);
	cr_assert_eq(exitcode, 0, "bits of what was wrong: %d", exitcode);
	close(fd);
}

/* A grandchild must end when its parent is killed; a pipe tells. */
Test(proc, child_dies_with_its_killed_parent)
{
	int pipefd[2], fd;
	char byte;
	pid_t pid;

	cr_assert_eq(pipe2(pipefd, O_CLOEXEC), 0);
	pid = proc_fork(0, NULL);
	if (pid == 0) {
		if (proc_fork(PROC_DIES_WITH_PARENT, NULL) == 0)
			(void)!write(pipefd[1], "x", 1);
		for (;;)
			pause();
	}
	close(pipefd[1]);
	cr_assert_eq(read(pipefd[0], &byte, 1), 1, "the grandchild runs");
	fd = proc_open(pid, NULL);
	proc_discard(fd);
	cr_assert_eq(read(pipefd[0], &byte, 1), 0, "nobody holds the pipe any more");
	close(pipefd[0]);
}

Test(proc, signals_have_names)
{
	char buf[PROC_SIGNAL_NAME], words[64];

	cr_assert_str_eq(proc_signal_name(SIGKILL, buf), "SIGKILL");
	cr_assert_str_eq(proc_signal_name(SIGRTMIN + 2, buf), "SIGRTMIN+2");
	cr_assert_str_eq(proc_signal_name(0, buf), "signal 0");
	cr_assert_eq(proc_signal_number("SIGTERM"), SIGTERM);
	cr_assert_eq(proc_signal_number("usr1"), SIGUSR1);
	cr_assert_eq(proc_signal_number("9"), 9);
	cr_assert_eq(proc_signal_number("9x"), -EINVAL);
	cr_assert_eq(proc_signal_number("0"), -EINVAL);
	cr_assert_eq(proc_signal_number("-1"), -EINVAL);
	cr_assert_eq(proc_signal_number("SIG"), -EINVAL);
	cr_assert_eq(proc_signal_number(""), -EINVAL);
	cr_assert_str_eq(proc_exit_words(0, words, sizeof(words)),
			 "exited with status 0");
	cr_assert_str_eq(proc_exit_words(-SIGSEGV, words, sizeof(words)),
			 "killed by SIGSEGV");
}

Test(proc, refusal_names_the_limit)
{
	struct err e;

	cr_assert_eq(proc_refused(&e, EAGAIN, "cannot make child %d", 3), -EAGAIN);
	cr_assert_eq(e.code, EAGAIN);
	cr_assert_str_eq(e.msg, "cannot make child 3");
	cr_assert(e.hint[0] != '\0');
	cr_assert_eq(proc_refused(NULL, EAGAIN, "nobody listens"), -EAGAIN);
}

Test(proc, pending_signals_of_another_are_seen)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	raise(SIGUSR1);
	cr_assert_not(proc_has_pending(getpid()), "that one ends nothing");
	raise(SIGTERM);
	cr_assert(proc_has_pending(getpid()));
	cr_assert_not(proc_has_pending(0));
}

Test(proc, close_on_exec_can_be_switched)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	cr_assert_eq(proc_set_cloexec(fd, false), 0);
	cr_assert_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	cr_assert_eq(proc_set_cloexec(fd, true), 0);
	cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	cr_assert_eq(proc_set_cloexec(fd, true), -EBADF);
}
