/*
 * coro_run.h - one run of the coro scenario: its options and the parts of its verbs.
 *
 * scenarios/coro.c has the tables; a file a verb, and bench.c what -b measures.
 */
#ifndef SCENARIOS_CORO_CORO_RUN_H
#define SCENARIOS_CORO_CORO_RUN_H

#include "core/coro.h"
#include "core/hub.h"
#include "scenarios/scenario.h"

enum coro_verb { VERB_GENERATOR, VERB_SWITCH, VERB_SPAWN, VERB_FETCH, VERB_ECHO };

enum coro_ending { ENDING_CLOSE, ENDING_THROW, ENDING_RETURN };

enum coro_within { WITHIN_THREAD, WITHIN_PROCESS };

enum coro_server { SERVER_ALL, SERVER_COROUTINE, SERVER_THREAD, SERVER_PROCESS };

struct coro_opts {
	struct param_list kinds; /* of the switch; empty: the native one */
	int64_t workers, coroutines, iterations;
	uint64_t pause_ns, join_ns, url_ns;
	uint64_t stack_bytes, use_bytes, size_bytes;
	int ending, within, server;
	bool knot;
};

/* Coroutines that have a role of their own in the trace, and of each worker. */
enum { CORO_ROLES_MAX = 256 };
int coro_run_roles_each(const struct coro_opts *o);

enum {
	CORO_M_WALL,
	CORO_M_MEMORY,
	CORO_M_SPAWN,
	CORO_M_FETCH,
	CORO_M_BYTES,
	CORO_M_ROUND_TRIP,
	CORO_M_RATE,
	CORO_M_CPU
};
extern const struct metric coro_metrics[];

/* The i-th kind to run, and how many there are (1 when none was given). */
const struct coro_kind *coro_run_kind(const struct coro_opts *o, size_t i);
size_t coro_run_kinds(const struct coro_opts *o);

/* What the options say of a domain that traces from `role` on. */
struct coro_config coro_run_config(const struct run *run, const struct coro_opts *o,
				   const struct coro_kind *kind);

/* Names role `role` of the trace as a coroutine. */
void coro_run_role(const struct run *run, int role, const char *name);

/* The verbs; 0 or -errno. role0 is the first role that is theirs. */
int coro_generator(struct run *run, const struct coro_opts *o,
		   const struct coro_kind *kind, int role0, struct err *e);
int coro_switch_by_name(struct run *run, const struct coro_opts *o,
			const struct coro_kind *kind, int role0, struct err *e);
int coro_spawn(struct run *run, const struct coro_opts *o, const struct coro_kind *kind,
	       int role0, struct err *e);
int coro_fetch(struct run *run, const struct coro_opts *o, const struct coro_kind *kind,
	       int role0, struct err *e);
int coro_echo(struct run *run, const struct coro_opts *o, const struct coro_kind *kind,
	      int role0, struct err *e);

/* scenario.bench, of generator, switch and spawn. */
int coro_bench(struct run *run, const void *opts, struct measure *m, struct err *e);

#endif
