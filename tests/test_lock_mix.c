/*
 * test_lock_mix - what rounds are drawn, and the loops that run them.
 */
#include "core/lock.h"

#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { THREADS = 3, LOCKS = 5, ROUNDS = 2000, LINES = 4 };

/* The share of each of n as the columns of the alias table say it: no chance in it. */
static void
shares(const struct lock_choice *c, double *share)
{
	memset(share, 0, c->n * sizeof(*share));
	for (uint32_t i = 0; i < c->n; i++) {
		const double keep = (double)c->column[i].keep / UINT32_MAX;

		share[i] += keep / c->n;
		share[c->column[i].other] += (1 - keep) / c->n;
	}
}

Test(lock_mix, zipf_is_the_law)
{
	static const double theta[] = { 0, 0.5, 0.99, 2 };
	static const uint32_t size[] = { 1, 2, 7, 64, 1000 };

	for (size_t t = 0; t < sizeof(theta) / sizeof(theta[0]); t++)
		for (size_t j = 0; j < sizeof(size) / sizeof(size[0]); j++) {
			struct lock_choice *c = lock_choice_zipf(size[j], theta[t]);
			double share[1000], sum = 0;

			cr_assert_not_null(c);
			shares(c, share);
			for (uint32_t i = 0; i < size[j]; i++)
				sum += pow((double)i + 1, -theta[t]);
			for (uint32_t i = 0; i < size[j]; i++)
				cr_assert_float_eq(share[i],
						   pow((double)i + 1, -theta[t]) / sum,
						   1e-8, "%u of %u, theta %g", i,
						   size[j], theta[t]);
			free(c);
		}
}

Test(lock_mix, draws_follow_the_table)
{
	struct lock_choice *c = lock_choice_zipf(4, 1);
	int count[4] = { 0 };
	struct rng rng;

	rng_init(&rng, 1, 0);
	for (int i = 0; i < 100000; i++)
		count[lock_choice_draw(c, &rng)]++;
	/* 12, 6, 4, 3 of 25; a fixed seed, so this is exact for ever. */
	for (int i = 0; i < 4; i++)
		cr_assert_float_eq(count[i] / 1e5, 12.0 / 25 / (i + 1), 0.005);
	free(c);
}

Test(lock_mix, amounts)
{
	const struct param_amount fixed = { .form = AMOUNT_FIXED, .lo = 7, .hi = 7 };
	const struct param_amount even = { .form = AMOUNT_UNIFORM, .lo = 3, .hi = 5 };
	const struct param_amount chance = { .form = AMOUNT_EXP,
					     .lo = 1000,
					     .hi = 1000 };
	double sum = 0, squares = 0;
	bool seen[3] = { false };
	struct rng rng;

	rng_init(&rng, 1, 0);
	cr_assert_eq(lock_amount_draw(&fixed, &rng), 7);
	for (int i = 0; i < 100; i++) {
		const uint64_t x = lock_amount_draw(&even, &rng);

		cr_assert(x >= 3 && x <= 5);
		seen[x - 3] = true;
	}
	cr_assert(seen[0] && seen[1] && seen[2]);
	for (int i = 0; i < 100000; i++) {
		const double x = (double)lock_amount_draw(&chance, &rng);

		sum += x;
		squares += x * x;
	}
	/* Mean and deviation of the exponential distribution are the same. */
	cr_assert_float_eq(sum / 1e5, 1000, 10);
	cr_assert_float_eq(sqrt(squares / 1e5 - sum / 1e5 * sum / 1e5), 1000, 20);
}

Test(lock_mix, idle_work_takes_time)
{
	const double steps = lock_steps_per_ns();

	cr_assert(steps > 0.001 && steps < 100, "%g", steps);
}

/* Locks, what they protect, and what each thread needs. */
struct ground {
	CACHE_ALIGNED unsigned char state[LOCKS][LOCK_STATE_BYTES];
	CACHE_ALIGNED unsigned char node[THREADS][LOCKS][LOCK_NODE_BYTES];
	struct lock_section section[LOCKS];
	CACHE_ALIGNED atom_u64 lines[LOCKS][LINES * CACHE_LINE / 8];
	CACHE_ALIGNED atom_u64 own[THREADS][LINES * CACHE_LINE / 8];
	atom_u32 stop;
	struct lock_place place[THREADS][LOCKS];
	struct lock_run run[THREADS];
	struct lock_sampler sampler[THREADS];
	struct hist wait[THREADS], read_wait[THREADS];
	struct lock_mix mix[THREADS];
	const struct lock_kind *kind;
	struct lock_plan plan;
};

