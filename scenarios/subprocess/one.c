/*
 * one.c - one run of the user's command: its streams, its events, what is noted of it.
 */
#include "core/clock.h"
#include "core/proc.h"
#include "core/rng.h"
#include "scenarios/subprocess/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a document holds of all runs together. */
#define KEPT_MAX (INT64_C(256) << 20)

#define TOLD_MAX 20 /* runs whose failure is narrated */

/* The command line of this run: longer than an event. It is shown until the program
 * ends, and never freed. */
static const char *shown_line;

static const struct event_type command_event = {
	.name = "command",
	.phase = EVENT_BEGIN,
	.say = "$ {s}",
	.key_a = "task",
	.key_s = "line",
	.span = "run",
	.whole = &shown_line,
};
static const struct event_type exit_event = {
	.name = "exit",
	.phase = EVENT_END,
	.say = "Exit code: {a}",
	.key_a = "exit",
};
static const struct event_type killed_event = {
	.name = "killed",
	.phase = EVENT_END,
	.say = "✖ killed by {s}. Exit code: {a}",
	.key_a = "exit",
	.key_s = "signal",
};
static const struct event_type refused_event = {
	.name = "refused",
	.phase = EVENT_END,
	.say = "✖ {s}. Exit code: {a}",
	.key_a = "exit",
	.key_s = "why",
};
static const struct event_type signal_event = {
	.name = "signal",
	.say = "→ {s}",
	.key_a = "number",
	.key_s = "signal",
};
static const struct event_type repeat_event = {
	.name = "repeat",
	.say = "$ {s}   × {a}, {b} at once",
	.key_a = "runs",
	.key_b = "at_once",
	.key_s = "line",
	.whole = &shown_line,
};
static const struct event_type run_event = {
	.name = "run",
	.phase = EVENT_BEGIN,
	.key_a = "task",
	.key_s = "kind",
	.span = "{a}",
};
static const struct event_type run_end_event = {
	.name = "run_end",
	.phase = EVENT_END,
	.key_a = "exit",
};
static const struct event_type run_failed_event = {
	.name = "run_end",
	.phase = EVENT_END,
	.say = "✖ run {b}: {s}",
	.key_a = "exit",
	.key_b = "task",
	.key_s = "why",
};

static bool
alone(const struct jobs *j)
{
	return j->njobs == 1;
}

/* One at a time: nobody else writes events, they can be shown at once. */
static void
show_now(struct jobs *j)
{
	if (alone(j) && j->run->trace->live_ns > 0)
		trace_pump(j->run->trace, true);
}

void
jobs_show_line(struct jobs *j)
{
	shown_line = j->line;
	if (!alone(j))
		trace_emit(&repeat_event, j->njobs, j->o->n, NULL);
}

/* Keeps a piece of a stream for the document, as far as there is room. */
struct keeper {
	struct jobs *jobs;
	struct job *job;
	int stream;
};

static int
keep(void *arg, const void *data, size_t n)
{
	struct keeper *k = arg;
	struct job *job = k->job;
	const size_t has = job->nkept[k->stream], most = k->jobs->o->keep_bytes;
	size_t take = n < most - has ? n : most - has;
	char *more;

	if (atom_add_rlx(&k->jobs->nkept, (int64_t)take) + (int64_t)take > KEPT_MAX) {
		atom_sub_rlx(&k->jobs->nkept, (int64_t)take);
		take = 0;
	}
	job->cut |= take < n;
	if (take == 0)
		return 0;
	more = realloc(job->kept[k->stream], has + take);
	if (more == NULL)
		return -ENOMEM;
	memcpy(more + has, data, take);
	job->kept[k->stream] = more;
	job->nkept[k->stream] = has + take;
	return 0;
}

static int
signal_of_stop(void *arg)
{
	const int reason = stop_reason(arg);

	return reason > 0 ? reason : SIGTERM;
}

static void
on_signal(void *arg, int sig)
{
	char name[PROC_SIGNAL_NAME];

	trace_emit(&signal_event, sig, 0, proc_signal_name(sig, name));
	show_now(arg);
}

static void
tell_begin(struct jobs *j, uint32_t number, const struct spawn_kind *kind)
{
	if (alone(j))
		trace_emit(&command_event, number, 0, NULL);
	else
		trace_emit(&run_event, number, 0, kind->kind.name);
	show_now(j);
}

static void
tell_end(struct jobs *j, uint32_t number, const struct subprocess_end *end)
{
	const struct job *job = &j->job[number];
	const int status = jobs_status(job);
	char words[64], name[PROC_SIGNAL_NAME];

	if (end->refused != 0)
		snprintf(words, sizeof(words), "%s",
			 status == 127		  ? "command not found"
			 : end->refused == EACCES ? "not executable"
						  : strerror(end->refused));
	else if (job->exitcode < 0)
		snprintf(words, sizeof(words), "%s",
			 proc_signal_name(-job->exitcode, name));
	else
		snprintf(words, sizeof(words), "exit code %d", status);
	if (!alone(j))
		trace_emit(status != 0 && atom_add_rlx(&j->told, 1) < TOLD_MAX
				   ? &run_failed_event
				   : &run_end_event,
			   status, number, words);
	else
		trace_emit(end->refused != 0   ? &refused_event
			   : job->exitcode < 0 ? &killed_event
					       : &exit_event,
			   status, 0, words);
}

