/*
 * preload.c - `concbench lock --preload`: an unmodified program under our locks.
 *
 * Each round runs it once under each kind, in an order drawn anew, so that a machine
 * whose speed drifts hits all alike.
 */
#include "scenarios/lock/preload.h"

#include "core/clock.h"
#include "core/guard.h"
#include "core/proc.h"
#include "core/rng.h"
#include "core/subprocess.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GRACE_NS (2 * NS_PER_S)
#define DRAIN_NS (200 * NS_PER_MS)

static const struct event_type begin_event = {
	.name = "program",
	.phase = EVENT_BEGIN,
	.say = "▶ round {a}: under '{s}'",
	.key_a = "round",
	.key_s = "kind",
	.span = "{s}",
};
static const struct event_type end_event = {
	.name = "program_end",
	.phase = EVENT_END,
	.say = "✔ exit code: {a}",
	.key_a = "exit",
};

static int
stop_signal(void *arg)
{
	const int reason = stop_reason(arg);

	return reason > 0 ? reason : SIGTERM;
}

/* Passes on a piece of what the program wrote. */
struct passage {
	struct run *run;
	int64_t task;
	int stream;
};

static int
pass_on(void *arg, const void *data, size_t n)
{
	const struct passage *p = arg;

	return p->run->output(p->run->output_arg, p->task, p->stream, data, n);
}

/* The program, once. 0 with *end and *cpu_ns filled, or -errno. */
static int
run_program(struct preload_session *s, const struct preload *p, size_t round,
	    struct subprocess_end *end, uint64_t *cpu_ns, struct err *e)
{
	struct run *run = s->run;
	const bool pipes = run->out_fd < 0, own_group = !isatty(0);
	struct passage passage[2] = { { run, (int64_t)round, 1 },
				      { run, (int64_t)round, 2 } };
	struct flow flow[3] = {
		[0] = { .pipe = -1, .peer = -1 },
		[1] = { .peer = -1, .sink = pass_on, .sink_arg = &passage[0] },
		[2] = { .peer = -1, .sink = pass_on, .sink_arg = &passage[1] },
	};
	const int stream = pipes ? SUBPROCESS_PIPE : SUBPROCESS_INHERIT;
	struct guard guard = { .pidfd = -1 };
	struct subprocess_run q = {
		.config = { .argv = run->argv,
			    .envp = p->envp,
			    .stream = { SUBPROCESS_INHERIT, stream, stream },
			    .has_pass_fd = p->fd >= 0,
			    .pass_fd = p->fd,
			    .flags = SPAWN_DIES_WITH_PARENT |
				     (own_group ? SPAWN_OWN_GROUP : 0),
			    .guard = own_group ? &guard : NULL },
		.flow = flow,
		.grace_ns = GRACE_NS,
		.drain_ns = DRAIN_NS,
		.cancel_fd = run->stop->fd,
		.cancel_signal = stop_signal,
		.cancel_arg = run->stop,
	};
	uint64_t begin_ns;
	int rc = own_group ? guard_open(&guard, 1, e) : 0;

	if (rc != 0)
		return rc;
	begin_ns = clock_process_cpu_ns();
	rc = subprocess_run(&q, end, e);
	*cpu_ns = clock_process_cpu_ns() - begin_ns;
	if (own_group)
		guard_close(&guard);
	if (rc == 0 && end->refused != 0)
		return err_set(e, end->refused, "cannot run '%.100s'", run->argv[0]);
	return rc == 0 && end->cancelled ? -ECANCELED : rc;
}

int
preload_status(int exitcode)
{
	return exitcode < 0 ? 128 - exitcode : exitcode;
}

/* One round of one way. */
static int
run_way(struct preload_session *s, struct preload_way *w, size_t round, struct err *e)
{
	struct preload p = { .fd = -1 };
	struct subprocess_end end;
	uint64_t cpu_ns;
	int rc = 0;

	if (w->kind != NULL) {
		/* The program may go elsewhere before it needs the file. */
		const char *file = w->kind->kind.file;
		char *path = file != NULL ? realpath(file, NULL) : NULL;

		if (file != NULL && path == NULL)
			return err_set(e, errno, "cannot find '%.100s'", file);
		rc = preload_open(&p, s->library,
				  path != NULL ? path : w->kind->kind.name, e);
		free(path);
	}
	if (rc != 0)
		return rc;
	trace_emit(&begin_event, (int64_t)round + 1, 0, w->name);
	rc = run_program(s, &p, round, &end, &cpu_ns, e);
	if (rc == 0) {
		trace_emit(&end_event, preload_status(end.exitcode), 0, NULL);
		assert(w->wall_ns != NULL && w->cpu_ns != NULL);
		w->wall_ns[w->n] = (double)(end.end_ns - end.spawned.call_ns);
		w->cpu_ns[w->n++] = (double)cpu_ns;
		if (end.exitcode != 0 && w->failures++ == 0)
			w->exitcode = end.exitcode;
	}
	/* What it did until then is known, also when it was stopped. */
	if (w->kind != NULL && (rc == 0 || rc == -ECANCELED)) {
		const int left = preload_collect(&p, &w->book, e);

		rc = rc == 0 ? left : rc;
	}
	preload_close(&p);
	return rc;
}

