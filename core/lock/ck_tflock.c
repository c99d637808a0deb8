/*
 * ck_tflock.c - Concurrency Kit's task-fair reader-writer lock.
 */
#include "core/lock_ck.h"

#if LOCK_CK
#include <ck_tflock.h>

/* Whether nobody is within or waits; with `reader`, no writer. */
static bool
tf_free(ck_tflock_ticket_t *l, bool reader)
{
	const uint32_t differs =
		ck_pr_load_32(&l->request) ^ ck_pr_load_32(&l->completion);

	return (reader ? differs & CK_TFLOCK_TICKET_W_MASK : differs) == 0;
}

static int
kit_tflock_init(void *state, bool shared)
{
	(void)shared;
	ck_tflock_ticket_init(state);
	return 0;
}

static int
kit_tflock_acquire(void *state, void *node)
{
	(void)node;
	ck_tflock_ticket_write_lock(state);
	return lock_ck_got(state);
}

static int
kit_tflock_try(void *state, void *node)
{
	(void)node;
	return tf_free(state, false) ? kit_tflock_acquire(state, node) : -EBUSY;
}

static int
kit_tflock_release(void *state, void *node)
{
	(void)node;
	LOCK_TOLD_RELEASE(state);
	ck_tflock_ticket_write_unlock(state);
	return 0;
}

static int
kit_tflock_acquire_shared(void *state, void *node)
{
	(void)node;
	ck_tflock_ticket_read_lock(state);
	return lock_ck_got(state);
}

static int
kit_tflock_try_shared(void *state, void *node)
{
	(void)node;
	return tf_free(state, true) ? kit_tflock_acquire_shared(state, node) : -EBUSY;
}

static int
kit_tflock_release_shared(void *state, void *node)
{
	(void)node;
	LOCK_TOLD_RELEASE(state);
	ck_tflock_ticket_read_unlock(state);
	return 0;
}
#else
LOCK_CK_MISSING_RW(kit_tflock)
#endif

LOCK_DEFINE_RW_AS(
	ck_tflock, kit_tflock, LOCK_EXCLUDES | LOCK_STUBBORN | LOCK_SHARED,
	.kind.summary = "Concurrency Kit's task-fair reader-writer lock",
	.kind.available = lock_ck_available,
	.origin = "S. Al Bahra, Concurrency Kit, 2010; Mellor-Crummey and Scott, 1991");
