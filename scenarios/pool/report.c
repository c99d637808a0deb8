/*
 * report.c - the books of a pool run: who did what, how long, and is it right.
 */
#include "scenarios/pool/pool_run.h"

#include "core/clock.h"
#include "core/human.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Rows of the task table; beyond them only the sums are kept. */
#define ROWS_MAX 1000000

/* Longer tables are shown to people only with --verbose. */
#define ROWS_SHOWN 16

const struct metric pool_metrics[] = {
	[METRIC_WALL] = { "wall", "ns", BETTER_LOWER,
			  "from the first submission to the last result" },
	[METRIC_THROUGHPUT] = { "throughput", "1/s", BETTER_HIGHER,
				"tasks finished per second of wall" },
	[METRIC_BUSY] = { "busy", "ns", BETTER_NONE,
			  "time inside tasks, summed over the workers" },
	[METRIC_SPEED_UP] = { "speed_up", "1", BETTER_HIGHER,
			      "busy / wall: how many workers' worth of work" },
	[METRIC_IDLE] = { "idle", "ns", BETTER_LOWER,
			  "wall less busy, one sample a worker" },
	[METRIC_QUEUED] = { "queued", "ns", BETTER_LOWER,
			    "from a task's submission to its begin" },
	[METRIC_TASK] = { "task", "ns", BETTER_NONE, "from a task's begin to its end" },
	[METRIC_ROUND_TRIP] = { "round_trip", "ns", BETTER_LOWER,
				"a lone task: from submission to its result" },
	[METRIC_STARTED] = { "started", "1", BETTER_NONE,
			     "workers started, replacements included" },
	{ 0 },
};

enum {
	TASK_NUMBER,
	TASK_WORKER,
	TASK_PID,
	TASK_TID,
	TASK_QUEUED,
	TASK_RAN,
	TASK_STATUS,
	TASK_ATTEMPTS,
	TASK_EXIT, /* of a COMMAND; last, since the others have none */
};

static const struct result_column task_columns[] = {
	[TASK_NUMBER] = { "task", "task", COLUMN_NUMBER },
	[TASK_WORKER] = { "worker", "worker", COLUMN_TEXT },
	[TASK_PID] = { "pid", "pid", COLUMN_NUMBER },
	[TASK_TID] = { "tid", "tid", COLUMN_NUMBER },
	[TASK_QUEUED] = { "queued_ns", "queued", COLUMN_NS },
	[TASK_RAN] = { "run_ns", "ran", COLUMN_NS },
	[TASK_STATUS] = { "status", "status", COLUMN_TEXT },
	[TASK_ATTEMPTS] = { "attempts", "attempts", COLUMN_NUMBER },
	[TASK_EXIT] = { "exit", "exit", COLUMN_NUMBER },
};

enum { WORKER_ROLE, WORKER_PID, WORKER_TASKS, WORKER_BUSY, WORKER_IDLE, WORKER_STARTS };

static const struct result_column worker_columns[] = {
	[WORKER_ROLE] = { "worker", "worker", COLUMN_TEXT },
	[WORKER_PID] = { "pid", "pid", COLUMN_NUMBER },
	[WORKER_TASKS] = { "tasks", "tasks", COLUMN_NUMBER },
	[WORKER_BUSY] = { "busy_ns", "busy", COLUMN_NS },
	[WORKER_IDLE] = { "idle_ns", "idle", COLUMN_NS },
	[WORKER_STARTS] = { "starts", "starts", COLUMN_NUMBER },
};

static const char *const status_words[] = {
	[POOL_DONE] = "done",		[POOL_RAISED] = "failed",
	[POOL_LOST] = "lost",		[POOL_TIMED_OUT] = "timed out",
	[POOL_CANCELLED] = "cancelled",
};

#define COLUMNS(t) (sizeof(t) / sizeof((t)[0]))

int
books_open(struct pool_run *r, struct err *e)
{
	r->round_trip = malloc(sizeof(*r->round_trip));
	if (r->round_trip == NULL)
		return err_set(e, ENOMEM, "no memory for a histogram");
	hist_init(r->round_trip);
	if (!r->observed)
		return 0;
	r->books = calloc((size_t)r->workers + 1, sizeof(*r->books));
	r->queued = malloc(sizeof(*r->queued));
	r->ran = malloc(sizeof(*r->ran));
	if (r->books == NULL || r->queued == NULL || r->ran == NULL)
		return err_set(e, ENOMEM, "no memory for the books of %d workers",
			       r->workers);
	hist_init(r->queued);
	hist_init(r->ran);
	r->table = result_table(r->run->result, "tasks", r->kind->kind.name, r->workers,
				task_columns,
				r->run->argc > 0 ? COLUMNS(task_columns) : TASK_EXIT);
	if (r->table != NULL)
		r->table->quiet = r->tasks > ROWS_SHOWN || r->run->argc > 0;
	return 0;
}

