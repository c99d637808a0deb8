/*
 * bench_contend.c - what each contender of a batch does.
 *
 * With more contenders than CPUs the first ones would have the lock for themselves
 * until the last have come, which is the time of many rounds. So each begins at once,
 * and its rounds count from when the owner says that all have come; they go on until it
 * says that the time is over. Where they are more than the CPUs it lets half of that
 * time pass first: the last one to come has taken its CPU from another, often from the
 * holder.
 *
 * With a number of rounds that was asked for, they meet instead, and each does all of
 * its own.
 *
 * A control (a kind that neither excludes nor adds in one step) would lose updates by
 * chance only. Its first contender makes one of its own last until another has changed
 * the number, so that each batch loses some, on one CPU and on many.
 */
#include "scenarios/lock/bench.h"

#include "core/clock.h"
#include "core/futex.h"

#include <limits.h>
#include <sched.h>
#include <sys/resource.h>

bool
bench_is_plain(const struct lock_opts *o, int reads)
{
	return o->hold.hi == 0 && o->think.hi == 0 && o->locks == 1 && o->nest == 1 &&
	       o->burst == 0 && reads == 0;
}

static void
await_gate(struct contest *c)
{
	while (atom_load_rlx(&c->shared->gate) == 0)
		futex_wait(&c->shared->gate, 0, FUTEX_FOREVER);
}

/* Until all are there. */
static void
meet(struct contest *c, const atom_u32 *cancel)
{
	unsigned spins = 0;

	atom_add_rlx(&c->shared->arrived, 1);
	while (atom_load_rlx(&c->shared->arrived) < (uint32_t)c->n &&
	       atom_load_rlx(cancel) == 0)
		lock_spin(&spins);
}

static struct lock_plan
plan_of(const struct bench_state *b)
{
	const struct bench_plan *p = b->cell->plan;
	const struct lock_opts *o = p->o;

	return (struct lock_plan){ .hold = o->hold,
				   .think = o->think,
				   .reads = b->cell->f.reads / 100.0,
				   .nest = (int)o->nest,
				   .choice = p->choice,
				   .burst = (uint64_t)o->burst,
				   .pause_ns = o->pause_ns,
				   .steps_per_ns = p->steps_per_ns };
}

struct usage {
	uint64_t cpu_ns;
	int64_t voluntary, involuntary;
};

static struct usage
usage_now(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return (struct usage){ clock_thread_cpu_ns(), u.ru_nvcsw, u.ru_nivcsw };
}

/* How long one update of a control lasts at most where rounds are counted: the others
 * may have had all of theirs. Where time is, until that is over. */
#define LOSS_NS (100 * NS_PER_MS)

/* True for who has to lose an update. */
static bool
is_loser(const struct contest *c, int number)
{
	return number == 0 && c->n > 1 && c->kind->add == NULL &&
	       !(c->kind->traits & LOCK_EXCLUDES);
}

/* The update of `seen` ends: when another has changed it meanwhile. */
static void
lose(struct contest *c, const struct lock_place *place, uint64_t seen)
{
	atom_u64 *number = &place->section->loose;
	const uint64_t deadline_ns =
		c->time_ns > 0 ? UINT64_MAX : clock_deadline_ns(LOSS_NS);

	while (atom_load_rlx(number) == seen && atom_load_rlx(&c->shared->halt) == 0 &&
	       clock_ns() < deadline_ns)
		sched_yield();
	atom_store_rlx(number, seen + 1);
}

/* Rounds that do not count, until all are there. */
static void
warm_up(struct contest *c, struct lock_run *r, struct arena_seat *as)
{
	struct lock_sampler *own = r->sampler;
	/* Its turns and times do not count. */
	struct lock_sampler none = { .left = UINT64_MAX, .shift = 63 };
	const struct usage before = usage_now();
	struct usage after;

	as->before_ns = clock_ns();
	if (atom_add_rlx(&c->shared->arrived, 1) + 1 == (uint32_t)c->n)
		futex_wake(&c->shared->arrived, INT_MAX);
	r->rounds = UINT64_MAX;
	r->stop = &c->shared->all_in;
	r->sampler = own != NULL ? &none : NULL;
	r->look = 0;
	c->kind->drive(r);
	r->sampler = own;
	as->before = r->done;
	after = usage_now();
	as->before_cpu_ns = after.cpu_ns - before.cpu_ns;
	as->before_voluntary = after.voluntary - before.voluntary;
	as->before_involuntary = after.involuntary - before.involuntary;
}

/* The rounds that count. */
static void
contend(struct contest *c, struct lock_run *r, struct contest_seat *s)
{
	const struct usage before = usage_now();
	struct usage after;

	r->look = c->n > c->bench->cell->f.cpus ? 0 : 63; /* each round may be long */
	r->rounds = c->time_ns > 0 ? UINT64_MAX : c->rounds;
	r->stop = &c->shared->halt;
	r->handovers = r->streak = r->longest = 0;
	s->begin_ns = clock_ns();
	c->kind->drive(r);
	s->end_ns = clock_ns();
	after = usage_now();
	s->cpu_ns = after.cpu_ns - before.cpu_ns;
	s->voluntary = after.voluntary - before.voluntary;
	s->involuntary = after.involuntary - before.involuntary;
	s->rounds = r->done;
	s->error = r->error;
}

int
bench_contend(struct crew *crew, int number, void *arg)
{
	struct contest *c = arg;
	const struct bench_state *b = c->bench;
	const struct lock_plan plan = plan_of(b);
	struct contest_seat *s = &c->shared->seat[number];
	struct arena_seat *as = &b->arena.seat[number];
	const struct lock_place *place = arena_place(&b->arena, number);
	struct lock_mix mix = { .plan = &plan,
				.all = place,
				.own = b->arena.own +
				       (size_t)number * b->arena.own_lines *
					       CACHE_LINE / sizeof(atom_u64) };
	struct lock_run r = { .state = place->state,
			      .node = place->node,
			      .section = place->section,
			      .kind = c->kind,
			      .self = number,
			      .delta = 1 };
	uint64_t seen;

	if (b->sampled)
		r.sampler = &as->sampler;
	if (!bench_is_plain(c->o, b->cell->f.reads)) {
		r.mix = &mix;
		lock_mix_init(&mix, c->run->seed, (uint64_t)number);
	}
	as->before = 0;
	await_gate(c);
	if (c->time_ns > 0)
		warm_up(c, &r, as);
	seen = atom_load_rlx(&place->section->loose);
	if (c->time_ns == 0)
		meet(c, &crew->block[number].cancel);
	if (is_loser(c, number)) {
		lose(c, place, seen);
		as->before++;
	}
	if (b->sampled)
		lock_sample_start(r.sampler, b->stride,
				  c->run->seed * 2654435761u + (uint64_t)number + 1,
				  b->arena.nlocks == 1 ? c->n : 0);
	as->before_reads = r.reads;
	contend(c, &r, s);
	if (b->sampled)
		lock_sample_stop(r.sampler);
	as->reads = r.reads;
	as->handovers = r.handovers;
	as->longest = r.longest;
	as->retries = r.retries;
	as->torn = r.torn;
	return 0;
}
