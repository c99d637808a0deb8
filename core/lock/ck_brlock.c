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

/* The contender as the lock knows it: from its first read on. */
static ck_brlock_reader_t *
reader_of(void *state, void *node)
{
	struct ck_brlock_node *me = node;

	if (!me->registered) {
		ck_brlock_read_register(state, &me->reader);
		me->registered = true;
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
	ck_brlock_write_lock(state);
	return lock_ck_got(state);
}

static int
kit_brlock_try(void *state, void *node)
{
	(void)node;
	return ck_brlock_write_trylock(state, 1) ? lock_ck_got(state) : -EBUSY;
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

LOCK_DEFINE_RW_AS(ck_brlock, kit_brlock, LOCK_EXCLUDES | LOCK_SHARED | LOCK_KEEPS_NODES,
		  .kind.summary = "Concurrency Kit's big-reader lock",
		  .kind.available = lock_ck_available,
		  .origin = "S. Al Bahra, Concurrency Kit, 2010; see bigreader",
		  .node_bytes = LOCK_NODE_BYTES);
