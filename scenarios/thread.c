/*
 * thread.c - `concbench thread`: named threads, joined and detached.
 */
#include "core/thread.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/sys.h"
#include "core/watch.h"
#include "scenarios/scenario.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	MAIN_VALUE = 10,      /* the variable before the threads change it */
	STACK_MIN = 32 << 10, /* as Python's threading.stack_size() has it */
	JOINED = 0,
	DETACHED = 1,
};

struct thread_opts {
	int64_t n, loops;
	const char *name;
	uint64_t pause_ns, stack_bytes;
	bool share, detached;
};

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
	PARAM_END,
};

static const struct event_type main_running_event = {
	.name = "thread_running",
	.phase = EVENT_BEGIN,
	.say = "● thread {s} is running...",
	.key_s = "name",
	.span = "running",
};
static const struct event_type running_event = {
	.name = "thread_running",
	.say = "▶ thread {s} is running...",
	.key_s = "name",
};
static const struct event_type line_event = {
	.name = "line",
	.say = "thread {s} >>> {a}",
	.key_a = "n",
	.key_s = "name",
};
static const struct event_type ended_event = {
	.name = "thread_ended",
	.say = "✔ thread {s} ended.",
	.key_s = "name",
};
static const struct event_type main_ended_event = {
	.name = "thread_ended",
	.phase = EVENT_END,
	.say = "■ thread {s} ended.",
	.key_s = "name",
};
static const struct event_type created_event = {
	.name = "thread_created",
	.say = "├─ {s}: created",
	.key_s = "name",
};
static const struct event_type started_event = {
	.name = "thread_started",
	.say = "├─ {s}: started",
	.key_s = "name",
};
static const struct event_type detached_event = {
	.name = "thread_detached",
	.say = "├─ {s}: started detached, nobody will join it",
	.key_s = "name",
};
static const struct event_type joined_event = {
	.name = "thread_joined",
	.say = "├─ {s}: finished, joined (TID {a})",
	.key_a = "joined_tid",
	.key_s = "name",
	.unit_a = EVENT_PID,
};
static const struct event_type counted_event = {
	.name = "thread_counted",
	.say = "├─ {s}: finished, by its own word (TID {a})",
	.key_a = "counted_tid",
	.key_s = "name",
	.unit_a = EVENT_PID,
};
static const struct event_type variable_event = {
	.name = "variable",
	.say = "the variable at {s}: {a} → {b}",
	.key_a = "before",
	.key_b = "after",
	.key_s = "address",
};

static const struct metric metrics[] = {
	{ "wall", "ns", BETTER_LOWER, "from the first start until all had finished" },
	{ "start", "ns", BETTER_LOWER, "start() of a thread as its creator waited" },
	{ "startup", "ns", BETTER_LOWER, "from start() to the thread's first line" },
	{ "run", "ns", BETTER_LOWER, "from a thread's first line to its last" },
	{ .name = NULL },
};

enum { M_WALL, M_START, M_STARTUP, M_RUN };

static const struct result_column columns[] = {
	{ "name", "name", COLUMN_TEXT },    { "tid", "TID", COLUMN_NUMBER },
	{ "state", "state", COLUMN_TEXT },  { "lines", "lines", COLUMN_NUMBER },
	{ "start_ns", "start", COLUMN_NS }, { "startup_ns", "startup", COLUMN_NS },
	{ "run_ns", "run", COLUMN_NS },
};

enum { C_NAME, C_TID, C_STATE, C_LINES, C_START, C_STARTUP, C_RUN, C_COUNT };

/* One thread and what it saw; written by itself but for the first four. */
struct looper {
	struct thread t;
	struct demo *demo;
	uint64_t start_ns, started_ns; /* start() called, returned */
	uint64_t begin_ns, end_ns;
	int64_t lines;
	pid_t pid;
	bool grew; /* the variable only ever grew under its eyes */
};

/* One round: n threads of one sort. */
struct demo {
	struct run *run;
	const struct thread_opts *o;
	int sort; /* JOINED or DETACHED */
	int n, nstarted;
	struct looper *looper;
	int end_fd;	 /* eventfd: a thread has ended */
	uint64_t nended; /* read from it */
	atom_u32 cancel; /* 1: threads end their pauses and loops; a futex */
	pthread_mutex_t lock;
	int64_t variable; /* under the lock */
	atom_i64 sum;	  /* of the changes, counted without it */
};

