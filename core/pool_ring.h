/*
 * pool_ring.h - what a pool and its workers share. For core/pool*.c only.
 *
 * What is ordered, by letters (the files say where each stands):
 *   S  the owner stores READY after fn, arg and payload; a worker claims the slot,
 *      hence sees them.
 *   T  the owner stores tail after READY; a worker that sees tail sees READY.
 *   D  a worker stores DONE after result, stamps and payload; the owner sees DONE,
 *      hence sees them.
 *   W  (Dekker) a worker stores DONE, then loads waiting_for; the owner stores
 *      waiting_for, then loads the state: one of them sees the other.
 *   P  (Dekker) who makes work visible (tail, a range), then loads parked and
 *      spinning; a worker sets its parked bit, then looks for work: one sees the other.
 *   C  (Dekker) terminate stores its flag, then the cancel words; a worker that takes
 *      its word back then looks at the flag.
 */
#ifndef CORE_POOL_RING_H
#define CORE_POOL_RING_H

#include "core/atom.h"
#include "core/clock.h"
#include "core/pool.h"

/* state = number << 24 | worker << 8 | phase */
enum pool_phase {
	PHASE_FREE,
	PHASE_READY,
	PHASE_CLAIMED,
	PHASE_DONE, /* from here on the task has its outcome */
	PHASE_RAISED,
	PHASE_LOST, /* these are set by the owner */
	PHASE_OVERDUE,
	PHASE_CANCELLED,
};

static inline uint64_t
pool_state(uint64_t task, int worker, enum pool_phase phase)
{
	return task << 24 | (uint64_t)(uint16_t)worker << 8 | (uint64_t)phase;
}

static inline enum pool_phase
pool_phase_of(uint64_t state)
{
	return (enum pool_phase)(state & 0xff);
}

static inline int
pool_worker_of(uint64_t state)
{
	return (int)(state >> 8 & 0xffff);
}

static inline uint64_t
pool_task_of(uint64_t state)
{
	return state >> 24;
}

/* A task in flight; four to a pair of cache lines, filled and emptied in order. */
struct pool_slot {
	atom_u64 state; /* owner: READY; worker: CLAIMED, DONE, RAISED */
	pool_fn *fn;	/* owner */
	uint64_t arg;	/* owner; worker, when RAISED: the error */
	int64_t result; /* worker; until then, how often it was begun */
};

/* Times of a task in flight. Written by its worker, except submit_ns (owner). */
struct pool_stamp {
	uint64_t submit_ns, end_ns;
	atom_u64 begin_ns; /* the owner looks at it while the task runs */
	int32_t pid, tid;
	uint32_t attempts;
};

/* Of each worker, on lines of its own; the last one is the owner's that assists. */
struct pool_desk {
	CACHE_ALIGNED atom_u64
		next;	 /* worker: tasks next..last-1 are reserved; others */
	atom_u64 last;	 /* may still claim them (a hint, not a right) */
	atom_u64 claims; /* worker: tasks begun since it was started */
	CACHE_ALIGNED atom_u32 wake; /* counts wake-ups; its futex; waker */
	bool shot;		     /* owner: we killed it, its task ran too long */
};

/* Looks at memory between two offers of the CPU to others: about half a us. */
#define POOL_SPIN_LOOKS 16

#define POOL_NO_WORKER 0xffff

/* What terminate gives a task before SIGTERM, and a process before SIGKILL. */
#define POOL_GRACE_NS (300 * NS_PER_MS)

/* Exit statuses of a worker that leaves by itself, beside 0. */
enum { POOL_EXIT_RETIRED = 88, POOL_EXIT_UNFIT = 89 };

#define POOL_NOBODY UINT64_MAX	      /* waiting_for: nobody waits */
#define POOL_ANYBODY (UINT64_MAX - 1) /* waiting_for: any task will do */
#define POOL_WORDS(n) (((n) + 63) / 64)

struct pool_shared {
	CACHE_ALIGNED atom_u64 tail; /* owner: tasks submitted */
	CACHE_ALIGNED atom_u64 hint; /* workers: where to look next; owner, after a
					death: back to what is READY */
	CACHE_ALIGNED atom_u64 waiting_for; /* owner: task it sleeps for */
	atom_i32 owner_cpu;   /* owner: where it looks for a result; -1: it does not */
	atom_u32 closing;     /* owner: leave when there is no work */
	atom_u32 terminating; /* owner: leave after the present task */
	CACHE_ALIGNED atom_u64 parked[POOL_WORDS(CREW_MAX)];   /* bit set: sleeps */
	CACHE_ALIGNED atom_u64 spinning[POOL_WORDS(CREW_MAX)]; /* bit set: looks */
};

