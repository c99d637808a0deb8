/*
 * pool_event.c - what a pool tells the trace.
 */
#include "core/pool_ring.h"

const struct event_type pool_event_queued = {
	.name = "queued",
	.phase = EVENT_SEND,
	.say = "▸ task {a} queued",
	.key_a = "task",
};

const struct event_type pool_event_run = {
	.name = "run",
	.phase = EVENT_BEGIN,
	.say = "▶ task {a}",
	.key_a = "task",
	.key_b = "attempt",
	.span = "task {a}",
	.receives = true,
};

const struct event_type pool_event_done = {
	.name = "done",
	.phase = EVENT_END,
	.say = "✔ task {a}  {b}",
	.key_a = "task",
	.key_b = "dur_ns",
	.unit_b = EVENT_NS,
};

const struct event_type pool_event_raised = {
	.name = "raised",
	.phase = EVENT_END,
	.say = "✖ task {a} failed  {b}",
	.key_a = "task",
	.key_b = "dur_ns",
	.unit_b = EVENT_NS,
};

const struct event_type pool_event_fork = {
	.name = "start",
	.phase = EVENT_INSTANT,
	.say = "├─ {s} → {a} ({b})",
	.key_a = "worker",
	.key_b = "worker_pid",
	.key_s = "call",
	.unit_a = EVENT_ROLE,
	.unit_b = EVENT_PID,
};

const struct event_type pool_event_create = {
	.name = "start",
	.phase = EVENT_INSTANT,
	.say = "├─ {s} → {a}",
	.key_a = "worker",
	.key_s = "call",
	.unit_a = EVENT_ROLE,
};

const struct event_type pool_event_up = {
	.name = "up",
	.phase = EVENT_INSTANT,
	.say = "up (parent {a})",
	.key_a = "parent_pid",
	.unit_a = EVENT_PID,
};

const struct event_type pool_event_joined = {
	.name = "join",
	.phase = EVENT_INSTANT,
	.say = "join {a} ({b}) {s}",
	.key_a = "worker",
	.key_b = "worker_tid",
	.key_s = "end",
	.unit_a = EVENT_ROLE,
	.unit_b = EVENT_PID,
};

const struct event_type pool_event_died = {
	.name = "died",
	.phase = EVENT_INSTANT,
	.say = "✖ {a} ({b}) {s}",
	.key_a = "worker",
	.key_b = "worker_tid",
	.key_s = "end",
	.unit_a = EVENT_ROLE,
	.unit_b = EVENT_PID,
};

const struct event_type pool_event_lost = {
	.name = "lost",
	.phase = EVENT_INSTANT,
	.say = "✖ task {a} is lost with {b}",
	.key_a = "task",
	.key_b = "worker",
	.unit_b = EVENT_ROLE,
};

const struct event_type pool_event_retry = {
	.name = "again",
	.phase = EVENT_INSTANT,
	.say = "↻ task {a} again, attempt {b}",
	.key_a = "task",
	.key_b = "attempt",
};

const struct event_type pool_event_overdue = {
	.name = "overdue",
	.phase = EVENT_INSTANT,
	.say = "✖ task {a} runs too long, {b} is stopped",
	.key_a = "task",
	.key_b = "worker",
	.unit_b = EVENT_ROLE,
};