void
books_free(struct pool_run *r)
{
	free(r->books);
	free(r->queued);
	free(r->ran);
	free(r->round_trip);
	r->books = NULL;
	r->queued = r->ran = r->round_trip = NULL;
}

static void
worker_name(const struct pool_run *r, int worker, char *buf, size_t size)
{
	if (worker == r->workers)
		snprintf(buf, size, "main");
	else
		snprintf(buf, size, "w%d", worker + 1);
}

static void
add_row(struct pool_run *r, const struct pool_outcome *o)
{
	struct result_table *t = r->table;
	char name[16];
	size_t row;

	if (t == NULL || t->nrows >= ROWS_MAX) {
		r->table_full = t != NULL;
		return;
	}
	row = result_row(r->run->result, t);
	result_number(t, row, TASK_NUMBER, (double)o->task);
	result_text(r->run->result, t, row, TASK_STATUS, status_words[o->status]);
	result_number(t, row, TASK_ATTEMPTS, o->attempts);
	if (o->worker < 0)
		return;
	worker_name(r, o->worker, name, sizeof(name));
	result_text(r->run->result, t, row, TASK_WORKER, name);
	result_number(t, row, TASK_PID, o->pid);
	result_number(t, row, TASK_TID, o->tid);
	if (o->begin_ns >= o->submit_ns)
		result_number(t, row, TASK_QUEUED,
			      (double)(o->begin_ns - o->submit_ns));
	if (o->end_ns != 0)
		result_number(t, row, TASK_RAN, (double)(o->end_ns - o->begin_ns));
	if (r->run->argc > 0 && (o->status == POOL_DONE || o->status == POOL_RAISED))
		result_number(t, row, TASK_EXIT, (double)o->result);
}

/* Times of a task that was begun and ended. */
static void
add_times(struct pool_run *r, const struct pool_outcome *o)
{
	const uint64_t queued_ns =
		o->begin_ns > o->submit_ns ? o->begin_ns - o->submit_ns : 0;
	struct worker_books *b = &r->books[o->worker];

	hist_add(r->queued, queued_ns);
	if (queued_ns >= r->longest_queued_ns) {
		r->longest_queued_ns = queued_ns;
		r->longest_queued_task = o->task;
	}
	b->pid = o->pid;
	b->tid = o->tid;
	if (o->end_ns == 0)
		return;
	hist_add(r->ran, o->end_ns - o->begin_ns);
	b->tasks++;
	b->busy_ns += o->end_ns - o->begin_ns;
	r->busy_ns += o->end_ns - o->begin_ns;
}

void
books_outcome(struct pool_run *r, const struct pool_outcome *o)
{
	r->out_of_order += o->task != r->next;
	r->next = o->task + 1;
	r->count[o->status]++;
	if (r->count_results && o->status == POOL_DONE)
		r->wrong += o->result != pool_token(o->task);
	if (!r->observed)
		return;
	add_row(r, o);
	if (o->worker >= 0 && o->begin_ns != 0)
		add_times(r, o);
}

/* --- the end --------------------------------------------------------------- */

static void
add_series(struct pool_run *r, int metric, double value)
{
	struct result *res = r->run->result;

	result_sample(res,
		      result_series(res, r->kind->kind.name, r->workers,
				    &pool_metrics[metric]),
		      value);
}

static void
add_distribution(struct pool_run *r, int metric, const struct hist *h)
{
	struct result *res = r->run->result;

	if (h->count != 0)
		result_hist(res,
			    result_series(res, r->kind->kind.name, r->workers,
					  &pool_metrics[metric]),
			    h);
}

static void
add_workers(struct pool_run *r, uint64_t wall_ns)
{
	struct result *res = r->run->result;
	struct result_table *t =
		result_table(res, "workers", r->kind->kind.name, r->workers,
			     worker_columns, COLUMNS(worker_columns));
	const int last = pool_stats(r->pool)->assisted ? r->workers : r->workers - 1;

	if (t != NULL)
		t->quiet = r->workers > ROWS_SHOWN;
	for (int i = 0; i <= last; i++) {
		const struct worker_books *b = &r->books[i];
		const uint64_t idle_ns =
			wall_ns > b->busy_ns ? wall_ns - b->busy_ns : 0;
		const size_t row = result_row(res, t);
		char name[16];

		worker_name(r, i, name, sizeof(name));
		result_text(res, t, row, WORKER_ROLE, name);
		if (b->pid != 0)
			result_number(t, row, WORKER_PID, b->pid);
		result_number(t, row, WORKER_TASKS, (double)b->tasks);
		result_number(t, row, WORKER_BUSY, (double)b->busy_ns);
		result_number(t, row, WORKER_IDLE, (double)idle_ns);
		if (i < r->workers) {
			result_number(t, row, WORKER_STARTS,
				      pool_worker(r->pool, i)->starts);
			add_series(r, METRIC_IDLE, (double)idle_ns);
		}
	}
}