static const char *const sort_name[] = { [JOINED] = "joined", [DETACHED] = "detached" };

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
	if (*o->name == '\0')
		return err_set(e, EINVAL, "'--name' is empty");
	return 0;
}

static bool
is_cancelled(const struct demo *d)
{
	return atom_load_rlx(&d->cancel) != 0;
}

static void
pause_here(struct demo *d)
{
	const uint64_t deadline_ns = clock_deadline_ns(d->o->pause_ns);

	if (d->o->pause_ns == 0)
		return;
	thread_blocked("pause");
	while (!is_cancelled(d) && clock_ns() < deadline_ns)
		futex_wait(&d->cancel, 0, deadline_ns);
	thread_unblocked();
}

static void
change_variable(struct looper *l, int64_t *last)
{
	struct demo *d = l->demo;
	char address[EVENT_TEXT];
	int64_t before;

	if (pthread_mutex_trylock(&d->lock) != 0) {
		thread_blocked("lock");
		pthread_mutex_lock(&d->lock);
		thread_unblocked();
	}
	before = d->variable;
	d->variable = before + 1;
	pthread_mutex_unlock(&d->lock);
	atom_add_rlx(&d->sum, 1);
	l->grew &= before > *last;
	*last = before;
	snprintf(address, sizeof(address), "%p", (void *)&d->variable);
	trace_emit(&variable_event, before, before + 1, address);
}

static void
loop(void *arg)
{
	struct looper *l = arg;
	struct demo *d = l->demo;
	const char *name = thread_current_name();
	int64_t n, last = MAIN_VALUE - 1;

	l->begin_ns = clock_ns();
	l->pid = getpid();
	trace_emit(&running_event, 0, 0, name);
	for (n = 1; n <= d->o->loops && !is_cancelled(d); n++) {
		trace_emit(&line_event, n, 0, name);
		l->lines = n;
		if (d->o->share)
			change_variable(l, &last);
		pause_here(d);
	}
	trace_emit(&ended_event, 0, 0, name);
	l->end_ns = clock_ns();
}

/* LoopThread, LoopThread-2; those of _thread are called as Python calls them. */
static void
init_looper(struct demo *d, int i)
{
	struct looper *l = &d->looper[i];
	char name[TRACE_NAME], tail[16] = "";

	if (i > 0)
		snprintf(tail, sizeof(tail), "-%d", i + 1);
	if (d->sort == JOINED)
		snprintf(name, sizeof(name), "%.*s%s",
			 (int)(sizeof(name) - 1 - strlen(tail)), d->o->name, tail);
	else
		snprintf(name, sizeof(name), "Dummy-%d", i + 1);
	thread_init(&l->t, name, loop, l);
	l->demo = d;
	l->grew = true;
	l->t.trace = d->run->trace;
	l->t.role = 1 + d->sort * d->n + i;
	l->t.cpu = sys_pin_cpu(d->run->pin, i);
	l->t.stack_bytes = (size_t)d->o->stack_bytes;
	l->t.notify_fd = d->end_fd;
	trace_name(d->run->trace, l->t.role, name);
	trace_emit(&created_event, 0, 0, name);
}

static int
start_all(struct demo *d, struct err *e)
{
	int rc = 0, i;

	for (i = 0; i < d->n; i++)
		init_looper(d, i);
	for (i = 0; i < d->n && rc == 0; i++) {
		struct looper *l = &d->looper[i];

		if (stop_reason(d->run->stop) != STOP_NONE)
			return -ECANCELED;
		l->start_ns = clock_ns();
		rc = d->sort == JOINED ? thread_start(&l->t, e)
				       : thread_start_detached(&l->t, e);
		l->started_ns = clock_ns();
		if (rc != 0)
			break;
		d->nstarted++;
		trace_emit(d->sort == JOINED ? &started_event : &detached_event, 0, 0,
			   l->t.name);
	}
	return rc;
}

static void
cancel(struct demo *d)
{
	atom_store_rlx(&d->cancel, 1);
	futex_wake(&d->cancel, INT_MAX);
}

