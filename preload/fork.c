/*
 * fork.c - a child goes on with the mutexes of its parent.
 *
 * It has one thread; whoever waited in a queue is gone. So each lock is made anew, and
 * taken again where it was held: by us, who will release it, or by a thread that is no
 * more, as it would be with the C library's. Its books are new ones.
 */
#include "preload/under.h"

static void
renew(struct record *r)
{
	r->slot = NULL;
	r->unlisted = false;
	record_renew(r);
	if (!r->held)
		return;
	r->node = under.has_nodes ? node_take(r) : NULL;
	if (under.kind->try_acquire(r->state, r->node) != 0)
		r->held = false;
}

static void
in_parent(void)
{
	record_after_fork(NULL);
}

static void
in_child(void)
{
	node_after_fork();
	record_after_fork(renew);
}

__attribute__((constructor)) static void
watch_forks(void)
{
	if (under_ready())
		pthread_atfork(record_before_fork, in_parent, in_child);
}
