/*
 * test_lock_perturbed - every kind of lock under schedules that are disturbed, drawn
 * from a seed: contenders give way, dawdle, try and give up, and signals stop them in
 * the middle of an acquire or a release. Nobody is let in beside another, all end, and
 * those that promise an order keep it. CONCBENCH_TEST_SEED repeats a schedule.
 */
#include "core/rng.h"
#include "tests/lock_ground.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t
seed_of_run(void)
{
	const char *word = getenv("CONCBENCH_TEST_SEED");

	return word != NULL ? strtoull(word, NULL, 10) : rng_fresh_seed();
}

/* How long all may take: seconds that only a hang uses up. */
enum { HANG_S = 120 };

struct contender {
	struct job job;
	struct rng rng;
	uint64_t took; /* rounds in which it had the lock */
	int rounds;
	bool plain; /* waits only; never tries */
	atom_u32 ended;
	atom_i32 tid; /* by itself, when it runs */
};

/* Stops whom it hits for a while that is different each time. */
static void
stumble(int signal)
{
	static _Thread_local uint32_t dice = 1;

	(void)signal;
	if (dice == 1)
		dice = (uint32_t)(uintptr_t)&dice >> 6 | 1;
	dice = dice * 1664525 + 1013904223;
	if (dice >> 30 == 0)
		sched_yield();
	else
		for (uint32_t i = dice >> 20; i > 0; i--)
			atom_pause();
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = stumble }; /* no SA_RESTART: EINTR, too */

	sigaction(SIGUSR1, &sa, NULL);
}

static void
dawdle(struct rng *rng)
{
	switch (rng_below(rng, 6)) {
	case 0:
		sched_yield();
		break;
	case 1:
		for (uint64_t i = rng_below(rng, 500); i > 0; i--)
			atom_pause();
		break;
	default:
		break;
	}
}

/* Comes by one of the ways in; 0 when it has the lock. */
static int
come(struct contender *c)
{
	const struct job *j = &c->job;
	void *state = j->g->state, *node = j->g->node[j->number];

	switch (c->plain ? 9 : rng_below(&c->rng, 8)) {
	case 0:
		return j->k->try_acquire(state, node);
	case 1:
		return lock_acquire_until(j->k, state, node,
					  clock_ns() +
						  rng_below(&c->rng, 50 * NS_PER_US));
	default:
		return j->k->acquire(state, node);
	}
}

static void *
contend(void *arg)
{
	struct contender *c = arg;
	const struct job *j = &c->job;
	struct ground *g = j->g;

	for (int i = 0; i < c->rounds; i++) {
		const int rc = come(c);

		if (rc == -EBUSY || rc == -ETIMEDOUT)
			continue;
		if (rc != 0 || atom_add_rlx(&g->inside, 1) != 0)
			atom_add_rlx(&g->clashes, 1);
		dawdle(&c->rng);
		g->section.value++;
		c->took++;
		atom_sub_rlx(&g->inside, 1);
		if (j->k->release(g->state, g->node[j->number]) != 0)
			atom_add_rlx(&g->clashes, 1);
		dawdle(&c->rng);
	}
	atom_store_rlx(&c->ended, 1);
	return NULL;
}

/* Hits one after the other until all have ended. */
static void
disturb(struct contender *c, const pthread_t *thread, struct rng *rng, uint64_t seed)
{
	const uint64_t deadline_ns = clock_deadline_ns(HANG_S * NS_PER_S);
	int left;

	do {
		left = 0;
		for (int i = 0; i < THREADS; i++)
			if (atom_load_rlx(&c[i].ended) == 0) {
				left++;
				if (rng_below(rng, 2) == 0)
					pthread_kill(thread[i], SIGUSR1);
			}
		sched_yield();
		cr_assert_lt(clock_ns(), deadline_ns,
			     "%s: %d of %d do not end; CONCBENCH_TEST_SEED=%llu",
			     c->job.k->kind.name, left, THREADS,
			     (unsigned long long)seed);
	} while (left > 0);
}

static void
perturbed(const struct lock_kind *k, uint64_t seed, bool plain, const uint32_t *cluster)
{
	static struct contender c[THREADS];
	struct ground *g = make_ground(k, false);
	pthread_t thread[THREADS];
	uint64_t took = 0;
	struct rng rng;

	rng_init(&rng, seed, THREADS);
	memset(c, 0, sizeof(c));
	for (int i = 0; i < THREADS; i++) {
		if (cluster != NULL)
			((struct lock_cluster *)g->node[i])->planned = cluster[i];
		c[i].job = (struct job){ .k = k, .g = g, .number = i };
		c[i].rounds = k->traits & LOCK_STUBBORN ? 20 : 300;
		c[i].plain = plain;
		rng_init(&c[i].rng, seed, (uint64_t)i);
		cr_assert_eq(pthread_create(&thread[i], NULL, contend, &c[i]), 0);
	}
	disturb(c, thread, &rng, seed);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		took += c[i].took;
	}
	cr_assert_eq(atom_load_rlx(&g->clashes), 0, "%s: CONCBENCH_TEST_SEED=%llu",
		     k->kind.name, (unsigned long long)seed);
	cr_assert_eq(g->section.value, took, "%s: CONCBENCH_TEST_SEED=%llu",
		     k->kind.name, (unsigned long long)seed);
	if (plain)
		cr_assert_eq(took, (uint64_t)c->rounds * THREADS, "%s", k->kind.name);
	/* Nobody is left within: it can be taken. */
	cr_assert_eq(k->try_acquire(g->state, g->node[0]), 0, "%s", k->kind.name);
	cr_assert_eq(k->release(g->state, g->node[0]), 0, "%s", k->kind.name);
	drop_ground(k, g);
}

