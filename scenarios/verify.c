/*
 * verify.c - `concbench verify`: locks and queues through their interleavings.
 */
#include "scenarios/verify/programs.h"

#include "core/clock.h"
#include "core/human.h"
#include "scenarios/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct verify_opts {
	struct param_list locks, queues;
	int64_t tasks, rounds, deviations, schedules;
};

enum { TASKS_LOCK = 2, TASKS_QUEUE = 3, ROUNDS = 2 };

#define AT(field) .offset = offsetof(struct verify_opts, field)

static const struct param params[] = {
	{ .name = "kind",
	  .letter = 'k',
	  .type = PARAM_KINDS,
	  AT(locks),
	  .arg = "LIST",
	  .kinds = verify_lock_list,
	  .help = "locks to explore (without -k and --queue: all locks and queues that "
		  "can be, but for the controls)" },
	{ .name = "queue",
	  .type = PARAM_KINDS,
	  AT(queues),
	  .arg = "LIST",
	  .kinds = verify_queue_list,
	  .help = "queues to explore" },
	{ .name = "workers",
	  .letter = 'n',
	  .type = PARAM_COUNT,
	  AT(tasks),
	  .arg = "N",
	  .min = 2,
	  .max = VERIFY_TASKS_MAX,
	  .help = "tasks at work (2 for a lock; 3 for a queue, where it takes them)" },
	{ .name = "iterations",
	  .letter = 'i',
	  .type = PARAM_COUNT,
	  AT(rounds),
	  .arg = "N",
	  .def = "2",
	  .min = 1,
	  .max = 16,
	  .help = "rounds of each task, messages of each producer" },
	{ .name = "preemptions",
	  .type = PARAM_COUNT,
	  AT(deviations),
	  .arg = "N",
	  .def = "3",
	  .min = 0,
	  .max = 100,
	  .help = "how often, at most, a task is made to wait in the middle of its "
		  "work, in one schedule" },
	{ .name = "schedules",
	  .type = PARAM_COUNT,
	  AT(schedules),
	  .arg = "N",
	  .def = "100k",
	  .min = 1,
	  .max = 1e12,
	  .help = "schedules of each kind, at most; what is left is told" },
	PARAM_END,
};

enum { METRIC_SCHEDULES, METRIC_STEPS, METRIC_WALL };

static const struct metric metrics[] = {
	[METRIC_SCHEDULES] = { "schedules", "1", BETTER_NONE,
			       "schedules that were run" },
	[METRIC_STEPS] = { "steps", "1", BETTER_NONE, "steps of all schedules" },
	[METRIC_WALL] = { "wall", "ns", BETTER_LOWER, "to explore a kind" },
	{ .name = NULL },
};

enum { C_STEP, C_TASK, C_PREEMPTED, C_OPERATION, C_SUBJECT, C_WHERE, C_COUNT };

static const struct result_column columns[C_COUNT] = {
	[C_STEP] = { "step", "step", COLUMN_NUMBER },
	[C_TASK] = { "task", "task", COLUMN_TEXT },
	[C_PREEMPTED] = { "preempted", "", COLUMN_TEXT },
	[C_OPERATION] = { "operation", "operation", COLUMN_TEXT },
	[C_SUBJECT] = { "subject", "on", COLUMN_TEXT },
	[C_WHERE] = { "where", "where", COLUMN_TEXT },
};

/* The bad schedule, step by step: a line each for people, a table for programs. */
static void
tell_schedule(struct result *r, const char *kind, const struct verify_found *f)
{
	struct result_table *t = result_table(r, "schedule", kind, 0, columns, C_COUNT);

	if (t != NULL)
		t->quiet = true;
	for (size_t i = 0; i < f->nevents; i++) {
		const struct verify_event *v = &f->event[i];
		const struct verify_site *at = v->site;
		const size_t row = result_row(r, t);
		const char *preempts = v->deviates ? "preempts" : "";
		const char *what = at != NULL ? at->what : "begins";
		const char *subject = at != NULL ? at->subject : "";
		char task[16], where[120] = "";

		snprintf(task, sizeof(task), "t%d", v->task + 1);
		if (at != NULL && at->file != NULL)
			snprintf(where, sizeof(where), "%s:%d",
				 at->file + (strncmp(at->file, "./", 2) == 0 ? 2 : 0),
				 at->line);
		result_line(r, "%4zu  %-*s%s  %-8s  %-12s  %-20s  %s", i + 1,
			    4 * v->task, "", task, preempts, what, subject, where);
		result_number(t, row, C_STEP, (double)i + 1);
		result_text(r, t, row, C_TASK, task);
		result_text(r, t, row, C_PREEMPTED, preempts);
		result_text(r, t, row, C_OPERATION, what);
		result_text(r, t, row, C_SUBJECT, subject);
		result_text(r, t, row, C_WHERE, where);
	}
}