/* True when a kind is to be run. Of all, not those that may take for ever; they are
 * noted in `left`. */
static bool
is_wanted(struct run *run, const struct lock_kind *k, bool all, FILE *left)
{
	if (preload_unfit(k) != NULL)
		return false;
	if (!(k->traits & LOCK_STUBBORN))
		return true;
	if (all)
		fprintf(left, " %s", k->kind.name);
	else
		result_warn(run->result,
			    "'%s' spins and never gives way: with more threads than "
			    "CPUs it may take for ever; --timeout ends it",
			    k->kind.name);
	return !all;
}

/* The kinds that are asked for and fit. 0 or -ENOMEM. */
static int
pick_kinds(struct preload_session *s, struct err *e)
{
	const struct lock_opts *o = s->o;
	const bool all = o->kinds.all;
	char *text = NULL;
	size_t size = 0;
	FILE *left = open_memstream(&text, &size);

	if (left == NULL) {
		err_set(e, ENOMEM, "no memory for %zu kinds", o->kinds.n);
		return -ENOMEM;
	}
	for (size_t i = 0; i < o->kinds.n; i++) {
		const struct lock_kind *k = lock_kind_table[o->kinds.v[i]];

		if (is_wanted(s->run, k, all, left))
			s->way[s->nways++] =
				(struct preload_way){ .kind = k, .name = k->kind.name };
	}
	fclose(left);
	if (size > 0)
		result_line(s->run->result,
			    "left out of all kinds, for they spin and never give "
			    "way:%s",
			    text);
	free(text);
	return 0;
}

static int
make_ways(struct preload_session *s, struct err *e)
{
	const struct lock_opts *o = s->o;
	int rc;

	s->rounds = (size_t)o->runs;
	s->way = calloc(o->kinds.n + 1, sizeof(*s->way));
	if (s->way == NULL) {
		err_set(e, ENOMEM, "no memory for %zu kinds", o->kinds.n);
		return -ENOMEM;
	}
	if (o->plain)
		s->way[s->nways++].name = "plain";
	rc = pick_kinds(s, e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < s->nways; i++) {
		s->way[i].wall_ns = calloc(s->rounds, sizeof(double));
		s->way[i].cpu_ns = calloc(s->rounds, sizeof(double));
		if (s->way[i].wall_ns == NULL || s->way[i].cpu_ns == NULL) {
			err_set(e, ENOMEM, "no memory for %zu runs", s->rounds);
			return -ENOMEM;
		}
	}
	return 0;
}

static void
free_ways(struct preload_session *s)
{
	for (size_t i = 0; i < s->nways; i++) {
		free(s->way[i].wall_ns);
		free(s->way[i].cpu_ns);
		preload_book_fini(&s->way[i].book);
	}
	free(s->way);
}

static int
run_rounds(struct preload_session *s, struct err *e)
{
	size_t *order = calloc(s->nways + 1, sizeof(*order));
	struct rng rng;
	int rc = 0;

	if (order == NULL)
		return err_set(e, ENOMEM, "no memory for %zu kinds", s->nways);
	rng_init(&rng, s->run->seed, UINT64_MAX - 1);
	for (size_t r = 0; r < s->rounds && rc == 0; r++) {
		rng_shuffle(&rng, order, s->nways);
		for (size_t i = 0; i < s->nways && rc == 0; i++) {
			rc = run_way(s, &s->way[order[i]], r, e);
			if (s->run->trace->live_ns > 0)
				trace_pump(s->run->trace, true);
		}
	}
	free(order);
	return rc;
}

int
preload_run(struct run *run, const struct lock_opts *o, struct err *e)
{
	struct preload_session s = { .run = run, .o = o };
	int rc = preload_find(run->self, s.library, sizeof(s.library), e);

	if (rc != 0) {
		run->result->status = 77;
		result_warn(run->result, "%s (%s)", e->msg, e->hint);
		return 0;
	}
	rc = make_ways(&s, e);
	if (rc == 0)
		rc = run_rounds(&s, e);
	if (s.way != NULL)
		preload_report(&s);
	free_ways(&s);
	return rc == -ECANCELED ? 0 : rc;
}
