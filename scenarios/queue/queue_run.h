/*
 * queue_run.h - one run of the queue scenario: its options, its state, its parts.
 *
 * scenarios/queue.c has the tables and the loop over kinds and rounds; workers.c is
 * what producers and consumers do, owner.c what main does meanwhile, report.c what
 * is checked and said.
 */
#ifndef SCENARIOS_QUEUE_QUEUE_RUN_H
#define SCENARIOS_QUEUE_QUEUE_RUN_H

#include "core/crew.h"
#include "core/queue.h"
#include "scenarios/scenario.h"

enum queue_stop { STOP_SENTINEL, STOP_CLOSE, STOP_TERMINATE };
enum queue_crash { CRASH_NOBODY, CRASH_PRODUCER, CRASH_CONSUMER };

struct queue_opts {
	struct param_list kinds, capacities;
	int64_t producers, consumers;
	int64_t messages; /* of each producer; 0: not given */
	uint64_t size_bytes, pause_ns;
	int between; /* 0 process, 1 thread */
	int stop;    /* enum queue_stop */
	int crash;   /* enum queue_crash */
	int64_t crash_at, rounds;
	bool bench;
};

#define QUEUE_MESSAGES_SHOWN 3
#define QUEUE_MESSAGES_MEASURED 1000000
#define QUEUE_SHOWN_MAX 100000

/* What one end is and did beside its tally. */
struct queue_desk {
	CACHE_ALIGNED struct queue_tally tally;
	uint64_t waited_ns; /* showing: for room or messages */
};

/* Shared by all workers of a run. */
struct queue_board {
	CACHE_ALIGNED atom_u32 gate; /* 1: go; a futex */
	struct queue_desk *desk;     /* a worker each */
	atom_u32 *seen;		     /* showing: by message, how often it was got */
	uint64_t *next;		     /* a row of `producers` words a consumer */
	unsigned char *buffer;	     /* a message a worker */
};

/* All ends of one run, or of all rounds, together. */
struct queue_totals {
	uint64_t asked, put, got, put_sum, got_sum, disorder, corrupt;
	uint64_t begin_ns, end_ns, cpu_ns, sleeps, waited_ns;
	uint64_t twice, missing; /* shown runs: by message */
	int64_t left;
	int bad_rounds; /* in which not each message came exactly once */
};

/* One kind with one capacity, over all rounds. */
struct queue_config_books {
	struct queue_totals sum;
	const struct queue_kind *kind;
	size_t capacity;
	char label[40];
	int role0;
	double *rate, *cpu_ns, *sleeps; /* by round */
	int64_t rounds;
};

struct queue_run {
	struct run *run;
	const struct queue_opts *opts;
	struct queue_config_books *books;
	const struct crew_kind *crew_kind;
	uint64_t messages; /* of each producer */
	struct queue q;
	struct crew crew;
	struct queue_board *board;
	size_t board_bytes;
	int producers_running, consumers_running;
	int deaths;
	int64_t buried; /* messages that queue_bury() gave up */
	bool stopped;	/* before its end, from outside */
	bool abandoned; /* no consumer was left while producers ran */
};

extern const struct metric queue_metrics[];
enum { METRIC_THROUGHPUT, METRIC_CPU, METRIC_SLEEPS, METRIC_WAIT };

/* "A", "B" ... "Z", "#26"; with several producers their number behind: "A2". */
void queue_message_name(const struct queue_run *r, uint64_t word, char *buf, size_t n);

/* The body of all workers; arg is the struct queue_run. */
int queue_worker(struct crew *c, int number, void *arg);

/* One run from the start of its workers to their end. 0 or -errno. */
int queue_run_once(struct queue_run *r, struct err *e);

/* Checks it and keeps its figures. */
void queue_report_once(struct queue_run *r);

/* Says what all rounds came to. */
void queue_report_all(struct run *run, const struct queue_opts *o,
		      struct queue_config_books *books, size_t n);

#endif
