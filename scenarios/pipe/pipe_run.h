/*
 * pipe_run.h - one run of the pipe scenario: its options, its state, its parts.
 *
 * scenarios/pipe.c has the tables and the loop over kinds, sizes and places; talk.c is
 * what the two processes say to each other; report.c what is checked and said; bench.c
 * what --bench measures.
 */
#ifndef SCENARIOS_PIPE_PIPE_RUN_H
#define SCENARIOS_PIPE_PIPE_RUN_H

#include "core/crew.h"
#include "core/pipe.h"
#include "scenarios/scenario.h"

enum { WAY_TWO, WAY_ONE };
enum { LEFT, RIGHT };

/* What the text of a message may hold when it is shown. */
#define PIPE_MESSAGES_SHOWN 3
#define PIPE_SHOWN_MAX 10000

struct pipe_opts {
	struct param_list kinds, sizes;
	int64_t messages; /* 0: not given */
	int way;
	uint64_t pause_ns, poll_ns;
	int crash; /* 0 nobody, 1 left, 2 right */
	bool both_places;
};

/* Written by one side alone. */
struct pipe_desk {
	CACHE_ALIGNED atom_u64 sent, received, wrong, cpu_ns;
	atom_u32 eof;	  /* 1: saw that the other end was closed */
	atom_u32 nothing; /* polls that found nothing */
	atom_i32 rc;	  /* what failed */
};

/* Shared by the two processes and main. */
struct pipe_board {
	CACHE_ALIGNED atom_u32 gate;
	struct pipe_desk desk[2];
};

/* One kind with one size at one place. */
struct pipe_books {
	const struct link_kind *kind;
	size_t size_bytes;
	struct param_cpus pin;
	char label[48];
	int role0;
};

struct pipe_run {
	struct run *run;
	const struct pipe_opts *opts;
	struct pipe_books *books;
	uint64_t messages;
	struct link link;
	struct crew crew;
	struct pipe_board *board;
	bool stopped;
	int deaths;
};

extern const struct metric pipe_metrics[];
enum { METRIC_CPU };

extern const struct param pipe_params[];

/* The body of both sides; arg is the struct pipe_run. */
int pipe_worker(struct crew *c, int number, void *arg);

/* One run. 0 or -errno. */
int pipe_run_once(struct pipe_run *r, struct err *e);

/* Checks it and says what it came to. */
void pipe_report(struct pipe_run *r);

/* A message of n bytes from its number, and whether one that came is that one. Those of
 * less than 8 bytes hold the end of the number. */
void pipe_fill(unsigned char *buffer, size_t n, uint64_t word);
bool pipe_is_right(const unsigned char *buffer, size_t n, ssize_t came, uint64_t word);

/* scenario.bench. */
int pipe_bench(struct run *run, const void *opts, struct measure *m, struct err *e);

#endif
