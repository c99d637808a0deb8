/*
 * coro.c - workers as coroutines of the owner's thread.
 *
 * They run while the owner waits (crew_step()); a worker without work, or whose task
 * sleeps, hands over to the others. Nothing runs side by side: a task that computes
 * has the thread for itself. They are not pinned, for the thread is the owner's.
 * A thread may own several crews: each has a hub of its own, which is the thread's
 * only while that crew is at work.
 */
#include "core/crew.h"

#include "core/hub.h"
#include "core/trace.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STACK_BYTES ((size_t)256 << 10) /* tasks are written for whole threads */

struct coro_crew {
	struct hub hub;
	struct waiters idle;
	struct task *task[]; /* by worker */
};

enum { EXIT_OVERFLOWED = 3 };

/* As a thread does at its end. */
static void
tell_end(struct crew_worker *w, int exit_status)
{
	const uint64_t one = 1;
	ssize_t n;

	w->exit = exit_status;
	atom_store_rlx(&w->crew->block[w->number].ended, 1);
	n = write(w->crew->event_fd, &one, sizeof(one));
	(void)n;
}

static intptr_t
coro_main(void *arg)
{
	struct crew_worker *w = arg;
	struct crew *c = w->crew;

	atom_store_rlx(&c->block[w->number].tid, gettid());
	tell_end(w, c->body(c, w->number, c->arg));
	return 0;
}

/* With the first worker, the hub. */
static int
open_hub(struct crew *c, struct err *e)
{
	const struct hub_config config = { .coro = { .stack_bytes = STACK_BYTES,
						     .trace = c->trace } };
	struct coro_crew *own =
		calloc(1, sizeof(*own) + (size_t)c->n * sizeof(own->task[0]));
	struct hub *before;
	int rc;

	if (own == NULL) {
		err_set(e, ENOMEM, "no memory for %d coroutines", c->n);
		return -ENOMEM;
	}
	before = hub_swap(NULL);
	rc = hub_init(&own->hub, &config, e);
	hub_swap(before);
	if (rc != 0) {
		free(own);
		return rc;
	}
	c->own = own;
	return 0;
}

static int
coro_start_worker(struct crew_worker *w, struct err *e)
{
	struct crew *c = w->crew;
	int rc = c->own == NULL ? open_hub(c, e) : 0;
	struct coro_crew *own = c->own;
	struct hub *before;

	if (rc != 0)
		return rc;
	before = hub_swap(&own->hub);
	own->task[w->number] = hub_spawn(&own->hub, NULL, coro_main, w, e);
	hub_swap(before);
	if (own->task[w->number] == NULL)
		return -ENOMEM;
	hub_set_role(own->task[w->number], c->role0 + w->number);
	if (c->trace != NULL)
		trace_mark_coroutine(c->trace, c->role0 + w->number);
	w->pid = c->owner;
	return 0;
}

/* A worker that looks for work is told to look again; so is who shall give up. */
static void
rouse(struct crew *c, struct coro_crew *own)
{
	hub_wake_all(&own->idle);
	for (int i = 0; i < c->n; i++)
		if (own->task[i] != NULL && own->task[i]->timer != 0 &&
		    atom_load_rlx(&c->block[i].cancel) != 0)
			hub_wake(own->task[i], 0);
}

static uint64_t
coro_step(struct crew *c)
{
	struct coro_crew *own = c->own;
	uint64_t next_ns = UINT64_MAX;
	struct hub *before;
	struct err e;
	int rc;

	if (own == NULL || own->hub.ntasks == 0)
		return UINT64_MAX;
	before = hub_swap(&own->hub);
	rouse(c, own);
	rc = hub_step(&own->hub, &next_ns, &e);
	hub_swap(before);
	if (rc == 0)
		return next_ns;
	/* A stack overflowed: that worker has died. */
	for (int i = 0; i < c->n; i++)
		if (own->task[i] != NULL && own->task[i]->done &&
		    !atom_load_rlx(&c->block[i].ended))
			tell_end(&c->worker[i], EXIT_OVERFLOWED);
	return 0;
}

static void
coro_idle(struct crew *c)
{
	struct coro_crew *own = c->own;

	hub_wait_in(&own->idle, "work", NULL, UINT64_MAX);
}

static bool
coro_reap(struct crew_worker *w, bool wait)
{
	struct coro_crew *own = w->crew->own;
	struct task *t = own->task[w->number];
	struct hub *before;

	while (wait && !t->done)
		coro_step(w->crew);
	if (!t->done)
		return false;
	own->task[w->number] = NULL;
	before = hub_swap(&own->hub);
	hub_release(t);
	hub_swap(before);
	return true;
}

static int
coro_signal(struct crew_worker *w, int sig)
{
	(void)w;
	(void)sig;
	return -ENOTSUP; /* it is a part of this thread */
}

static void
coro_fini(struct crew *c)
{
	struct coro_crew *own = c->own;
	struct hub *before;

	if (own == NULL)
		return;
	before = hub_swap(&own->hub);
	hub_fini(&own->hub);
	hub_swap(before);
	free(own);
	c->own = NULL;
}

const struct crew_kind crew_kind_coro = {
	.kind = { .name = "coro",
		  .summary =
			  "coroutines of this thread: none runs while another does" },
	.traits = CREW_SHARES_MEMORY,
	.noun = "coroutine",
	.nouns = "coroutines",
	.call = "coroutine",
	.start = coro_start_worker,
	.reap = coro_reap,
	.signal = coro_signal,
	.step = coro_step,
	.idle = coro_idle,
	.fini = coro_fini,
};
