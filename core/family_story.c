/*
 * family_story.c - what the processes of a tree say.
 */
#include "core/family_story.h"

#include "core/proc.h"
#include "core/trace.h"

#include <stdio.h>
#include <unistd.h>

static const struct event_type start_event = {
	.name = "start",
	.say = "● Process ({a}) start...",
	.key_a = "pid",
	.unit_a = EVENT_PID,
};
static const struct event_type parent_return_event = {
	.name = "fork_return",
	.say = "{s}() returned {a} in the parent, after {b}",
	.key_a = "value",
	.key_b = "took_ns",
	.key_s = "call",
	.unit_a = EVENT_PID,
	.unit_b = EVENT_NS,
};
static const struct event_type child_return_event = {
	.name = "fork_return",
	.say = "{s}() returned {a} in the child",
	.key_a = "value",
	.key_s = "call",
};
static const struct event_type spawn_return_event = {
	.name = "spawn_return",
	.say = "{s}() gave {a} after {b}: a fresh program, nothing returns twice",
	.key_a = "value",
	.key_b = "took_ns",
	.key_s = "call",
	.unit_a = EVENT_PID,
	.unit_b = EVENT_NS,
};
static const struct event_type suspend_event = {
	.name = "suspended",
	.phase = EVENT_WAIT,
	.say = "{s}() suspends me until the child exits",
	.key_s = "call",
};
static const struct event_type resume_event = {
	.name = "resumed",
	.phase = EVENT_END,
};
static const struct event_type created_event = {
	.name = "created",
	.say = "I ({pid}) just created a child process ({a})",
	.key_a = "child",
	.unit_a = EVENT_PID,
};
static const struct event_type child_event = {
	.name = "child",
	.phase = EVENT_BEGIN,
	.say = "▶ I am child process ({pid}) and my parent is {a}",
	.key_a = "parent",
	.unit_a = EVENT_PID,
	.span = "child",
};
static const struct event_type leave_event = {
	.name = "leave",
	.phase = EVENT_END,
};
static const struct event_type wait_event = {
	.name = "wait",
	.phase = EVENT_WAIT,
};
static const struct event_type waited_event = {
	.name = "waited",
	.phase = EVENT_END,
};
static const struct event_type exited_event = {
	.name = "exited",
	.say = "✔ child process ({a}) exited with status {b}",
	.key_a = "child",
	.key_b = "status",
	.unit_a = EVENT_PID,
};
static const struct event_type killed_event = {
	.name = "killed",
	.say = "✘ child process ({a}) was killed by {s}",
	.key_a = "child",
	.key_b = "exitcode",
	.key_s = "signal",
	.unit_a = EVENT_PID,
};
static const struct event_type refused_event = {
	.name = "refused",
	.say = "✘ {s}() failed, errno {a}",
	.key_a = "errno",
	.key_s = "call",
};
static const struct event_type private_event = {
	.name = "variable",
	.say = "my variable at {s}: {a} → {b}",
	.key_a = "before",
	.key_b = "after",
	.key_s = "address",
};
static const struct event_type shared_event = {
	.name = "shared_memory",
	.say = "shared memory at {s}: {a} → {b}",
	.key_a = "before",
	.key_b = "after",
	.key_s = "address",
};

void
story_start(void)
{
	trace_emit(&start_event, getpid(), 0, NULL);
}

void
story_child(const struct fork_kind *kind)
{
	if (kind->traits & FORK_RETURNS_TWICE)
		trace_emit(&child_return_event, 0, 0, kind->kind.name);
	trace_emit(&child_event, getppid(), 0, NULL);
}

void
story_leave(void)
{
	trace_emit(&leave_event, 0, 0, NULL);
}

void
story_suspend(const struct fork_kind *kind)
{
	trace_emit(&suspend_event, 0, 0, kind->kind.name);
}

void
story_resume(void)
{
	trace_emit(&resume_event, 0, 0, NULL);
}

void
story_created(const struct fork_kind *kind, pid_t pid, uint64_t took_ns)
{
	trace_emit(kind->traits & FORK_RETURNS_TWICE ? &parent_return_event
						     : &spawn_return_event,
		   pid, (int64_t)took_ns, kind->kind.name);
	trace_emit(&created_event, pid, 0, NULL);
}

void
story_refused(const struct fork_kind *kind, int code)
{
	trace_emit(&refused_event, code, 0, kind->kind.name);
}

void
story_wait(bool begins)
{
	trace_emit(begins ? &wait_event : &waited_event, 0, 0, NULL);
}

void
story_exited(pid_t pid, int exitcode)
{
	char name[PROC_SIGNAL_NAME];

	if (exitcode < 0)
		trace_emit(&killed_event, pid, exitcode,
			   proc_signal_name(-exitcode, name));
	else
		trace_emit(&exited_event, pid, exitcode, NULL);
}

static void
variable(const struct event_type *type, const void *at, int64_t before, int64_t after)
{
	char address[EVENT_TEXT];

	snprintf(address, sizeof(address), "%p", at);
	trace_emit(type, before, after, address);
}

void
story_private(const void *at, int64_t before, int64_t after)
{
	variable(&private_event, at, before, after);
}

void
story_shared(const void *at, int64_t before, int64_t after)
{
	variable(&shared_event, at, before, after);
}
