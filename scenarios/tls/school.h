/*
 * school.h - one run of the tls scenario: its options, its state, its parts.
 *
 * scenarios/tls.c has the tables. demo.c: threads bind their student and greet;
 * cost.c: what an access costs; sharing.c: counters on one line, padded, thread-local.
 */
#ifndef SCENARIOS_TLS_SCHOOL_H
#define SCENARIOS_TLS_SCHOOL_H

#include "core/atom.h"
#include "core/thread.h"
#include "core/tls.h"
#include "scenarios/scenario.h"

struct tls_opts {
	int64_t n, iterations;
	struct param_list kinds;
	bool sharing;
};

enum { SLOT_STUDENT, SLOT_DESK };

/* What a thread binds. */
struct pupil {
	struct seat *seat;
	int slot;
	char name[TRACE_NAME];
};

/* A thread and what it saw; written by itself but for the first three. */
struct seat {
	struct thread t;
	struct school *school;
	struct pupil pupil[TLS_SLOTS];
	int error;
	int early;   /* values that were there before it set one */
	int strange; /* looks that found another's value, or none */
	int looks;   /* in all */
	int destroyed[TLS_SLOTS];
	int ndestroyed;
	bool in_order, by_itself; /* of its destructors */
};

/* One round: n threads with one kind. */
struct school {
	struct run *run;
	const struct tls_opts *o;
	struct tls tls;
	int n, nstarted;
	struct seat *seat;
	int end_fd;
	uint64_t nended;
	atom_i32 bound;	    /* threads that have set their values */
	atom_u32 all_bound; /* how to go on; 0: not yet; a futex */
	bool cancelled;	    /* a stop was heard */
};

extern const struct metric tls_metrics[];
enum { METRIC_GET, METRIC_SET, METRIC_RATE };

/* Plays one kind and fills the result. Returns 0, -ECANCELED after a stop, -errno. */
int school_play(struct run *run, const struct tls_opts *o, const struct tls_kind *kind,
		struct err *e);

/* Measures an access of each kind, by turns. */
int tls_measure(struct run *run, const struct tls_opts *o, struct err *e);

/* bench.c: what --bench measures. */
int tls_bench(struct run *run, const void *opts, struct measure *m, struct err *e);

/* Counters of n threads: packed, padded, thread-local. */
int tls_share(struct run *run, const struct tls_opts *o, struct err *e);

/* "██████", `length` of at most TLS_BAR cells. buf holds 3 * TLS_BAR + 1 bytes. */
enum { TLS_BAR = 30 };
const char *tls_bar(char *buf, int length);

#endif
