/*
 * pool.h - tasks for n workers (multiprocessing.Pool, with threads as well).
 *
 * THE WHOLE IN SHORT. One mapping shared with the workers holds a bounded ring of
 * 32-byte slots, each with a state word that carries the task's number. The owner
 * fills slots in order; a worker claims one by compare-and-swap on its state, runs
 * it, writes the result into the same slot. No lock, no system call while there is
 * work; an idle worker spins briefly, then parks on a futex of its own; a waiting
 * owner spins briefly (or, with `assist`, runs tasks itself), then sleeps in poll()
 * on its doorbell, on the ends of workers and on the run's stop. A state word says
 * who runs what, so a worker that is killed at any instruction loses nothing but
 * the one task it held, and that is run again or reported (on_crash). STYLE of the
 * Python original: close, then join; terminate at any time.
 *
 * All functions here are for the owner: the thread that opened the pool (for
 * processes: the main thread). Task functions run in workers.
 *
 * Sources: bounded ring with sequence numbers, D. Vyukov, "Bounded MPMC queue",
 * 2010; spinning and waking of workers after the Go scheduler (D. Vyukov, 2012);
 * shrinking batches, C. Polychronopoulos and D. Kuck, "Guided self-scheduling", 1987.
 */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include "core/crew.h"
#include "core/err.h"
#include "core/stop.h"
#include "core/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a task function is given. Lives on the worker's stack during the call. */
struct pool_call {
	uint64_t task;	  /* its number, counted from 0 by the order of submission */
	uint64_t arg;	  /* as submitted */
	void *payload;	  /* shared bytes of this task; NULL without payload_bytes */
	void *context;	  /* pool_config.context */
	int worker;	  /* 0..n-1; n: the owner that assists */
	unsigned attempt; /* 1, 2, ...; attempts that died with their worker count
			     with stamps only */
	atom_u32 *cancel; /* becomes non-zero when the task should give up; a futex */
	int cancel_fd;	  /* readable once all tasks should give up (terminate) */
	int error; /* out: set to a positive number when the task failed ("raised") */
};

/* A task. Returns its result. Runs in a worker; must not print or exit. */
typedef int64_t pool_fn(struct pool_call *call);

/* Runs once in each worker before its first task. Returns 0, or not to start. */
typedef int pool_initializer(int worker, void *context);

enum pool_status {
	POOL_DONE,	/* result is valid */
	POOL_RAISED,	/* the function failed on every attempt: error */
	POOL_LOST,	/* its worker died, and on_crash or the attempts said enough */
	POOL_TIMED_OUT, /* ran longer than task_timeout_ns */
	POOL_CANCELLED, /* not finished when the pool was terminated */
};

struct pool_outcome {
	uint64_t task;
	enum pool_status status;
	int64_t result;
	int error;
	int worker;	   /* who had it last; -1: nobody */
	unsigned attempts; /* how often it was begun (crashes included); stamps */
	pid_t pid, tid;	   /* of that worker; stamps */
	uint64_t submit_ns, begin_ns, end_ns; /* clock_ns(); 0 without stamps */
	void *payload;			      /* valid during on_done only */
};

enum pool_on_crash { POOL_CRASH_RETRY, POOL_CRASH_FAIL };

struct pool_config {
	const struct crew_kind *kind;
	int workers; /* 1..CREW_MAX */
	/* Tasks in flight at most; a power of two, 2..2^20; 0: 1024. Submitting more
	 * waits. */
	uint32_t capacity;
	size_t payload_bytes; /* per task, shared with the worker; memory is touched
				 only when used */
	void *context;	      /* for functions and initializer */
	pool_initializer *initializer; /* may be NULL */
	uint64_t max_tasks_per_child;  /* 0: for ever */
	uint64_t task_timeout_ns;      /* 0: none */
	unsigned tries;		       /* runs of a task that fails; 0: 1 */
	unsigned crashes;	       /* deaths that a task survives; 0: 3 */
	enum pool_on_crash on_crash;
	bool wait_up; /* pool_open() returns when the workers run, not before */
	bool stamps;  /* keep times, PID and TID of each task (two clock reads) */
	bool assist;  /* kinds that share memory: a waiting owner runs tasks, too */
	const struct param_cpus *pin; /* borrowed; may be NULL */
	struct trace *trace;	      /* borrowed; may be NULL: no events */
	int role0;		      /* worker i traces as role role0 + i; 0: 1 */
	struct stop *stop;	      /* borrowed; may be NULL: waits are not ended */
	/* Called once for each task, in order of submission, by the function of this
	 * header that found it finished. May be NULL. */
	void (*on_done)(void *arg, const struct pool_outcome *o);
	void *on_done_arg;
};

