/*
 * queue.h - queues between threads and between processes: multiprocessing.Queue,
 * queue.Queue. A file core/queue/NAME.c is a kind.
 *
 * Made by the owner before the workers, in memory that all share. Each worker has a
 * place of its own, an end. Everything that is said of Full and Empty there is said
 * by error codes here: -EAGAIN (at once), -ETIMEDOUT (after a timeout), -EPIPE (the
 * queue is closed; for get: and has nothing left), -ECANCELED (queue_abort()).
 *
 *            put/get  size  close  abort  bury   (ends of different workers)
 *   put/get     -      -      -      -     -     - may run together
 *   bury        -      -      -      -     X     X caller must exclude
 *
 * A worker that is killed with kill -9 in the middle of put or get never stops the
 * others for good: the owner, who learns of its end, calls queue_bury().
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include "core/atom.h"
#include "core/err.h"
#include "core/param.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct queue;
struct queue_end;
struct queue_load;

#define QUEUE_ENDS_MAX 2050
#define QUEUE_FOREVER UINT64_MAX
#define QUEUE_CAPACITY_MAX (1 << 24)

enum {
	QUEUE_THREADS = 1,    /* works between threads */
	QUEUE_PROCESSES = 2,  /* works between processes */
	QUEUE_ONE_TO_ONE = 4, /* one producer and one consumer at most */
	QUEUE_VARIABLE = 8,   /* a message keeps its length */
};

struct queue_config {
	const struct queue_kind *kind;
	size_t capacity;   /* messages, 1..QUEUE_CAPACITY_MAX */
	size_t item_bytes; /* of the largest message, 1... */
	int producers, consumers;
	bool processes; /* the ends are in different processes */
	bool joinable;	/* counts messages until queue_task_done() */
};

struct queue_kind {
	struct kind kind;
	unsigned traits;
	size_t max_item; /* largest message in bytes; 0: any */
	/* Shared memory that it needs; NULL: none. */
	size_t (*area_bytes)(const struct queue_config *f);
	/* Makes it ready in zeroed q->area, gives back what is no memory. 0 or -errno.
	 */
	int (*open)(struct queue *q, struct err *e);
	void (*fini)(struct queue *q);
	/* Prepares an end, in the worker that will use it; may be NULL. */
	void (*attach)(struct queue_end *t);
	/* put: 0; get: the length. deadline_ns 0: never waits. Errors as above. */
	int (*put)(struct queue_end *t, const void *item, size_t n,
		   uint64_t deadline_ns);
	int (*get)(struct queue_end *t, void *item, size_t n, uint64_t deadline_ns);
	int64_t (*size)(struct queue *q);
	/* After the state has changed to closed or aborted; may be NULL. */
	void (*wake)(struct queue *q);
	/* Undoes what end `who`, which is dead, held. Returns messages lost by it. */
	int (*bury)(struct queue *q, int who);
	/* Stops in the middle of a put or get, holding all that it holds there (for
	 * the worker that is about to die); NULL: nothing can be held. */
	void (*seize)(struct queue_end *t, bool put);
	/* The hot loops: all of an end's messages, with one indirect call. */
	void (*produce)(struct queue_end *t, struct queue_load *l);
	void (*consume)(struct queue_end *t, struct queue_load *l);
};

extern const struct queue_kind *const queue_kind_table[];
extern const struct kind *const queue_kind_list[]; /* the same, for PARAM_KINDS */

/* Finds a kind by name; NULL when there is none. */
const struct queue_kind *queue_kind_find(const char *name);

/* What everybody reads all the time stands apart from what is written. */
struct queue_shared {
	CACHE_ALIGNED atom_u32 state;	    /* QUEUE_CLOSED, QUEUE_ABORTED */
	atom_u32 getters_sleep;		    /* 1: a getter may sleep */
	atom_u32 putters_sleep;		    /* 1: a putter may sleep */
	CACHE_ALIGNED atom_u32 getters_seq; /* futex of sleeping getters */
	CACHE_ALIGNED atom_u32 putters_seq; /* futex of sleeping putters */
	CACHE_ALIGNED atom_i64 unfinished;  /* joinable: put, but not done */
	atom_u32 joiners_seq;		    /* futex of queue_join() */
};

enum { QUEUE_CLOSED = 1, QUEUE_ABORTED = 2 };

struct queue {
	struct queue_config config;
	const struct queue_kind *kind;
	struct queue_shared *shared;
	void *area; /* the kind's part of the mapping */
	size_t map_bytes;
	int ends;	     /* producers, consumers, the owner */
	bool fences;	     /* no membarrier(2) here: see core/queue_wait.c */
	size_t slots;	     /* kinds with a ring: power of two >= capacity */
	size_t stride;	     /* bytes from one slot to the next */
	int fd[2], close_fd; /* kinds of the kernel; -1: none */
	int id;
	void *own; /* kinds between threads: what is not in the area */
};

