/*
 * engine.h - what carries tasks to workers and results home: a file
 * core/dist/engine_NAME.c is an engine.
 *
 * A run has one master and any number of workers, on any machines. The master puts
 * tasks, numbered from 0, and takes results; a worker takes a task under a lease,
 * gives its result, or gives the task back. The contract, the same for every engine:
 *
 * - At least once: a task that was put reaches a worker again whenever its lease
 *   ends without a result (the worker died, was cut off, or stalled).
 * - A result counts once, by the task's number: the first to come; later ones are
 *   dropped and counted as duplicates, from whichever attempt they are.
 * - After 1 + retries attempts the task is dead: it comes out of result() once,
 *   marked so, and is handed out no more. A result that comes after that is dropped.
 * - First put, first handed out; a task that comes back goes first.
 * - At most `bound` tasks are in flight (put, neither done nor dead).
 * - Where tasks outlive the master (a journal, a server), a master opened with the
 *   same run finds what it had put: open() says how many, and result() hands out all
 *   results again from the first. Who finishes the run thus sees each exactly once.
 *
 * Payloads are bytes that the engine does not look into, with one exception: they are
 * pickle bodies (core/dist/pickle.h), which the embedded engine shows to workers
 * written in Python as the objects they stand for. Names on a shared server carry the
 * run's id.
 *
 * A master or a worker belongs to the thread that opened it; extend() alone may be
 * called by one other thread meanwhile. Functions return 0 or more, or -errno with e
 * filled; -ECANCELED when the stop was requested, and never wait past a deadline of
 * clock_ns().
 */
#ifndef CORE_DIST_ENGINE_H
#define CORE_DIST_ENGINE_H

#include "core/err.h"
#include "core/param.h"
#include "core/stop.h"
#include "core/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIST_RUN_MAX 40	  /* bytes of a run's id with its NUL: [0-9A-Za-z_-] */
#define DIST_WHO_MAX 64	  /* bytes of a worker's name with its NUL */
#define DIST_KEY_MAX 1024 /* bytes of an authkey */
#define DIST_PAYLOAD_MAX (16 * 1024 * 1024)

/* A task as a worker gets it. Valid until the next call for this worker. */
struct dist_task {
	uint64_t number;
	uint32_t attempt; /* 1: the first time it is handed out */
	const void *payload;
	size_t bytes;
};

/* A result. Given: borrowed. Taken: valid until the next call for this master. */
struct dist_result {
	uint64_t number;
	uint32_t attempt;
	bool dead;  /* no result: given up; payload is text that says why */
	int status; /* 0: done; else the exit status of a command that failed */
	const void *payload;
	size_t bytes;
	const char *who; /* name of the worker; "" when not known */
};

struct dist_counts {
	uint64_t put, queued, leased, done, dead;
	uint64_t redelivered; /* times that a task came back without a result */
	uint64_t duplicates;  /* results that were dropped */
	uint64_t workers;     /* that are known now; 0 where the engine cannot tell */
	uint64_t refused; /* connections refused: wrong key, no protocol, too many */
};

/* What a worker's trace looks like on its way: see core/dist/lanes.h. */
typedef void dist_on_trace(void *arg, const char *who, const void *data, size_t bytes);

/* A line for people about something that happened, no error of the run. */
typedef void dist_on_note(void *arg, const char *text);

/* Texts and keys are borrowed until the master or worker is closed. */
struct dist_config {
	const char *address; /* "HOST:PORT" of --bind or --connect (embedded) */
	const char *url;     /* of --engine; NULL: embedded */
	const void *key; /* authkey (embedded) or password (server), no NUL needed */
	size_t key_bytes;
	char run[DIST_RUN_MAX]; /* ""; master: a fresh one. worker: the only one there
				   is */
	const char *who;	/* worker: its name */

	/* Master. */
	uint64_t bound;	   /* most tasks in flight */
	uint64_t lease_ns; /* without a sign of life of the worker */
	uint32_t retries;
	uint64_t plain_lease_ns; /* of a worker that can give no sign of life
				    (Python's); its connection ends it, too */
	const char *journal;	 /* file (embedded); NULL: none */
	bool no_fsync; /* the journal is written, but not waited for on the disk */
	bool keep;     /* remove() leaves the names on a server */
	const char *task_name, *result_name; /* registered names (embedded) */
	dist_on_trace *on_trace;	     /* may be NULL */
	dist_on_note *on_note;		     /* may be NULL */
	void *arg;			     /* of both */

	/* Worker. */
	uint32_t prefetch; /* tasks it holds at once, 1 or more */
	bool far; /* stays on the network also when the master is on this machine
		     (embedded) */
	uint64_t reconnect_ns; /* tries so long to find the master (again) */

	struct trace *trace; /* pumped while the engine waits; may be NULL */
	struct stop *stop;   /* ends every wait; may be NULL */
};

struct dist_master; /* the engine's own */
struct dist_worker;

/* What wait() waits for, and what it saw. */
enum {
	DIST_ROOM = 1,	 /* put() would not be refused */
	DIST_RESULT = 2, /* result() has one */
	DIST_INPUT = 4,	 /* fd is readable */
};

