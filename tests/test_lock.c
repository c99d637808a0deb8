/*
 * test_lock - every kind of lock excludes, the control does not; misuse is told.
 */
#include "tests/lock_ground.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Rounds of each contender; where a turn may take as long as the scheduler likes, few.
 */
static int
rounds_of(const struct lock_kind *k)
{
	return k->traits & LOCK_STUBBORN ? 20 : 5000;
}

/* By the pointers; a second one inside is a clash. */
static void *
one_by_one(void *arg)
{
	struct job *j = arg;
	struct ground *g = j->g;

	for (int i = 0; i < rounds_of(j->k); i++) {
		int rc = j->k->acquire(g->state, g->node[j->number]);

		cr_assert_eq(rc, 0);
		if (atom_add_rlx(&g->inside, 1) != 0)
			atom_add_rlx(&g->clashes, 1);
		if (i % 100 == 0)
			sched_yield();
		g->section.value++;
		atom_sub_rlx(&g->inside, 1);
		cr_assert_eq(j->k->release(g->state, g->node[j->number]), 0);
	}
	return NULL;
}

static void *
driven(void *arg)
{
	struct job *j = arg;

	j->run = (struct lock_run){ .state = j->g->state,
				    .node = j->g->node[j->number],
				    .section = &j->g->section,
				    .kind = j->k,
				    .self = j->number,
				    .rounds = (uint64_t)rounds_of(j->k),
				    .delta = 3,
				    .stop = &j->g->stop };
	j->k->drive(&j->run);
	return NULL;
}

