/*
 * thread.c - `concbench thread`: named threads, joined and detached.
 */
#include "core/sys.h"
#include "scenarios/thread/thread_run.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { STACK_MIN = 32 << 10 }; /* as Python's threading.stack_size() has it */

static const struct param params[] = {
	{ .name = "workers",
	  .letter = 'n',
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct thread_opts, n),
	  .arg = "N",
	  .def = "1",
	  .min = 1,
	  .max = 10000,
	  .help = "threads" },
	{ .name = "loops",
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct thread_opts, loops),
	  .arg = "N",
	  .def = "5",
	  .max = 1e9,
	  .help = "lines that each thread counts" },
	{ .name = "pause",
	  .type = PARAM_DURATION,
	  .offset = offsetof(struct thread_opts, pause_ns),
	  .arg = "DUR",
	  .def = "100ms",
	  .max = 1e18,
	  .help = "how long a thread is blocked after each line" },
	{ .name = "name",
	  .type = PARAM_TEXT,
	  .offset = offsetof(struct thread_opts, name),
	  .arg = "NAME",
	  .def = "LoopThread",
	  .help = "name of the thread; the next ones are NAME-2, NAME-3" },
	{ .name = "share",
	  .type = PARAM_FLAG,
	  .offset = offsetof(struct thread_opts, share),
	  .help = "all threads see and change one variable, under a lock" },
	{ .name = "detached",
	  .type = PARAM_FLAG,
	  .offset = offsetof(struct thread_opts, detached),
	  .help = "the same by detached threads after the joined ones" },
	{ .name = "stack",
	  .type = PARAM_SIZE,
	  .offset = offsetof(struct thread_opts, stack_bytes),
	  .arg = "SIZE",
	  .min = STACK_MIN,
	  .max = 1e15,
	  .help = "stack of each thread (default: the system's)" },
	{ .name = "limit",
	  .type = PARAM_FLAG,
	  .offset = offsetof(struct thread_opts, limit),
	  .help = "instead: how many threads fit, and what a stack of 64K, of 8M or of "
		  "--stack costs" },
	PARAM_END,
};

static const struct event_type main_running_event = {
	.name = "thread_running",
	.phase = EVENT_BEGIN,
	.say = "● thread {s} is running...",
	.key_s = "name",
	.span = "running",
};
static const struct event_type main_ended_event = {
	.name = "thread_ended",
	.phase = EVENT_END,
	.say = "■ thread {s} ended.",
	.key_s = "name",
};
static int
roles(const struct run *run, const void *opts)
{
	const struct thread_opts *o = opts;

	(void)run;
	return 1 + (int)o->n * (o->detached ? 2 : 1);
}

static int
check(const struct run *run, const void *opts, struct err *e)
{
	const struct thread_opts *o = opts;

	(void)run;
	if (o->limit && (o->n > 1 || o->share || o->detached))
		return err_set(e, EINVAL,
			       "'--limit' takes no '-n', '--share' or '--detached'");
	if (*o->name == '\0')
		return err_set(e, EINVAL, "'--name' is empty");
	return 0;
}

static int
run_sort(struct run *run, const struct thread_opts *o, int sort, struct err *e)
{
	struct thread_demo d = { .run = run,
				 .o = o,
				 .sort = sort,
				 .n = (int)o->n,
				 .lock = PTHREAD_MUTEX_INITIALIZER,
				 .variable = THREAD_VALUE };
	int rc;

	d.end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d.end_fd < 0)
		return err_set(e, errno, "cannot make an event");
	d.looper = calloc((size_t)o->n, sizeof(*d.looper));
	if (d.looper == NULL)
		rc = err_set(e, ENOMEM, "cannot make room for %d threads", d.n);
	else
		rc = thread_demo_play(&d, e);
	free(d.looper);
	pthread_mutex_destroy(&d.lock);
	close(d.end_fd);
	return rc;
}

static int
run_thread(struct run *run, const void *opts, struct err *e)
{
	const struct thread_opts *o = opts;
	int rc;

	trace_name(run->trace, 0, thread_current_name());
	sys_pin_cpu(run->pin, 0); /* the CPUs are those of the main thread */
	trace_emit(&main_running_event, 0, 0, thread_current_name());
	rc = o->limit ? thread_limit_play(run, o, e)
		      : run_sort(run, o, THREAD_JOINED, e);
	if (rc == 0 && o->detached)
		rc = run_sort(run, o, THREAD_DETACHED, e);
	trace_emit(&main_ended_event, 0, 0, thread_current_name());
	return rc == -ECANCELED ? 0 : rc;
}

static const struct example examples[] = {
	{ "concbench thread", "MainThread and LoopThread, which counts to five" },
	{ "concbench thread -n 3 --timeline", "three threads, running and blocked" },
	{ "concbench thread -n 4 --share --pause 0", "one variable seen by all" },
	{ "concbench thread --detached", "threads of _thread against joined ones" },
	{ "concbench thread -b --detached", "what creating and joining one costs" },
	{ "concbench thread --limit", "how many threads fit, what a stack costs" },
	{ .line = NULL },
};

const struct scenario scenario_thread = {
	.name = "thread",
	.summary = "named threads: their states, one memory, joined and detached",
	.stands_for = "threading.Thread, _thread.start_new_thread",
	.about =
		"MainThread starts N threads, each of which counts its lines with a "
		"pause after each; MainThread is blocked in join meanwhile. A thread "
		"is "
		"created, running, blocked (in its pause, or on the lock of --share) "
		"and finished; all states are in the trace, each thread with its "
		"TID.\n\n"
		"With --share all threads see and change one variable, at the same "
		"address, under a lock; no change may be lost.\n\n"
		"With --detached the same is done by threads that nobody can join, as "
		"_thread.start_new_thread starts them. MainThread waits until each has "
		"counted itself as finished, since the end of the process would cut "
		"them off.\n\n"
		"With --limit as many threads as is safe (5,000, and at most a quarter "
		"of the system's limit) are started and wait; told are the address "
		"space and the memory that each takes, for each size of stack.\n\n"
		"When the system refuses a thread, those that run are ended and joined "
		"and the run ends with status 3.",
	.examples = examples,
	.params = params,
	.opts_size = sizeof(struct thread_opts),
	.metrics = thread_metrics,
	.roles = roles,
	.check = check,
	.run = run_thread,
	.bench = thread_bench,
};