static void
conclude(struct result *r, const struct verify_family *family, const char *kind,
	 const struct verify_load *l, const struct verify_found *f, uint64_t wall_ns)
{
	const char *way = family->way[l->way];
	char took[HUMAN_TEXT];

	result_sample(r, result_series(r, kind, l->tasks, &metrics[METRIC_SCHEDULES]),
		      (double)f->schedules);
	result_sample(r, result_series(r, kind, l->tasks, &metrics[METRIC_STEPS]),
		      (double)f->steps);
	result_sample(r, result_series(r, kind, l->tasks, &metrics[METRIC_WALL]),
		      (double)wall_ns);
	human_ns(took, (double)wall_ns);
	if (f->bad) {
		result_check(r, kind, "no bad schedule", false,
			     "%s, %d tasks (%s): %s; schedule %llu, %u preemptions, "
			     "%zu steps",
			     kind, l->tasks, way, f->why,
			     (unsigned long long)f->schedules, f->deviations,
			     f->nevents);
		tell_schedule(r, kind, f);
		return;
	}
	result_check(r, kind, "no bad schedule", true, "%llu schedules",
		     (unsigned long long)f->schedules);
	if (f->complete)
		result_line(r,
			    "%s: all %llu schedules of %d tasks (%s) with at most %u "
			    "preemptions are good, %s",
			    kind, (unsigned long long)f->schedules, l->tasks, way,
			    f->deviations, took);
	else
		result_line(r,
			    "%s: %llu schedules of %d tasks (%s) are good, those with "
			    "%u preemptions not all tried, %s",
			    kind, (unsigned long long)f->schedules, l->tasks, way,
			    f->deviations, took);
}

static int
explore(struct run *run, const struct verify_opts *o,
	const struct verify_family *family, const char *kind,
	const struct verify_load *l, bool *bad, struct err *e)
{
	const struct verify_limits limits = { .deviations = (unsigned)o->deviations,
					      .schedules = (uint64_t)o->schedules,
					      .stop = run->stop };
	const struct verify_program p = family->program(l);
	const uint64_t begin_ns = clock_ns();
	struct verify_found found;
	int rc = verify_explore(&p, &limits, &found, e);

	if (rc != 0)
		return rc;
	conclude(run->result, family, kind, l, &found, clock_ns() - begin_ns);
	*bad = found.bad;
	verify_clear(&found);
	return 0;
}

/* Steps of a task alone in the file of the kind itself; a control needs none. */
static int
can_be_explored(const struct verify_family *family, const struct kind *kind,
		const struct verify_load *l, bool control, struct err *e)
{
	struct verify_load alone = *l;
	struct verify_program p;
	char file[80];
	int64_t n;

	if (control)
		return 1;
	alone.way = 0;
	p = family->program(&alone);
	snprintf(file, sizeof(file), "/%s.c", kind->name);
	n = verify_steps(&p, file, e);
	return n < 0 ? (int)n : n > 0;
}

/* A kind that was asked for by name is worth a warning. */
static void
leave_out(struct run *run, const struct verify_opts *o,
	  const struct verify_family *family, const struct kind *kind, const char *why)
{
	if (why == NULL)
		why = "its steps are those of the C library or the kernel";
	if (o->locks.n > 0 || o->queues.n > 0)
		result_warn(run->result, "%s %s is not explored: %s", family->name,
			    kind->name, why);
	else
		result_line(run->result, "%s %s is not explored: %s", family->name,
			    kind->name, why);
}

