/*
 * lane.c - a worker's events: shown by it, and again in the master's trace.
 *
 * The worker sends them home in parcels; the master writes each into the lane of that
 * worker, its time moved by what round trips told about the two clocks.
 */
#include "scenarios/dist/dist_run.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOOKS = 8, PIECE = 32 * 1024 };

const char *dist_address;

const struct event_type dist_events[DIST_EVENTS] = {
	[DIST_E_CONNECT] = { .name = "connect",
			     .phase = EVENT_INSTANT,
			     .say = "Connect to server {s}...",
			     .key_s = "server",
			     .whole = &dist_address },
	[DIST_E_RUN] = { .name = "run",
			 .phase = EVENT_BEGIN,
			 .say = "run task {b} * {b}...",
			 .key_a = "task",
			 .key_b = "n",
			 .span = "task {a}",
			 .receives = true },
	[DIST_E_RUN_COMMAND] = { .name = "run",
				 .phase = EVENT_BEGIN,
				 .say = "run task {a}: a command...",
				 .key_a = "task",
				 .key_b = "words",
				 .span = "task {a}",
				 .receives = true },
	[DIST_E_RUN_OTHER] = { .name = "run",
			       .phase = EVENT_BEGIN,
			       .say = "run task {a}: it is no number and no command",
			       .key_a = "task",
			       .span = "task {a}",
			       .receives = true },
	[DIST_E_DONE] = { .name = "done",
			  .phase = EVENT_END,
			  .key_a = "task",
			  .key_b = "status" },
	[DIST_E_EMPTY] = { .name = "empty",
			   .phase = EVENT_INSTANT,
			   .say = "task queue is empty." },
	[DIST_E_OVER] = { .name = "over",
			  .phase = EVENT_INSTANT,
			  .say = "the run is over." },
	[DIST_E_EXIT] = { .name = "exit",
			  .phase = EVENT_INSTANT,
			  .say = "worker exit.",
			  .key_a = "tasks" },
};

/* --- the worker ------------------------------------------------------------ */

void
lane_open(struct lane *l, const struct dist_engine *g, struct dist_worker *w, bool on)
{
	struct err e;

	l->on = on;
	l->engine = g;
	l->worker = w;
	for (int i = 0; i < LOOKS && l->on; i++) {
		const uint64_t before_ns = clock_ns();
		uint64_t shared_ns;

		if (g->worker_clock(w, &shared_ns, &e) != 0)
			l->on = false;
		else
			clock_offset_add(&l->offset, before_ns, shared_ns, clock_ns());
	}
}

void
lane_emit(struct lane *l, enum dist_event what, int64_t a, int64_t b)
{
	struct lane_event event = { .ts_ns = clock_ns(), .a = a, .b = b, .type = what };
	struct lane_head head;

	trace_emit_at(event.ts_ns, &dist_events[what], a, b, NULL);
	if (!l->on)
		return;
	if (wire_bytes(&l->events) == 0) {
		head = (struct lane_head){ .pid = getpid(),
					   .tid = getpid(),
					   .offset_ns = l->offset.offset_ns };
		lanes_begin(&l->events, &head);
	}
	lanes_add(&l->events, &event);
}

void
lane_send(struct lane *l, bool all)
{
	const size_t n = wire_bytes(&l->events);
	struct err e;

	if (!l->on || n == 0 || (!all && n < PIECE))
		return;
	/* What cannot be sent is lost: a trace is no reason to stop. */
	l->engine->send_trace(l->worker, l->events.at + l->events.from, n, &e);
	wire_taken(&l->events, n);
}

void
lane_fini(struct lane *l)
{
	wire_fini(&l->events);
}

/* --- the master ------------------------------------------------------------ */

/* The lane of a worker; a new one for a new name; -1 when all are taken. */
static int
lane_of(struct lanes *l, const char *who)
{
	int i = 0;

	while (i < l->n && strcmp(l->who[i], who) != 0)
		i++;
	if (i < l->n)
		return i;
	if (l->n == l->most)
		return -1;
	snprintf(l->who[i], sizeof(l->who[i]), "%s", who);
	trace_name(l->run->trace, 1 + i, who);
	l->n++;
	return i;
}

void
lanes_take(struct lanes *l, const char *who, const void *data, size_t n)
{
	struct trace_writer writer;
	struct lane_head head;
	int lane;

	if (!lanes_head(data, n, &head))
		return;
	lane = lane_of(l, who);
	if (lane < 0) {
		l->homeless++;
		return;
	}
	writer = (struct trace_writer){ .role = 1 + lane,
					.pid = head.pid,
					.tid = head.tid };
	for (size_t i = 0; i < lanes_count(n); i++) {
		struct lane_event event;
		uint64_t ts_ns;

		lanes_event(data, i, &event);
		ts_ns = event.ts_ns + (uint64_t)head.offset_ns - (uint64_t)l->offset_ns;
		if (event.type < DIST_EVENTS)
			trace_emit_for(l->run->trace, &writer, ts_ns,
				       &dist_events[event.type], event.a, event.b,
				       NULL);
	}
}
