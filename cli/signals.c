/*
 * signals.c - what stops a run from outside.
 */
#include "cli/signals.h"

#include "cli/output.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

static const int stops[] = { SIGINT, SIGTERM, SIGHUP, SIGALRM };
#define NSTOPS (sizeof(stops) / sizeof(stops[0]))

static struct stop *volatile caught;
static volatile pid_t owner;
static struct sigaction former[NSTOPS];

static void
on_signal(int sig)
{
	if (caught == NULL || getpid() != owner)
		return;
	if (sig == SIGALRM) {
		stop_request(caught, STOP_TIMEOUT);
	} else if (sig == SIGINT && stop_reason(caught) != STOP_NONE) {
		output_abandon_all();
		signal(SIGINT, SIG_DFL);
		raise(SIGINT); /* arrives when this handler returns */
	} else {
		stop_request(caught, sig);
	}
}

void
signals_init(void)
{
	sigset_t set;

	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < NSTOPS; i++)
		sigaddset(&set, stops[i]);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void
set_timer(uint64_t ns)
{
	struct itimerval t = {
		.it_value = { .tv_sec = (time_t)(ns / 1000000000),
			      .tv_usec = (suseconds_t)(ns % 1000000000 / 1000) },
		/* Comes again: the first may hit where nobody looks at the stop yet. */
		.it_interval = { .tv_sec = 1 },
	};

	if (ns > 0 && t.it_value.tv_sec == 0 && t.it_value.tv_usec == 0)
		t.it_value.tv_usec = 1;
	if (ns == 0)
		t.it_interval.tv_sec = 0;
	setitimer(ITIMER_REAL, &t, NULL);
}

void
signals_catch(struct stop *s, uint64_t timeout_ns)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	owner = getpid();
	caught = s;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < NSTOPS; i++) {
		sigaction(stops[i], NULL, &former[i]);
		if (stops[i] == SIGALRM || former[i].sa_handler != SIG_IGN)
			sigaction(stops[i], &sa, NULL);
	}
	if (timeout_ns > 0)
		set_timer(timeout_ns);
}

void
signals_release(void)
{
	set_timer(0);
	for (size_t i = 0; i < NSTOPS; i++)
		sigaction(stops[i], &former[i], NULL);
	caught = NULL;
}

void
signals_die(int sig)
{
	sigset_t set;

	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
	_exit(128 + sig); /* a signal that does not kill */
}
