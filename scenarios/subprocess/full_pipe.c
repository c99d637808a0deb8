/*
 * full_pipe.c - why wait() hangs on big output, and how communicate() does not.
 *
 * A command writes more than its pipe holds. The parent that waits for its end
 * before it reads waits for ever: the command cannot end before somebody reads.
 */
#include "core/clock.h"
#include "core/human.h"
#include "core/watch.h"
#include "scenarios/subprocess/subprocess_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often a stop and events are looked for while output is read. */
#define SLICE_NS (20 * NS_PER_MS)

static const struct event_type popen_event = {
	.name = "popen",
	.say = "Popen(writer, stdout=PIPE): process {a}, a pipe of {b}",
	.key_a = "child",
	.key_b = "pipe_bytes",
	.unit_a = EVENT_PID,
	.unit_b = EVENT_BYTES,
};
static const struct event_type wait_event = {
	.name = "wait",
	.phase = EVENT_WAIT,
	.say = "wait(): nobody reads",
	.span = "wait()",
};
static const struct event_type hang_event = {
	.name = "hang",
	.phase = EVENT_END,
	.say = "✖ wait() gave up: {a} lie in the pipe, which is full",
	.key_a = "pending_bytes",
	.unit_a = EVENT_BYTES,
};
static const struct event_type waited_event = {
	.name = "waited",
	.phase = EVENT_END,
	.say = "wait() returned: all of it fits into the pipe",
};
static const struct event_type communicate_event = {
	.name = "communicate",
	.phase = EVENT_BEGIN,
	.say = "communicate(): read until the end, then wait",
	.span = "communicate()",
};
static const struct event_type communicated_event = {
	.name = "communicated",
	.phase = EVENT_END,
	.say = "✔ communicate() read {a}. Exit code: {b}",
	.key_a = "stdout_bytes",
	.key_b = "exit",
	.unit_a = EVENT_BYTES,
};
static const struct event_type write_event = {
	.name = "write",
	.phase = EVENT_BEGIN,
	.say = "▶ write {a} to standard output",
	.key_a = "bytes",
	.unit_a = EVENT_BYTES,
	.span = "write",
};
static const struct event_type written_event = {
	.name = "written",
	.phase = EVENT_END,
	.say = "✔ all is written, exit",
};

/* What this program does as the command: writes argv[0] bytes; argv[1] is the trace's
 * descriptor, -1 when nobody looks. */
int
subprocess_writer(int argc, char **argv)
{
	struct trace trace;
	struct err e;
	char piece[4096];
	long long left;
	int fd;

	if (argc != 2)
		return 2;
	left = strtoll(argv[0], NULL, 10);
	fd = (int)strtol(argv[1], NULL, 10);
	if (fd >= 0)
		trace_attach(&trace, fd, 1, &e);
	memset(piece, 'x', sizeof(piece));
	trace_emit(&write_event, left, 0, NULL);
	while (left > 0) {
		size_t n =
			left < (long long)sizeof(piece) ? (size_t)left : sizeof(piece);
		ssize_t done = write(1, piece, n);

		if (done < 0 && errno != EINTR)
			return 1;
		left -= done > 0 ? done : 0;
	}
	trace_emit(&written_event, 0, 0, NULL);
	return 0;
}

/* wait(timeout), while events are shown and a stop is heard. */
static int
wait_for(struct run *run, struct subprocess *p, uint64_t timeout_ns)
{
	const uint64_t deadline_ns = clock_deadline_ns(timeout_ns);
	int rc = 1;

	while (rc == 1 && !subprocess_poll(p))
		rc = watch_fd(run->trace, run->stop, p->pidfd, deadline_ns);
	return rc == 1 ? 0 : rc;
}

static int
communicate(struct run *run, struct subprocess *p, struct flow *flow)
{
	int rc;

	while ((rc = subprocess_communicate(p, flow, 1, SLICE_NS)) == -ETIMEDOUT) {
		trace_pump(run->trace, false);
		if (stop_reason(run->stop) != STOP_NONE)
			return -ECANCELED;
	}
	return rc;
}

