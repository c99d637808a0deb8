/*
 * crew.h - n workers, as threads or as processes, over one shared mapping.
 *
 * The owner makes a crew, starts workers, and learns through one descriptor that a
 * worker has ended; it may start that worker anew. The body is the same for every
 * kind. Workers never print, and leave with the body's return value.
 *
 * Kinds are files in core/crew/; the table is generated from what is there.
 * Only the thread that made a crew may call these functions; for processes it must
 * be the main thread, since a child asks to be killed when the thread that forked
 * it ends (PR_SET_PDEATHSIG).
 */
#ifndef CORE_CREW_H
#define CORE_CREW_H

#include "core/atom.h"
#include "core/err.h"
#include "core/param.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

struct crew;
struct trace;

enum worker_state { WORKER_NEW, WORKER_RUNNING, WORKER_ENDED };

/* What the owner knows of a worker. Written by the owner alone. */
struct crew_worker {
	int number; /* 0..n-1; shown to people as number + 1: w1 */
	enum worker_state state;
	pid_t pid;	  /* of the process it lives in */
	int pidfd;	  /* processes: -1 when not running */
	pthread_t thread; /* threads */
	int exit;	  /* after its end: exit status, or -N killed by signal N */
	unsigned starts;  /* how often it was started */
	struct crew *crew;
};

/*
 * What a worker and the owner share; one in the mapping a worker, on lines of its
 * own.
 */
struct crew_block {
	CACHE_ALIGNED atom_u32 cancel; /* owner: 1 = give up what you do; a futex */
	atom_i32 tid;		       /* the worker: its TID, once it runs; 0 before */
	atom_u32 ended; /* threads: 1 when the body has returned; written by worker */
};

/* The body of a worker. Returns its exit status 0..255. */
typedef int crew_body(struct crew *crew, int number, void *arg);

enum { CREW_SHARES_MEMORY = 1 }; /* kind: workers see the owner's variables */

struct crew_kind {
	struct kind kind;
	unsigned traits;
	const char *noun, *nouns; /* "process", "processes" */
	const char *call;	  /* what makes one: "fork" */
	/* Starts worker w. Returns 0 or -errno, with nothing left behind. */
	int (*start)(struct crew_worker *w, struct err *e);
	/* Reaps w if it has ended: true, w->exit set; false while it runs. With
	 * `wait`, does not return before its end. The crew closes w->pidfd. */
	bool (*reap)(struct crew_worker *w, bool wait);
	/* Sends a signal to w, without ever hitting a recycled PID. -ENOTSUP where
	 * a worker cannot be signalled by itself. */
	int (*signal)(struct crew_worker *w, int sig);
	/* Cooperative kinds, whose workers run only while the owner waits; NULL for
	 * others. step: runs them until all wait; when the next wants to run (0: at
	 * once, UINT64_MAX: when something happens). idle: in a worker, hands over
	 * until the owner's next step. fini: gives c->own back. */
	uint64_t (*step)(struct crew *c);
	void (*idle)(struct crew *c);
	void (*fini)(struct crew *c);
};

extern const struct crew_kind *const crew_kind_table[];
extern const struct kind *const crew_kind_list[]; /* the same, for PARAM_KINDS */

/* Finds a kind by name; NULL when there is none. */
const struct crew_kind *crew_kind_find(const char *name);

struct crew {
	const struct crew_kind *kind;
	int n;
	crew_body *body;
	void *arg;
	struct param_cpus pin;	    /* borrowed */
	struct crew_block *block;   /* n, shared */
	struct crew_worker *worker; /* n */
	int end_fd; /* readable (poll) while an ended worker awaits crew_reap() */
	int epoll_fd, event_fd;
	int cancel_fd; /* readable for ever once crew_cancel() was called */
	pid_t owner;
	struct trace *trace; /* borrowed; NULL: workers do not trace */
	int role0;	     /* worker i traces as role role0 + i */
	void *own;	     /* the kind's */
};

/*
 * Prepares n workers (1..CREW_MAX) of a kind; none is started. body runs in each
 * with arg, which must be valid in a forked child. pin says where they may run
 * (borrowed; NULL: anywhere). Returns 0 or -errno with nothing held.
 */
#define CREW_MAX 65000
int crew_init(struct crew *c, const struct crew_kind *kind, int n, crew_body *body,
	      void *arg, const struct param_cpus *pin, struct err *e);

/* Starts worker `number`, which is new or has been reaped. Returns 0 or -errno. */
int crew_start(struct crew *c, int number, struct err *e);

/*
 * Reaps one worker that has ended: its number, or -1 when none has. Never waits.
 */
int crew_reap(struct crew *c);

/*
 * Waits until every running worker has entered its body, a worker has ended, or
 * deadline_ns has come: so that what is timed then does not hold their start.
 */
void crew_wait_up(struct crew *c, uint64_t deadline_ns);

/* Workers that run. */
int crew_running(const struct crew *c);

/*
 * For the owner, before it waits on end_fd: lets workers of a cooperative kind run.
 * Returns the deadline of that wait, UINT64_MAX: none. Others: does nothing.
 */
static inline uint64_t
crew_step(struct crew *c)
{
	return c->kind->step != NULL ? c->kind->step(c) : UINT64_MAX;
}

/*
 * For a worker without work: of a cooperative kind, lets the others run, and returns
 * true. Others: false.
 */
static inline bool
crew_idle(struct crew *c)
{
	if (c->kind->idle == NULL)
		return false;
	c->kind->idle(c);
	return true;
}

/* Sets every worker's cancel word and wakes who sleeps on it. */
void crew_cancel(struct crew *c);

/*
 * Ends all workers that still run and reaps them: cancel, after grace_ns SIGTERM,
 * after another grace_ns SIGKILL (where the kind can be signalled). Returns how
 * many had to be killed; threads that do not stop are waited for.
 */
int crew_terminate(struct crew *c, uint64_t grace_ns);

/* Gives all back. Workers still running are terminated first. Accepts a zeroed c. */
void crew_fini(struct crew *c);

/* For bodies: called by a kind's start code in the new worker, before the body. */
void crew_enter(struct crew *c, int number);

#endif
