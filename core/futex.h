/*
 * futex.h - sleeping on a word of shared memory, with a deadline.
 *
 * Not FUTEX_PRIVATE: the words lie in mappings that processes share. Source:
 * futex(2); U. Drepper, "Futexes Are Tricky", 2011.
 */
#ifndef CORE_FUTEX_H
#define CORE_FUTEX_H

#include "core/atom.h"

#define FUTEX_FOREVER UINT64_MAX

/*
 * Sleeps while *word == expected, until somebody wakes it, or until deadline_ns of
 * clock_ns() (FUTEX_FOREVER: no deadline). Returns 0 when woken or when *word was
 * different already, -ETIMEDOUT past the deadline, -EINTR after a signal handler.
 * A return of 0 proves nothing: look at the word again. Any thread or process.
 */
int futex_wait(atom_u32 *word, uint32_t expected, uint64_t deadline_ns);

/* Wakes at most n sleepers on word (INT_MAX: all). Returns how many. */
int futex_wake(atom_u32 *word, int n);

#ifdef CONCBENCH_VERIFY
#define futex_wait(word, expected, deadline_ns)                                        \
	verify_futex_wait(VERIFY_SITE("futex_wait", word), word, expected, deadline_ns)
#define futex_wake(word, n) verify_futex_wake(VERIFY_SITE("futex_wake", word), word, n)
#endif

#endif
