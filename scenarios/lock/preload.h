/*
 * preload.h - `concbench lock --preload`: what its two halves share.
 */
#ifndef SCENARIOS_LOCK_PRELOAD_H
#define SCENARIOS_LOCK_PRELOAD_H

#include "core/preload.h"
#include "scenarios/lock/contest.h"

/* One way to run the program: under a kind, or as it is. */
struct preload_way {
	const struct lock_kind *kind; /* NULL: as it is */
	const char *name;
	double *wall_ns, *cpu_ns; /* of each round that ended well, by its number */
	size_t n;
	uint64_t failures;
	int exitcode; /* of the first run that failed */
	struct preload_book book;
};

struct preload_session {
	struct run *run;
	const struct lock_opts *o;
	struct preload_way *way;
	size_t nways, rounds;
	char library[512];
};

/* Refuses what does not go with --preload, or without it. 0 or -EINVAL. */
int preload_check(const struct run *run, const struct lock_opts *o,
		  const struct param *params, struct err *e);

/* Why a kind cannot be a program's mutex, in words that follow its name; NULL: it can.
 */
const char *preload_unfit(const struct lock_kind *kind);

/* Runs the program under each kind. As a scenario's run(). */
int preload_run(struct run *run, const struct lock_opts *o, struct err *e);

/* An exit code (-N: by signal N) as a shell has it. */
int preload_status(int exitcode);

/* The table of a way's mutexes. */
void preload_table(struct preload_session *s, struct preload_way *w);

/* Puts what was found into the result. */
void preload_report(struct preload_session *s);

#endif