struct job {
	struct ground *g;
	int number;
};

static void *
drive(void *arg)
{
	const struct job *j = arg;

	j->g->kind->drive(&j->g->run[j->number]);
	return NULL;
}

static struct ground *
make_ground(const struct lock_kind *k, const struct lock_plan *plan, bool sampled)
{
	struct ground *g = mmap(NULL, sizeof(*g), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(g, MAP_FAILED);
	g->kind = k;
	g->plan = *plan;
	for (int i = 0; i < LOCKS; i++) {
		g->section[i].last = -1;
		cr_assert_eq(k->init(g->state[i], false), 0, "%s", k->kind.name);
	}
	for (int t = 0; t < THREADS; t++) {
		for (int i = 0; i < LOCKS; i++)
			g->place[t][i] =
				(struct lock_place){ g->state[i], g->node[t][i],
						     &g->section[i], g->lines[i] };
		hist_init(&g->wait[t]);
		hist_init(&g->read_wait[t]);
		g->sampler[t] = (struct lock_sampler){ .wait = &g->wait[t],
						       .read_wait = &g->read_wait[t] };
		lock_sample_start(&g->sampler[t], 3, (uint64_t)t + 1, 0);
		g->mix[t] = (struct lock_mix){ .plan = &g->plan,
					       .all = g->place[t],
					       .own = g->own[t] };
		lock_mix_init(&g->mix[t], 1, (uint64_t)t);
		g->run[t] =
			(struct lock_run){ .kind = k,
					   .self = t,
					   .rounds = ROUNDS,
					   .delta = 1,
					   .stop = &g->stop,
					   .mix = &g->mix[t],
					   .sampler = sampled ? &g->sampler[t] : NULL };
	}
	return g;
}

static void
drop_ground(struct ground *g)
{
	for (int i = 0; i < LOCKS && g->kind->destroy != NULL; i++)
		g->kind->destroy(g->state[i]);
	munmap(g, sizeof(*g));
}

static void
run_all(struct ground *g)
{
	pthread_t thread[THREADS];
	struct job job[THREADS];

	for (int t = 0; t < THREADS; t++) {
		job[t] = (struct job){ g, t };
		cr_assert_eq(pthread_create(&thread[t], NULL, drive, &job[t]), 0);
	}
	for (int t = 0; t < THREADS; t++)
		pthread_join(thread[t], NULL);
}

#define FOR_LOCKS(k)                                                                   \
	const struct lock_kind *k;                                                     \
	for (int at_ = 0; (k = lock_kind_table[at_]) != NULL; at_++)                   \
		if (k->kind.available == NULL || k->kind.available(why, sizeof(why)))

/* Every kind, with everything that rounds can be; what was changed is there. */
Test(lock_mix, every_kind_runs_varied_rounds, .timeout = 120)
{
	char why[80];

	FOR_LOCKS(k)
	{
		const struct lock_plan plan = {
			.hold = { .form = AMOUNT_UNIFORM,
				  .lines = true,
				  .lo = 0,
				  .hi = LINES },
			.think = { .form = AMOUNT_EXP, .lo = 100, .hi = 100 },
			.reads = 0.5,
			.nest = 1,
			.choice = lock_choice_zipf(LOCKS, 1),
			.burst = ROUNDS / 4,
			.pause_ns = 1000,
			.steps_per_ns = 1,
		};
		struct ground *g = make_ground(k, &plan, true);
		uint64_t writes = 0, value = 0, waits = 0;

		run_all(g);
		for (int t = 0; t < THREADS; t++) {
			const struct lock_run *r = &g->run[t];

			cr_assert_eq(r->done, ROUNDS, "%s", k->kind.name);
			cr_assert_eq(r->error, 0, "%s", k->kind.name);
			cr_assert_eq(r->torn, 0, "%s", k->kind.name);
			cr_assert_eq(r->reads > 0, k->acquire_shared != NULL, "%s",
				     k->kind.name);
			writes += r->done - r->reads;
			waits += g->wait[t].count + g->read_wait[t].count;
		}
		for (int i = 0; i < LOCKS; i++)
			value += g->section[i].value;
		if (k->traits & LOCK_EXCLUDES)
			cr_assert_eq(value, writes, "%s: %llu of %llu", k->kind.name,
				     (unsigned long long)value,
				     (unsigned long long)writes);
		/* One in three, and the same for ever: the distances are seeded. */
		cr_assert(waits > THREADS * ROUNDS / 4 && waits < THREADS * ROUNDS / 2);
		free((void *)plan.choice);
		drop_ground(g);
	}
}

/* In the order of the table, so that nobody waits in a circle; each lock once. */
Test(lock_mix, nested_locks_are_taken_in_order, .timeout = 60)
{
	const struct lock_kind *k = lock_kind_find("mutex");
	const struct lock_plan plan = { .nest = 3,
					.choice = lock_choice_zipf(LOCKS, 0.5) };
	struct ground *g = make_ground(k, &plan, false);
	uint64_t value = 0;

	for (int i = 0; i < 1000; i++) {
		const struct lock_mix *m = &g->mix[0];

		lock_mix_next(&g->mix[0]);
		cr_assert_eq(m->depth, 3);
		cr_assert(m->place[0].state < m->place[1].state &&
			  m->place[1].state < m->place[2].state);
	}
	run_all(g);
	for (int i = 0; i < LOCKS; i++)
		value += g->section[i].value;
	cr_assert_eq(value, 3 * THREADS * ROUNDS);
	free((void *)plan.choice);
	drop_ground(g);
}

Test(lock_mix, a_stop_is_heard_in_every_round)
{
	const struct lock_plan plan = { .nest = 1 };
	struct ground *g = make_ground(lock_kind_find("mutex"), &plan, false);

	atom_store_rlx(&g->stop, 1);
	run_all(g);
	for (int t = 0; t < THREADS; t++)
		cr_assert_eq(g->run[t].done, 0);
	drop_ground(g);
}

/* Turns of a window, and who had them. */
Test(lock_mix, windows_of_turns)
{
	struct lock_sampler a = { 0 }, b = { 0 };
	struct lock_section s = { .last = -1 };

	cr_assert_eq(lock_sample_shift(1), 5);
	cr_assert_eq(lock_sample_shift(2), 6);
	cr_assert_eq(lock_sample_shift(3), 7);
	cr_assert_eq(lock_sample_shift(64), 11);
	lock_sample_start(&a, 1, 1, 2);
	lock_sample_start(&b, 1, 2, 2);
	/* The first window is a's alone, the second is shared. */
	for (int i = 0; i < 64; i++)
		lock_sample_turn(&a, &s);
	for (int i = 0; i < 32; i++) {
		lock_sample_turn(&a, &s);
		lock_sample_turn(&b, &s);
	}
	lock_sample_stop(&a);
	lock_sample_stop(&b);
	cr_assert_float_eq(a.square, 64 * 64 + 32 * 32, 0);
	cr_assert_float_eq(b.square, 32 * 32, 0);
}

/* A waiter that is the probe has holders look at the clock; the next takes the time. */
Test(lock_mix, how_long_it_was_free)
{
	struct hist wait;
	struct lock_sampler waiter = { .wait = &wait }, holder = { 0 };
	struct lock_section s = { .last = -1 };
	const struct lock_place p = { .section = &s };

	hist_init(&wait);
	lock_sample_start(&waiter, 1, 1, 0);
	lock_sample_start(&holder, 1000000, 1, 0);
	holder.left = UINT64_MAX;
	lock_sample_turn(&holder, &s);
	cr_assert_eq(atom_load_rlx(&s.turn), 1);
	lock_sample_leave(&holder, &s);
	cr_assert_eq(s.released_ns, 0, "nobody waits, and nobody asks the clock");
	lock_sample_turn(&holder, &s);
	cr_assert(lock_sample_ask(&waiter, &p));
	for (int i = 0; i < 5; i++) {
		lock_sample_leave(&holder, &s);
		cr_assert_eq(s.released_ns != 0, i == 0, "one pause of stride / 4");
		lock_sample_turn(&holder, &s);
		cr_assert_eq(s.released_ns, 0);
	}
	lock_sample_leave(&holder, &s);
	lock_sample_turn(&waiter, &s);
	lock_sample_got(&waiter, &p);
	cr_assert_eq(atom_load_rlx(&s.probe), 0);
	cr_assert_eq(wait.count, 1);
	cr_assert_eq(waiter.passed, 5);
}
