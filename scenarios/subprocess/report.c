/*
 * report.c - what became of the runs of a command.
 */
#include "core/clock.h"
#include "core/human.h"
#include "core/proc.h"
#include "core/stat.h"
#include "scenarios/subprocess/jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define ROWS_MAX 1000

static const struct result_column columns[] = {
	{ "task", "run", COLUMN_NUMBER },
	{ "spawned_by", "kind", COLUMN_TEXT },
	{ "pid", "PID", COLUMN_NUMBER },
	{ "exit", "exit", COLUMN_NUMBER },
	{ "end", "end", COLUMN_TEXT },
	{ "spawn_ns", "spawn", COLUMN_NS },
	{ "own_ns", "own", COLUMN_NS },
	{ "exec_ns", "exec", COLUMN_NS },
	{ "lifetime_ns", "lifetime", COLUMN_NS },
	{ "stdin_bytes", "in", COLUMN_BYTES },
	{ "stdout_bytes", "out", COLUMN_BYTES },
	{ "stderr_bytes", "err", COLUMN_BYTES },
	{ "cut", "cut", COLUMN_TEXT },
};

enum {
	C_TASK,
	C_KIND,
	C_PID,
	C_EXIT,
	C_END,
	C_SPAWN,
	C_OWN,
	C_EXEC,
	C_LIFETIME,
	C_IN,
	C_OUT,
	C_ERR,
	C_CUT,
	C_COUNT
};

/* A row a kind, when there are several. */
static const struct result_column kind_columns[] = {
	{ "spawned_by", "kind", COLUMN_TEXT },
	{ "spawn_ns", "spawn", COLUMN_NS },
	{ "own_ns", "own", COLUMN_NS },
	{ "exec_ns", "exec", COLUMN_NS },
	{ "lifetime_ns", "lifetime", COLUMN_NS },
	{ "total_ns", "total", COLUMN_NS },
	{ "rate_per_s", "a second", COLUMN_NUMBER },
	{ "ratio", "x of the first", COLUMN_NUMBER },
};

int
jobs_status(const struct job *job)
{
	return job->exitcode < 0 ? 128 - job->exitcode : job->exitcode;
}

static void
add_row(struct jobs *j, struct result_table *t, uint32_t number)
{
	const struct job *job = &j->job[number];
	struct result *r = j->run->result;
	const size_t row = result_row(r, t);
	char words[64];

	result_number(t, row, C_TASK, number);
	result_text(r, t, row, C_KIND, j->kind[job->kind]->kind.name);
	if (job->pid > 0)
		result_number(t, row, C_PID, job->pid);
	result_number(t, row, C_EXIT, jobs_status(job));
	result_text(r, t, row, C_END,
		    !job->refused ? proc_exit_words(job->exitcode, words, sizeof(words))
		    : job->exitcode == 127 ? "not found"
					   : "not executable");
	for (int i = 0; i < 3; i++)
		if (j->pipes[i])
			result_number(t, row, (size_t)C_IN + (size_t)i,
				      (double)job->bytes[i]);
	if (j->run->out_fd < 0)
		result_text(r, t, row, C_CUT, job->cut ? "yes" : "no");
	if (job->total_ns == 0)
		return;
	result_number(t, row, C_SPAWN, (double)job->spawn_ns);
	result_number(t, row, C_LIFETIME, (double)job->lifetime_ns);
	if (job->own_ns == 0)
		return;
	result_number(t, row, C_OWN, (double)job->own_ns);
	result_number(t, row, C_EXEC, (double)job->exec_ns);
}

static void
add_samples(struct jobs *j, const struct job *job)
{
	static const enum metric_of_subprocess streams[] = { M_STDIN, M_STDOUT,
							     M_STDERR };
	struct run *run = j->run;
	const char *kind = j->kind[job->kind]->kind.name;
	const int64_t n = j->o->n;

	for (int i = 0; i < 3; i++)
		if (j->pipes[i])
			result_sample(run->result,
				      subprocess_series(run, kind, n, streams[i]),
				      (double)job->bytes[i]);
	if (job->total_ns == 0)
		return;
	result_sample(run->result, subprocess_series(run, kind, n, M_SPAWN),
		      (double)job->spawn_ns);
	if (job->own_ns != 0) {
		result_sample(run->result, subprocess_series(run, kind, n, M_OWN),
			      (double)job->own_ns);
		result_sample(run->result, subprocess_series(run, kind, n, M_EXEC),
			      (double)job->exec_ns);
	}
	result_sample(run->result, subprocess_series(run, kind, n, M_LIFETIME),
		      (double)job->lifetime_ns);
	result_sample(run->result, subprocess_series(run, kind, n, M_TOTAL),
		      (double)job->total_ns);
}