static void
note(struct job *job, const struct subprocess_end *end, const struct flow flow[3])
{
	const struct spawn_child *s = &end->spawned;

	job->done = true;
	job->refused = end->refused != 0;
	job->pid = end->pid;
	job->exitcode = (int16_t)end->exitcode;
	job->drained = end->drained;
	job->unread = flow[0].refused;
	for (int i = 0; i < 3; i++)
		job->bytes[i] = flow[i].bytes;
	if (job->refused || s->return_ns == 0)
		return;
	job->spawn_ns = s->return_ns - s->call_ns;
	if (s->exec_ns != 0) {
		job->own_ns = s->exec_ns - s->call_ns;
		job->exec_ns = s->return_ns - s->exec_ns;
	}
	job->lifetime_ns = end->end_ns - s->return_ns;
	job->total_ns = end->end_ns - s->call_ns;
}

/* Our side of the streams failed: nobody takes the output, or a real error. */
static int
check_flows(struct jobs *j, const struct flow flow[3], struct err *e)
{
	static const char *const what[] = { "read the input of",
					    "pass on the output of",
					    "pass on the errors of" };

	for (int i = 0; i < 3; i++) {
		if (flow[i].error == EPIPE) {
			stop_request(j->run->stop, SIGPIPE);
			return -ECANCELED;
		}
		if (flow[i].error != 0)
			return err_set(e, flow[i].error, "cannot %s '%.60s'", what[i],
				       j->run->argv[0]);
	}
	return 0;
}

static int
open_input(const struct jobs *j, struct flow *f, struct err *e)
{
	const char *name = j->o->input_file;

	f->pipe = f->peer = -1;
	f->text = j->o->input;
	f->text_bytes = f->text == NULL ? 0 : strlen(f->text);
	if (name == NULL)
		return 0;
	f->peer = strcmp(name, "-") == 0 ? fcntl(0, F_DUPFD_CLOEXEC, 3)
					 : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return f->peer >= 0 ? 0 : err_set(e, errno, "cannot open '%.120s'", name);
}

static const struct spawn_kind *
kind_of(const struct jobs *j, uint32_t number, uint8_t *index)
{
	const size_t n = (size_t)j->nkinds;
	size_t order[8] = { 0 };
	struct rng rng;

	if (n > 1) {
		rng_init(&rng, j->run->seed, number / n);
		rng_shuffle(&rng, order, n);
	}
	*index = (uint8_t)order[number % n];
	return j->kind[*index];
}

int
jobs_run_one(struct jobs *j, uint32_t number, size_t slot, struct err *e)
{
	struct job *job = &j->job[number];
	struct keeper keeper[2] = { { j, job, 0 }, { j, job, 1 } };
	struct flow flow[3] = {
		[1] = { .peer = j->run->out_fd, .sink = keep, .sink_arg = &keeper[0] },
		[2] = { .peer = j->run->err_fd, .sink = keep, .sink_arg = &keeper[1] },
	};
	struct subprocess_run q = {
		.config = { .kind = kind_of(j, number, &job->kind),
			    .argv = j->run->argv,
			    .envp = j->envp,
			    .cwd = j->o->cwd,
			    .flags = SPAWN_DIES_WITH_PARENT |
				     (j->own_group ? SPAWN_OWN_GROUP : 0),
			    .guard = j->own_group ? &j->guard : NULL,
			    .guard_slot = slot },
		.flow = flow,
		.grace_ns = j->o->grace_ns,
		.drain_ns = j->o->drain_ns,
		.cancel_fd = j->run->stop->fd,
		.cancel_signal = signal_of_stop,
		.cancel_arg = j->run->stop,
		.signalled = on_signal,
		.arg = j,
	};
	struct subprocess_end end;
	int rc;

	for (int i = 0; i < 3; i++)
		q.config.stream[i] = j->pipes[i] ? SUBPROCESS_PIPE : SUBPROCESS_INHERIT;
	if (!j->pipes[0] && j->o->n > 1)
		q.config.stream[0] = SUBPROCESS_NULL;
	rc = open_input(j, &flow[0], e);
	if (rc != 0)
		return rc;
	tell_begin(j, number, q.config.kind);
	rc = subprocess_run(&q, &end, e);
	if (rc == 0) {
		note(job, &end, flow);
		tell_end(j, number, &end);
		rc = check_flows(j, flow, e);
		if (rc == 0 && end.refused == 0)
			e->code = 0;
	}
	if (flow[0].peer >= 0)
		close(flow[0].peer);
	return rc;
}
