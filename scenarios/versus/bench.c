/*
 * bench.c - what --bench measures: all tasks by each model, and the same tasks without
 * work. Each run of a model is in a child process of its own, which takes the times.
 */
#include "scenarios/versus/versus_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Of what body->counts names, in this order. */
enum { COUNT_MEMORY, COUNT_DELAY };

struct runs {
	struct versus_run v;
	struct versus_entry entry;
	struct work work;
};

static int
open_runs(struct measure_subject *s, struct err *e)
{
	struct runs *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		return err_set(e, ENOMEM, "cannot make room for a model");
	r->v = (struct versus_run){ .run = s->context, .o = s->opts };
	r->entry.model = s->impl;
	rc = versus_open(&r->v, e);
	if (rc == 0 && s->body->counts != NULL) {
		r->work = r->v.o->work;
		rc = versus_measure(&r->v, r->entry.model, &r->work, true, e);
		r->entry.memory_bytes = r->v.shared->outcome.memory_bytes;
	}
	if (rc != 0) {
		versus_close(&r->v);
		free(r);
		return rc;
	}
	s->state = r;
	return 0;
}

static bool
is_right(const struct runs *r)
{
	const struct versus_entry *a = &r->entry;

	return a->missed + a->repeated + a->wrong + a->failed == 0 &&
	       versus_is_where_said(&r->v, a);
}

#define DESCRIPTION 160

static const char *
describe(const struct runs *r, char text[DESCRIPTION])
{
	const struct versus_entry *a = &r->entry;

	snprintf(text, DESCRIPTION,
		 "in %llu runs %llu tasks were missed, %llu repeated, %llu wrong, %llu "
		 "failed%s",
		 (unsigned long long)a->runs, (unsigned long long)a->missed,
		 (unsigned long long)a->repeated, (unsigned long long)a->wrong,
		 (unsigned long long)a->failed,
		 versus_is_where_said(&r->v, a) ? "" : "; not where the model says");
	return text;
}

/* Runs all tasks so often; ops_each is what one run counts for. */
static int
run_model(struct runs *r, uint64_t times, uint64_t ops_each, struct measure_did *did,
	  struct err *e)
{
	const struct versus_outcome *o = &r->v.shared->outcome;
	char text[DESCRIPTION];

	for (uint64_t i = 0; i < times; i++) {
		int rc = versus_measure(&r->v, r->entry.model, &r->work, false, e);

		if (rc != 0)
			return rc == -ECANCELED ? -EINTR : rc;
		versus_examine(&r->v, &r->entry);
		if (!is_right(r))
			return err_set(e, EBADMSG, "%s", describe(r, text));
		did->ns += o->wall_ns;
		did->cpu_ns += o->cpu_ns;
		did->ops += ops_each;
		did->counted[COUNT_MEMORY] += (double)r->entry.memory_bytes;
		did->counted[COUNT_DELAY] += (double)o->delay_ns;
	}
	return 0;
}

static int
run_tasks(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	  struct err *e)
{
	return run_model(s->state, iterations, 1, did, e);
}

static int
run_start(struct measure_subject *s, uint64_t iterations, struct measure_did *did,
	  struct err *e)
{
	struct runs *r = s->state;
	const uint64_t tasks = (uint64_t)r->v.o->tasks;

	return run_model(r, (iterations + tasks - 1) / tasks, tasks, did, e);
}

static void
close_runs(struct measure_subject *s)
{
	struct runs *r = s->state;

	versus_close(&r->v);
	free(r);
}

static const struct metric counts[] = {
	[COUNT_MEMORY] = { "memory", "bytes", BETTER_LOWER,
			   "most that was held beyond an idle process" },
	[COUNT_DELAY] = { "delay", "ns", BETTER_LOWER,
			  "that its main thread waited for a CPU that others had" },
	{ .name = NULL },
};

static const struct measure_body bodies[] = {
	{ .name = "wall",
	  .op = "all tasks",
	  .summary =
		  "from nothing until all tasks are done and what ran them has ended",
	  .version = 1,
	  .counts = counts,
	  .open = open_runs,
	  .run = run_tasks,
	  .close = close_runs },
	{ .name = "startup",
	  .op = "task without work",
	  .summary = "wall per task of the same tasks without work",
	  .version = 1,
	  .open = open_runs,
	  .run = run_start,
	  .close = close_runs },
};

static int
compare_models(const void *a, const void *b)
{
	const struct versus_model *const *x = a, *const *y = b;

	return (*x)->order - (*y)->order;
}

int
versus_bench(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	const struct versus_opts *o = opts;
	const struct versus_model **all = calloc(o->kinds.n, sizeof(*all));
	int rc = 0;

	if (all == NULL)
		return err_set(e, ENOMEM, "no memory for %zu models", o->kinds.n);
	for (size_t i = 0; i < o->kinds.n; i++)
		all[i] = versus_model_table[o->kinds.v[i]];
	qsort(all, o->kinds.n, sizeof(*all), compare_models);
	for (int b = 0; b < 2; b++)
		for (size_t i = 0; i < o->kinds.n && rc == 0; i++)
			rc = measure_add(
				m,
				&(struct measure_subject){ .body = &bodies[b],
							   .kind = all[i]->kind.name,
							   .workers = o->workers,
							   .impl = all[i],
							   .opts = o,
							   .context = run },
				e);
	free(all);
	return rc;
}

/* --- which to take -----------------------------------------------------------------
 */

/* Medians of a subject and of the same model's without work. */
static struct versus_fact
fact_of(const struct measure_subject *s, const struct measure_subject *start,
	const struct measure_subject *base)
{
	const struct versus_model *model = s->impl;
	double ops = 0, cpu = 0, sum[2] = { 0 };

	for (size_t i = 0; i < s->nrounds; i++) {
		ops += (double)s->round[i].ops;
		cpu += (double)s->round[i].cpu_ns;
		for (int j = 0; j < 2; j++)
			sum[j] += s->round[i].counted[j];
	}
	return (struct versus_fact){
		.name = s->kind,
		.order = model->order,
		.wall_ns = stat_median(s->value, s->nrounds),
		.cpu_ns = cpu / ops,
		.startup_ns = stat_median(start->value, start->nrounds),
		.memory_bytes = sum[COUNT_MEMORY] / ops,
		.delay_ns = sum[COUNT_DELAY] / ops,
		.speed_up = stat_median(base->value, base->nrounds) /
			    stat_median(s->value, s->nrounds),
	};
}

void
versus_judge(struct run *run, const void *opts, const struct measure *m)
{
	const size_t n = m->n / 2; /* with work, then without */
	struct versus_fact *fact = calloc(n + 1, sizeof(*fact));
	const struct measure_subject *base = m->subject[0];

	/* Of models that did not do the work, none is to be taken. */
	for (size_t i = 0; i < m->n; i++)
		if (fact == NULL || m->subject[i]->status != RESULT_OK ||
		    m->subject[i]->nrounds == 0) {
			free(fact);
			return;
		}
	/* sequential, else the slowest, as versus_conclude() has it */
	for (size_t i = 1; i < n; i++)
		if (((const struct versus_model *)base->impl)->order != 0 &&
		    stat_median(m->subject[i]->value, m->subject[i]->nrounds) >
			    stat_median(base->value, base->nrounds))
			base = m->subject[i];
	for (size_t i = 0; i < n; i++)
		fact[i] = fact_of(m->subject[i], m->subject[n + i], base);
	result_line(run->result, "speed-up over %s", base->kind);
	versus_say(run, opts, fact, n);
	free(fact);
}
