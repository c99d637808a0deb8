/*
 * trace.h - who did what, when: events in shared memory, merged by time.
 *
 * Each role (main is role 0, worker i is role i) owns a ring in one mapping that
 * all processes and threads of the run share. Appending an event is a clock read
 * and a store of 64 bytes: no lock, no system call. What was appended survives the
 * death of its writer, SIGKILL included. A full ring drops the new event and
 * counts it; only role 0 in the owner pumps instead, where there is a sink. The
 * process that made the trace (the owner) drains the rings, merges by time and
 * hands the events to a sink; children never print.
 *
 *            emit(same role)  emit(other role)  pump
 *   emit           X                 -            -    - may run together
 *   pump           -                 -            X    X caller must exclude
 */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_phase {
	EVENT_INSTANT, /* something happened */
	EVENT_BEGIN,   /* a span begins; spans of one role nest */
	EVENT_END,     /* the innermost span of the role ends */
	EVENT_WAIT,    /* as BEGIN, of a span in which the role waits for others */
	EVENT_COUNTER, /* a is the new value of the counter */
	EVENT_SEND,    /* a flow starts here; a is its identity */
	EVENT_RECEIVE, /* the flow with identity a ends here */
};

/* How an argument is shown to people; records and JSON give the plain number. */
enum event_unit { EVENT_NUMBER, EVENT_NS, EVENT_BYTES, EVENT_PID, EVENT_ROLE };

/*
 * What kind of event: constant data, defined by whoever emits it. `say` is the
 * sentence for people (NULL: not told to people), in which {a}, {b} and {s} stand for
 * the arguments, shown by their units, and {pid}, {tid} for the writer's: "▶ task {a}".
 * `key_*` are the names in records and JSON; NULL where an argument is not used.
 */
struct event_type {
	const char *name; /* one word, for records and trace files: "run" */
	enum event_phase phase;
	const char *say;
	const char *key_a, *key_b, *key_s;
	enum event_unit unit_a, unit_b;
	const char *span; /* BEGIN, WAIT: name of the span in pictures, may hold {a}
			     or {s} ("task {a}"); NULL: the event's name */
	bool receives; /* BEGIN: the flow with identity a ends with this beginning, as
			  if a RECEIVE stood behind it */
	const char *const *whole; /* text that is longer than an event holds, the
				     same for all of this type: stands for its own
				     where *whole is not NULL. The owner's. */
};

#define EVENT_TEXT 24

struct event {
	uint64_t ts_ns; /* clock_ns() */
	int64_t a, b;
	int32_t pid, tid;
	int32_t type; /* see event_type_of() */
	uint32_t role;
	char text[EVENT_TEXT]; /* ends in NUL; when longer, cut, and ends in "..." (one
				  character) */
};
_Static_assert(sizeof(struct event) == 64, "an event is one cache line");

#define TRACE_NAME 24

typedef void trace_sink(void *arg, const struct event *e);

struct trace_shared;

struct trace {
	struct trace_shared *shared; /* the mapping; NULL: tracing is off */
	size_t map_bytes;
	int fd;		   /* memfd behind the mapping, close-on-exec */
	int nroles;	   /* roles 0..nroles-1 */
	uint32_t capacity; /* events of one role's ring, a power of two */
	uint64_t start_ns; /* clock_ns() of trace_init(): time 0 of the pictures */
	trace_sink *sink;  /* owner: gets the events in pump; may be NULL (dropped) */
	void (*sink_end)(void *arg); /* owner: after a pump that handed out events,
					so that the sink can flush; may be NULL */
	void *sink_arg;
	uint64_t live_ns; /* how often a waiting owner should pump; 0: at the end */
	struct event *pending; /* owner: drained, not yet old enough to hand out */
	size_t npending, pending_max;
	bool pumping;  /* owner: in trace_pump(), a sink that emits must not recurse */
	uint64_t lost; /* owner: events the rings dropped, summed by trace_pump() */
};

/*
 * Makes room for nroles roles (1..65535) with `capacity` events each (rounded up
 * to a power of two; memory is touched only when used). Returns 0 or -errno. The
 * calling process becomes the owner. Call before any worker is started.
 */
int trace_init(struct trace *t, int nroles, uint32_t capacity, struct err *e);

/* Gives everything back. Owner only, after all writers ended. Accepts a zeroed t. */
void trace_fini(struct trace *t);

/*
 * Names a role ("main", "w1", "LoopThread"); cut to TRACE_NAME - 1 bytes, never
 * inside a UTF-8 character. By the owner while the role does not write, or by its
 * writer before its first event; the same name again at any time. "" until then.
 */
void trace_name(struct trace *t, int role, const char *name);
const char *trace_role_name(const struct trace *t, int role);

/*
 * From now on the calling thread writes as `role`; its PID and TID are read here,
 * so a forked child calls it again (fork() leaves it unbound). A vfork() child
 * shares its parent's binding: when it binds, the parent must bind itself anew
 * afterwards. NULL unbinds. One thread a role at a time.
 */
void trace_bind(struct trace *t, int role);

/*
 * The calling thread, which is bound, goes on as another role of the same trace: for
 * coroutines, at each switch. A few stores, no system call. As role -1 it writes
 * nothing until it goes on as another.
 */
void trace_follow(struct trace *t, int role);

/*
 * Says that a role is a coroutine: it shares its TID with others, and people see its
 * place as "4200/4203·c2". By the owner, or as trace_name(). Asked by the owner.
 */
void trace_mark_coroutine(struct trace *t, int role);
bool trace_is_coroutine(const struct trace *t, int role);

/*
 * Appends an event of the calling thread's role, stamped now; does nothing when
 * the thread is not bound. text may be NULL; it is cut as a name is. Any bound
 * thread, also in a child between vfork() and exec (it only stores to the shared
 * mapping). type is constant data of this program.
 */
void trace_emit(const struct event_type *type, int64_t a, int64_t b, const char *text);

/* As trace_emit(), with the time given: for what was stamped earlier. */
void trace_emit_at(uint64_t ts_ns, const struct event_type *type, int64_t a, int64_t b,
		   const char *text);

/*
 * Appends an event of a role that lives elsewhere, in the name of its process there:
 * what a worker on another machine did, as it told afterwards. The time is one of
 * ours. Only the owner's main thread, and only it, writes as this role.
 */
struct trace_writer {
	int role;
	int32_t pid, tid;
};
void trace_emit_for(struct trace *t, const struct trace_writer *w, uint64_t ts_ns,
		    const struct event_type *type, int64_t a, int64_t b,
		    const char *text);

/*
 * Owner: drains the rings and hands all events older than 2 ms to the sink in
 * order of time (younger ones wait, for another role may still publish an earlier
 * one). With `all`, hands out everything: for the end, when the writers are gone.
 * An event published later than that (trace_emit_at() with an old time, a writer
 * that was preempted in between) comes late: who needs all in order sorts at the end.
 */
void trace_pump(struct trace *t, bool all);

/* The type of an event, whichever process of this program wrote it. */
const struct event_type *event_type_of(const struct event *e);

/* The text of an event: its own, or what its type has for it. */
const char *event_text(const struct event *e);

/*
 * For a child that was exec'd from this same program: maps the trace behind the
 * inherited descriptor fd and binds the calling thread to `role`. Returns 0 or
 * -errno. The mapping lives until exec or exit.
 */
int trace_attach(struct trace *t, int fd, int role, struct err *e);

#endif
