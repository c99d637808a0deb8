/*
 * report.c - models side by side: samples, checks, table, bars, the sentence.
 */
#include "core/human.h"
#include "core/sys.h"
#include "scenarios/versus/versus_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct metric versus_metrics[] = {
	[METRIC_WALL] = { "wall", "ns", BETTER_LOWER,
			  "from nothing until all tasks are done and what ran them has "
			  "ended" },
	[METRIC_SPEED_UP] = { "speed_up", "1", BETTER_HIGHER,
			      "wall of sequential (without it: of the slowest) in the "
			      "same round / wall" },
	[METRIC_CPU] = { "cpu", "ns", BETTER_LOWER,
			 "CPU time of all processes and threads" },
	[METRIC_MEMORY] = { "memory", "bytes", BETTER_LOWER,
			    "most that was held beyond an idle process: private pages "
			    "and page tables, children alive together summed" },
	[METRIC_VOLUNTARY] = { "switches_voluntary", "1", BETTER_LOWER,
			       "context switches because somebody waited" },
	[METRIC_INVOLUNTARY] = { "switches_involuntary", "1", BETTER_LOWER,
				 "context switches because others got the CPU" },
	[METRIC_STARTUP] = { "startup", "ns", BETTER_LOWER,
			     "wall per task of the same tasks without work" },
	{ 0 },
};

enum {
	C_MODEL,
	C_WALL,
	C_SPEED_UP,
	C_CPU,
	C_MEMORY,
	C_VOLUNTARY,
	C_INVOLUNTARY,
	C_STARTUP,
	C_COUNT,
};

static const struct result_column columns[C_COUNT] = {
	[C_MODEL] = { "model", "model", COLUMN_TEXT },
	[C_WALL] = { "wall_ns", "wall", COLUMN_NS },
	[C_SPEED_UP] = { "speed_up", "speed-up", COLUMN_NUMBER },
	[C_CPU] = { "cpu_ns", "CPU", COLUMN_NS },
	[C_MEMORY] = { "memory_bytes", "memory", COLUMN_BYTES },
	[C_VOLUNTARY] = { "switches_voluntary", "vol. sw.", COLUMN_NUMBER },
	[C_INVOLUNTARY] = { "switches_involuntary", "inv. sw.", COLUMN_NUMBER },
	[C_STARTUP] = { "startup_ns", "start", COLUMN_NS },
};

#define BAR_CELLS 32
#define BUSY 0.25 /* share of its time; see advice.c */

/* The one that the others are compared with: sequential, else the slowest. */
static size_t
base_of(const struct versus_run *v)
{
	size_t slowest = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct versus_entry *a = &v->entry[i], *b = &v->entry[slowest];

		if (strcmp(a->model->kind.name, "sequential") == 0)
			return i;
		if (stat_median(a->wall_ns, a->n) > stat_median(b->wall_ns, b->n))
			slowest = i;
	}
	return slowest;
}

static void
compare_with(struct versus_run *v, const struct versus_entry *base)
{
	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < v->entry[i].n; k++)
			v->entry[i].speed_up[k] =
				base->wall_ns[k] / fmax(v->entry[i].wall_ns[k], 1);
}

/* --- checks ---------------------------------------------------------------- */

static int
expected(const struct versus_run *v, enum versus_count count)
{
	return count == VERSUS_ONE ? 1 : (int)v->o->tasks;
}

/* True when between min and max is what the model says it has. */
static bool
is_as_said(const struct versus_run *v, enum versus_count count, int min, int max)
{
	if (count == VERSUS_UP_TO_WORKERS)
		return min >= 1 && max <= (int)v->o->workers;
	return min == expected(v, count) && max == expected(v, count);
}

bool
versus_is_where_said(const struct versus_run *v, const struct versus_entry *entry)
{
	const struct versus_model *m = entry->model;

	return is_as_said(v, m->processes, entry->processes_min,
			  entry->processes_max) &&
	       is_as_said(v, m->threads, entry->threads_min, entry->threads_max);
}

static void
add_checks(struct versus_run *v, const struct versus_entry *entry)
{
	const char *kind = entry->model->kind.name;
	struct result *r = v->run->result;
	const uint64_t tasks = entry->runs * (uint64_t)v->o->tasks;

	result_check(
		r, kind, "each task exactly once", entry->missed + entry->repeated == 0,
		"%llu tasks in %llu runs, %llu not run, %llu more than once",
		(unsigned long long)tasks, (unsigned long long)entry->runs,
		(unsigned long long)entry->missed, (unsigned long long)entry->repeated);
	result_check(r, kind, "every task gave its own token", entry->wrong == 0,
		     "%llu of %llu tokens are wrong", (unsigned long long)entry->wrong,
		     (unsigned long long)tasks);
	result_check(r, kind, "no task failed", entry->failed == 0, "%llu of %llu%s%s",
		     (unsigned long long)entry->failed, (unsigned long long)tasks,
		     entry->failed == 0 ? "" : ": ",
		     entry->failed == 0 ? "" : strerror(entry->first_error));
	result_check(r, kind, "tasks ran where the model says",
		     versus_is_where_said(v, entry),
		     "%d to %d processes, %d to %d threads", entry->processes_min,
		     entry->processes_max, entry->threads_min, entry->threads_max);
}

/* --- numbers --------------------------------------------------------------- */

