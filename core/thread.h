/*
 * thread.h - a thread as an object: Python's threading.Thread and _thread.
 *
 * What raises an exception there returns -EINVAL with the same sentence here. Every
 * thread runs with all signals blocked: handlers run in the main thread. Its states
 * are spans of its role in the trace: running, blocked within it, until finished.
 *
 *            start  join  is_alive  blocked (by itself)
 *   start      X     X       X         -            - may run together
 *   join       X     X       -         -            X caller must exclude
 */
#ifndef CORE_THREAD_H
#define CORE_THREAD_H

#include "core/atom.h"
#include "core/err.h"
#include "core/trace.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum thread_state { THREAD_CREATED, THREAD_RUNNING, THREAD_BLOCKED, THREAD_FINISHED };

typedef void thread_target(void *arg);

struct thread {
	char name[TRACE_NAME]; /* the kernel gets its first 15 bytes */
	thread_target *target;
	void *arg;
	/* May be set between init and start; borrowed. */
	struct trace *trace; /* the thread writes as `role`; NULL: not at all */
	int role;
	int cpu;	    /* it runs there alone; -1: anywhere */
	size_t stack_bytes; /* 0: the system's default */
	int notify_fd;	    /* an eventfd that counts ends, each after its state has
			       become FINISHED; open until all were counted; -1: none */
	/* What is known of it. */
	bool started, detached, joined; /* written by the owner */
	pthread_t thread;
	atom_u32 state; /* enum thread_state, written by the thread; a futex */
	atom_i32 tid;	/* 0 before it runs */
};

/* Describes a thread. name NULL: "Thread-N", N counting such names. */
void thread_init(struct thread *t, const char *name, thread_target *target, void *arg);

/* Starts it; to be joined. Returns 0 or -errno, after which it may be tried again. */
int thread_start(struct thread *t, struct err *e);

/*
 * Starts it detached, as _thread.start_new_thread(): it cannot be joined, and its
 * stack goes when it ends. t must live until it has finished (thread_wait()).
 */
int thread_start_detached(struct thread *t, struct err *e);

/*
 * Waits at most timeout_ns (UINT64_MAX: for ever) for the state THREAD_FINISHED.
 * Returns 0 or -ETIMEDOUT. Joined and detached ones; any thread but itself.
 */
int thread_wait(struct thread *t, uint64_t timeout_ns);

/*
 * Waits for the end at most timeout_ns and gives its resources back. Returns 0, also
 * when it was joined before, -ETIMEDOUT, or -EINVAL.
 */
int thread_join(struct thread *t, uint64_t timeout_ns, struct err *e);

/* True from its start until its target has returned. Any thread. */
bool thread_is_alive(struct thread *t);

enum thread_state thread_state(struct thread *t);
const char *thread_state_name(enum thread_state state);

/* The object of the calling thread; NULL in one that was not started here. */
struct thread *thread_current(void);

/* Its name; "MainThread" for the main thread. */
const char *thread_current_name(void);

/*
 * The calling thread is about to wait for something (at most 23 bytes: "pause"), and
 * has waited. Sets the state and writes the span.
 */
void thread_blocked(const char *on);
void thread_unblocked(void);

#endif