/* Waits for ends of threads, shows events, hears the stop. */
static void
watch_ends(struct demo *d)
{
	uint64_t ends;

	if (watch_fd(d->run->trace, is_cancelled(d) ? NULL : d->run->stop, d->end_fd,
		     UINT64_MAX) != 1)
		cancel(d);
	else if (read(d->end_fd, &ends, sizeof(ends)) == sizeof(ends))
		d->nended += ends;
}

static void
wait_looper(struct demo *d, struct looper *l)
{
	char on[EVENT_TEXT];

	if (thread_is_alive(&l->t)) {
		snprintf(on, sizeof(on), "%s %.17s",
			 d->sort == JOINED ? "join" : "wait", l->t.name);
		thread_blocked(on);
		while (thread_is_alive(&l->t))
			watch_ends(d);
		thread_unblocked();
	}
	if (d->sort == JOINED)
		thread_join(&l->t, UINT64_MAX, NULL);
	trace_emit(d->sort == JOINED ? &joined_event : &counted_event,
		   atom_load_rlx(&l->t.tid), 0, l->t.name);
}

static void
wait_all(struct demo *d)
{
	int i;

	for (i = 0; i < d->nstarted; i++)
		wait_looper(d, &d->looper[i]);
	/* A detached one that has finished may still have to say so to end_fd. */
	while (d->nended < (uint64_t)d->nstarted)
		watch_ends(d);
}

