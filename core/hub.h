/*
 * hub.h - a scheduler for coroutines of one thread: who waits lets the others run.
 *
 * Named after gevent's. Tasks are coroutines that wait by the functions below: for
 * time, for each other, for events, queues, semaphores, descriptors. The hub itself
 * is the thread's own stack in hub_run(): it looks at timers and at epoll. A task that
 * waits hands over to the next ready one directly; sleep(0) of a lone task does not
 * even switch. Waits return 0, -ETIMEDOUT, or -ECANCELED once after hub_kill(); a
 * deadline is clock_ns() time, UINT64_MAX never, 0 not at all (-EAGAIN).
 *
 * All functions are for the thread of the hub; waits are for its tasks.
 *
 * Sources: gevent (hub, spawn, joinall, kill); timers in a binary heap, J. Williams,
 * 1964; edge-triggered epoll(7).
 */
#ifndef CORE_HUB_H
#define CORE_HUB_H

#include "core/coro.h"
#include "core/stop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hub;
struct task;

typedef intptr_t task_fn(void *arg);

/* Who waits for the same thing, in order. */
struct waiters {
	struct task *first, *last;
};

/* Lies beside its coroutine on its stack. */
struct task {
	struct coro *co;
	struct hub *hub;
	struct task *next;	     /* in the queue of those that are ready */
	struct waiters *in;	     /* what it waits in; NULL: nothing */
	struct task *after, *before; /* there */
	const char *wait_what;	     /* "sleep", "queue", "event", "task", ... */
	const char *wait_name;	     /* of that; NULL: none */
	const struct task *wait_for; /* "task": which one */
	uint64_t deadline_ns;
	size_t timer; /* place in the heap + 1; 0: none */
	struct waiters joiners;
	task_fn *fn;
	void *arg;
	intptr_t result; /* of fn, when done */
	int woken_by;	 /* what the wait returns */
	bool is_ready, killed, done, released;
};

struct hub_timer {
	uint64_t deadline_ns;
	struct task *task;
};

struct hub_config {
	struct coro_config coro; /* extra_bytes is the hub's */
	struct stop *stop;	 /* borrowed; may be NULL */
	int role;		 /* of the thread itself in coro.trace */
};

struct hub {
	struct coro_domain domain;
	struct hub_config config;
	struct waiters ready;	 /* linked by next */
	struct hub_timer *timer; /* a heap */
	size_t ntimers, timers_max;
	int epoll_fd;
	size_t nfds;		    /* registered */
	size_t nwaits;		    /* of tasks for descriptors */
	size_t ntasks;		    /* not done */
	int64_t budget, budget_max; /* switches before the hub looks around */
	uint64_t looked_ns, polled_ns, pumped_ns;
	uint64_t switches; /* counted roughly: at each look */
	struct task *ended;
};

/* The caller's memory. Returns 0 or -errno. */
int hub_init(struct hub *h, const struct hub_config *config, struct err *e);

/* Gives all back; tasks not done are killed first and dropped when they stay. */
void hub_fini(struct hub *h);

/* The hub of the calling thread; NULL when it has none. */
struct hub *hub_here(void);

/*
 * Makes h (one of this thread's; NULL: none) the thread's hub, so that it can have
 * several that run by turns. Returns the one before. From outside of all tasks, where
 * the thread has no other coroutines than those of its hubs.
 */
struct hub *hub_swap(struct hub *h);

/* The running task; NULL outside of all. */
struct task *hub_getcurrent(void);

/*
 * A new task; it runs when others wait. NULL with the error filled. Valid until
 * hub_release(); name is borrowed, NULL: "co" and its number.
 */
struct task *hub_spawn(struct hub *h, const char *name, task_fn *fn, void *arg,
		       struct err *e);

/* Its holder does not need it any more; it goes when it is done. Accepts NULL. */
void hub_release(struct task *t);

/* It writes as this role of the trace from its next switch on. */
void hub_set_role(struct task *t, int role);

/*
 * Runs tasks until none is left. 0; -EDEADLK when all that are left wait for each
 * other, the error says who on what; -ECANCELED after a stop; -EFAULT when a stack
 * overflowed.
 */
int hub_run(struct hub *h, struct err *e);

/*
 * Runs what is ready and returns: *next_ns is when a timer wants to run (0: at once,
 * UINT64_MAX: no timer). For who waits elsewhere; 0 or -EFAULT.
 */
int hub_step(struct hub *h, uint64_t *next_ns, struct err *e);

/* Ends the wait of a task with -ECANCELED; one that has not begun never does. */
void hub_kill(struct task *t);

/* Kills all that live and runs the hub until they are gone or wait anew. */
void hub_kill_all(struct hub *h);

/* 0: lets the others run. */
int hub_sleep(uint64_t ns);
int hub_sleep_until(uint64_t deadline_ns);

/* hub_sleep(0), for where nobody may be killed. */
void hub_yield(void);

int hub_join(struct task *t, uint64_t deadline_ns);
int hub_joinall(struct task *const *t, size_t n, uint64_t deadline_ns);

/* --- what tasks wait for --------------------------------------------------- */

struct hub_event {
	const char *name;
	bool is_set;
	struct waiters waiters;
};

void hub_event_set(struct hub_event *ev);
int hub_event_wait(struct hub_event *ev, uint64_t deadline_ns);

struct hub_semaphore {
	const char *name;
	int64_t value;
	struct waiters waiters;
};

int hub_semaphore_acquire(struct hub_semaphore *s, uint64_t deadline_ns);
void hub_semaphore_release(struct hub_semaphore *s);

struct hub_queue {
	const char *name;
	intptr_t *ring; /* the caller's, capacity entries */
	size_t capacity, first, n;
	struct waiters getters, putters;
};

int hub_queue_put(struct hub_queue *q, intptr_t item, uint64_t deadline_ns);
int hub_queue_get(struct hub_queue *q, intptr_t *item, uint64_t deadline_ns);

/* --- descriptors ----------------------------------------------------------- */

enum hub_ready { HUB_READ, HUB_WRITE };

/* A descriptor that tasks wait for; non-blocking. One task a direction. */
struct hub_fd {
	struct hub *hub;
	int fd;
	bool is_ready[2];
	struct waiters waiters[2];
};

/* Watches fd, which stays the caller's. 0 or -errno. */
int hub_fd_open(struct hub *h, struct hub_fd *f, int fd, struct err *e);

/* Before fd is closed. Nobody may wait. */
void hub_fd_close(struct hub_fd *f);

/*
 * After the call that said EAGAIN: waits until it is worth to try again. 0,
 * -ETIMEDOUT, -ECANCELED.
 */
int hub_fd_wait(struct hub_fd *f, enum hub_ready what, uint64_t deadline_ns);

/* As the system calls, but waiting; bytes, or -errno. Sends all. */
ssize_t hub_recv(struct hub_fd *f, void *buf, size_t n, uint64_t deadline_ns);
ssize_t hub_send(struct hub_fd *f, const void *buf, size_t n, uint64_t deadline_ns);

/* For core/hub_wait.c: the running task waits in `in` (may be NULL). */
int hub_wait_in(struct waiters *in, const char *what, const char *name,
		uint64_t deadline_ns);
bool hub_wake_one(struct waiters *w);
void hub_wake_all(struct waiters *w);
void hub_wake(struct task *t, int why);

#endif
