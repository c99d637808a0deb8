/*
 * under.h - what the parts of libconcbench_preload.so share.
 *
 * setup.c reads what concbench tells; record.c keeps our lock and its books for each
 * mutex, fork.c sees to them in a child; node.c has the nodes of queue locks; mutex.c
 * and cond.c have the functions that take the place of the C library's. Nothing here
 * allocates by malloc(), which may itself be a user of mutexes, prints, or ends the
 * program.
 */
#ifndef PRELOAD_UNDER_H
#define PRELOAD_UNDER_H

#include "core/atom.h"
#include "core/lock.h"
#include "core/preload.h"
#include "preload/real.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#if !defined(__GLIBC__)
/* cppcheck-suppress preprocessorErrorDirective */
#error "the layout of a mutex is glibc's"
#endif

#pragma GCC visibility push(hidden)

/* What setup.c found. */
struct under {
	const struct lock_kind *kind;  /* NULL: everything is left to the C library */
	struct preload_shared *shared; /* NULL: nothing is counted */
	bool has_nodes, keeps_nodes;
};

extern struct under under;

/* Reads what concbench tells, at the first call; any thread. False: hands off. */
bool under_ready(void);

/* True in the thread that is within setup. */
extern __thread bool under_setting_up;

struct node;

/* A lock of ours under a mutex of the program, with its books. Never unmapped. */
struct record {
	CACHE_ALIGNED unsigned char state[LOCK_STATE_BYTES];
	CACHE_ALIGNED void
		*_Atomic owner;	    /* recursive, checking: the holder's self() */
	struct preload_mutex *slot; /* NULL: none yet, or none left */
	void *node;		    /* of the holder */
	uint64_t hold_begin_ns;	    /* this hold is timed; 0: it is not */
	uint32_t depth;		    /* of a recursive one */
	bool held, unlisted;
	atom_u32 nodes_busy;
	struct node *nodes;	/* of LOCK_KEEPS_NODES: those that are not in use */
	pthread_mutex_t *mutex; /* whose */
	const void *site;	/* who took it first */
	struct record *next;	/* of the same bucket */
};

/*
 * The record of a mutex; made at its first use. NULL: this one is the C library's: it
 * is shared between processes, robust, has a priority protocol, or there was no memory;
 * it is counted as such.
 */
struct record *record_of(pthread_mutex_t *m, const void *caller);

/* The same, where the mutex was used before; NULL: none. Counts nothing. */
struct record *record_known(const pthread_mutex_t *m);

/* The mutex is no more. */
void record_forget(pthread_mutex_t *m);

/* Gives the record, which the caller holds, its slot in the books. */
void record_list(struct record *r);

/* A lock that nobody holds, in its place. False: it cannot be made. */
bool record_renew(struct record *r);

/* Around a fork: no record is half made. The child renews all; NULL: the parent. */
void record_before_fork(void);
void record_after_fork(void (*renew)(struct record *r));

/* The books of this process; NULL: none. */
struct preload_tally *record_tally(void);

/* A node for one acquisition, and back. NULL: no memory. */
void *node_take(struct record *r);
void node_give(struct record *r, void *node);

/* The lock of r is made anew, by one thread alone: so are the nodes that it keeps. */
void node_renew(struct record *r);
void node_after_fork(void);

/* A number that stands for the calling thread, the same after a fork. */
static inline void *
self(void)
{
	return __builtin_thread_pointer();
}

/* Takes and releases as the program's functions do; negative errno. */
int under_lock(pthread_mutex_t *m, struct record *r, uint64_t deadline_ns);
int under_unlock(pthread_mutex_t *m, struct record *r);

/* Anonymous memory that stays; NULL: none. */
void *under_map(size_t bytes);

#pragma GCC visibility pop

#define EXPORT __attribute__((visibility("default")))

#endif
