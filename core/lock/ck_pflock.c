/*
 * ck_pflock.c - Concurrency Kit's phase-fair reader-writer lock.
 */
#include "core/lock_ck.h"

#if LOCK_CK
#include <ck_pflock.h>

/* Whether nobody is within, or with `reader`, no writer. */
static bool
pf_free(ck_pflock_t *l, bool reader)
{
	const uint32_t in = ck_pr_load_32(&l->rin);

	if (reader)
		return (in & CK_PFLOCK_WBITS) == 0;
	return in == ck_pr_load_32(&l->rout) &&
	       ck_pr_load_32(&l->win) == ck_pr_load_32(&l->wout);
}

static int
kit_pflock_init(void *state, bool shared)
{
	(void)shared;
	ck_pflock_init(state);
	return 0;
}

static int
kit_pflock_acquire(void *state, void *node)
{
	(void)node;
	ck_pflock_write_lock(state);
	return lock_ck_got(state);
}

static int
kit_pflock_try(void *state, void *node)
{
	(void)node;
	return pf_free(state, false) ? kit_pflock_acquire(state, node) : -EBUSY;
}

static int
kit_pflock_release(void *state, void *node)
{
	(void)node;
	LOCK_TOLD_RELEASE(state);
	ck_pflock_write_unlock(state);
	return 0;
}

static int
kit_pflock_acquire_shared(void *state, void *node)
{
	(void)node;
	ck_pflock_read_lock(state);
	return lock_ck_got(state);
}

static int
kit_pflock_try_shared(void *state, void *node)
{
	(void)node;
	return pf_free(state, true) ? kit_pflock_acquire_shared(state, node) : -EBUSY;
}

static int
kit_pflock_release_shared(void *state, void *node)
{
	(void)node;
	LOCK_TOLD_RELEASE(state);
	ck_pflock_read_unlock(state);
	return 0;
}
#else
LOCK_CK_MISSING_RW(kit_pflock)
#endif

LOCK_DEFINE_RW_AS(ck_pflock, kit_pflock, LOCK_EXCLUDES | LOCK_STUBBORN | LOCK_SHARED,
		  .kind.summary = "Concurrency Kit's phase-fair reader-writer lock",
		  .kind.available = lock_ck_available,
		  .origin = "S. Al Bahra, Concurrency Kit, 2010; see phasefair");
