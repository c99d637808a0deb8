/*
 * proc_words.c - signals and exit codes in words.
 */
#include "core/proc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const char *const signal_name[] = {
	[SIGHUP] = "SIGHUP",	   [SIGINT] = "SIGINT",	      [SIGQUIT] = "SIGQUIT",
	[SIGILL] = "SIGILL",	   [SIGTRAP] = "SIGTRAP",     [SIGABRT] = "SIGABRT",
	[SIGBUS] = "SIGBUS",	   [SIGFPE] = "SIGFPE",	      [SIGKILL] = "SIGKILL",
	[SIGUSR1] = "SIGUSR1",	   [SIGSEGV] = "SIGSEGV",     [SIGUSR2] = "SIGUSR2",
	[SIGPIPE] = "SIGPIPE",	   [SIGALRM] = "SIGALRM",     [SIGTERM] = "SIGTERM",
	[SIGSTKFLT] = "SIGSTKFLT", [SIGCHLD] = "SIGCHLD",     [SIGCONT] = "SIGCONT",
	[SIGSTOP] = "SIGSTOP",	   [SIGTSTP] = "SIGTSTP",     [SIGTTIN] = "SIGTTIN",
	[SIGTTOU] = "SIGTTOU",	   [SIGURG] = "SIGURG",	      [SIGXCPU] = "SIGXCPU",
	[SIGXFSZ] = "SIGXFSZ",	   [SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF",
	[SIGWINCH] = "SIGWINCH",   [SIGIO] = "SIGIO",	      [SIGPWR] = "SIGPWR",
	[SIGSYS] = "SIGSYS",
};

#define NNAMES ((int)(sizeof(signal_name) / sizeof(signal_name[0])))

const char *
proc_signal_name(int sig, char buf[static PROC_SIGNAL_NAME])
{
	if (sig > 0 && sig < NNAMES && signal_name[sig] != NULL)
		return signal_name[sig];
	if (sig >= SIGRTMIN && sig <= SIGRTMAX)
		snprintf(buf, PROC_SIGNAL_NAME, "SIGRTMIN+%d", sig - SIGRTMIN);
	else
		snprintf(buf, PROC_SIGNAL_NAME, "signal %d", sig);
	return buf;
}

int
proc_signal_number(const char *name)
{
	char *end;
	long number = strtol(name, &end, 10);
	int sig;

	if (end != name)
		return *end == '\0' && number > 0 && number < NSIG ? (int)number
								   : -EINVAL;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (sig = 1; sig < NNAMES; sig++)
		if (signal_name[sig] != NULL &&
		    strcasecmp(name, signal_name[sig] + 3) == 0)
			return sig;
	return -EINVAL;
}

const char *
proc_exit_words(int exitcode, char *buf, size_t size)
{
	char name[PROC_SIGNAL_NAME];

	if (exitcode < 0)
		snprintf(buf, size, "killed by %s", proc_signal_name(-exitcode, name));
	else
		snprintf(buf, size, "exited with status %d", exitcode);
	return buf;
}