/* Hands what was kept to the document. */
static void
pass_kept(struct jobs *j, uint32_t number)
{
	const struct job *job = &j->job[number];

	for (int i = 0; i < 2; i++)
		j->run->output(j->run->output_arg, number, i + 1, job->kept[i],
			       job->nkept[i]);
}

struct sums {
	uint32_t done, zero, signalled, refused, failed, cut, undrained, unread;
	uint64_t bytes[3];
	int status; /* of the first that was not 0 */
};

static struct sums
sum_up(struct jobs *j)
{
	struct sums s = { 0 };

	for (uint32_t i = 0; i < j->njobs; i++) {
		const struct job *job = &j->job[i];

		if (!job->done)
			continue;
		s.done++;
		s.cut += job->cut;
		s.undrained += !job->drained;
		s.unread += job->unread;
		for (int k = 0; k < 3; k++)
			s.bytes[k] += job->bytes[k];
		if (job->refused)
			s.refused++;
		else if (job->exitcode < 0)
			s.signalled++;
		else if (job->exitcode > 0)
			s.failed++;
		else
			s.zero++;
		if (s.status == 0)
			s.status = jobs_status(job);
	}
	return s;
}

static double
median_of(struct jobs *j, int kind, enum metric_of_subprocess m)
{
	const struct result_series *s =
		subprocess_series(j->run, j->kind[kind]->kind.name, j->o->n, m);

	return s == NULL ? 0 : stat_median(s->sample, s->n);
}

/* Median of the ratios of kind to the first one, round by round. */
static double
ratio_of(const struct jobs *j, int kind)
{
	const uint32_t n = (uint32_t)j->nkinds, rounds = j->njobs / n;
	double *ratio = calloc(rounds + 1, sizeof(*ratio)), median;
	uint64_t time[8];
	size_t used = 0;

	for (uint32_t i = 0; i < rounds && ratio != NULL; i++) {
		memset(time, 0, sizeof(time));
		for (uint32_t k = 0; k < n; k++) {
			const struct job *job = &j->job[i * n + k];

			time[job->kind] = job->total_ns;
		}
		if (time[0] != 0 && time[kind] != 0)
			ratio[used++] = (double)time[kind] / (double)time[0];
	}
	median = ratio == NULL ? 0 : stat_median(ratio, used);
	free(ratio);
	return median;
}

static double
rate_of(struct jobs *j, int kind)
{
	const struct result_series *s =
		subprocess_series(j->run, j->kind[kind]->kind.name, j->o->n, M_TOTAL);
	double busy_ns;

	if (s == NULL || s->n == 0)
		return 0;
	busy_ns = stat_sum(s->sample, s->n) / (double)j->o->n;
	if (j->nkinds == 1)
		busy_ns = (double)(j->end_ns - j->begin_ns);
	return (double)s->n * 1e9 / busy_ns;
}

static void
add_kinds(struct jobs *j)
{
	static const enum metric_of_subprocess shown[] = { M_SPAWN, M_OWN, M_EXEC,
							   M_LIFETIME, M_TOTAL };
	struct result *r = j->run->result;
	struct result_table *t = NULL;
	char rate[HUMAN_TEXT], total[HUMAN_TEXT], own[HUMAN_TEXT];

	if (j->nkinds > 1)
		t = result_table(r, "kinds", NULL, j->o->n, kind_columns,
				 sizeof(kind_columns) / sizeof(kind_columns[0]));
	for (int k = 0; k < j->nkinds; k++) {
		const double per_s = rate_of(j, k);
		const size_t row = result_row(r, t);

		if (!(per_s > 0))
			continue;
		result_sample(r,
			      subprocess_series(j->run, j->kind[k]->kind.name, j->o->n,
						M_RATE),
			      per_s);
		if (t == NULL) {
			result_line(r,
				    "%s commands a second by %s · %s each, of which "
				    "our own part %s",
				    human_count(rate, per_s), j->kind[k]->kind.name,
				    human_ns(total, median_of(j, k, M_TOTAL)),
				    median_of(j, k, M_OWN) > 0
					    ? human_ns(own, median_of(j, k, M_OWN))
					    : "is not known");
			continue;
		}
		result_text(r, t, row, 0, j->kind[k]->kind.name);
		for (size_t i = 0; i < 5; i++)
			if (median_of(j, k, shown[i]) > 0)
				result_number(t, row, 1 + i, median_of(j, k, shown[i]));
		result_number(t, row, 6, per_s);
		result_number(t, row, 7, ratio_of(j, k));
	}
}

