/*
 * futex.c - sleeping on a word of shared memory.
 */
#include "core/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int
futex_wait(atom_u32 *word, uint32_t expected, uint64_t deadline_ns)
{
	struct timespec ts = { .tv_sec = (time_t)(deadline_ns / 1000000000),
			       .tv_nsec = (long)(deadline_ns % 1000000000) };

	/* WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC. */
	if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET, expected,
		    deadline_ns == FUTEX_FOREVER ? NULL : &ts, NULL,
		    FUTEX_BITSET_MATCH_ANY) == 0 ||
	    errno == EAGAIN)
		return 0;
	return -errno;
}

int
futex_wake(atom_u32 *word, int n)
{
	long woken = syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);

	return woken < 0 ? 0 : (int)woken;
}
