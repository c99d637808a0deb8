/*
 * versus.c - `concbench versus`: the same tasks by processes, threads, coroutines.
 */
#include "core/rng.h"
#include "scenarios/versus/versus_run.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define AT(field) offsetof(struct versus_opts, field)
#define ORDER_STREAM UINT64_C(0x76657273) /* the order of the rounds */

static const struct param params[] = {
	{ .name = "kind",
	  .letter = 'k',
	  .type = PARAM_KINDS,
	  .offset = AT(kinds),
	  .arg = "LIST",
	  .def = "sequential,process,thread,coro,process-pool,thread-pool,coro-process",
	  .kinds = versus_model_list,
	  .help = "models to run" },
	{ .name = "workers",
	  .letter = 'n',
	  .type = PARAM_COUNT,
	  .offset = AT(workers),
	  .arg = "N",
	  .def = "cpus",
	  .min = 1,
	  .max = 1024,
	  .help = "workers of a pool, processes that hold coroutines" },
	{ .name = "tasks",
	  .letter = 't',
	  .type = PARAM_COUNT,
	  .offset = AT(tasks),
	  .arg = "N",
	  .def = "32",
	  .min = 1,
	  .max = 10000,
	  .help = "tasks, each a process, a thread or a coroutine where it says so" },
	{ .name = "work",
	  .letter = 'w',
	  .type = PARAM_WORK,
	  .offset = AT(work),
	  .arg = "SPEC",
	  .def = "mixed:10ms",
	  .help = "what a task does: cpu:DUR computes, io:DUR waits, mixed:DUR does "
		  "half of each, mem:SIZE fills memory" },
	PARAM_END,
};

static const struct event_type event_begin = {
	.name = "versus",
	.phase = EVENT_INSTANT,
	.say = "● {a} tasks, {b} models, one after the other",
	.key_a = "tasks",
	.key_b = "models",
};

static const struct event_type event_weigh = {
	.name = "weigh",
	.phase = EVENT_INSTANT,
	.say = "weighed: {a}",
	.key_a = "memory_bytes",
	.unit_a = EVENT_BYTES,
};

static const struct event_type event_run = {
	.name = "model",
	.phase = EVENT_BEGIN,
	.key_a = "round",
	.span = "{a}",
};

static const struct event_type event_ran = {
	.name = "model_done",
	.phase = EVENT_END,
	.say = "✔ round {a}  {b}",
	.key_a = "round",
	.key_b = "wall_ns",
	.unit_b = EVENT_NS,
};

static const struct event_type event_stopped = {
	.name = "model_stopped",
	.phase = EVENT_END,
	.say = "■ round {a}: stopped",
	.key_a = "round",
};

static int
roles(const struct run *run, const void *opts)
{
	const struct versus_opts *o = opts;

	(void)run;
	return 1 + (int)o->kinds.n; /* a lane a model */
}

static int
compare_entries(const void *a, const void *b)
{
	const struct versus_entry *x = a, *y = b;

	return x->model->order - y->model->order;
}

static int
make_entries(struct versus_run *v, struct err *e)
{
	const size_t rounds = VERSUS_ROUNDS;

	v->n = v->o->kinds.n;
	v->entry = calloc(v->n, sizeof(*v->entry));
	if (v->entry == NULL)
		return err_set(e, ENOMEM, "no memory for %zu models", v->n);
	for (size_t i = 0; i < v->n; i++) {
		struct versus_entry *a = &v->entry[i];
		double *room = calloc(7 * rounds, sizeof(*room));

		if (room == NULL)
			return err_set(e, ENOMEM, "no memory for %zu rounds", rounds);
		a->model = versus_model_table[v->o->kinds.v[i]];
		a->wall_ns = room;
		a->cpu_ns = room + rounds;
		a->startup_ns = room + 2 * rounds;
		a->voluntary = room + 3 * rounds;
		a->involuntary = room + 4 * rounds;
		a->speed_up = room + 5 * rounds;
		a->delay_ns = room + 6 * rounds;
	}
	qsort(v->entry, v->n, sizeof(*v->entry), compare_entries);
	for (size_t i = 0; i < v->n; i++) {
		v->entry[i].role = 1 + (int)i;
		trace_name(v->run->trace, v->entry[i].role,
			   v->entry[i].model->kind.name);
	}
	return 0;
}

static void
free_entries(struct versus_run *v)
{
	for (size_t i = 0; v->entry != NULL && i < v->n; i++)
		free(v->entry[i].wall_ns);
	free(v->entry);
}

/* One run for the memory; it warms up, too. */
static int
weigh(struct versus_run *v, struct versus_entry *a, struct err *e)
{
	const int rc = versus_measure(v, a->model, &v->o->work, true, e);

	if (rc != 0)
		return rc;
	versus_examine(v, a);
	a->memory_bytes = v->shared->outcome.memory_bytes;
	trace_bind(v->run->trace, a->role);
	trace_emit(&event_weigh, (int64_t)a->memory_bytes, 0, NULL);
	trace_bind(v->run->trace, 0);
	return 0;
}