Test(lock_perturbed, all_who_wait_come_in, .timeout = 300)
{
	const uint64_t seed = seed_of_run();

	catch_signals();
	FOR_LOCKS(k)
	perturbed(k, seed, true, NULL);
}

Test(lock_perturbed, some_try_and_some_give_up, .timeout = 300)
{
	const uint64_t seed = seed_of_run();

	catch_signals();
	FOR_LOCKS(k)
	perturbed(k, seed, false, NULL);
}

/* Kinds that know NUMA nodes, as if there were two or three. */
Test(lock_perturbed, by_plan_of_clusters, .timeout = 300)
{
	static const uint32_t plan[][THREADS] = { { 1, 2, 1, 2 },
						  { 1, 1, 2, 2 },
						  { 1, 2, 3, 3 } };
	const uint64_t seed = seed_of_run();
	int kinds = 0;

	catch_signals();
	FOR_LOCKS(k)
	{
		if (!(k->traits & LOCK_CLUSTERS))
			continue;
		kinds++;
		for (size_t i = 0; i < sizeof(plan) / sizeof(plan[0]); i++) {
			perturbed(k, seed + i, true, plan[i]);
			perturbed(k, seed + i, false, plan[i]);
		}
	}
	cr_assert_eq(kinds, 2);
}

/* That the control is found out: two are within at once. */
Test(lock_perturbed, none_lets_two_in)
{
	const struct lock_kind *k = lock_kind_find("none");
	struct ground *g = make_ground(k, false);
	struct contender c = { .job = { .k = k, .g = g, .number = 0 },
			       .rounds = 10,
			       .plain = true };

	rng_init(&c.rng, 1, 0);
	cr_assert_eq(k->acquire(g->state, g->node[1]), 0);
	atom_add_rlx(&g->inside, 1);
	contend(&c);
	cr_assert_eq(atom_load_rlx(&g->clashes), 10);
	drop_ground(k, g);
}

/* Notes in which order they got it. */
static void *
queue_up(void *arg)
{
	struct contender *c = arg;
	struct ground *g = c->job.g;

	atom_store_rlx(&c->tid, gettid());
	c->job.k->acquire(g->state, g->node[c->job.number]);
	g->section.value = g->section.value * 10 + (uint64_t)c->job.number;
	c->job.k->release(g->state, g->node[c->job.number]);
	atom_store_rlx(&c->ended, 1);
	return NULL;
}

/* The thread sleeps on a futex of the lock or of its node: it has joined the queue. */
static bool
sleeps_there(pid_t tid, const struct ground *g)
{
	char path[64], text[128] = "";
	unsigned long long number, at;
	FILE *f;
	bool is;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", (int)tid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	is = fgets(text, sizeof(text), f) != NULL &&
	     sscanf(text, "%llu %llx", &number, &at) == 2 && number == SYS_futex &&
	     at >= (uintptr_t)g && at < (uintptr_t)(g + 1);
	fclose(f);
	return is;
}

/* The state of a fair lock changes when somebody joins its queue; where waiters sleep,
 * it may do so later, too: the first of them gets ready. */
static void
await_waiter(struct ground *g, const unsigned char *before, const struct contender *c)
{
	const uint64_t deadline_ns = clock_deadline_ns(HANG_S * NS_PER_S);
	const struct lock_kind *k = c->job.k;

	while (memcmp(g->state, before, LOCK_STATE_BYTES) == 0 ||
	       (k->traits & LOCK_PARKS && !sleeps_there(atom_load_rlx(&c->tid), g))) {
		cr_assert_lt(clock_ns(), deadline_ns, "%s: nobody queues",
			     k->kind.name);
		sched_yield();
		__asm__ __volatile__("" : : : "memory");
	}
}

/* Who is interrupted while it waits keeps its place. */
static void
keep_order(const struct lock_kind *k, uint64_t seed)
{
	static struct contender c[THREADS];
	struct ground *g = make_ground(k, false);
	unsigned char before[LOCK_STATE_BYTES];
	pthread_t thread[THREADS];
	struct rng rng;

	rng_init(&rng, seed, 0);
	memset(c, 0, sizeof(c));
	atom_store_rlx(&c[0].ended, 1);
	thread[0] = pthread_self();
	cr_assert_eq(k->acquire(g->state, g->node[0]), 0);
	for (int i = 1; i < THREADS; i++) {
		memcpy(before, g->state, LOCK_STATE_BYTES);
		c[i].job = (struct job){ .k = k, .g = g, .number = i };
		cr_assert_eq(pthread_create(&thread[i], NULL, queue_up, &c[i]), 0);
		await_waiter(g, before, &c[i]);
		for (uint64_t hits = rng_below(&rng, 20); hits > 0; hits--) {
			pthread_kill(thread[1 + rng_below(&rng, (uint64_t)i)], SIGUSR1);
			dawdle(&rng);
		}
	}
	k->release(g->state, g->node[0]);
	c[0].job.k = k;
	disturb(c, thread, &rng, seed);
	for (int i = 1; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	cr_assert_eq(g->section.value, 123, "%s: %llu; CONCBENCH_TEST_SEED=%llu",
		     k->kind.name, (unsigned long long)g->section.value,
		     (unsigned long long)seed);
	drop_ground(k, g);
}

Test(lock_perturbed, order_is_kept, .timeout = 300)
{
	const uint64_t seed = seed_of_run();
	int kinds = 0;

	catch_signals();
	FOR_LOCKS(k)
	{
		if (!(k->traits & LOCK_FAIR))
			continue;
		kinds++;
		for (uint64_t i = 0; i < 5; i++)
			keep_order(k, seed + i);
	}
	cr_assert_geq(kinds, 10);
}