static void
run_all(const struct lock_kind *k, struct ground *g, struct job *job,
	void *(*body)(void *))
{
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++) {
		job[i] = (struct job){ .k = k, .g = g, .number = i };
		cr_assert_eq(pthread_create(&thread[i], NULL, body, &job[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

Test(lock, every_kind_excludes, .timeout = 300)
{
	FOR_LOCKS(k)
	{
		struct job job[THREADS];
		struct ground *g = make_ground(k, false);

		run_all(k, g, job, one_by_one);
		cr_assert_eq(atom_load_rlx(&g->clashes), 0, "%s", k->kind.name);
		cr_assert_eq(g->section.value, THREADS * rounds_of(k), "%s",
			     k->kind.name);
		drop_ground(k, g);
	}
}

Test(lock, every_driver_adds_up, .timeout = 300)
{
	FOR_KINDS(k)
	{
		struct job job[THREADS];
		struct ground *g = make_ground(k, false);
		uint64_t handovers = 0;

		run_all(k, g, job, driven);
		for (int w = 0; w < THREADS; w++) {
			cr_assert_eq(job[w].run.done, rounds_of(k), "%s", k->kind.name);
			cr_assert_eq(job[w].run.error, 0, "%s", k->kind.name);
		}
		if (k->traits & LOCK_EXCLUDES) {
			cr_assert_eq(g->section.value, 3 * THREADS * rounds_of(k), "%s",
				     k->kind.name);
			for (int w = 0; w < THREADS; w++) {
				handovers += job[w].run.handovers;
				cr_assert_leq(job[w].run.longest, rounds_of(k));
			}
			cr_assert_geq(handovers, THREADS - 1);
		} else if (k->add != NULL) {
			cr_assert_eq(atom_load_rlx(&g->section.loose),
				     3 * THREADS * rounds_of(k));
		}
		drop_ground(k, g);
	}
}

Test(lock, a_driver_hears_the_stop)
{
	FOR_KINDS(k)
	{
		struct ground *g = make_ground(k, false);
		struct job j = { .k = k, .g = g };

		atom_store_rlx(&g->stop, 1);
		driven(&j);
		cr_assert_eq(j.run.done, 0, "%s", j.k->kind.name);
		drop_ground(j.k, g);
	}
}

/* The control: two holders at once, without a race in this test. */
Test(lock, none_does_not_exclude)
{
	const struct lock_kind *k = lock_kind_find("none");
	struct ground *g = make_ground(k, false);

	cr_assert_eq(k->acquire(g->state, g->node[0]), 0);
	cr_assert_eq(k->try_acquire(g->state, g->node[1]), 0);
	cr_assert_not(k->traits & LOCK_EXCLUDES);
	drop_ground(k, g);
}

Test(lock, a_held_lock_is_busy_and_times_out, .timeout = 300)
{
	FOR_LOCKS(k)
	{
		struct ground *g;
		uint64_t begin_ns;

		if (k->traits & (LOCK_RECURSIVE | LOCK_CHECKED))
			continue;
		g = make_ground(k, false);
		cr_assert_eq(k->try_acquire(g->state, g->node[0]), 0);
		cr_assert_eq(k->try_acquire(g->state, g->node[1]), -EBUSY, "%s",
			     k->kind.name);
		begin_ns = clock_ns();
		cr_assert_eq(lock_acquire_until(k, g->state, g->node[1],
						begin_ns + 5 * NS_PER_MS),
			     -ETIMEDOUT, "%s", k->kind.name);
		cr_assert_geq(clock_ns() - begin_ns, 5 * NS_PER_MS - NS_PER_MS);
		cr_assert_eq(k->release(g->state, g->node[0]), 0);
		cr_assert_eq(lock_acquire_until(k, g->state, g->node[1],
						clock_deadline_ns(NS_PER_S)),
			     0, "%s", k->kind.name);
		cr_assert_eq(k->release(g->state, g->node[1]), 0);
		drop_ground(k, g);
	}
}

static void *
release_as_stranger(void *arg)
{
	struct job *j = arg;

	atom_store_rlx(&j->g->answer, j->k->release(j->g->state, j->g->node[1]));
	return NULL;
}

Test(lock, those_who_know_their_holder_refuse_a_stranger)
{
	FOR_LOCKS(k)
	{
		struct job j = { .k = k };
		struct ground *g;
		pthread_t thread;

		if (!(k->traits & LOCK_OWNED))
			continue;
		j.g = g = make_ground(k, false);
		cr_assert_eq(k->release(g->state, g->node[0]), -EPERM, "%s",
			     k->kind.name);
		cr_assert_eq(k->acquire(g->state, g->node[0]), 0);
		cr_assert_eq(pthread_create(&thread, NULL, release_as_stranger, &j), 0);
		pthread_join(thread, NULL);
		cr_assert_eq(atom_load_rlx(&g->answer), -EPERM, "%s", k->kind.name);
		cr_assert_eq(k->release(g->state, g->node[0]), 0);
		drop_ground(k, g);
	}
}

Test(lock, a_second_acquire_by_the_holder)
{
	const struct lock_kind *recursive = lock_kind_find("recursive");
	const struct lock_kind *checked = lock_kind_find("errorcheck");
	struct ground *g = make_ground(recursive, false);

	cr_assert_eq(recursive->acquire(g->state, NULL), 0);
	cr_assert_eq(recursive->acquire(g->state, NULL), 0);
	cr_assert_eq(recursive->release(g->state, NULL), 0);
	cr_assert_eq(recursive->release(g->state, NULL), 0);
	cr_assert_eq(recursive->release(g->state, NULL), -EPERM);
	drop_ground(recursive, g);
	g = make_ground(checked, false);
	cr_assert_eq(checked->acquire(g->state, NULL), 0);
	cr_assert_eq(checked->acquire(g->state, NULL), -EDEADLK);
	cr_assert_eq(checked->release(g->state, NULL), 0);
	drop_ground(checked, g);
}

Test(lock, between_processes, .timeout = 300)
{
	FOR_LOCKS(k)
	{
		pid_t child[2];
		int status;
		struct ground *g;

		if (!(k->traits & LOCK_SHARED)) {
			unsigned char state[LOCK_STATE_BYTES] = { 0 };

			cr_assert_eq(k->init(state, true), -ENOTSUP);
			continue;
		}
		g = make_ground(k, true);
		for (int i = 0; i < 2; i++) {
			child[i] = fork();
			if (child[i] == 0) {
				struct job j = { .k = k, .g = g, .number = i };

				driven(&j);
				_exit((int)j.run.done != rounds_of(k));
			}
		}
		for (int i = 0; i < 2; i++) {
			cr_assert_eq(waitpid(child[i], &status, 0), child[i]);
			cr_assert_eq(status, 0, "%s", k->kind.name);
		}
		cr_assert_eq(g->section.value, 2 * 3 * rounds_of(k), "%s",
			     k->kind.name);
		drop_ground(k, g);
	}
}

/* A process that is killed while it holds the lock. */
static void
kill_holder(const struct lock_kind *k, struct ground *g)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		k->acquire(g->state, g->node[0]);
		kill(getpid(), SIGKILL);
		_exit(1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSIGNALED(status));
}

Test(lock, robust_tells_of_a_killed_holder, .timeout = 60)
{
	const struct lock_kind *k = lock_kind_find("robust");
	struct ground *g = make_ground(k, true);

	kill_holder(k, g);
	cr_assert_eq(k->acquire(g->state, g->node[1]), -EOWNERDEAD);
	cr_assert_eq(k->repair(g->state), 0);
	cr_assert_eq(k->release(g->state, g->node[1]), 0);
	cr_assert_eq(k->acquire(g->state, g->node[1]), 0);
	cr_assert_eq(k->release(g->state, g->node[1]), 0);
	drop_ground(k, g);
}

Test(lock, others_wait_for_a_killed_holder, .timeout = 60)
{
	const struct lock_kind *k = lock_kind_find("mutex");
	struct ground *g = make_ground(k, true);

	kill_holder(k, g);
	cr_assert_eq(lock_acquire_until(k, g->state, g->node[1],
					clock_deadline_ns(10 * NS_PER_MS)),
		     -ETIMEDOUT);
	munmap(g, sizeof(*g));
}

Test(lock, kinds_are_found_by_name)
{
	cr_assert_str_eq(lock_kind_find("mcs")->kind.name, "mcs");
	cr_assert_null(lock_kind_find("nosuch"));
	for (int i = 0; lock_kind_table[i] != NULL; i++) {
		const struct lock_kind *k = lock_kind_table[i];

		cr_assert_not_null(k->kind.summary);
		cr_assert_not_null(k->origin, "%s", k->kind.name);
		cr_assert_leq(k->node_bytes, LOCK_NODE_BYTES);
		cr_assert_eq(k->repair != NULL, (k->traits & LOCK_ROBUST) != 0);
	}
}
