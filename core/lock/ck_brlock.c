/*
 * ck_brlock.c - Concurrency Kit's big-reader lock.
 */
#include "core/lock_ck.h"

#if LOCK_CK
#include <ck_brlock.h>

struct ck_brlock_node {
	ck_brlock_reader_t reader;
	bool registered;
};

_Static_assert(sizeof(struct ck_brlock_node) <= LOCK_NODE_BYTES, "a node fits");

/*
 * The contender as the lock knows it: from its first read on. The library's own call
 * would wait for all readers to leave. That is not needed to put one more in front of
 * the list: a writer that has passed it already is seen by that reader.
 */
static ck_brlock_reader_t *
reader_of(void *state, void *node)
{
	struct ck_brlock_node *me = node;
	ck_brlock_t *l = state;

	if (!me->registered) {
		me->registered = true;
		do
			me->reader.next = ck_pr_load_ptr(&l->readers);
		while (!ck_pr_cas_ptr(&l->readers, me->reader.next, &me->reader));
	}
	return &me->reader;
}

static int
kit_brlock_init(void *state, bool shared)
{
	(void)shared;
	ck_brlock_init(state);
	return 0;
}

static int
kit_brlock_acquire(void *state, void *node)
{
	(void)node;
	LOCK_TOLD_BLIND(ck_brlock_write_lock(state));
	return lock_ck_got(state);
}

static int
kit_brlock_try(void *state, void *node)
{
	bool got;

	(void)node;
	LOCK_TOLD_BLIND(got = ck_brlock_write_trylock(state, 1));
	return got ? lock_ck_got(state) : -EBUSY;
}

static int
kit_brlock_release(void *state, void *node)
{
	(void)node;
	LOCK_TOLD_RELEASE(state);
	ck_brlock_write_unlock(state);
	return 0;
}

static int
kit_brlock_acquire_shared(void *state, void *node)
{
	ck_brlock_read_lock(state, reader_of(state, node));
	return lock_ck_got(state);
}

static int
kit_brlock_try_shared(void *state, void *node)
{
	return ck_brlock_read_trylock(state, reader_of(state, node), 1)
		       ? lock_ck_got(state)
		       : -EBUSY;
}

static int
kit_brlock_release_shared(void *state, void *node)
{
	LOCK_TOLD_RELEASE(state);
	ck_brlock_read_unlock(reader_of(state, node));
	return 0;
}
#else
LOCK_CK_MISSING_RW(kit_brlock)
#endif

LOCK_DEFINE_RW_AS(ck_brlock, kit_brlock,
		  LOCK_EXCLUDES | LOCK_STUBBORN | LOCK_SHARED | LOCK_KEEPS_NODES,
		  .kind.summary = "Concurrency Kit's big-reader lock",
		  .kind.available = lock_ck_available,
		  .origin = "S. Al Bahra, Concurrency Kit, 2010; see bigreader",
		  .node_bytes = LOCK_NODE_BYTES);
