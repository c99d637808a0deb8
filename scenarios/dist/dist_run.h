/*
 * dist_run.h - one run of the dist scenario: its options and its two sides.
 *
 * scenarios/dist.c has the tables, options.c the options; master.c (with master_*.c)
 * and worker.c are the sides, key.c has secrets, task.c what a task is and how a worker
 * does it, command.c tasks that are commands, lane.c the workers' events on their way
 * to the master's trace.
 */
#ifndef SCENARIOS_DIST_DIST_RUN_H
#define SCENARIOS_DIST_DIST_RUN_H

#include "core/dist/engine.h"
#include "core/dist/lanes.h"
#include "core/dist/pickle.h"
#include "core/guard.h"
#include "core/subprocess.h"
#include "core/work.h"
#include "scenarios/pool/items.h"
#include "scenarios/pool/template.h"
#include "scenarios/scenario.h"

enum dist_verb { VERB_MASTER, VERB_WORKER };

enum dist_fsync { FSYNC_BATCH, FSYNC_NONE };

struct dist_opts {
	const char *bind, *connect, *engine, *password_file;
	const char *key_file, *run, *journal;
	const char *task_name, *result_name;
	int64_t tasks, bound, retries, prefetch, lanes, most_tasks;
	uint64_t lease_ns, plain_lease_ns, linger_ns, idle_ns, reconnect_ns;
	struct work work;
	int fsync;
	bool insecure, keep, shell, null_ends, allow_exec, tcp;
};

#define DIST_TASKS_DEFAULT 10
#define DIST_NUMBER_MAX 10000 /* of a task, as in the tutorial */
#define DIST_KEY_SAFE 16      /* bytes of a key that others may try to guess */

enum {
	DIST_M_WALL,
	DIST_M_THROUGHPUT,
	DIST_M_REDELIVERED,
	DIST_M_TASK,
};
extern const struct metric dist_metrics[];

extern const struct param dist_params[]; /* options.c */

/* --- events: both sides have this table (lane.c) --------------------------- */

enum dist_event {
	DIST_E_CONNECT,
	DIST_E_RUN,
	DIST_E_RUN_COMMAND,
	DIST_E_DONE,
	DIST_E_EMPTY,
	DIST_E_OVER,
	DIST_E_EXIT,
	DIST_E_RUN_OTHER,
	DIST_EVENTS,
};
extern const struct event_type dist_events[DIST_EVENTS];
extern const char *dist_address; /* text of DIST_E_CONNECT; "": not known here */

/* A worker's events: shown here, and kept for the master. */
struct lane {
	bool on;
	struct wire events; /* not sent yet */
	struct clock_offset offset;
	const struct dist_engine *engine;
	struct dist_worker *worker;
};

/* Looks at the shared clock a few times. */
void lane_open(struct lane *l, const struct dist_engine *g, struct dist_worker *w,
	       bool on);
void lane_emit(struct lane *l, enum dist_event what, int64_t a, int64_t b);
/* Sends what there is; more than a piece when `all`. */
void lane_send(struct lane *l, bool all);
void lane_fini(struct lane *l);

/* The master's: a role for each worker that sent events. */
struct lanes {
	struct run *run;
	int most, n;
	char (*who)[DIST_WHO_MAX];
	int64_t offset_ns; /* from the shared clock to ours */
	uint64_t homeless; /* parcels of workers for whom there was no lane left */
};
void lanes_take(struct lanes *l, const char *who, const void *data, size_t n);

/* --- secrets (key.c) ------------------------------------------------------- */

struct dist_key {
	char at[DIST_KEY_MAX];
	size_t n;
};

/* Reads the file, which others must not be able to read. */
int dist_key_read(struct dist_key *k, const char *file, struct err *e);
/* The password of the engine: of the file, or of $CONCBENCH_ENGINE_PASSWORD, which is
 * taken out of the environment, so that no command inherits it; else none. */
int dist_key_password(struct dist_key *k, const char *file, struct err *e);
void dist_key_wipe(struct dist_key *k);

/* --- tasks (task.c) -------------------------------------------------------- */

enum dist_what { TASK_NUMBER, TASK_COMMAND, TASK_OTHER };

/* A task, read from its payload; words point into the arena. */
struct dist_todo {
	enum dist_what what;
	int64_t number;
	char **words; /* ends in NULL; in the arena */
};
int dist_todo_read(struct arena *a, const struct dist_task *t, struct dist_todo *todo,
		   struct err *e);

/* Payloads: a number; a command; a result's text "n * n = m", checked. */
void dist_put_number(struct wire *w, int64_t number);
void dist_put_command(struct wire *w, char *const *words);
void dist_put_square(struct wire *w, int64_t number);
bool dist_read_square(const struct value *v, int64_t *number, int64_t *square);

/* Runs a command for a worker: its result's payload into w, its status; -ECANCELED
 * when it was ended by the stop. The guard's first slot knows of it meanwhile. */
int dist_run_command(const struct run *run, struct guard *guard, char *const *words,
		     struct wire *w, int *status, struct err *e);

/* --- the sides ------------------------------------------------------------- */

int dist_master(struct run *run, const struct dist_opts *o, struct err *e);
int dist_worker(struct run *run, const struct dist_opts *o, struct err *e);

/* --- command.c: the master's books of commands and their outputs, in order -- */

struct outputs {
	struct run *run;
	struct output **slot; /* ring by number */
	size_t nslots;
	uint64_t next; /* whose turn it is */
	uint64_t failed, told;
	int rc; /* of run->output() */
};
int outputs_open(struct outputs *u, struct run *run, size_t bound, struct err *e);
/* A result: kept until its turn, then passed on. */
int outputs_take(struct outputs *u, const struct dist_result *r, const struct value *v,
		 struct err *e);
void outputs_close(struct outputs *u);

#endif