/* One sample of a model: its tasks, and the same tasks without work. */
static int
measure(struct versus_run *v, struct versus_entry *a, size_t round, struct err *e)
{
	const struct work nothing = { .kind = WORK_NOOP };
	const struct versus_outcome *o = &v->shared->outcome;
	int rc;

	trace_bind(v->run->trace, a->role);
	trace_emit(&event_run, (int64_t)round + 1, 0, NULL);
	rc = versus_measure(v, a->model, &v->o->work, false, e);
	trace_emit(rc == 0 ? &event_ran : &event_stopped, (int64_t)round + 1,
		   rc == 0 ? (int64_t)o->wall_ns : 0, NULL);
	trace_bind(v->run->trace, 0);
	if (rc != 0)
		return rc;
	versus_examine(v, a);
	a->wall_ns[round] = (double)o->wall_ns;
	a->cpu_ns[round] = (double)o->cpu_ns;
	a->delay_ns[round] = (double)o->delay_ns;
	a->voluntary[round] = (double)o->voluntary;
	a->involuntary[round] = (double)o->involuntary;
	rc = versus_measure(v, a->model, &nothing, false, e);
	if (rc != 0)
		return rc;
	versus_examine(v, a);
	a->startup_ns[round] = (double)o->wall_ns / (double)v->o->tasks;
	return 0;
}

/* Every model once, in an order of its own. */
static int
play_round(struct versus_run *v, struct rng *rng, size_t *order, size_t round,
	   struct err *e)
{
	int rc = 0;

	rng_shuffle(rng, order, v->n);
	for (size_t i = 0; i < v->n && rc == 0; i++)
		rc = measure(v, &v->entry[order[i]], round, e);
	return rc;
}

static int
play(struct versus_run *v, struct err *e)
{
	size_t *order = calloc(v->n, sizeof(*order));
	struct rng rng;
	int rc = 0;

	if (order == NULL)
		return err_set(e, ENOMEM, "no memory for %zu models", v->n);
	rng_init(&rng, v->run->seed, ORDER_STREAM);
	trace_emit(&event_begin, v->o->tasks, (int64_t)v->n, NULL);
	for (size_t i = 0; i < v->n && rc == 0; i++)
		rc = weigh(v, &v->entry[i], e);
	for (size_t k = 0; k < VERSUS_ROUNDS && rc == 0; k++) {
		rc = play_round(v, &rng, order, k, e);
		v->rounds_done += rc == 0;
	}
	/* Whole rounds alone are compared. */
	for (size_t i = 0; i < v->n; i++)
		v->entry[i].n = (size_t)v->rounds_done;
	free(order);
	return rc;
}

static int
run_versus(struct run *run, const void *opts, struct err *e)
{
	struct versus_run v = { .run = run, .o = opts };
	int rc = versus_open(&v, e);

	if (rc == 0)
		rc = make_entries(&v, e);
	if (rc == 0) {
		rc = play(&v, e);
		versus_conclude(&v);
	}
	free_entries(&v);
	versus_close(&v);
	return rc == -ECANCELED ? 0 : rc;
}

static const struct example examples[] = {
	{ "concbench versus -w cpu:20ms -t 64 -n 4", "work that computes" },
	{ "concbench versus -w io:20ms -t 64 -n 4", "work that waits" },
	{ "concbench versus -w io:20ms -t 1000 -k coro,thread,process",
	  "a thousand at once" },
	{ "concbench versus -w mixed", "both" },
	{ "concbench versus -b -w cpu:1ms --time 20s", "with intervals" },
	{ "concbench versus -w cpu:1us -t 1000 -k sequential,thread,thread-pool",
	  "tasks too small to be handed out" },
	{ .line = NULL },
};

const struct scenario scenario_versus = {
	.name = "versus",
	.summary = "the same tasks by processes, threads, coroutines and pools of them",
	.stands_for = "multiprocessing against threading against gevent",
	.about = "Does the same N tasks in each of the models, and says which to take "
		 "for this work, and why. Each model runs in a child process of its "
		 "own. First a run in which its memory is weighed, then five rounds, "
		 "every model once in each, in an order shuffled anew; figures are "
		 "medians over the rounds. With --bench there are as many rounds as "
		 "--precision or --time ask for, and intervals with all figures.\n\n"
		 "wall is from nothing until all is done and ended, the start of "
		 "workers included; CPU and context switches are those of all its "
		 "processes and threads; memory is the most that was held beyond an "
		 "idle process: private pages and page tables, children alive together "
		 "summed; start is the wall time per task of the same tasks without "
		 "work.\n\n"
		 "In every run each task must be run exactly once, by as many "
		 "processes and threads as the model says, and its token come back "
		 "right. The model 'none' does nothing, and must fail these checks.",
	.examples = examples,
	.params = params,
	.opts_size = sizeof(struct versus_opts),
	.kinds = versus_model_list,
	.metrics = versus_metrics,
	.roles = roles,
	.run = run_versus,
	.bench = versus_bench,
	.judge = versus_judge,
};
