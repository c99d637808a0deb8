/*
 * thread_run.h - one run of the thread scenario: its options, its state, its parts.
 *
 * scenarios/thread.c has the tables; demo.c starts and joins the threads, report.c
 * puts what became of them into the result.
 */
#ifndef SCENARIOS_THREAD_THREAD_RUN_H
#define SCENARIOS_THREAD_THREAD_RUN_H

#include "core/atom.h"
#include "core/thread.h"
#include "scenarios/scenario.h"

#include <pthread.h>

/* The two sorts of threads, and the variable before they change it. */
enum { THREAD_JOINED, THREAD_DETACHED, THREAD_VALUE = 10 };

struct thread_opts {
	int64_t n, loops;
	const char *name;
	uint64_t pause_ns, stack_bytes;
	bool share, detached, limit;
};

/* One thread and what it saw; written by itself but for the first four. */
struct thread_looper {
	struct thread t;
	struct thread_demo *demo;
	uint64_t start_ns, started_ns; /* start() called, returned */
	uint64_t begin_ns, end_ns;
	int64_t lines;
	pid_t pid;
	bool grew; /* the variable only ever grew under its eyes */
};

/* One round: n threads of one sort. */
struct thread_demo {
	struct run *run;
	const struct thread_opts *o;
	int sort; /* THREAD_JOINED or THREAD_DETACHED */
	int n, nstarted;
	struct thread_looper *looper;
	int end_fd;	 /* eventfd: a thread has ended */
	uint64_t nended; /* read from it */
	atom_u32 cancel; /* 1: threads end their pauses and loops; a futex */
	pthread_mutex_t lock;
	int64_t variable; /* under the lock */
	atom_i64 sum;	  /* of the changes, counted without it */
};

extern const char *const thread_sort_name[];
extern const struct metric thread_metrics[];

/* A stop was heard, or a thread refused. Any of the threads. */
bool thread_demo_is_cancelled(const struct thread_demo *d);

/* Plays one sort and fills the result. Returns 0, -ECANCELED after a stop, -errno. */
int thread_demo_play(struct thread_demo *d, struct err *e);

/* Starts as many threads as is safe, and tells what a stack costs. 0 or -errno. */
int thread_limit_play(struct run *run, const struct thread_opts *o, struct err *e);

/*
 * Puts what became of the threads into the result; wall_ns 0: they did not all come
 * to their own end.
 */
void thread_demo_conclude(struct thread_demo *d, uint64_t wall_ns);

/* bench.c: what --bench measures. */
int thread_bench(struct run *run, const void *opts, struct measure *m, struct err *e);

#endif