static void
say_one(struct jobs *j)
{
	const struct job *job = &j->job[0];
	char spawn[HUMAN_TEXT], own[HUMAN_TEXT], exec[HUMAN_TEXT], life[HUMAN_TEXT];
	char words[64];

	if (!job->done || job->total_ns == 0)
		return;
	proc_exit_words(job->exitcode, words, sizeof(words));
	human_ns(spawn, (double)job->spawn_ns);
	human_ns(life, (double)job->lifetime_ns);
	if (job->own_ns == 0)
		result_line(j->run->result, "%s · spawn %s · ran %s", words, spawn,
			    life);
	else
		result_line(j->run->result, "%s · spawn %s (own %s, exec %s) · ran %s",
			    words, spawn, human_ns(own, (double)job->own_ns),
			    human_ns(exec, (double)job->exec_ns), life);
}

static void
say_streams(struct jobs *j, const struct sums *s)
{
	struct result *r = j->run->result;
	char in[HUMAN_TEXT], out[HUMAN_TEXT], err[HUMAN_TEXT], rss[HUMAN_TEXT];
	struct rusage self;

	getrusage(RUSAGE_SELF, &self);
	result_sample(r, subprocess_series(j->run, NULL, 0, M_RSS),
		      (double)self.ru_maxrss * 1024);
	if (j->pipes[0] || j->pipes[1])
		result_line(
			r,
			"fed %s · standard output %s · standard error %s · at most "
			"%s of memory for it",
			j->pipes[0] ? human_bytes(in, (double)s->bytes[0]) : "nothing",
			j->pipes[1] ? human_bytes(out, (double)s->bytes[1]) : "its own",
			j->pipes[2] ? human_bytes(err, (double)s->bytes[2]) : "its own",
			human_bytes(rss, (double)self.ru_maxrss * 1024));
	if (s->unread > 0)
		result_line(r, "the command did not read all of its input");
	if (s->cut > 0)
		result_warn(r,
			    "the document holds the beginnings only of what %u of %u "
			    "runs wrote; --keep sets how much",
			    s->cut, s->done);
	/* After a stop, what was still to be passed on is left, too. */
	if (s->undrained > 0 && stop_reason(j->run->stop) == STOP_NONE)
		result_warn(r, "something that the command started holds its output "
			       "open; it was left behind after --drain");
}

static void
say_refusal(struct jobs *j)
{
	for (uint32_t i = 0; i < j->njobs; i++) {
		if (!j->job[i].done || !j->job[i].refused)
			continue;
		for (int64_t k = 0; k < j->o->n; k++)
			if (j->err[k].msg[0] != '\0') {
				result_warn(j->run->result, "%s", j->err[k].msg);
				return;
			}
	}
}

void
jobs_report(struct jobs *j)
{
	struct result *r = j->run->result;
	struct result_table *t =
		result_table(r, "tasks", NULL, j->o->n, columns, C_COUNT);
	const struct sums s = sum_up(j);
	siginfo_t info;
	uint32_t i;
	bool left;

	if (t != NULL)
		t->quiet = true;
	for (i = 0; i < j->njobs; i++) {
		if (!j->job[i].done)
			continue;
		if (i < ROWS_MAX)
			add_row(j, t, i);
		add_samples(j, &j->job[i]);
		if (j->run->out_fd < 0)
			pass_kept(j, i);
	}
	result_sample(r, subprocess_series(j->run, NULL, j->o->n, M_WALL),
		      (double)(j->end_ns - j->begin_ns));
	r->status = s.status;
	if (j->njobs == 1) {
		say_one(j);
	} else {
		result_line(r,
			    "%u of %u runs, %d at once: %u exit code 0, %u another, "
			    "%u killed by a signal, %u not started",
			    s.done, j->njobs, (int)j->o->n, s.zero, s.failed,
			    s.signalled, s.refused);
		add_kinds(j);
	}
	if (j->njobs > ROWS_MAX)
		result_line(r, "the first %d runs are in the table 'tasks'", ROWS_MAX);
	say_streams(j, &s);
	say_refusal(j);
	memset(&info, 0, sizeof(info));
	left = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
	result_check(r, NULL, "every command was reaped", !left,
		     left ? "%u runs, and there is a child left" : "%u runs, none left",
		     s.done);
}