static int
compare_tids(const void *a, const void *b)
{
	const pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* True when all threads had TIDs of their own in our process. */
static bool
are_distinct(const struct demo *d)
{
	pid_t *tid = calloc((size_t)d->nstarted + 1, sizeof(*tid));
	bool distinct = tid != NULL;
	int i;

	if (tid == NULL)
		return false;
	tid[d->nstarted] = gettid();
	for (i = 0; i < d->nstarted; i++) {
		tid[i] = atom_load_rlx(&d->looper[i].t.tid);
		distinct &= d->looper[i].pid == getpid();
	}
	qsort(tid, (size_t)d->nstarted + 1, sizeof(*tid), compare_tids);
	for (i = 0; i < d->nstarted; i++)
		distinct &= tid[i] != tid[i + 1];
	free(tid);
	return distinct;
}

static void
add_looper(struct demo *d, struct result_table *t, struct looper *l)
{
	const char *kind = sort_name[d->sort];
	struct result *r = d->run->result;
	const size_t row = result_row(r, t);
	const double start_ns = (double)(l->started_ns - l->start_ns);
	const double startup_ns = (double)(l->begin_ns - l->start_ns);
	const double run_ns = (double)(l->end_ns - l->begin_ns);

	result_text(r, t, row, C_NAME, l->t.name);
	result_number(t, row, C_TID, atom_load_rlx(&l->t.tid));
	result_text(r, t, row, C_STATE, thread_state_name(thread_state(&l->t)));
	result_number(t, row, C_LINES, (double)l->lines);
	result_number(t, row, C_START, start_ns);
	result_number(t, row, C_STARTUP, startup_ns);
	result_number(t, row, C_RUN, run_ns);
	result_sample(r, result_series(r, kind, d->n, &metrics[M_START]), start_ns);
	result_sample(r, result_series(r, kind, d->n, &metrics[M_STARTUP]), startup_ns);
	result_sample(r, result_series(r, kind, d->n, &metrics[M_RUN]), run_ns);
}

static void
check_share(struct demo *d, int64_t lines, int ngrew)
{
	const char *kind = sort_name[d->sort];
	const int64_t sum = atom_load_rlx(&d->sum);
	struct result *r = d->run->result;

	result_check(r, kind, "no change of the variable was lost",
		     d->variable == MAIN_VALUE + lines && sum == lines,
		     "%d + %lld changes by %d threads is %lld", MAIN_VALUE,
		     (long long)lines, d->nstarted, (long long)d->variable);
	result_check(r, kind, "every thread saw the others' changes",
		     ngrew == d->nstarted, "the variable only grew for %d of %d", ngrew,
		     d->nstarted);
	result_line(r,
		    "%s: all threads changed one variable at %p: it was %d and is %lld",
		    kind, (void *)&d->variable, MAIN_VALUE, (long long)d->variable);
}

/* Puts what became of the threads into the result. */
static void
conclude(struct demo *d)
{
	const char *kind = sort_name[d->sort];
	struct result *r = d->run->result;
	struct result_table *t =
		result_table(r, "threads", kind, d->n, columns, C_COUNT);
	int64_t lines = 0;
	int i, nfinished = 0, njoined = 0, nfull = 0, ngrew = 0;

	for (i = 0; i < d->nstarted; i++) {
		struct looper *l = &d->looper[i];

		add_looper(d, t, l);
		nfinished += thread_state(&l->t) == THREAD_FINISHED;
		njoined += l->t.joined;
		nfull += l->lines == d->o->loops;
		ngrew += l->grew;
		lines += l->lines;
	}
	if (d->sort == JOINED)
		result_check(r, kind, "every thread was joined", njoined == d->nstarted,
			     "%d started, %d joined", d->nstarted, njoined);
	else
		result_check(r, kind, "every thread finished, none was joined",
			     nfinished == d->nstarted && njoined == 0,
			     "%d started, %d finished", d->nstarted, nfinished);
	if (!is_cancelled(d))
		result_check(r, kind, "every line was counted", nfull == d->nstarted,
			     "%lld lines, all %lld by %d of %d threads",
			     (long long)lines, (long long)d->o->loops, nfull,
			     d->nstarted);
	/* A TID may be given again once a thread has ended: joined ones keep theirs
	 * only while all are alive together. */
	if (d->o->pause_ns > 0 && d->nstarted == d->n && !is_cancelled(d) &&
	    d->o->loops > 0)
		result_check(r, kind, "every thread had a TID of its own",
			     are_distinct(d), "%d threads in process %d", d->nstarted,
			     (int)getpid());
	if (d->o->share)
		check_share(d, lines, ngrew);
	result_line(r, "%s: %d of %d threads started, %d finished", kind, d->nstarted,
		    d->n, nfinished);
}

static int
play(struct demo *d, struct err *e)
{
	const uint64_t begin_ns = clock_ns();
	struct err why;
	int rc;

	rc = start_all(d, e);
	if (rc != 0)
		cancel(d);
	wait_all(d);
	if (rc == 0 && !is_cancelled(d))
		result_sample(d->run->result,
			      result_series(d->run->result, sort_name[d->sort], d->n,
					    &metrics[M_WALL]),
			      (double)(clock_ns() - begin_ns));
	conclude(d);
	if (rc == 0 || rc == -ECANCELED)
		return rc == 0 && is_cancelled(d) ? -ECANCELED : rc;
	why = *e;
	err_set(e, why.code, "thread %d of %d: %.160s", d->nstarted + 1, d->n, why.msg);
	err_hint(e, "%s", why.hint);
	return rc;
}

static int
run_sort(struct run *run, const struct thread_opts *o, int sort, struct err *e)
{
	struct demo d = { .run = run,
			  .o = o,
			  .sort = sort,
			  .n = (int)o->n,
			  .lock = PTHREAD_MUTEX_INITIALIZER,
			  .variable = MAIN_VALUE };
	int rc;

	d.end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d.end_fd < 0)
		return err_set(e, errno, "cannot make an event");
	d.looper = calloc((size_t)o->n, sizeof(*d.looper));
	if (d.looper == NULL)
		rc = err_set(e, ENOMEM, "cannot make room for %d threads", d.n);
	else
		rc = play(&d, e);
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
	rc = run_sort(run, o, JOINED, e);
	if (rc == 0 && o->detached)
		rc = run_sort(run, o, DETACHED, e);
	trace_emit(&main_ended_event, 0, 0, thread_current_name());
	return rc == -ECANCELED ? 0 : rc;
}

static const struct example examples[] = {
	{ "concbench thread", "MainThread and LoopThread, which counts to five" },
	{ "concbench thread -n 3 --timeline", "three threads, running and blocked" },
	{ "concbench thread -n 4 --share --pause 0", "one variable seen by all" },
	{ "concbench thread --detached", "threads of _thread against joined ones" },
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
		"When the system refuses a thread, those that run are ended and joined "
		"and the run ends with status 3.",
	.examples = examples,
	.params = params,
	.opts_size = sizeof(struct thread_opts),
	.metrics = metrics,
	.roles = roles,
	.check = check,
	.run = run_thread,
};