static void
add_series(struct versus_run *v, const struct versus_entry *entry, int metric,
	   const double *sample)
{
	struct result *r = v->run->result;
	struct result_series *s = result_series(r, entry->model->kind.name,
						v->o->workers, &versus_metrics[metric]);

	for (size_t i = 0; i < entry->n; i++)
		result_sample(r, s, sample[i]);
}

static void
add_samples(struct versus_run *v, const struct versus_entry *entry)
{
	struct result *r = v->run->result;

	add_series(v, entry, METRIC_WALL, entry->wall_ns);
	add_series(v, entry, METRIC_SPEED_UP, entry->speed_up);
	add_series(v, entry, METRIC_CPU, entry->cpu_ns);
	add_series(v, entry, METRIC_VOLUNTARY, entry->voluntary);
	add_series(v, entry, METRIC_INVOLUNTARY, entry->involuntary);
	add_series(v, entry, METRIC_STARTUP, entry->startup_ns);
	result_sample(r,
		      result_series(r, entry->model->kind.name, v->o->workers,
				    &versus_metrics[METRIC_MEMORY]),
		      (double)entry->memory_bytes);
}

static void
add_row(struct versus_run *v, struct result_table *t, const struct versus_entry *entry)
{
	const size_t row = result_row(v->run->result, t);
	const size_t n = entry->n;

	result_text(v->run->result, t, row, C_MODEL, entry->model->kind.name);
	result_number(t, row, C_WALL, stat_median(entry->wall_ns, n));
	result_number(t, row, C_SPEED_UP, stat_median(entry->speed_up, n));
	result_number(t, row, C_CPU, stat_median(entry->cpu_ns, n));
	result_number(t, row, C_MEMORY, (double)entry->memory_bytes);
	result_number(t, row, C_VOLUNTARY, stat_median(entry->voluntary, n));
	result_number(t, row, C_INVOLUNTARY, stat_median(entry->involuntary, n));
	result_number(t, row, C_STARTUP, stat_median(entry->startup_ns, n));
}

static void
add_bar(struct run *run, const struct versus_fact *f, double most)
{
	static const char cell[] = "█";
	const int cells = most > 0 ? (int)lround(BAR_CELLS * f->speed_up / most) : 0;
	char bar[BAR_CELLS * sizeof(cell)] = "·", wall[HUMAN_TEXT];

	for (int i = 0; i < cells && i < BAR_CELLS; i++)
		memcpy(bar + (size_t)i * (sizeof(cell) - 1), cell, sizeof(cell));
	result_line(run->result, "%-13s %6.2f× %9s %s", f->name, f->speed_up,
		    human_ns(wall, f->wall_ns), bar);
}

/* --- the sentence ---------------------------------------------------------- */

void
versus_say(struct run *run, const struct versus_opts *o, const struct versus_fact *fact,
	   size_t n)
{
	struct versus_case c = {
		.tasks = (int)o->tasks, .workers = (int)o->workers, .fact = fact, .n = n
	};
	struct sys_info si;
	char text[640];
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, fact[i].speed_up);
	for (size_t i = 0; i < n; i++)
		add_bar(run, &fact[i], most);
	/* Of models that did not do the work, none is to be taken. */
	if (!result_passed(run->result))
		return;
	sys_read(&si);
	c.cpus = si.cpus_allowed;
	for (size_t i = 0; i < n; i++)
		if (fact[i].order == 0 && fact[i].delay_ns > BUSY * fact[i].wall_ns)
			result_line(run->result,
				    "the machine is busy: %s waited for a CPU for "
				    "%.0f %% of its time; on a quiet one speed-ups are "
				    "higher",
				    fact[i].name,
				    100 * fact[i].delay_ns / fact[i].wall_ns);
	versus_advise(&c, text, sizeof(text));
	result_line(run->result, "%s", text);
}

static void
say(struct versus_run *v)
{
	struct versus_fact *f = calloc(v->n + 1, sizeof(*f));

	for (size_t i = 0; f != NULL && i < v->n; i++) {
		const struct versus_entry *a = &v->entry[i];

		f[i] = (struct versus_fact){
			.name = a->model->kind.name,
			.order = a->model->order,
			.wall_ns = stat_median(a->wall_ns, a->n),
			.cpu_ns = stat_median(a->cpu_ns, a->n),
			.startup_ns = stat_median(a->startup_ns, a->n),
			.memory_bytes = (double)a->memory_bytes,
			.speed_up = stat_median(a->speed_up, a->n),
			.delay_ns = stat_median(a->delay_ns, a->n),
		};
	}
	if (f != NULL)
		versus_say(v->run, v->o, f, v->n);
	free(f);
}

void
versus_conclude(struct versus_run *v)
{
	struct result *r = v->run->result;
	struct result_table *t;
	size_t i, base;

	for (i = 0; i < v->n; i++)
		if (v->entry[i].runs > 0)
			add_checks(v, &v->entry[i]);
	if (v->rounds_done == 0) {
		result_line(r, "no round was finished: there is nothing to compare");
		return;
	}
	base = base_of(v);
	compare_with(v, &v->entry[base]);
	t = result_table(r, "models", NULL, v->o->workers, columns, C_COUNT);
	for (i = 0; i < v->n; i++) {
		const struct versus_entry *entry = &v->entry[i];

		add_samples(v, entry);
		add_row(v, t, entry);
	}
	result_line(r, "speed-up over %s: medians of %d round%s in shuffled order",
		    v->entry[base].model->kind.name, v->rounds_done,
		    v->rounds_done == 1 ? "" : "s");
	say(v);
}
