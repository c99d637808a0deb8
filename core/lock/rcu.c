/*
 * rcu.c - readers read a version that stays as it is while they do; writers, one at a
 * time, publish a new one. By liburcu, the flavour that registers threads by itself.
 *
 * There are two versions. Before a writer writes over the old one it waits for a grace
 * period: until all readers that may see it have left. So a write takes long, and a
 * read next to nothing.
 *
 * Edge V: rcu_word_store() stores current -> a reader sees that version written.
 *
 * Source: P. McKenney, J. Slingwine, "Read-copy update", 1998; M. Desnoyers and others,
 * "User-level implementations of read-copy update", 2012.
 */
#include "core/lock.h"

#ifdef CONCBENCH_URCU

#include "core/lock_told.h"

#include <pthread.h>
#include <urcu-bp.h>

struct rcu_lock {
	CACHE_ALIGNED struct lock_words *_Atomic current;
	CACHE_ALIGNED struct lock_words version[2];
	CACHE_ALIGNED pthread_mutex_t writers;
};

_Static_assert(sizeof(struct rcu_lock) <= LOCK_STATE_BYTES, "it fits");

static int
rcu_word_init(void *state, bool shared)
{
	struct rcu_lock *l = state;

	if (shared)
		return -ENOTSUP; /* its readers are threads of this process */
	l->version[0] = l->version[1] = (struct lock_words){ 0, 0 };
	atom_store_rlx(&l->current, &l->version[0]);
	return -pthread_mutex_init(&l->writers, NULL);
}

static int
rcu_word_acquire(void *state, void *node)
{
	struct rcu_lock *l = state;

	(void)node;
	return -pthread_mutex_lock(&l->writers);
}

static int
rcu_word_try(void *state, void *node)
{
	struct rcu_lock *l = state;

	(void)node;
	return -pthread_mutex_trylock(&l->writers);
}

static int
rcu_word_release(void *state, void *node)
{
	struct rcu_lock *l = state;

	(void)node;
	return -pthread_mutex_unlock(&l->writers);
}

static int
rcu_word_acquire_shared(void *state, void *node)
{
	(void)state;
	(void)node;
	rcu_read_lock();
	return 0;
}

static int
rcu_word_try_shared(void *state, void *node)
{
	return rcu_word_acquire_shared(state, node);
}

static int
rcu_word_release_shared(void *state, void *node)
{
	(void)node;
	/* Not at `current`: each store there begins a new history. */
	LOCK_TOLD_RELEASE(&((struct rcu_lock *)state)->version);
	rcu_read_unlock();
	return 0;
}

static struct lock_words
rcu_word_load(const void *state, const void *node)
{
	const struct rcu_lock *l = state;

	(void)node;
	return *atom_load_acq(&l->current); /* V */
}

static void
rcu_word_store(void *state, void *node, struct lock_words words)
{
	struct rcu_lock *l = state;
	struct lock_words *old = atom_load_rlx(&l->current),
			  *new = old == &l->version[0] ? &l->version[1]
						       : &l->version[0];

	(void)node;
	synchronize_rcu(); /* nobody reads `new` any more */
	LOCK_TOLD_ACQUIRE(&l->version);
	*new = words;
	atom_store_rel(&l->current, new); /* V */
}

static void
rcu_word_destroy(void *state)
{
	struct rcu_lock *l = state;

	pthread_mutex_destroy(&l->writers);
}

#define rcu_available NULL

#else

#include <stdio.h>

static bool
rcu_available(char *why, size_t size)
{
	snprintf(why, size, "needs liburcu-dev");
	return false;
}

static int
rcu_word_init(void *state, bool shared)
{
	(void)state;
	(void)shared;
	return -ENOSYS;
}

static int
rcu_word_acquire(void *state, void *node)
{
	(void)state;
	(void)node;
	return -ENOSYS;
}

#define rcu_word_try rcu_word_acquire
#define rcu_word_release rcu_word_acquire
#define rcu_word_acquire_shared rcu_word_acquire
#define rcu_word_try_shared rcu_word_acquire
#define rcu_word_release_shared rcu_word_acquire
#define rcu_word_load NULL
#define rcu_word_store NULL
#define rcu_word_destroy NULL

#endif

LOCK_DEFINE_RW_AS(rcu, rcu_word, LOCK_EXCLUDES | LOCK_PARKS | LOCK_OPTIMISTIC,
		  .kind.summary = "readers see a version that stays; by liburcu",
		  .kind.available = rcu_available,
		  .origin = "P. McKenney and J. Slingwine, 1998; M. Desnoyers, 2012",
		  .load = rcu_word_load, .store = rcu_word_store,
		  .destroy = rcu_word_destroy);
