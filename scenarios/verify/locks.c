/*
 * locks.c - tasks that take one lock by turns: are two ever inside, does all end? And
 * one that writes two words while the others read them together.
 *
 * The section is three steps long; what one writes in it is read by the next, so
 * that a lost update is seen as well as a visitor.
 */
#include "scenarios/verify/programs.h"

#include <errno.h>
#include <string.h>

struct node {
	CACHE_ALIGNED unsigned char room[LOCK_NODE_BYTES];
};

enum { WAY_ACQUIRE, WAY_TRY, WAY_READERS };

struct lock_world {
	CACHE_ALIGNED unsigned char lock[LOCK_STATE_BYTES];
	struct node node[VERIFY_TASKS_MAX];
	int inside; /* who; task + 1 */
	int updates;
	int first, second; /* written together */
};

static int
setup(void *state, const void *arg, struct err *e)
{
	struct lock_world *w = state;
	const struct verify_load *l = arg;
	const struct lock_kind *k = l->kind;
	int rc = k->init(w->lock, false);

	return rc == 0 ? 0 : err_set(e, -rc, "cannot make a lock");
}

/* Takes it; all but the first by asking again and again where that is the way. */
static int
take(const struct verify_load *l, struct lock_world *w, int number)
{
	const struct lock_kind *k = l->kind;
	int rc;

	if (l->way != WAY_TRY || number == 0)
		return k->acquire(w->lock, w->node[number].room);
	while ((rc = k->try_acquire(w->lock, w->node[number].room)) == -EBUSY)
		verify_pause();
	return rc;
}

static void
section(struct lock_world *w, int number)
{
	const int other = w->inside;
	int seen;

	if (other != 0)
		verify_fail("no mutual exclusion: t%d is inside when t%d comes in",
			    other, number + 1);
	w->inside = number + 1;
	seen = w->updates;
	w->first = seen + 1;
	VERIFY_POINT("inside");
	w->second = seen + 1;
	w->updates = seen + 1;
	if (w->inside != number + 1)
		verify_fail("no mutual exclusion: t%d has come to t%d", w->inside,
			    number + 1);
	w->inside = 0;
}

/* Until a read is valid: the words agree, and no writer is there, unless that is told
 * at the release. */
static void
read_words(struct lock_world *w, const struct lock_kind *k, int number)
{
	const bool alone = !(k->traits & LOCK_OPTIMISTIC);
	void *node = w->node[number].room;
	int first, second, rc;

	do {
		rc = k->acquire_shared(w->lock, node);
		if (rc != 0)
			verify_fail("t%d: acquire_shared says %s", number + 1,
				    strerror(-rc));
		if (alone && w->inside != 0)
			verify_fail("t%d reads while t%d writes", number + 1,
				    w->inside);
		first = w->first;
		VERIFY_POINT("reads");
		second = w->second;
		rc = k->release_shared(w->lock, node);
	} while (rc == -EAGAIN);
	if (rc != 0)
		verify_fail("t%d: release_shared says %s", number + 1, strerror(-rc));
	if (first != second)
		verify_fail("t%d read %d and %d, which were never there together",
			    number + 1, first, second);
}

static void
task(void *state, const void *arg, int number)
{
	struct lock_world *w = state;
	const struct verify_load *l = arg;
	const struct lock_kind *k = l->kind;
	int rc;

	for (int i = 0; i < l->rounds; i++) {
		if (l->way == WAY_READERS && number > 0) {
			read_words(w, k, number);
			continue;
		}
		rc = take(l, w, number);
		if (rc != 0)
			verify_fail("t%d: acquire says %s", number + 1, strerror(-rc));
		section(w, number);
		rc = k->release(w->lock, w->node[number].room);
		if (rc != 0)
			verify_fail("t%d: release says %s", number + 1, strerror(-rc));
	}
}

static void
finish(void *state, const void *arg)
{
	struct lock_world *w = state;
	const struct verify_load *l = arg;
	const int writers = l->way == WAY_READERS ? 1 : l->tasks;

	if (w->updates != writers * l->rounds)
		verify_fail("%d of %d updates are there", w->updates,
			    writers * l->rounds);
}

static void
clear(void *state, const void *arg)
{
	struct lock_world *w = state;
	const struct lock_kind *k = ((const struct verify_load *)arg)->kind;

	if (k->destroy != NULL)
		k->destroy(w->lock);
}

static struct verify_program
program(const struct verify_load *l)
{
	return (struct verify_program){ .tasks = l->tasks,
					.state_bytes = sizeof(struct lock_world),
					.arg = l,
					.setup = setup,
					.task = task,
					.finish = finish,
					.clear = clear };
}

/* A change in one step has no operations of a lock. */
static const char *
refuse(const struct verify_load *l)
{
	const struct lock_kind *k = l->kind;

	return k->add != NULL ? "it is no lock but one step" : NULL;
}

static bool
applies(const struct verify_load *l)
{
	const struct lock_kind *k = l->kind;

	/* Words that the kind keeps itself are versions, read by load(). */
	return l->way != WAY_READERS || (k->acquire_shared != NULL && k->load == NULL);
}

const struct verify_family verify_lock_family = {
	.name = "lock",
	.way = { [WAY_ACQUIRE] = "acquire, release",
		 [WAY_TRY] = "the others by try_acquire",
		 [WAY_READERS] = "one writes, the others read" },
	.refuse = refuse,
	.applies = applies,
	.program = program,
};
