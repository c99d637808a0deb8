/*
 * contest.h - one run of the lock scenario: its options, its state, its parts.
 *
 * scenarios/lock.c has the tables. contender.c is what each contender does, play.c
 * starts and awaits them, report.c judges; misuse.c breaks the rules. What is measured
 * is in bench.h.
 */
#ifndef SCENARIOS_LOCK_CONTEST_H
#define SCENARIOS_LOCK_CONTEST_H

#include "core/atom.h"
#include "core/crew.h"
#include "core/lock.h"
#include "scenarios/scenario.h"

/* Up to so many rounds each step is an event. */
enum { CONTEST_TOLD = 20 };

struct lock_opts {
	struct param_list n, oversubscribe, kinds;
	int64_t iterations, fail_at;
	int between; /* BETWEEN_ */
	struct param_amount hold, think;
	uint64_t timeout_ns;
	bool try_only, kill_holder, misuse;
	/* Measuring. */
	int64_t locks, nest, burst, sample;
	double zipf;
	struct param_list reads; /* percent */
	uint64_t pause_ns, batch_ns;
	bool explain;
	/* An unmodified program: preload.h. */
	bool preload, plain;
	int64_t runs;
};

/* By their place in the table of options, for run->given. */
enum { LOCK_GIVEN_N, LOCK_GIVEN_ITERATIONS };

/* How many sizes are asked for, and size number i: -n, or --oversubscribe. */
size_t lock_sizes(const struct lock_opts *o);
int64_t lock_size(const struct lock_opts *o, size_t i);

enum { BETWEEN_THREAD, BETWEEN_PROCESS };

enum contest_phase {
	PHASE_NEW,
	PHASE_RUNNING,
	PHASE_WAITING,
	PHASE_LINGERING, /* between the read and the write of an update */
	PHASE_DONE,
};

/* A contender's own memory. Written by it alone; read by the owner after its end. */
struct contest_seat {
	CACHE_ALIGNED unsigned char node[LOCK_NODE_BYTES];
	CACHE_ALIGNED atom_u32 phase;
	atom_u64 progress; /* updates written and rounds tried: that it moves on */
	uint64_t begin_ns, end_ns;
	uint64_t rounds; /* in which it had the lock */
	uint64_t updates, waits, waited_ns, missed, repaired;
	uint64_t lingered;		/* updates it dawdled in */
	int64_t sum;			/* of what it added to the balance */
	uint64_t cpu_ns;		/* measuring, */
	int64_t voluntary, involuntary; /* of the rounds that count */
	int32_t tid, error;
	bool failed; /* left in the round of --fail-at */
};

/*
 * What all contenders share. The number of the section is a balance in its upper 32
 * bits and, in the lower, how many updates it has seen: an update that was overwritten
 * is missing there, so the lost ones are counted exactly.
 */
struct contest_shared {
	CACHE_ALIGNED unsigned char state[LOCK_STATE_BYTES];
	CACHE_ALIGNED unsigned char node[LOCK_NODE_BYTES]; /* the owner's; stays */
	struct lock_section section;
	CACHE_ALIGNED atom_u32 gate; /* 1: begin; a futex */
	atom_u32 halt;		     /* measuring: 1: leave; a futex */
	atom_u32 all_in;	     /* measuring: 1: all are at it; a futex */
	atom_u32 arrived;   /* measuring: contenders behind the gate; a futex */
	uint64_t all_in_ns; /* measuring: when that was */
	atom_i32 owner;	    /* TID of who holds the lock; 0: nobody */
	int64_t pending;    /* under the lock: a change that is half done */
	struct contest_seat seat[];
};

struct contest {
	struct run *run;
	const struct lock_opts *o;
	const struct lock_kind *kind;
	struct contest_shared *shared;
	size_t bytes;
	struct bench_state *bench; /* measuring; NULL: the lock is shared->state */
	uint64_t rounds;  /* measuring: of each contender; 0: until the time is over */
	uint64_t time_ns; /* measuring: that time, from when all are at it */
	struct crew crew;
	int n, role0;
	uint64_t timeout_ns; /* of each acquire; 0: none */
	bool told;	     /* each step is an event */
	bool cancelled;	     /* a stop was heard */
	int killed;	     /* contenders killed by others; how many */
	bool inexact;	     /* one was, perhaps between an update and its count */
	char victim[96];
};

#define CONTEST_UPDATE(amount) (((uint64_t)(int64_t)(amount) << 32) + 1)

extern const struct param lock_params[];

/* Refuses combinations of options that make no sense. */
int lock_check(const struct run *run, const void *opts, struct err *e);
int lock_check_kind(const struct run *run, const void *opts, int64_t kind,
		    struct err *e);

extern const struct metric lock_metrics[];
enum {
	METRIC_WALL,
	METRIC_WAITED,
	METRIC_LOST,
	METRIC_HANDOVERS,
	METRIC_PROGRAM,
	METRIC_PROGRAM_CPU,
};

/* The body of a contender, for the crew. */
crew_body contest_contend;

/* What contender `number` adds and subtracts in each round. */
int64_t contest_amount(int number);

/* "Thread-1", "Process-2". buf holds TRACE_NAME bytes. */
const char *contest_name(const struct contest *c, int number, char *buf);

/* Maps what contenders share, without a lock in it. 0 or -errno. */
int contest_map(struct contest *c, struct err *e);

/* Maps the memory and makes the lock. 0 or -errno. */
int contest_open(struct contest *c, struct err *e);

/* Gives it back. Accepts a zeroed c. */
void contest_close(struct contest *c);

/*
 * Runs the contenders to their end. Returns 0, -ECANCELED after a stop, -errno when
 * one could not be started or was killed.
 */
int contest_play(struct contest *c, crew_body *body, struct err *e);

/* Puts what became of them into the result. */
void contest_conclude(struct contest *c, uint64_t wall_ns);

/* Breaks the rules on purpose, and sees what the kind says. */
int contest_misuse(struct run *run, const struct lock_kind *kind, struct err *e);

#endif
