/*
 * proc.h - child processes: made, waited for and signalled without a race.
 *
 * A child is known by a descriptor (pidfd), never by its number alone: a signal
 * cannot hit a stranger who got the same PID, and the wait has a deadline. Exit
 * codes are as Python has them: 0..255 what the child gave to exit, -N when signal
 * N killed it.
 */
#ifndef CORE_PROC_H
#define CORE_PROC_H

#include "core/err.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What proc_fork() arranges in the child. */
enum {
	PROC_DIES_WITH_PARENT = 1, /* SIGKILL when the thread that forked it ends */
	PROC_IGNORES_SIGINT = 2,   /* Ctrl-C is the parent's to decide about */
};

/*
 * fork(2) with what belongs around it: all signals are blocked meanwhile, so that
 * no handler of the parent ever runs in the child; in the child every signal has
 * its default action and the mask is empty. The child must leave with _exit() and
 * flush no stdio. In the parent returns the PID, in the child 0, or -errno with a
 * hint that names the limit. With PROC_DIES_WITH_PARENT, the main thread only.
 */
pid_t proc_fork(unsigned flags, struct err *e);

/*
 * The parts of proc_fork(), for those who make children by other calls. Block
 * before; the parent restores what it got; the child settles, which undoes the
 * block and never returns when `parent` (the PID that forked it) is gone already.
 * proc_settle() is async-signal-safe.
 */
void proc_block_signals(sigset_t *saved);
void proc_restore_signals(const sigset_t *saved);
void proc_settle(unsigned flags, pid_t parent);

/*
 * Fills e for a child that the system refused (code: EAGAIN, ENOMEM ...) with the
 * message and a hint that names the limit. Returns -code.
 */
int proc_refused(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * A descriptor for a child that has not been reaped (close-on-exec); readable in
 * poll() once it has ended. Returns it, or -errno.
 */
int proc_open(pid_t pid, struct err *e);

/* Sends sig. Returns 0, or -errno: -ESRCH when it has ended and was reaped. */
int proc_signal(int pidfd, int sig);

/*
 * Reaps the child behind pidfd when it has ended: 1 and its exit code; 0 while it
 * runs; -errno (-ECHILD: not ours, or reaped already). Never waits.
 */
int proc_reap(int pidfd, int *exitcode);

/*
 * Waits for the end of a child that was not reaped, by its PID, as long as it takes,
 * and reaps it. 0 and its exit code, or -errno. For where no descriptor is to be had.
 */
int proc_reap_pid(pid_t pid, int *exitcode);

/*
 * Waits for its end until deadline_ns of clock_ns() (UINT64_MAX: for ever) and
 * reaps it. 0 and its exit code, -ETIMEDOUT, or -errno. Handlers may run meanwhile.
 */
int proc_wait(int pidfd, uint64_t deadline_ns, int *exitcode);

/* Ends a child that must not stay: SIGKILL, reap, close. Accepts -1. */
void proc_discard(int pidfd);

/* "SIGKILL"; "SIGRTMIN+2", "signal 99" are written to buf (24 bytes). Any thread. */
#define PROC_SIGNAL_NAME 24
const char *proc_signal_name(int sig, char buf[static PROC_SIGNAL_NAME]);

/* The number of "SIGTERM", "term" or "15"; -EINVAL when there is none. */
int proc_signal_number(const char *name);

/*
 * An exit code in words: "exited with status 3", "killed by SIGKILL". Writes at
 * most size bytes, always ends in NUL; returns buf.
 */
const char *proc_exit_words(int exitcode, char *buf, size_t size);

/*
 * True when a signal that ends a run (SIGHUP, SIGINT, SIGQUIT, SIGALRM, SIGTERM) waits
 * for process pid to take it: for the child that a vfork() parent is suspended for.
 * Allocates nothing.
 */
bool proc_has_pending(pid_t pid);

/*
 * The calling thread runs on this CPU alone from now on; -1: no change. Returns 0 or
 * -errno. Any thread, also a child between vfork() and exec.
 */
int proc_pin(int cpu);

/* Sets or clears close-on-exec. Returns 0 or -errno. Async-signal-safe. */
int proc_set_cloexec(int fd, bool on);

#endif
