/*
 * bench_plan.c - the subjects: each kind at each size and each share of reads, twice.
 */
#include "scenarios/lock/bench.h"

#include "core/clock.h"
#include "core/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_NS (5 * NS_PER_MS)
#define BATCH_MOST_NS (150 * NS_PER_MS)
#define TURNS 4 /* of the scheduler for each, where there is time for it */
#define QUANTUM_NS (4 * NS_PER_MS) /* of the kernel's scheduler, at most */

/* One run measures at a time; it is freed by lock_judge(). */
static struct bench_plan plan;

size_t
lock_sizes(const struct lock_opts *o)
{
	return o->oversubscribe.n > 0 ? o->oversubscribe.n : o->n.n;
}

int64_t
lock_size(const struct lock_opts *o, size_t i)
{
	return o->oversubscribe.n > 0 ? o->oversubscribe.v[i] * sys_cpus_allowed()
				      : o->n.v[i];
}

static double
mean_ns(const struct param_amount *a)
{
	return a->lines			   ? 0
	       : a->form == AMOUNT_UNIFORM ? ((double)a->lo + (double)a->hi) / 2
					   : (double)a->lo;
}

/* Short where each has a CPU; else so long that each has some turns on one. */
static uint64_t
batch_ns(const struct lock_opts *o, int64_t n)
{
	const int64_t cpus = sys_cpus_allowed();
	const uint64_t turns_ns =
		TURNS * QUANTUM_NS * (uint64_t)((n + cpus - 1) / cpus);

	if (o->batch_ns > 0)
		return o->batch_ns;
	return n <= cpus		  ? BATCH_NS
	       : turns_ns < BATCH_MOST_NS ? turns_ns
					  : BATCH_MOST_NS;
}

static int
add_cell(struct measure *m, int reads, const struct lock_kind *kind, int64_t n,
	 struct err *e)
{
	const struct lock_opts *o = plan.o;
	struct bench_cell *cell = &plan.cell[plan.ncells++];
	struct measure_subject s = { .body = &bench_acquire,
				     .kind = kind->kind.name,
				     .workers = n,
				     .impl = kind,
				     .fixed = 1, /* the body knows how much */
				     .batch_ns = batch_ns(o, n),
				     .context = cell };
	int rc;

	*cell = (struct bench_cell){
		.plan = &plan,
		.f = { .kind = kind->kind.name,
		       .traits = kind->traits,
		       .n = (int)n,
		       .cpus = sys_cpus_allowed(),
		       .reads = reads,
		       .hold_ns = mean_ns(&o->hold),
		       .plain = bench_is_plain(o, reads),
		       .handover = -1,
		       .jain_windows = -1,
		       .retries = -1,
		       .perturbed = -1 },
	};
	if (o->reads.n > 1 || reads > 0)
		snprintf(cell->params, sizeof(cell->params), "reads=%d", reads);
	memcpy(s.params, cell->params, sizeof(cell->params));
	rc = measure_add(m, &s, e);
	if (rc == 0) {
		s.body = &bench_acquire_sampled;
		rc = measure_add(m, &s, e);
	}
	return rc;
}

int
lock_bench(struct run *run, const void *opts, struct measure *m, struct err *e)
{
	const struct lock_opts *o = opts;
	const size_t sizes = lock_sizes(o);
	int rc = 0;

	plan = (struct bench_plan){ .run = run,
				    .o = o,
				    .steps_per_ns = lock_steps_per_ns() };
	if (run->given[LOCK_GIVEN_ITERATIONS] || !run->bench)
		plan.fixed = (uint64_t)o->iterations;
	plan.cell = calloc(o->reads.n * sizes * o->kinds.n, sizeof(*plan.cell));
	if (o->locks > 1)
		plan.choice = lock_choice_zipf((uint32_t)o->locks, o->zipf);
	if (plan.cell == NULL || (o->locks > 1 && plan.choice == NULL))
		return err_set(e, ENOMEM, "no memory for what is measured");
	for (size_t r = 0; r < o->reads.n && rc == 0; r++)
		for (size_t i = 0; i < sizes && rc == 0; i++)
			for (size_t k = 0; k < o->kinds.n && rc == 0; k++)
				rc = add_cell(m, (int)o->reads.v[r],
					      lock_kind_table[o->kinds.v[k]],
					      lock_size(o, i), e);
	return rc;
}

struct bench_plan *
bench_plan_of(const struct measure *m)
{
	const struct bench_cell *cell = m->subject[0]->context;

	return cell->plan;
}

void
bench_plan_fini(struct bench_plan *p)
{
	for (size_t i = 0; i < p->ncells; i++) {
		free(p->cell[i].f.wait);
		free(p->cell[i].f.read_wait);
		free(p->cell[i].f.arrivals);
		free(p->cell[i].f.ops);
	}
	free(p->cell);
	free(p->choice);
	*p = (struct bench_plan){ 0 };
}

int
lock_measure(struct run *run, const struct lock_opts *o, struct err *e)
{
	enum { ROUNDS = 7 };
	struct measure m = {
		.config = { .rounds = ROUNDS, .seed = run->seed, .stop = run->stop }
	};
	int rc = lock_bench(run, o, &m, e);

	if (rc == 0)
		rc = measure_check(&m, e);
	if (rc == 0)
		rc = measure_run(&m, e);
	if (rc == 0) {
		measure_report(&m, run->result);
		lock_judge(run, o, &m);
	}
	measure_fini(&m);
	return rc;
}
