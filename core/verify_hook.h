/*
 * verify_hook.h - what an algorithm is compiled with to be explored: each atomic
 * operation, pause, futex call and look at the clock goes through the explorer
 * (core/verify.c). For core/atom.h under CONCBENCH_VERIFY, and for that file.
 */
#ifndef CORE_VERIFY_HOOK_H
#define CORE_VERIFY_HOOK_H

#include "core/clock.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

/* An operation in the source. */
struct verify_site {
	const char *what, *subject; /* "store_rel", "&next->granted" */
	const char *file;
	int line;
};

#define VERIFY_SITE(name, p)                                                           \
	(__extension__({                                                               \
		static const struct verify_site site_ = { name, #p, __FILE__,          \
							  __LINE__ };                  \
		&site_;                                                                \
	}))

/*
 * The running task is about to do this. Returns when it may; the others may have
 * moved meanwhile. Outside of an exploration: at once.
 */
void verify_look(const struct verify_site *site);
void verify_write(const struct verify_site *site);

/* It has just written something that was not there before, or not. Returns did. */
bool verify_wrote(bool did);

/* It can do nothing until another has written; where others could go on, they do. */
void verify_pause(void);

/* futex(2) as the kernel has it, FIFO. A wait with a deadline may end at any time. */
int verify_futex_wait(const struct verify_site *site, _Atomic(uint32_t) *word,
		      uint32_t expected, uint64_t deadline_ns);
int verify_futex_wake(const struct verify_site *site, _Atomic(uint32_t) *word, int n);

/* pthread_mutex_lock(3) by trying, so that the others can go on meanwhile. */
int verify_mutex_lock(pthread_mutex_t *m);

/* Time that passes with the steps, so that a schedule can be repeated. */
uint64_t verify_clock_ns(void);

#ifdef CONCBENCH_VERIFY
#define ATOM_LOOK(name, p, op) (verify_look(VERIFY_SITE(name, p)), (op))
#define ATOM_WRITE(name, p, op) (verify_write(VERIFY_SITE(name, p)), (op))
#define ATOM_XCHG(name, p, v, op)                                                      \
	(__extension__({                                                               \
		verify_look(VERIFY_SITE(name, p));                                     \
		__typeof__(op) old_ = (op);                                            \
		verify_wrote(old_ != (v));                                             \
		old_;                                                                  \
	}))
#define ATOM_CAS(name, p, op) (verify_look(VERIFY_SITE(name, p)), verify_wrote(op))

#define sched_yield() verify_pause()
#define clock_ns() verify_clock_ns()
#define pthread_mutex_lock(m) verify_mutex_lock(m)
#endif

#endif
