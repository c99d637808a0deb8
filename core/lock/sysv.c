/*
 * sysv.c - a System V semaphore of one: each operation is a system call.
 *
 * It goes with destroy(), or is swept up by a later run (core/sysv.h). Its steps are
 * not undone (SEM_UNDO): as with the others, the lock of a holder that was killed stays
 * taken.
 */
#include "core/clock.h"
#include "core/lock.h"
#include "core/lock_told.h"
#include "core/sysv.h"

#include <sys/sem.h>

struct sysv_lock {
	int id;
};

static int
sysv_init(void *state, bool shared)
{
	struct sysv_lock *l = state;

	(void)shared;
	l->id = sysv_sem_open();
	return l->id < 0 ? l->id : 0;
}

/* One step of the semaphore; EINTR is none. */
static int
sysv_step(void *state, short step, short flags, uint64_t deadline_ns)
{
	const struct sysv_lock *l = state;
	struct sembuf op = { .sem_op = step, .sem_flg = flags };
	int rc;

	if (step > 0)
		LOCK_TOLD_RELEASE(state);
	do {
		if (deadline_ns == UINT64_MAX) {
			rc = semop(l->id, &op, 1);
		} else {
			const uint64_t now_ns = clock_ns();
			struct timespec left = lock_monotonic(
				deadline_ns > now_ns ? deadline_ns - now_ns : 0);

			rc = semtimedop(l->id, &op, 1, &left);
		}
	} while (rc != 0 && errno == EINTR);
	if (rc != 0)
		return -errno;
	if (step < 0)
		LOCK_TOLD_ACQUIRE(state);
	return 0;
}

static int
sysv_acquire(void *state, void *node)
{
	(void)node;
	return sysv_step(state, -1, 0, UINT64_MAX);
}

static int
sysv_try(void *state, void *node)
{
	const int rc = sysv_step(state, -1, IPC_NOWAIT, UINT64_MAX);

	(void)node;
	return rc == -EAGAIN ? -EBUSY : rc;
}

static int
sysv_until(void *state, void *node, uint64_t deadline_ns)
{
	const int rc = sysv_step(state, -1, 0, deadline_ns);

	(void)node;
	return rc == -EAGAIN ? -ETIMEDOUT : rc;
}

static int
sysv_release(void *state, void *node)
{
	(void)node;
	return sysv_step(state, 1, 0, UINT64_MAX);
}

static void
sysv_destroy(void *state)
{
	struct sysv_lock *l = state;

	sysv_sem_close(l->id);
}

LOCK_DEFINE(sysv, LOCK_EXCLUDES | LOCK_PARKS | LOCK_SHARED | LOCK_OUTLIVES,
	    .kind.summary = "System V semaphore: each operation is a system call",
	    .origin = "AT&T UNIX System V, 1983; SVID", .acquire_until = sysv_until,
	    .destroy = sysv_destroy);
