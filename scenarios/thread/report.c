/*
 * report.c - what became of the threads, as a result.
 */
#include "scenarios/thread/thread_run.h"

#include <stdlib.h>
#include <unistd.h>

const struct metric thread_metrics[] = {
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

const char *const thread_sort_name[] = {
	[THREAD_JOINED] = "joined", [THREAD_DETACHED] = "detached"
};

static int
compare_tids(const void *a, const void *b)
{
	const pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* True when all threads had TIDs of their own in our process. */
static bool
are_distinct(const struct thread_demo *d)
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
add_looper(struct thread_demo *d, struct result_table *t, struct thread_looper *l)
{
	const char *kind = thread_sort_name[d->sort];
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
	result_sample(r, result_series(r, kind, d->n, &thread_metrics[M_START]),
		      start_ns);
	result_sample(r, result_series(r, kind, d->n, &thread_metrics[M_STARTUP]),
		      startup_ns);
	result_sample(r, result_series(r, kind, d->n, &thread_metrics[M_RUN]), run_ns);
}

static void
check_share(struct thread_demo *d, int64_t lines, int ngrew)
{
	const char *kind = thread_sort_name[d->sort];
	const int64_t sum = atom_load_rlx(&d->sum);
	struct result *r = d->run->result;

	result_check(r, kind, "no change of the variable was lost",
		     d->variable == THREAD_VALUE + lines && sum == lines,
		     "%d + %lld changes by %d threads is %lld", THREAD_VALUE,
		     (long long)lines, d->nstarted, (long long)d->variable);
	result_check(r, kind, "every thread saw the others' changes",
		     ngrew == d->nstarted, "the variable only grew for %d of %d", ngrew,
		     d->nstarted);
	result_line(r,
		    "%s: all threads changed one variable at %p: it was %d and is %lld",
		    kind, (void *)&d->variable, THREAD_VALUE, (long long)d->variable);
}

/* Puts what became of the threads into the result. */
void
thread_demo_conclude(struct thread_demo *d, uint64_t wall_ns)
{
	const char *kind = thread_sort_name[d->sort];
	struct result *r = d->run->result;
	struct result_table *t =
		result_table(r, "threads", kind, d->n, columns, C_COUNT);
	int64_t lines = 0;
	int i, nfinished = 0, njoined = 0, nfull = 0, ngrew = 0;

	if (wall_ns > 0)
		result_sample(r, result_series(r, kind, d->n, &thread_metrics[M_WALL]),
			      (double)wall_ns);
	for (i = 0; i < d->nstarted; i++) {
		struct thread_looper *l = &d->looper[i];

		add_looper(d, t, l);
		nfinished += thread_state(&l->t) == THREAD_FINISHED;
		njoined += l->t.joined;
		nfull += l->lines == d->o->loops;
		ngrew += l->grew;
		lines += l->lines;
	}
	if (d->sort == THREAD_JOINED)
		result_check(r, kind, "every thread was joined", njoined == d->nstarted,
			     "%d started, %d joined", d->nstarted, njoined);
	else
		result_check(r, kind, "every thread finished, none was joined",
			     nfinished == d->nstarted && njoined == 0,
			     "%d started, %d finished", d->nstarted, nfinished);
	if (!thread_demo_is_cancelled(d))
		result_check(r, kind, "every line was counted", nfull == d->nstarted,
			     "%lld lines, all %lld by %d of %d threads",
			     (long long)lines, (long long)d->o->loops, nfull,
			     d->nstarted);
	/* A TID may be given again once a thread has ended: joined ones keep theirs
	 * only while all are alive together. */
	if (d->o->pause_ns > 0 && d->nstarted == d->n && !thread_demo_is_cancelled(d) &&
	    d->o->loops > 0)
		result_check(r, kind, "every thread had a TID of its own",
			     are_distinct(d), "%d threads in process %d", d->nstarted,
			     (int)getpid());
	if (d->o->share)
		check_share(d, lines, ngrew);
	result_line(r, "%s: %d of %d threads started, %d finished", kind, d->nstarted,
		    d->n, nfinished);
}
