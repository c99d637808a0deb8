/*
 * mtx.c - mtx_t of C11. It has no attribute for processes, and its timeout is by the
 * wall clock. ThreadSanitizer does not know mtx_lock().
 */
#include "core/lock.h"
#include "core/lock_told.h"

#include <threads.h>

_Static_assert(sizeof(mtx_t) <= LOCK_STATE_BYTES, "an mtx_t fits");

/* thrd_busy and thrd_timedout as errno. */
static int
as_errno(int result)
{
	switch (result) {
	case thrd_success:
		return 0;
	case thrd_busy:
		return -EBUSY;
	case thrd_timedout:
		return -ETIMEDOUT;
	case thrd_nomem:
		return -ENOMEM;
	default:
		return -EINVAL;
	}
}

static int
mtx_c11_init(void *state, bool shared)
{
	return shared ? -ENOTSUP : as_errno(mtx_init(state, mtx_timed));
}

/* What an acquire returns. */
static int
taken(void *state, int result)
{
	if (result == thrd_success)
		LOCK_TOLD_ACQUIRE(state);
	return as_errno(result);
}

static int
mtx_c11_acquire(void *state, void *node)
{
	(void)node;
	return taken(state, mtx_lock(state));
}

static int
mtx_c11_try(void *state, void *node)
{
	(void)node;
	return taken(state, mtx_trylock(state));
}

static int
mtx_c11_until(void *state, void *node, uint64_t deadline_ns)
{
	struct timespec ts = lock_realtime(deadline_ns);

	(void)node;
	return taken(state, mtx_timedlock(state, &ts));
}

static int
mtx_c11_release(void *state, void *node)
{
	(void)node;
	LOCK_TOLD_RELEASE(state);
	return as_errno(mtx_unlock(state));
}

static void
mtx_c11_destroy(void *state)
{
	mtx_destroy(state);
}

/* The C library has the names mtx_init, mtx_destroy already. */
LOCK_DEFINE_AS(mtx, mtx_c11, LOCK_EXCLUDES | LOCK_PARKS,
	       .kind.summary = "mtx_t of C11; not between processes",
	       .origin = "ISO C11, 7.26.4", .acquire_until = mtx_c11_until,
	       .destroy = mtx_c11_destroy);
