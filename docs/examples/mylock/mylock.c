/*
 * mylock.c - a lock of one's own for concbench: test and set, with a back-off.
 *
 *	make
 *	concbench lock -k ./mylock.so
 *	concbench lock -b -k ./mylock.so,spin,mutex -n 1,2,4
 */
#include <concbench_lock.h>
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>

struct mylock {
	atomic_uint held;
};

static int
mylock_init(void *state, bool shared)
{
	struct mylock *l = state;

	(void)shared; /* the same for processes: there is nothing but this word */
	atomic_init(&l->held, 0);
	return 0;
}

static int
mylock_try(void *state, void *node)
{
	struct mylock *l = state;

	(void)node;
	/* Looks before it writes, so that waiters do not take the line from the
	 * holder. */
	if (atomic_load_explicit(&l->held, memory_order_relaxed) == 0 &&
	    atomic_exchange_explicit(&l->held, 1, memory_order_acquire) == 0)
		return 0;
	return -EBUSY;
}

static int
mylock_acquire(void *state, void *node)
{
	unsigned pauses = 1, i;

	while (mylock_try(state, node) != 0) {
		for (i = 0; i < pauses; i++)
#if defined(__x86_64__) || defined(__i386__)
			__builtin_ia32_pause();
#else
			__asm__ __volatile__("" ::: "memory");
#endif
		/* With more threads than CPUs the holder may be waiting for ours. */
		if (pauses < 256)
			pauses *= 2;
		else
			sched_yield();
	}
	return 0;
}

static int
mylock_release(void *state, void *node)
{
	struct mylock *l = state;

	(void)node;
	atomic_store_explicit(&l->held, 0, memory_order_release);
	return 0;
}

CONCBENCH_LOCK_DEFINE("mylock", "test and set, each waiter backs off",
		      "T. Anderson, 1990", CONCBENCH_LOCK_SHARED, sizeof(struct mylock), 0,
		      mylock_init, mylock_acquire, mylock_try, mylock_release, NULL);