struct pool {
	struct pool_config config;
	struct crew crew;
	void *map; /* shared: control, desks, slots, stamps, payloads */
	size_t map_bytes;
	struct pool_shared *shared;
	struct pool_desk *desk;	  /* workers + 1 */
	struct pool_slot *slot;	  /* capacity */
	struct pool_stamp *stamp; /* capacity, or NULL */
	char *payload;		  /* capacity * payload_bytes, or NULL */
	uint64_t mask;		  /* capacity - 1 */
	int words;		  /* of the two bit sets */
	int max_spinners;
	bool may_move; /* workers are not pinned and have more than one CPU */
	int doorbell;  /* eventfd: rung by a worker for a sleeping owner */

	/* The owner's alone, written with every task: on lines that workers which
	 * share its memory do not read. */
	CACHE_ALIGNED uint64_t tail; /* submitted */
	uint64_t floor;		     /* all below are delivered */
	struct pool_async **async;   /* by slot */
	unsigned char *deaths;	     /* by slot: workers that died of it */
	bool *overdue;		     /* by slot: it ran too long, and we ended it */
	struct pool_stats stats;
	int barren;	       /* deaths in a row of workers that began no task */
	uint64_t barren_floor; /* floor at the last of them */
	bool closed, terminated, joined;
	struct pool_hand *hand; /* with assist */
	atom_u32 no_cancel;	/* the assisting owner's cancel word: never set */
};

/* Who runs tasks: a worker's, or the assisting owner's, private state. */
struct pool_hand {
	struct pool *pool;
	struct pool_desk *desk;
	int number; /* 0..workers-1; workers: the owner */
	uint64_t batch, batch_began_ns;
	uint64_t next, last; /* reserved */
	uint64_t left;	     /* tasks until it retires */
	uint64_t moved_ns;   /* when it last left the owner's CPU */
	bool spinning;	     /* its bit is set */
	int32_t pid, tid;
	bool tracing, stamping;
	struct pool_call call;
};

void pool_hand_init(struct pool_hand *h, struct pool *p, int number, atom_u32 *cancel);

/* Runs one batch of tasks; false when there was none to be had. */
bool pool_hand_work(struct pool_hand *h);

/* The body of a worker; arg is the pool. */
int pool_worker_body(struct crew *c, int number, void *arg);

/* Wakes a parked worker unless one is looking for work already. */
void pool_wake_one(struct pool *p);
void pool_wake_all(struct pool *p);

/* Clears the bits of a worker that is gone. */
void pool_forget(struct pool *p, int number);

/* Waits for something to happen (also on fd, unless -1), at most until deadline_ns,
 * and deals with ends of workers and overdue tasks. 1 when fd can be read, else 0;
 * -EINTR, -ECHILD. */
int pool_rest(struct pool *p, int fd, uint64_t deadline_ns, struct err *e);

/* Waits until `task` has an outcome or the deadline has passed (-ETIMEDOUT). */
int pool_await(struct pool *p, uint64_t task, uint64_t deadline_ns, struct err *e);

/* Delivers what is finished, in order. */
void pool_collect(struct pool *p);

/* Gives a task that no worker has (any more) its outcome. */
void pool_settle(struct pool *p, uint64_t task, enum pool_phase phase);

/* Starts (again) worker `number` and tells the trace. */
int pool_start_worker(struct pool *p, int number, struct err *e);

/* The async's memory goes away: its outcome is nobody's. */
void pool_abandon(struct pool *p, const struct pool_async *a);

/* The payload of a task that was submitted, until its slot is used again. */
void *pool_payload_of(const struct pool *p, uint64_t task);

/* Ends of workers, overdue tasks: core/pool_crash.c. */
int pool_attend(struct pool *p, struct err *e);
uint64_t pool_next_overdue_ns(const struct pool *p);

extern const struct event_type pool_event_queued, pool_event_run, pool_event_done,
	pool_event_raised, pool_event_fork, pool_event_create, pool_event_up,
	pool_event_exit, pool_event_died, pool_event_lost, pool_event_retry,
	pool_event_overdue, pool_event_joined;

#endif