/* A worker's own place; its memory, touched by nobody else. */
struct queue_end {
	CACHE_ALIGNED struct queue *q;
	int who; /* producers 0..p-1, consumers p..p+c-1, the owner p+c */
	uint64_t put_pos, get_pos;     /* where it was last */
	uint64_t seen_head, seen_tail; /* what was last seen of the other side */
	uint64_t waited_ns;	       /* end of its last wait; 0 before */
	uint64_t sleeps;	       /* how often it went to sleep */
	atom_u32 dummy;
};

/*
 * Makes a queue; call it before the workers are started. Returns 0, -EINVAL for what
 * the kind cannot do (the message says what), or -errno, with nothing held.
 */
int queue_open(struct queue *q, const struct queue_config *f, struct err *e);

/* Gives it back; the workers are gone. Accepts a zeroed q. */
void queue_fini(struct queue *q);

/* Takes place `who` for the calling worker; the owner's is number p + c. */
void queue_attach(struct queue *q, struct queue_end *t, int who);

/*
 * Puts a message of n bytes (kinds that keep no length: item_bytes), waiting for
 * room until deadline_ns of clock_ns(): 0 only tries, QUEUE_FOREVER. Returns 0,
 * -EAGAIN or -ETIMEDOUT (Full), -EPIPE when closed, -ECANCELED.
 */
int queue_put(struct queue_end *t, const void *item, size_t n, uint64_t deadline_ns);

/*
 * Takes the oldest message, at most n bytes, into item. Returns its length, -EAGAIN or
 * -ETIMEDOUT (Empty), -EPIPE when closed and empty, -ECANCELED.
 */
int queue_get(struct queue_end *t, void *item, size_t n, uint64_t deadline_ns);

/* Messages inside; exact while nobody puts or gets. Any thread or process. */
int64_t queue_size(struct queue *q);
bool queue_empty(struct queue *q);
bool queue_full(struct queue *q);

/*
 * No more puts: what is inside can still be got, then get says -EPIPE. Wakes all. A
 * put that runs at the same time may still get in. Twice is fine. By whoever knows
 * that the producers are done.
 */
void queue_close(struct queue *q);

/* Everything that waits, or comes, returns -ECANCELED. Wakes all. */
void queue_abort(struct queue *q);

/*
 * The message got before is done. Returns 0, or -EINVAL when that was said of all
 * messages already ("called too many times").
 */
int queue_task_done(struct queue *q);

/* Waits until all messages put are done. 0, -ETIMEDOUT, -EINTR, -ECANCELED. */
int queue_join(struct queue *q, uint64_t deadline_ns);

/*
 * End `who` is dead: gives back what it held, wakes the others. Returns how many
 * messages are lost with it. The owner, after it has seen the death.
 */
int queue_bury(struct queue *q, int who);

/* --- a load: messages that prove that they arrived ------------------------------ */

/* What one end did. In shared memory, written by it alone. */
struct queue_tally {
	CACHE_ALIGNED atom_u64 count; /* messages */
	atom_u64 sum;		      /* of queue_mix() over them */
	atom_u64 disorder; /* came before an older one of the same producer */
	atom_u64 corrupt;  /* are not what was put */
	atom_u64 begin_ns, end_ns, cpu_ns; /* stamped by itself */
	atom_u64 voluntary, involuntary;   /* context switches */
	atom_u64 sleeps;
};

struct queue_load {
	uint64_t messages; /* of each producer */
	size_t item_bytes; /* 8... */
	int number;	   /* of this producer */
	int producers;
	void *buffer;	/* item_bytes, rounded up to 8 */
	uint64_t *next; /* consumer: by producer, the least it may see next */
	struct queue_tally *tally;
	int rc; /* why it ended: 0, -EPIPE, -ECANCELED ... */
};

/* A message is its producer, its number and, behind, words made from these. */
#define QUEUE_NUMBER_BITS 40

/* The message that ends a consumer: its first word. */
#define QUEUE_SENTINEL UINT64_MAX

static inline uint64_t
queue_word(int producer, uint64_t number)
{
	return (uint64_t)producer << QUEUE_NUMBER_BITS | number;
}

/* Not linear, so that sums of it tell a message that came twice for a lost one. */
static inline uint64_t
queue_mix(uint64_t word)
{
	return (word ^ word >> 29 ^ 0x9E37) * UINT64_C(0xBF58476D1CE4E5B9) >> 7;
}

/* Writes and examines a whole message, every byte of it. */
void queue_fill(void *buffer, size_t n, uint64_t word);
bool queue_is_whole(const void *buffer, size_t n);

/* Runs all messages of an end through it, as fast as it goes; consumers until the
 * queue is closed or aborted, or they get a sentinel. */
void queue_produce(struct queue_end *t, struct queue_load *l);
void queue_consume(struct queue_end *t, struct queue_load *l);

#endif
