/*
 * queue_run.h - one run of the queue scenario: its options, its state, its parts.
 *
 * scenarios/queue.c has the tables and the loop over kinds; workers.c is what producers
 * and consumers do, owner.c what main does meanwhile, report.c what is checked and
 * said, bench.c what --bench measures.
 */
#ifndef SCENARIOS_QUEUE_QUEUE_RUN_H
#define SCENARIOS_QUEUE_QUEUE_RUN_H

#include "core/crew.h"
#include "core/queue.h"
#include "scenarios/scenario.h"

enum queue_stop { STOP_SENTINEL, STOP_CLOSE, STOP_TERMINATE };
enum queue_crash { CRASH_NOBODY, CRASH_PRODUCER, CRASH_CONSUMER };

struct queue_opts {
	struct param_list kinds, capacities, sizes;
	int64_t producers, consumers;
	int64_t messages; /* of each producer; 0: not given */
	uint64_t pause_ns;
	int between; /* 0 process, 1 thread */
	int stop;    /* enum queue_stop */
	int crash;   /* enum queue_crash */
	int64_t crash_at;
};

#define QUEUE_MESSAGES_SHOWN 3
#define QUEUE_SHOWN_MAX 100000

/* What one end is and did beside its tally. */
struct queue_desk {
	CACHE_ALIGNED struct queue_tally tally;
	uint64_t waited_ns; /* showing: for room or messages */
};

/* Shared by all workers of a run. */
struct queue_board {
	CACHE_ALIGNED atom_u32 gate;	  /* 1: go; a futex */
	CACHE_ALIGNED atom_u32 arrived;	  /* measuring: workers that are ready */
	CACHE_ALIGNED atom_u32 producing; /* measuring: producers not done yet */
	struct queue_desk *desk;	  /* a worker each */
	atom_u32 *seen;	       /* showing: by message, how often it was got */
	uint64_t *next;	       /* a row of `producers` words a consumer */
	unsigned char *buffer; /* a message a worker */
};

/* All ends of one run together. */
struct queue_totals {
	uint64_t asked, put, got, put_sum, got_sum, disorder, corrupt;
	uint64_t begin_ns, end_ns, cpu_ns, sleeps, waited_ns;
	uint64_t twice, missing; /* shown runs: by message */
	int64_t left;
};

/* One kind with one capacity and size. */
struct queue_config_books {
	const struct queue_kind *kind;
	size_t capacity, item_bytes;
	char label[56];
	int role0;
};

struct queue_run {
	struct run *run;
	const struct queue_opts *opts;
	struct queue_config_books *books;
	const struct crew_kind *crew_kind;
	uint64_t messages; /* of each producer */
	bool shown;	   /* message by message, in the trace; else measured */
	struct queue q;
	struct crew crew;
	struct queue_board *board;
	size_t board_bytes;
	int producers_running, consumers_running;
	int deaths;
	int64_t buried; /* messages that queue_bury() gave up */
	bool stopped;	/* before its end, from outside */
	bool aborted;	/* measuring: the queue is to be made anew */
	bool abandoned; /* no consumer was left while producers ran */
};

extern const struct metric queue_metrics[];
enum { METRIC_THROUGHPUT, METRIC_CPU, METRIC_SLEEPS, METRIC_WAIT };

extern const struct param queue_params[];

/* "A", "B" ... "Z", "#26"; with several producers their number behind: "A2". */
void queue_message_name(const struct queue_run *r, uint64_t word, char *buf, size_t n);

/* The body of all workers; arg is the struct queue_run. */
int queue_worker(struct crew *c, int number, void *arg);

/* Makes the queue; r->books, opts, run, shown and crew_kind are set. 0 or -errno. */
int queue_run_open(struct queue_run *r, struct err *e);
void queue_run_close(struct queue_run *r);

/*
 * Runs r->messages of each producer through it, from the start of the workers to their
 * end, then calls `report` while their books are still there. 0 or -errno. Measuring,
 * it may be called again.
 */
int queue_run_messages(struct queue_run *r, void (*report)(struct queue_run *r),
		       struct err *e);

/* What all ends did. */
struct queue_totals queue_total(struct queue_run *r);

/* True when each message came exactly once. */
bool queue_is_exact(const struct queue_run *r, const struct queue_totals *t);

/* Checks a run that was shown, and says what it came to. */
void queue_report(struct queue_run *r);

/* scenario.bench. */
int queue_bench(struct run *run, const void *opts, struct measure *m, struct err *e);

#endif