/* One kind, in each way that it has. *explored counts those that could be. */
static int
verify_kind(struct run *run, const struct verify_opts *o,
	    const struct verify_family *family, const struct kind *kind, bool control,
	    size_t *explored, struct err *e)
{
	const bool queue = family == &verify_queue_family;
	struct verify_load l = { .kind = kind,
				 .tasks = (int)o->tasks,
				 .rounds = (int)o->rounds };
	const char *why;
	char text[96];
	bool bad = false;
	int rc;

	if (l.tasks == 0)
		l.tasks = queue ? TASKS_QUEUE : TASKS_LOCK;
	why = family->refuse(&l);
	if (why != NULL && queue && o->tasks == 0) {
		l.tasks = 2;
		why = family->refuse(&l);
	}
	if (why == NULL && kind->available != NULL &&
	    !kind->available(text, sizeof(text)))
		why = text;
	rc = why != NULL ? 0 : can_be_explored(family, kind, &l, control, e);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		leave_out(run, o, family, kind, why);
		return 0;
	}
	(*explored)++;
	rc = 0;
	/* Once it is bad, the other ways would only say it again. */
	for (; rc == 0 && !bad && family->way[l.way] != NULL; l.way++)
		if (stop_reason(run->stop) == STOP_NONE && family->applies(&l))
			rc = explore(run, o, family, kind->name, &l, &bad, e);
	return rc;
}

static int
verify_locks(struct run *run, const struct verify_opts *o, size_t *explored,
	     struct err *e)
{
	const bool all = o->locks.n == 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && stop_reason(run->stop) == STOP_NONE &&
			   (all ? verify_lock_table[i] != NULL : i < o->locks.n);
	     i++) {
		const struct lock_kind *k =
			verify_lock_table[all ? i : (size_t)o->locks.v[i]];

		if (all && !(k->traits & LOCK_EXCLUDES))
			continue;
		rc = verify_kind(run, o, &verify_lock_family, &k->kind, k->kind.control,
				 explored, e);
	}
	return rc;
}

static int
verify_queues(struct run *run, const struct verify_opts *o, size_t *explored,
	      struct err *e)
{
	const bool all = o->queues.n == 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && stop_reason(run->stop) == STOP_NONE &&
			   (all ? verify_queue_table[i] != NULL : i < o->queues.n);
	     i++) {
		const struct queue_kind *k =
			verify_queue_table[all ? i : (size_t)o->queues.v[i]];

		if (all && k->kind.control)
			continue;
		rc = verify_kind(run, o, &verify_queue_family, &k->kind,
				 k->kind.control, explored, e);
	}
	return rc;
}

static int
roles(const struct run *run, const void *opts)
{
	(void)run;
	(void)opts;
	return 1;
}

static int
run_verify(struct run *run, const void *opts, struct err *e)
{
	const struct verify_opts *o = opts;
	const bool all = o->locks.n == 0 && o->queues.n == 0;
	size_t explored = 0;
	int rc = 0;

	trace_name(run->trace, 0, "main");
	if (all || o->locks.n > 0)
		rc = verify_locks(run, o, &explored, e);
	if (rc == 0 && (all || o->queues.n > 0))
		rc = verify_queues(run, o, &explored, e);
	if (rc == 0 && explored == 0 && stop_reason(run->stop) == STOP_NONE) {
		run->result->status = 77;
		result_warn(run->result, "nothing is left to explore");
	}
	return rc;
}

static const struct example examples[] = {
	{ "concbench verify", "every lock and queue of our own" },
	{ "concbench verify -k none", "what a bad schedule looks like" },
	{ "concbench verify -k mcs -n 3 --preemptions 2", "three tasks" },
	{ "concbench verify --queue mpmc -i 3", "producers and consumers" },
	{ .line = NULL },
};

const struct scenario scenario_verify = {
	.name = "verify",
	.summary = "locks and queues through their interleavings, one by one",
	.stands_for = "a model checker at the shell",
	.about =
		"Runs the very code of a lock or queue, not a model of it, with a few "
		"tasks that stop before each atomic operation. Who goes on then is "
		"decided, not left to the machine: first as it comes, then with one "
		"task preempted at each place, then two, up to '--preemptions'. A "
		"schedule in which two are inside a lock, an update is lost, a message "
		"is lost, doubled or overtaken, or in which nobody gets on any more, "
		"is told step by step, and the status is 1.\n\n"
		"'-k none' and '--queue none' are the controls, which must fail. What "
		"the C library or the kernel does cannot be explored; kinds made of "
		"that are named and left out (77 when none is left).\n\n"
		"The steps are sequentially consistent: an order that is too weak for "
		"other processors is not seen here.",
	.examples = examples,
	.params = params,
	.opts_size = sizeof(struct verify_opts),
	.kinds = verify_lock_list,
	.metrics = metrics,
	.flags = SCENARIO_UNTRACED,
	.roles = roles,
	.run = run_verify,
};
