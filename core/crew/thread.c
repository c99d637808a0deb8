/*
 * thread.c - workers as threads of the owner's process.
 *
 * Edge E: thread_main() stores ended = 1 after the body -> crew_reap() in
 * core/crew.c and thread_reap() below see it.
 */
#include "core/crew.h"

#include "core/proc.h"
#include "core/trace.h"

#include <errno.h>
#include <unistd.h>

static void *
thread_main(void *arg)
{
	struct crew_worker *w = arg;
	struct crew *c = w->crew;
	const uint64_t one = 1;
	ssize_t n;

	crew_enter(c, w->number);
	w->exit = c->body(c, w->number, c->arg);
	trace_bind(NULL, 0);
	atom_store_rel(&c->block[w->number].ended, 1); /* E */
	/* It cannot be full: each thread adds one, and the owner empties it. */
	n = write(c->event_fd, &one, sizeof(one));
	(void)n;
	return NULL;
}

static int
thread_start(struct crew_worker *w, struct err *e)
{
	sigset_t before;
	int rc;

	proc_block_signals(&before); /* signals are the main thread's business */
	rc = pthread_create(&w->thread, NULL, thread_main, w);
	proc_restore_signals(&before);
	if (rc != 0)
		return proc_refused(e, rc, "thread of worker %d of %d", w->number + 1,
				    w->crew->n);
	w->pid = w->crew->owner;
	return 0;
}

static bool
thread_reap(struct crew_worker *w, bool wait)
{
	if (!wait && !atom_load_acq(&w->crew->block[w->number].ended)) /* E */
		return false;
	pthread_join(w->thread, NULL);
	return true;
}

static int
thread_signal(struct crew_worker *w, int sig)
{
	(void)w;
	(void)sig;
	return -ENOTSUP; /* a signal that kills, kills the whole process */
}

const struct crew_kind crew_kind_thread = {
	.kind = { .name = "thread", .summary = "POSIX threads of this process" },
	.traits = CREW_SHARES_MEMORY,
	.noun = "thread",
	.nouns = "threads",
	.call = "pthread_create",
	.start = thread_start,
	.reap = thread_reap,
	.signal = thread_signal,
};
