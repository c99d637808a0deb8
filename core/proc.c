/*
 * proc.c - child processes: made, waited for and signalled without a race.
 */
#include "core/proc.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void
proc_block_signals(sigset_t *saved)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, saved);
}

void
proc_restore_signals(const sigset_t *saved)
{
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

/*
 * The default action for a signal, or none; refused for SIGKILL and SIGSTOP. By the
 * system call: ThreadSanitizer's sigaction() notes the handler in memory, which is the
 * parent's where the two share it, and the parent would hear no signal any more.
 */
static void
set_action(int sig, bool ignore)
{
	/* The kernel's struct begins with the handler; its size is 4 words at most. */
	void (*action[8])(int) = { ignore ? SIG_IGN : SIG_DFL };

	syscall(SYS_rt_sigaction, sig, action, NULL, _NSIG / 8);
}

void
proc_settle(unsigned flags, pid_t parent)
{
	sigset_t none;
	int sig;

	if (flags & PROC_DIES_WITH_PARENT) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* The parent may have ended before the request was made. */
		if (getppid() != parent)
			_exit(128 + SIGKILL);
	}
	for (sig = 1; sig < NSIG; sig++)
		/* What libc keeps for itself lies below SIGRTMIN. */
		if (sig < 32 || sig >= SIGRTMIN)
			set_action(sig, sig == SIGINT && (flags & PROC_IGNORES_SIGINT));
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
}

/* Names the limit that a refused child ran into. */
static void
hint_limit(struct err *e, int code)
{
	struct rlimit limit;

	if (code == ENOMEM)
		err_hint(e, "not enough memory; fewer workers may fit");
	else if (code != EAGAIN)
		return;
	/* glibc says EAGAIN as well where it finds no memory for a stack. */
	else if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		err_hint(e, "see 'ulimit -v' and 'ulimit -u'; pids.max of the cgroup "
			    "counts, too");
	else if (getrlimit(RLIMIT_NPROC, &limit) == 0 &&
		 limit.rlim_cur != RLIM_INFINITY)
		err_hint(e,
			 "the limit of processes and threads of this user is %llu, see "
			 "'ulimit -u'; pids.max of the cgroup counts, too",
			 (unsigned long long)limit.rlim_cur);
	else
		err_hint(e, "see pids.max of the cgroup and kernel.pid_max");
}

int
proc_refused(struct err *e, int code, const char *fmt, ...)
{
	char msg[sizeof(e->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err_set(e, code, "%s", msg);
	hint_limit(e, code);
	return -code;
}

pid_t
proc_fork(unsigned flags, struct err *e)
{
	const pid_t self = getpid();
	sigset_t saved;
	pid_t pid;
	int code;

	proc_block_signals(&saved);
	pid = fork();
	code = errno;
	if (pid == 0) {
		proc_settle(flags, self);
		return 0;
	}
	proc_restore_signals(&saved);
	return pid > 0 ? pid : proc_refused(e, code, "cannot fork a child process");
}

int
proc_open(pid_t pid, struct err *e)
{
	/* By number: musl and older glibc have no wrapper. Close-on-exec always. */
	long fd = syscall(SYS_pidfd_open, pid, 0);
	int code;

	if (fd >= 0)
		return (int)fd;
	code = errno;
	err_set(e, code, "cannot open a descriptor for process %d", (int)pid);
	if (code == EMFILE || code == ENFILE)
		err_hint(e, "each child takes one, see 'ulimit -n'");
	else if (code == ENOSYS)
		err_hint(e, "needs pidfd_open(2): Linux 5.3, not under valgrind");
	return -code;
}

int
proc_signal(int pidfd, int sig)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) == 0 ? 0 : -errno;
}

static int
reap(idtype_t type, int id, int options, int *exitcode)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	while (waitid(type, (id_t)id, &info, WEXITED | options) != 0)
		if (errno != EINTR)
			return -errno;
	if (info.si_pid == 0)
		return 0;
	*exitcode = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
	return 1;
}

int
proc_reap(int pidfd, int *exitcode)
{
	return reap(P_PIDFD, pidfd, WNOHANG, exitcode);
}

int
proc_reap_pid(pid_t pid, int *exitcode)
{
	int rc = reap(P_PID, pid, 0, exitcode);

	return rc < 0 ? rc : 0;
}

int
proc_wait(int pidfd, uint64_t deadline_ns, int *exitcode)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int rc;

	for (;;) {
		rc = proc_reap(pidfd, exitcode);
		if (rc != 0)
			return rc < 0 ? rc : 0;
		rc = poll(&p, 1, clock_poll_ms(deadline_ns));
		if (rc < 0 && errno != EINTR)
			return -errno;
		if (rc == 0 && clock_ns() >= deadline_ns)
			return -ETIMEDOUT;
	}
}

void
proc_discard(int pidfd)
{
	int exitcode;

	if (pidfd < 0)
		return;
	proc_signal(pidfd, SIGKILL);
	proc_wait(pidfd, UINT64_MAX, &exitcode);
	close(pidfd);
}

bool
proc_has_pending(pid_t pid)
{
	const uint64_t ends =
		UINT64_C(1) << (SIGHUP - 1) | UINT64_C(1) << (SIGINT - 1) |
		UINT64_C(1) << (SIGQUIT - 1) | UINT64_C(1) << (SIGALRM - 1) |
		UINT64_C(1) << (SIGTERM - 1);
	static const char *const line[] = { "\nSigPnd:", "\nShdPnd:" };
	char path[32], text[4096];
	uint64_t pending = 0;
	const char *at;
	ssize_t n;
	size_t i;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (i = 0; i < 2; i++) {
		at = strstr(text, line[i]);
		if (at != NULL)
			pending |= strtoull(at + strlen(line[i]), NULL, 16);
	}
	return (pending & ends) != 0;
}

int
proc_pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	if (cpu >= CPU_SETSIZE)
		return -EINVAL;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0 ? 0 : -errno;
}

int
proc_set_cloexec(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 ||
	    fcntl(fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC) != 0)
		return -errno;
	return 0;
}
