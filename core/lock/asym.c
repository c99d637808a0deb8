/*
 * asym.c - a mutex for throughput: the release is a plain store, and who sleeps pays.
 *
 * A holder that leaves stores 0 and then looks whether somebody sleeps. Between a store
 * and a later load of another word a processor keeps no order, so others release by a
 * locked instruction. Here it is who goes to sleep that makes the order, for both: it
 * stores parked = 1 and has membarrier(2) put a fence into every running thread of the
 * process. A holder that had not seen parked = 1 by then has made its store of 0
 * visible, and the next try of the sleeper finds it. Between processes, and where the
 * kernel lacks the call, both sides are sequentially consistent instead.
 *
 * Of those who wait one is awake, the spinner: it keeps away from the lock, longer
 * after each try that failed, then gives way some times, and then sleeps, too. While
 * there is one, a release wakes nobody. Newcomers may take the lock before it: that is
 * what the throughput comes from. parked is cleared by who wakes a sleeper; one that
 * has slept sets it again, for there may be others. Processes do without a spinner: one
 * that was killed would be waited for.
 *
 * tests/models/asym.pml has this with store buffers.
 *
 * Edge A: asym_release() stores held = 0 -> the compare-and-swap that makes it 1 sees
 * it, hence sees what the holder before wrote.
 * Edge P: asym_sleep() stores parked = 1, then reads held -> core/lock/asym.c, release:
 * stores held = 0, then reads parked. One of the two sees the other's store. The same
 * holds of spinner = 0, stored before.
 *
 * Source: D. Dice, H. Huang, M. Yang, "Asymmetric Dekker synchronization", 2001;
 * M. Desnoyers, membarrier(2), 2015; one spinner: the mutexes of Solaris and of Go.
 */
#include "core/futex.h"
#include "core/lock.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

struct asym_lock {
	atom_u32 held;
	atom_u32 parked;  /* 1: somebody may sleep; a futex */
	atom_u32 spinner; /* 1: a waiter is awake and will look again */
	bool symmetric;	  /* the release makes the order itself */
};

enum {
	ASYM_SPINS = 12,     /* tries, each after a longer time away, */
	ASYM_LONGEST = 1024, /* up to so many pauses; */
	ASYM_YIELDS = 10,    /* then tries after giving way */
};

static int
membarrier(int command)
{
	return (int)syscall(__NR_membarrier, command, 0, 0);
}

static int
asym_init(void *state, bool shared)
{
	struct asym_lock *l = state;

	l->symmetric = shared ||
		       membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0 ||
		       membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0;
	atom_store_rlx(&l->parked, 0);
	atom_store_rlx(&l->held, 0);
	return 0;
}

static int
asym_try(void *state, void *node)
{
	struct asym_lock *l = state;
	uint32_t seen = 0;

	(void)node;
	return atom_cas_acq(&l->held, &seen, 1) ? 0 : -EBUSY; /* A */
}

/* Sleeps until the lock may be free. 0; -ETIMEDOUT; -EALREADY: has it. */
static int
asym_sleep(struct asym_lock *l, uint64_t deadline_ns)
{
	uint32_t seen = 0;

	atom_xchg_sc(&l->parked, 1); /* P */
	if (!l->symmetric)
		membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
	if (atom_cas_sc(&l->held, &seen, 1)) /* A P */
		return -EALREADY;
	return futex_wait(&l->parked, 1, deadline_ns) == -ETIMEDOUT ? -ETIMEDOUT : 0;
}

static bool
asym_free(struct asym_lock *l)
{
	return atom_load_rlx(&l->held) == 0 && asym_try(l, NULL) == 0;
}

/* The one waiter that is awake. Whether it got the lock. */
static bool
asym_spin(struct asym_lock *l)
{
	unsigned away = 16;

	for (int i = 0; i < ASYM_SPINS; i++) {
		for (unsigned p = 0; p < away; p++)
			atom_pause();
		if (asym_free(l))
			return true;
		away = away < ASYM_LONGEST ? 2 * away : away;
	}
	for (int i = 0; i < ASYM_YIELDS; i++) {
		sched_yield();
		if (asym_free(l))
			return true;
	}
	return false;
}

/* Apart, so that the fast path alone is inlined. */
__attribute__((noinline)) static int
asym_wait(struct asym_lock *l, uint64_t deadline_ns)
{
	bool slept = false, got;
	int rc = 0;

	for (;;) {
		uint32_t nobody = 0;

		/* A role, under which nothing is shared: no order. What edge P needs of
		 * it is made by asym_sleep(). */
		if (l->symmetric) {
			got = asym_spin(l);
		} else if ((got = atom_cas_rlx(&l->spinner, &nobody, 1))) {
			got = asym_spin(l);
			atom_store_rlx(&l->spinner, 0);
		}
		if (got)
			break;
		rc = asym_sleep(l, deadline_ns);
		if (rc != 0)
			break;
		slept = true;
	}
	if (rc == -EALREADY)
		rc = 0;
	if (slept && rc == 0)
		atom_store_rlx(&l->parked, 1); /* another may sleep: ours to wake */
	return rc;
}

static int
asym_acquire(void *state, void *node)
{
	return asym_try(state, node) == 0 ? 0 : asym_wait(state, FUTEX_FOREVER);
}

static int
asym_until(void *state, void *node, uint64_t deadline_ns)
{
	return asym_try(state, node) == 0 ? 0 : asym_wait(state, deadline_ns);
}

__attribute__((noinline)) static int
asym_wake(struct asym_lock *l)
{
	if (atom_load_rlx(&l->spinner) == 0) {
		atom_store_rlx(&l->parked, 0);
		futex_wake(&l->parked, 1);
	}
	return 0;
}

static int
asym_release(void *state, void *node)
{
	struct asym_lock *l = state;

	(void)node;
	if (l->symmetric) {
		atom_xchg_sc(&l->held, 0);	       /* A P */
		return atom_load_sc(&l->parked) == 0 ? /* P */
			       0
						     : asym_wake(l);
	}
	atom_store_rel(&l->held, 0); /* A */
	atom_compiler_barrier();     /* the processor's is in asym_sleep() */
	return atom_load_rlx(&l->parked) == 0 ? 0 : asym_wake(l);
}

LOCK_DEFINE(asym, LOCK_EXCLUDES | LOCK_PARKS | LOCK_SHARED,
	    .kind.summary = "releases by a plain store; waiters back off, then sleep",
	    .origin = "Dice, Huang and Yang, asymmetric Dekker, 2001",
	    .acquire_until = asym_until);