/* What happened so far. */
struct pool_stats {
	uint64_t submitted, done, raised, lost, timed_out, cancelled;
	uint64_t deaths;   /* workers that died, those killed for a timeout included */
	uint64_t retired;  /* workers that left after max_tasks_per_child */
	uint64_t started;  /* workers started, replacements included */
	uint64_t assisted; /* tasks that the owner ran */
};

struct pool;

/*
 * Starts the workers. Returns 0 and the pool, which pool_free() gives back; or
 * -errno with nothing left behind (workers already started are stopped and reaped).
 */
int pool_open(struct pool **out, const struct pool_config *config, struct err *e);

/* Terminates what still runs and gives all back. Accepts NULL. */
void pool_free(struct pool *p);

const struct pool_stats *pool_stats(const struct pool *p);

/* The worker's present PID and how often that worker was started. */
const struct crew_worker *pool_worker(const struct pool *p, int number);

/* A result that is fetched later. The caller's memory; must stay until ready. */
struct pool_async {
	uint64_t task;
	bool ready;
	struct pool_outcome outcome; /* valid when ready; payload is NULL */
};

/*
 * The payload of the task that is submitted next, to be filled before that. Waits
 * while the ring is full. NULL with the error filled as pool_apply_async() has it.
 */
void *pool_payload(struct pool *p, struct err *e);

/*
 * Hands in a task; waits only while the ring is full. `async` (may be NULL) gets
 * the outcome. Returns 0; -EINVAL when the pool is closed ("pool not running");
 * -EINTR when the run was stopped; -ECHILD when workers die faster than they work.
 */
int pool_apply_async(struct pool *p, pool_fn *fn, uint64_t arg,
		     struct pool_async *async, struct err *e);

/*
 * Waits for the outcome of `a` until deadline_ns (UINT64_MAX: for ever). 0,
 * -ETIMEDOUT, -EINTR, -ECHILD.
 */
int pool_get(struct pool *p, struct pool_async *a, uint64_t deadline_ns, struct err *e);

/* Submits and waits; *outcome is filled. Errors of both. */
int pool_apply(struct pool *p, pool_fn *fn, uint64_t arg, struct pool_outcome *outcome,
	       struct err *e);

/*
 * fn over args[0..n-1], results in order; waits for all. Each task carries `chunk`
 * of them (0: n / (4 * workers), rounded up, as Python has it), which needs
 * payload_bytes >= pool_chunk_bytes(chunk). Returns 0, or the error of submission,
 * or -EIO when a task did not finish well: *failed (may be NULL) has its outcome,
 * the other results are valid.
 */
int pool_map(struct pool *p, pool_fn *fn, const uint64_t *args, size_t n, size_t chunk,
	     int64_t *results, struct pool_outcome *failed, struct err *e);
size_t pool_chunk_bytes(size_t chunk);
size_t pool_map_chunk(size_t n, int workers); /* Python's default chunk size */

/* Results in order, as they come; at most the ring's capacity in flight, so that a pool
 * closed after pool_imap() refuses what is beyond. */
struct pool_imap {
	struct pool *pool;
	pool_fn *fn;
	const uint64_t *args; /* borrowed */
	size_t n, submitted, given;
	struct pool_async *window; /* owned */
	size_t window_max;
};
int pool_imap(struct pool_imap *it, struct pool *p, pool_fn *fn, const uint64_t *args,
	      size_t n, struct err *e);
/* 1 and the next outcome; 0 at the end; errors as pool_get(). */
int pool_imap_next(struct pool_imap *it, uint64_t deadline_ns, struct pool_outcome *out,
		   struct err *e);
void pool_imap_fini(struct pool_imap *it); /* waits for what is in flight */

/* True when every task handed in has been delivered. */
bool pool_is_idle(struct pool *p);

/*
 * Waits until something has happened (a task done, a worker ended), until fd (-1:
 * none) can be read, or until deadline_ns; delivers what is finished. 1 when fd can
 * be read, 0 otherwise; -EINTR, -ECHILD.
 */
int pool_pump(struct pool *p, int fd, uint64_t deadline_ns, struct err *e);

/* Waits until every task handed in has been delivered. 0, -EINTR, -ECHILD. */
int pool_drain(struct pool *p, struct err *e);

/* No more tasks; those handed in are finished. Twice is allowed. */
void pool_close(struct pool *p);

/*
 * Waits until all tasks are done and all workers have left. -EINVAL when the pool
 * was neither closed nor terminated ("pool is still running"); -EINTR when the run
 * was stopped; -ECHILD when workers die faster than they work.
 */
int pool_join(struct pool *p, struct err *e);

/*
 * Ends the workers now: tasks that look at their cancel word stop at once, other
 * processes get SIGTERM, then SIGKILL. Tasks not finished become POOL_CANCELLED.
 */
void pool_terminate(struct pool *p);

#endif