static void
check_outcomes(struct pool_run *r)
{
	const struct pool_stats *s = pool_stats(r->pool);
	const char *kind = r->kind->kind.name;
	const uint64_t *n = r->count;
	uint64_t given = 0;
	struct result *res = r->run->result;

	for (int i = 0; i <= POOL_CANCELLED; i++)
		given += n[i];
	result_check(res, kind, "each task exactly once",
		     given == r->expected && s->submitted == r->expected &&
			     r->out_of_order == 0,
		     "%llu of %llu submitted, %llu outcomes, %llu out of order",
		     (unsigned long long)s->submitted, (unsigned long long)r->expected,
		     (unsigned long long)given, (unsigned long long)r->out_of_order);
	if (r->count_results)
		result_check(res, kind, "results are right", r->wrong == 0,
			     "%llu of %llu results differ from what the task gives",
			     (unsigned long long)r->wrong,
			     (unsigned long long)n[POOL_DONE]);
	result_check(
		res, kind, r->run->argc > 0 ? "no command failed" : "no task failed",
		/* What was ended on purpose has not failed. */
		n[POOL_RAISED] + n[POOL_LOST] + n[POOL_TIMED_OUT] == 0,
		"%llu done, %llu failed, %llu lost, %llu timed out, %llu cancelled",
		(unsigned long long)n[POOL_DONE], (unsigned long long)n[POOL_RAISED],
		(unsigned long long)n[POOL_LOST], (unsigned long long)n[POOL_TIMED_OUT],
		(unsigned long long)n[POOL_CANCELLED]);
	if (r->refused_join != NULL)
		result_check(res, kind, "join before close is refused",
			     r->refused_join[0] != '\0', "%s", r->refused_join);
	if (r->refused_submit != NULL)
		result_check(res, kind, "submission after close is refused",
			     r->refused_submit[0] != '\0', "%s", r->refused_submit);
}

static void
say_summary(struct pool_run *r, uint64_t wall_ns)
{
	const struct pool_stats *s = pool_stats(r->pool);
	struct result *res = r->run->result;
	char a[HUMAN_TEXT], b[HUMAN_TEXT], c[HUMAN_TEXT];

	if (!r->observed || r->ran->count == 0) {
		const double rate =
			wall_ns ? (double)s->done * 1e9 / (double)wall_ns : 0;

		result_line(res, "%d %s · %llu tasks in %s · %s tasks/s", r->workers,
			    r->workers == 1 ? r->kind->noun : r->kind->nouns,
			    (unsigned long long)s->done, human_ns(a, (double)wall_ns),
			    human_count(b, rate));
		return;
	}
	result_line(res, "wall %s · busy %s · speed-up %.2f× of %d %s",
		    human_ns(a, (double)wall_ns), human_ns(b, (double)r->busy_ns),
		    wall_ns ? (double)r->busy_ns / (double)wall_ns : 0, r->workers,
		    r->workers == 1 ? r->kind->noun : r->kind->nouns);
	result_line(res, "queued median %s, longest %s (task %llu)",
		    human_ns(a, (double)hist_quantile(r->queued, 0.5)),
		    human_ns(b, (double)r->longest_queued_ns),
		    (unsigned long long)r->longest_queued_task);
	result_line(res, "task median %s, p99 %s, longest %s",
		    human_ns(a, (double)hist_quantile(r->ran, 0.5)),
		    human_ns(b, (double)hist_quantile(r->ran, 0.99)),
		    human_ns(c, (double)r->ran->max));
}

void
books_close(struct pool_run *r)
{
	const struct pool_stats *s = pool_stats(r->pool);
	const uint64_t wall_ns =
		r->done_ns > r->submit_ns ? r->done_ns - r->submit_ns : 0;

	add_series(r, METRIC_WALL, (double)wall_ns);
	if (wall_ns != 0)
		add_series(r, METRIC_THROUGHPUT,
			   (double)s->done * 1e9 / (double)wall_ns);
	add_series(r, METRIC_STARTED, (double)s->started);
	add_distribution(r, METRIC_ROUND_TRIP, r->round_trip);
	if (r->observed) {
		add_series(r, METRIC_BUSY, (double)r->busy_ns);
		if (wall_ns != 0)
			add_series(r, METRIC_SPEED_UP,
				   (double)r->busy_ns / (double)wall_ns);
		add_distribution(r, METRIC_QUEUED, r->queued);
		add_distribution(r, METRIC_TASK, r->ran);
		add_workers(r, wall_ns);
	}
	if (r->table_full)
		result_warn(r->run->result, "only the first %d tasks have a row",
			    ROWS_MAX);
	check_outcomes(r);
	say_summary(r, wall_ns);
}