static void
conclude(struct run *run, const struct subprocess_opts *o, bool hung, uint64_t held,
	 uint64_t capacity, const struct flow *flow, const struct subprocess *p)
{
	struct result *r = run->result;
	char a[HUMAN_TEXT], b[HUMAN_TEXT], c[HUMAN_TEXT];

	if (hung)
		result_line(r,
			    "a pipe holds %s: after these the writer sleeps in write() "
			    "until somebody reads, and who waits for its end first "
			    "waits for ever",
			    human_bytes(a, (double)capacity));
	else
		result_line(r, "the pipe holds %s, so that %s fit and wait() returned",
			    human_bytes(a, (double)capacity),
			    human_bytes(b, (double)o->size_bytes));
	result_line(r,
		    "so: communicate(), or read to the end and wait then; or a file");
	result_sample(r, subprocess_series(run, NULL, 0, M_STDOUT),
		      (double)flow->bytes);
	result_check(r, NULL, "wait() hangs when the output does not fit",
		     hung == (o->size_bytes > capacity),
		     "%s written, %s in the pipe of %s when wait() ended",
		     human_bytes(a, (double)o->size_bytes),
		     human_bytes(b, (double)held), human_bytes(c, (double)capacity));
	result_check(r, NULL, "communicate() gets every byte",
		     flow->bytes == o->size_bytes && p->returncode == 0,
		     "%llu of %llu bytes, exit code %d",
		     (unsigned long long)flow->bytes, (unsigned long long)o->size_bytes,
		     p->returncode);
}

static int
play(struct run *run, const struct subprocess_opts *o, struct subprocess *p,
     struct flow *flow)
{
	const int capacity = fcntl(flow->pipe, F_GETPIPE_SZ);
	uint64_t held;
	bool hung;
	int rc;

	trace_emit(&popen_event, p->pid, capacity, NULL);
	trace_emit(&wait_event, 0, 0, NULL);
	rc = wait_for(run, p, o->wait_ns);
	hung = rc == -ETIMEDOUT;
	if (rc != 0 && !hung)
		return rc;
	held = flow_pending(flow);
	trace_emit(hung ? &hang_event : &waited_event, (int64_t)held, 0, NULL);
	trace_emit(&communicate_event, 0, 0, NULL);
	rc = communicate(run, p, flow);
	if (rc != 0)
		return rc;
	trace_emit(&communicated_event, (int64_t)flow->bytes, p->returncode, NULL);
	conclude(run, o, hung, held, (uint64_t)capacity, flow, p);
	return 0;
}

int
subprocess_full_pipe(struct run *run, const struct subprocess_opts *o, struct err *e)
{
	const bool traced = run->trace->shared != NULL;
	struct flow flow = { .peer = -1 };
	char size[24], fd[16];
	struct subprocess_config c = {
		.argv = (char *[]){ (char *)(uintptr_t)run->self, "__child",
				    "subprocess", size, fd, NULL },
		.stream = { SUBPROCESS_NULL, SUBPROCESS_PIPE, SUBPROCESS_INHERIT },
		.has_pass_fd = traced,
		.pass_fd = run->trace->fd,
		.flags = SPAWN_DIES_WITH_PARENT,
	};
	struct subprocess p;
	int rc;

	snprintf(size, sizeof(size), "%llu", (unsigned long long)o->size_bytes);
	snprintf(fd, sizeof(fd), "%d", traced ? run->trace->fd : -1);
	if (traced)
		trace_name(run->trace, 1, "writer");
	rc = subprocess_start(&p, &c, e);
	flow.pipe = p.pipe[1];
	p.pipe[1] = -1;
	if (rc == 0) {
		rc = play(run, o, &p, &flow);
		if (rc != 0 && rc != -ECANCELED)
			err_set(e, -rc, "cannot wait for the writer");
	}
	flow_end(&flow);
	subprocess_close(&p);
	return rc;
}
