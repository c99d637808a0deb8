/*
 * report.c - what became of the processes, as a result.
 */
#include "scenarios/process/process_run.h"

#include "core/clock.h"
#include "core/proc.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

const struct metric process_metrics[] = {
	{ "wall", "ns", BETTER_LOWER, "from the first start until all had ended" },
	{ "start", "ns", BETTER_LOWER, "start() as the parent waited for it" },
	{ "startup", "ns", BETTER_LOWER, "from start() to the target's first line" },
	{ "run", "ns", BETTER_LOWER, "how long the target ran" },
	{ .name = NULL },
};

enum { M_WALL, M_START, M_STARTUP, M_RUN };

static const struct result_column columns[] = {
	{ "name", "name", COLUMN_TEXT },
	{ "pid", "PID", COLUMN_NUMBER },
	{ "exitcode", "exit code", COLUMN_NUMBER },
	{ "end", "end", COLUMN_TEXT },
	{ "start_ns", "start", COLUMN_NS },
	{ "startup_ns", "startup", COLUMN_NS },
	{ "run_ns", "run", COLUMN_NS },
};

enum { C_NAME, C_PID, C_EXITCODE, C_END, C_START, C_STARTUP, C_RUN, C_COUNT };

/* The exit code is what was asked for, or of a signal that we sent. */
static bool
ended_well(const struct process_demo *d, const struct process_child *c)
{
	const int asked = d->raise != 0 ? -d->raise : (int)d->o->exit;

	return c->p.exitcode == asked || (c->sent != 0 && c->p.exitcode == -c->sent) ||
	       (c->sent == SIGKILL && c->p.exitcode == -SIGTERM);
}

static void
add_child(struct process_demo *d, struct result_table *t, const struct process_child *c)
{
	const struct report *report = &d->report[c->number];
	const uint64_t begin_ns = atom_load_rlx(&report->begin_ns);
	const uint64_t end_ns = atom_load_rlx(&report->end_ns);
	struct result *r = d->run->result;
	const size_t row = result_row(r, t);
	char words[64];

	result_text(r, t, row, C_NAME, c->p.name);
	result_number(t, row, C_PID, c->p.pid);
	if (c->p.state == PROCESS_ENDED) {
		result_number(t, row, C_EXITCODE, c->p.exitcode);
		result_text(r, t, row, C_END,
			    proc_exit_words(c->p.exitcode, words, sizeof(words)));
	}
	result_number(t, row, C_START, (double)(c->started_ns - c->start_ns));
	result_sample(r, result_series(r, NULL, d->n, &process_metrics[M_START]),
		      (double)(c->started_ns - c->start_ns));
	if (begin_ns == 0)
		return;
	result_number(t, row, C_STARTUP, (double)(begin_ns - c->start_ns));
	result_sample(r, result_series(r, NULL, d->n, &process_metrics[M_STARTUP]),
		      (double)(begin_ns - c->start_ns));
	if (end_ns < begin_ns)
		return;
	result_number(t, row, C_RUN, (double)(end_ns - begin_ns));
	result_sample(r, result_series(r, NULL, d->n, &process_metrics[M_RUN]),
		      (double)(end_ns - begin_ns));
}

static void
check_ends(struct process_demo *d, int nwell)
{
	struct result *r = d->run->result;
	siginfo_t info;
	int nleft;

	memset(&info, 0, sizeof(info));
	nleft = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
	result_check(r, NULL, "every process was reaped", !nleft,
		     nleft ? "%d started, and there is a child left"
			   : "%d started, none left",
		     d->nstarted);
	result_check(r, NULL, "is_alive told the truth",
		     d->dead_before && d->dead_after,
		     "False before start and after the end");
	if (!d->stopped)
		result_check(r, NULL, "every exit code is as asked",
			     nwell == d->nstarted, "%d of %d", nwell, d->nstarted);
}

/* Puts what became of the processes into the result. */
int
process_demo_conclude(struct process_demo *d, uint64_t begin_ns, int rc, struct err *e)
{
	struct result *r = d->run->result;
	struct result_table *t =
		result_table(r, "processes", NULL, d->n, columns, C_COUNT);
	const struct process_child *bad = NULL;
	char words[64];
	int i, nwell = 0;

	if (rc == 0 && !d->stopped)
		result_sample(r, result_series(r, NULL, d->n, &process_metrics[M_WALL]),
			      (double)(clock_ns() - begin_ns));
	for (i = 0; i < d->nstarted; i++) {
		struct process_child *c = &d->child[i];

		d->dead_after &= !process_is_alive(&c->p);
		add_child(d, t, c);
		nwell += ended_well(d, c);
		if (bad == NULL && !ended_well(d, c))
			bad = c;
	}
	result_line(r, "%d of %d processes started, %d ended as asked", d->nstarted,
		    d->n, nwell);
	if (rc == 0)
		check_ends(d, nwell);
	for (i = 0; i < d->n; i++)
		process_close(&d->child[i].p, NULL);
	if (rc == 0 && !d->stopped && bad != NULL)
		return err_set(e, EINVAL,
			       "process '%s' (%d): %s, which was not asked for",
			       bad->p.name, (int)bad->p.pid,
			       proc_exit_words(bad->p.exitcode, words, sizeof(words)));
	return rc;
}