struct dist_engine {
	struct kind kind;
	/* Of --engine URL, words: "redis valkey"; NULL: the default. */
	const char *scheme;

	/* Whether a URL of this scheme makes sense: 0 or -EINVAL with e filled. NULL:
	 * the engine has no URLs. Also where the engine is not available. */
	int (*check)(const char *url, struct err *e);

	/* --- master ------------------------------------------------------- */

	/* Opens the run, or finds it again: *put is the number of tasks that were put
	 * before. c->run is read; master_run() tells the one that was chosen. */
	int (*master_open)(struct dist_master **m, const struct dist_config *c,
			   uint64_t *put, struct err *e);
	/* Where workers go to ("127.0.0.1:5000"), and the run's id. Valid till close.
	 */
	const char *(*master_address)(const struct dist_master *m);
	const char *(*master_run)(const struct dist_master *m);
	/* Puts a task with the next number; never waits. 1; 0 when `bound` are in
	 * flight; -errno. May be kept back until flush() or wait(). */
	int (*put)(struct dist_master *m, const void *payload, size_t bytes,
		   struct err *e);
	/* All that was put is safe now as the engine promises (written, sent). */
	int (*flush)(struct dist_master *m, struct err *e);
	/* The next result or dead task: 1 with *r filled, 0 when there is none yet.
	 * Never waits. */
	int (*result)(struct dist_master *m, struct dist_result *r, struct err *e);
	/*
	 * Serves workers and takes expired leases back, until one of `want` (DIST_
	 * bits; fd for DIST_INPUT, else -1) holds. Returns those that do; 0 past the
	 * deadline (a deadline of 0 only looks).
	 */
	int (*wait)(struct dist_master *m, unsigned want, int fd, uint64_t deadline_ns,
		    struct err *e);
	void (*counts)(struct dist_master *m, struct dist_counts *n);
	/* The clock that master and workers share, in ns: on the master's side and (see
	 * worker_clock) on a worker's. Each learns by round trips how its own lies to
	 * it. */
	int (*master_clock)(struct dist_master *m, uint64_t *ns, struct err *e);
	/* Ends the run: workers are told that it is over, those that are still there
	 * are waited for until the deadline, so that they bring their traces. */
	int (*finish)(struct dist_master *m, uint64_t deadline_ns, struct err *e);
	/* Takes all names and the journal of a run that is over away, unless `keep`. */
	int (*remove)(struct dist_master *m, struct err *e);
	/* Gives everything back; without finish() the run can be opened again where
	 * tasks outlive the master. Accepts NULL. */
	void (*master_close)(struct dist_master *m);

	/* --- worker ------------------------------------------------------- */

	/* Finds the master and its run: 0; -EACCES: the key or user is refused (do not
	 * try again); -errno when it was not found in reconnect_ns. */
	int (*worker_open)(struct dist_worker **w, const struct dist_config *c,
			   struct err *e);
	/*
	 * Takes a task: 1 with *t filled and a lease begun; 0 past the deadline;
	 * -EAGAIN: the same, but the master or server was not there, and is still
	 * looked for (the next call goes on with it); -ESHUTDOWN: the run is over.
	 * Sends what give() kept back first. After a lost connection it looks for the
	 * master again, with growing, jittered pauses, for reconnect_ns: then -errno.
	 * Results that were not confirmed are given again.
	 */
	int (*take)(struct dist_worker *w, struct dist_task *t, uint64_t deadline_ns,
		    struct err *e);
	/* Gives the result of a task that was taken. May be kept back until the next
	 * take() or sync(), never longer. */
	int (*give)(struct dist_worker *w, const struct dist_result *r, struct err *e);
	/* Gives a task back undone; this is no failed attempt of its own where the
	 * engine can tell. */
	int (*give_back)(struct dist_worker *w, uint64_t number, struct err *e);
	/* Sends what was kept back and waits until the master has it. */
	int (*sync)(struct dist_worker *w, struct err *e);
	/* A sign of life: leases of all tasks that w holds begin anew. Any one thread,
	 * beside the others. Failures are the next call's to report. */
	void (*extend)(struct dist_worker *w);
	/* Nanoseconds after which extend() is due, while a task runs; 0: never. */
	uint64_t (*extend_every_ns)(const struct dist_worker *w);
	/* Reads the shared clock; -ENOTSUP where there is none. */
	int (*worker_clock)(struct dist_worker *w, uint64_t *ns, struct err *e);
	/* Sends events home; -ENOTSUP where nobody takes them. */
	int (*send_trace)(struct dist_worker *w, const void *data, size_t bytes,
			  struct err *e);
	/* Gives back what is still held, closes, frees. Accepts NULL. */
	void (*worker_close)(struct dist_worker *w);
};

extern const struct dist_engine *const dist_engine_table[];
extern const struct kind *const dist_engine_list[];

/*
 * The engine for a URL ("redis://..."); NULL is the embedded one. NULL with e filled
 * (EINVAL: no such scheme; ENOTSUP: this build lacks it).
 */
const struct dist_engine *dist_engine_find(const char *url, struct err *e);

/* Whether there is an engine for the URL, available or not, and the URL makes sense:
 * 0 or -EINVAL with e filled. Nothing is started. */
int dist_engine_check(const char *url, struct err *e);

#endif
