/*
 * test_pool_crash - workers that die, tasks that take too long: nothing is lost,
 * nothing hangs, and the blame falls on the right task.
 */
#include "core/pool_ring.h"
#include "tests/pool_help.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

static bool
is_mortal(const struct crew_kind *kind)
{
	return !(kind->traits & CREW_SHARES_MEMORY);
}

/* Tasks 5, 15, 25 ... die on attempts 1..context. */
static int64_t
task_die(struct pool_call *call)
{
	const unsigned *times = call->context;

	task_mark(call);
	if (call->arg % 10 == 5 && call->attempt <= *times)
		kill(getpid(), SIGKILL);
	return token(call->arg);
}

static void
run_deaths(struct pool_config *f, unsigned times, struct ledger *l,
	   struct pool_async *a, uint64_t tasks, struct pool_stats *stats)
{
	struct pool *p;
	struct err e;

	*l = (struct ledger){ 0 };
	board_wipe();
	f->context = &times;
	f->on_done = ledger_note;
	f->on_done_arg = l;
	p = open_pool(f);
	for (uint64_t i = 0; i < tasks; i++)
		cr_assert_eq(pool_apply_async(p, task_die, i, &a[i], &e), 0, "%s",
			     e.msg);
	pool_close(p);
	cr_assert_eq(pool_join(p, &e), 0, "%s", e.msg);
	*stats = *pool_stats(p);
	pool_free(p);
	assert_ledger(l, tasks);
}

Test(pool_crash, a_killed_worker_s_task_is_run_again, .timeout = 100)
{
	struct before b = look();
	struct pool_async a[60];
	struct pool_stats s;
	struct ledger l;

	EACH_KIND(kind)
	for (int n = 1; n <= 4 && is_mortal(kind); n++)
		for (unsigned stamps = 0; stamps < 2; stamps++)
			for (unsigned times = 1; times <= 2; times++) {
				struct pool_config f = { .kind = kind,
							 .workers = n,
							 .capacity = 16,
							 .stamps = stamps };

				run_deaths(&f, times, &l, a, 60, &s);
				cr_assert_eq(l.count[POOL_DONE], 60);
				cr_assert_eq(s.deaths, 6 * times);
				for (uint64_t i = 0; i < 60; i++) {
					const unsigned runs =
						i % 10 == 5 ? times + 1 : 1;

					cr_assert_eq(a[i].outcome.result, token(i));
					cr_assert_eq(atom_load_rlx(&board->runs[i]),
						     runs);
					cr_assert_eq(atom_load_rlx(&board->attempts[i]),
						     (1U << (runs + 1)) - 2);
				}
			}
	assert_clean(b);
}

Test(pool_crash, or_it_is_lost_and_named, .timeout = 100)
{
	struct before b = look();
	struct pool_async a[60];
	struct pool_stats s;
	struct ledger l;

	EACH_KIND(kind)
	for (int n = 1; n <= 4 && is_mortal(kind); n++)
		for (unsigned crashes = 0; crashes <= 2; crashes++) {
			/* 0: on_crash says so. Otherwise after so many deaths. */
			struct pool_config f = { .kind = kind,
						 .workers = n,
						 .capacity = 16,
						 .crashes = crashes,
						 .on_crash =
							 crashes == 0
								 ? POOL_CRASH_FAIL
								 : POOL_CRASH_RETRY };

			run_deaths(&f, 99, &l, a, 60, &s);
			cr_assert_eq(l.count[POOL_DONE], 54);
			cr_assert_eq(l.count[POOL_LOST], 6);
			cr_assert_eq(s.lost, 6);
			cr_assert_eq(s.deaths, 6 * (crashes ? crashes : 1));
			for (uint64_t i = 0; i < 60; i++)
				cr_assert_eq(a[i].outcome.status,
					     i % 10 == 5 ? POOL_LOST : POOL_DONE);
		}
	assert_clean(b);
}

/* --- killed from outside, at any moment ------------------------------------ */

static struct pool *target;
static unsigned kills_left;
static uint64_t done_at_kill;
static struct rng victim;

/* On the owner's thread, wherever it is: also its waits are interrupted. Lets them do
 * a task between two kills, for who dies faster than he works is given up. */
static void
kill_one(int sig)
{
	const struct crew_worker *w;

	(void)sig;
	if (kills_left == 0 || pool_stats(target)->done == done_at_kill)
		return;
	done_at_kill = pool_stats(target)->done;
	w = pool_worker(target, (int)rng_below(&victim, 4));
	if (w->state == WORKER_RUNNING && kill(w->pid, SIGKILL) == 0)
		kills_left--;
}

/* Microseconds between kills; 0: none any more. */
static void
set_timer(int us)
{
	struct itimerval t = { .it_interval.tv_usec = us, .it_value.tv_usec = us };

	signal(SIGALRM, kill_one);
	setitimer(ITIMER_REAL, &t, NULL);
}

Test(pool_crash, killed_at_random_moments_nothing_is_lost, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (uint64_t seed = 0; seed < 6 && is_mortal(kind); seed++) {
		struct ledger l = { 0 };
		struct pool_config f = { .kind = kind,
					 .workers = 4,
					 .capacity = seed % 2 ? 64 : 1024,
					 .crashes = 200,
					 .stamps = seed % 3 == 0,
					 .on_done = ledger_note,
					 .on_done_arg = &l };
		uint64_t i = 0, deaths;
		struct pool_async a[4];

		board_wipe();
		rng_init(&victim, seed, 0);
		target = open_pool(&f);
		kills_left = 60;
		done_at_kill = 0;
		set_timer(700 + 150 * (int)seed);
		/* As long as it takes to kill that many, but 20,000 at least. */
		for (; i < 20000 || (kills_left > 0 && i < 2000000); i++)
			cr_assert_eq(pool_apply_async(target, task_token, i, NULL, &e),
				     0, "task %d: %s", (int)i, e.msg);
		cr_assert_eq(pool_drain(target, &e), 0, "%s", e.msg);
		set_timer(0);
		deaths = 60 - kills_left;
		cr_assert_gt(deaths, 0);
		/* All four still wake up. */
		for (int k = 0; k < 4; k++)
			cr_assert_eq(pool_apply_async(target, task_meet, 4, &a[k], &e),
				     0);
		for (int k = 0; k < 4; k++) {
			cr_assert_eq(pool_get(target, &a[k], UINT64_MAX, &e), 0);
			cr_assert_eq(a[k].outcome.result, 0, "seed %d", (int)seed);
		}
		pool_close(target);
		cr_assert_eq(pool_join(target, &e), 0, "%s", e.msg);
		cr_assert_leq(pool_stats(target)->deaths, deaths);
		cr_assert_eq(pool_stats(target)->lost, 0);
		pool_free(target);
		cr_assert_eq(l.next, i + 4);
		cr_assert_eq(l.disorder, 0);
		cr_assert_eq(l.wrong, 4, "the meetings give no token");
		cr_assert_eq(l.count[POOL_DONE], i + 4);
	}
	assert_clean(b);
}

/* The moment between "look in my place" and the wake-up, which no timer hits. */
Test(pool_crash, killed_while_waking_another, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct pool_config f = { .kind = kind, .workers = 4 };
		struct pool_async a[4];
		struct pool *p;

		if (!is_mortal(kind))
			continue;
		board_wipe();
		p = open_pool(&f);
		while (atom_load_sc(&p->shared->parked[0]) != 0xf)
			sched_yield();
		/* w1 took w3 out of the sleepers and died before it woke it. */
		atom_or_sc(&p->shared->spinning[0], 1U << 2);
		atom_and_sc(&p->shared->parked[0], ~(uint64_t)(1U << 2));
		kill(pool_worker(p, 0)->pid, SIGKILL);
		for (int k = 0; k < 4; k++)
			cr_assert_eq(pool_apply_async(p, task_meet, 4, &a[k], &e), 0);
		for (int k = 0; k < 4; k++) {
			cr_assert_eq(pool_get(p, &a[k], UINT64_MAX, &e), 0);
			cr_assert_eq(a[k].outcome.result, 0);
		}
		close_and_free(p);
	}
	assert_clean(b);
}

/* After a death the owner must sleep again, and not look all the time. */
Test(pool_crash, the_owner_sleeps_after_a_death, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct pool_config f = { .kind = kind, .workers = 4 };
		struct pool *p;

		if (!is_mortal(kind))
			continue;
		board_wipe();
		p = open_pool(&f);
		kill(pool_worker(p, 0)->pid, SIGKILL);
		while (pool_stats(p)->deaths == 0)
			cr_assert_eq(pool_pump(p, -1, UINT64_MAX, &e), 0);
		cr_assert_eq(pool_worker(p, 0)->starts, 2);
		while (crew_reap(&p->crew) >= 0)
			;
		struct pollfd fd = { .fd = p->crew.end_fd, .events = POLLIN };
		cr_assert_eq(poll(&fd, 1, 0), 0, "the dead one is out of the set");
		close_and_free(p);
	}
	assert_clean(b);
}

/* --- workers that leave ---------------------------------------------------- */

static int64_t
task_exit(struct pool_call *call)
{
	task_mark(call);
	if (call->arg % 10 == 5 && call->attempt == 1)
		_exit((int)(intptr_t)call->context);
	return token(call->arg);
}

Test(pool_crash, exit_inside_a_task, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (int status = 0; status < 91 && is_mortal(kind); status++) {
		struct ledger l = { 0 };
		struct pool_config f = { .kind = kind,
					 .workers = 2,
					 .context = (void *)(intptr_t)status,
					 .on_done = ledger_note,
					 .on_done_arg = &l };
		struct pool *p;

		if (status != 0 && status != 7 && status < 88)
			continue;
		board_wipe();
		p = open_pool(&f);
		for (uint64_t i = 0; i < 40; i++)
			cr_assert_eq(pool_apply_async(p, task_exit, i, NULL, &e), 0);
		close_and_free(p);
		assert_ledger(&l, 40);
		cr_assert_eq(l.count[POOL_DONE], 40);
		for (uint64_t i = 0; i < 40; i++)
			cr_assert_eq(atom_load_rlx(&board->runs[i]),
				     i % 10 == 5 ? 2 : 1);
	}
	assert_clean(b);
}

static int
initializer_leaves(int worker, void *context)
{
	(void)worker;
	if ((intptr_t)context == 256)
		raise(SIGSEGV);
	_exit((int)(intptr_t)context);
}

Test(pool_crash, an_initializer_that_leaves_is_no_storm, .timeout = 100)
{
	static const intptr_t how[] = { 0, 1, 88, 256 };
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (int i = 0; i < 4 && is_mortal(kind); i++) {
		struct pool_config f = { .kind = kind,
					 .workers = 3,
					 .context = (void *)how[i],
					 .initializer = initializer_leaves };
		struct pool *p = open_pool(&f);
		struct pool_outcome o;

		cr_assert_eq(pool_apply(p, task_token, 0, &o, &e), -ECHILD);
		cr_assert_leq(pool_stats(p)->started, 10);
		pool_free(p);
	}
	assert_clean(b);
}

/* --- too long -------------------------------------------------------------- */

/* Arguments that end in 5 wait until they are told to give up. */
static int64_t
task_linger(struct pool_call *call)
{
	task_mark(call);
	while (call->arg % 10 == 5 && !atom_load_sc(call->cancel))
		nap(100 * NS_PER_US);
	if (call->arg % 10 == 5)
		call->error = ECANCELED;
	return token(call->arg);
}

Test(pool_crash, a_task_that_takes_too_long_is_ended, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (unsigned tries = 1; tries <= 3; tries++)
		for (int n = 1; n <= 3; n++) {
			struct ledger l = { 0 };
			struct pool_config f = { .kind = kind,
						 .workers = n,
						 .tries = tries,
						 .task_timeout_ns = 30 * NS_PER_MS,
						 .on_done = ledger_note,
						 .on_done_arg = &l };
			struct pool *p;
			struct pool_async a[30];

			board_wipe();
			p = open_pool(&f);
			for (uint64_t i = 0; i < 30; i++)
				pool_apply_async(p, task_linger, i, &a[i], &e);
			pool_close(p);
			cr_assert_eq(pool_join(p, &e), 0, "%s", e.msg);
			cr_assert_geq(pool_stats(p)->timed_out, 3);
			pool_free(p);
			assert_ledger(&l, 30);
			for (int i = 5; i < 30; i += 10) {
				const struct pool_outcome *o = &a[i].outcome;

				cr_assert_eq(o->status, POOL_TIMED_OUT);
				cr_assert_geq(o->worker, 0);
				cr_assert_eq(atom_load_rlx(&board->runs[i]), 1,
					     "it is not tried again");
			}
		}
	assert_clean(b);
}

static int
start_late(int worker, void *context)
{
	(void)worker;
	(void)context;
	nap(100 * NS_PER_MS);
	return 0;
}

/* The owner sleeps before the task is begun: its time is watched nevertheless. */
Test(pool_crash, a_task_begun_while_the_owner_sleeps_is_ended, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct pool_config f = { .kind = kind,
					 .workers = 1,
					 .initializer = start_late,
					 .task_timeout_ns = 10 * NS_PER_MS };
		struct pool *p;
		struct pool_outcome o;

		board_wipe();
		p = open_pool(&f);
		cr_assert_eq(pool_apply(p, task_linger, 5, &o, &e), 0);
		cr_assert_eq(o.status, POOL_TIMED_OUT);
		close_and_free(p);
	}
	assert_clean(b);
}

/* A task put back after a crash has its whole time again. */
static int64_t
task_late_crash(struct pool_call *call)
{
	atom_add_rlx(&board->runs[0], 1);
	if (call->attempt == 1) {
		nap(200 * NS_PER_MS);
		raise(SIGKILL);
	}
	return token(call->arg);
}

Test(pool_crash, a_task_put_back_has_its_time_again, .timeout = 100)
{
	struct err e;

	EACH_KIND(kind)
	{
		struct pool_config f = { .kind = kind,
					 .workers = 1,
					 .task_timeout_ns = 20 * NS_PER_S };
		struct pool *p;
		struct pool_async a;

		if (!is_mortal(kind))
			continue;
		board_wipe();
		p = open_pool(&f);
		cr_assert_eq(pool_apply_async(p, task_late_crash, 3, &a, &e), 0);
		while (pool_stats(p)->deaths == 0)
			cr_assert_eq(pool_pump(p, -1, UINT64_MAX, &e), 0);
		/* Before it is begun again, its old begin must be forgotten. */
		cr_assert(atom_load_rlx(&p->stamp[0].begin_ns) == 0 ||
			  atom_load_rlx(&p->stamp[0].begin_ns) >
				  p->stamp[0].submit_ns + 200 * NS_PER_MS);
		cr_assert_eq(pool_get(p, &a, UINT64_MAX, &e), 0);
		cr_assert_eq(a.outcome.status, POOL_DONE);
		cr_assert_eq(a.outcome.attempts, 2);
		close_and_free(p);
	}
}

/* Timeouts and deaths and failures and retirement, all in one. */
static int64_t
task_wild(struct pool_call *call)
{
	const uint64_t x = (uint64_t)token(call->arg * 31 + call->attempt) >> 7;

	if (x % 97 == 0 && (intptr_t)call->context)
		raise(SIGKILL);
	if (x % 89 == 1)
		call->error = 5;
	if (x % 193 == 2)
		while (!atom_load_sc(call->cancel))
			nap(100 * NS_PER_US);
	perturb(x);
	return token(call->arg);
}

Test(pool_crash, everything_at_once, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (int n = 2; n <= 8; n *= 2) {
		struct ledger l = { 0 };
		struct pool_config f = { .kind = kind,
					 .workers = n,
					 .capacity = 128,
					 .tries = 3,
					 .max_tasks_per_child = 50,
					 .task_timeout_ns = 30 * NS_PER_MS,
					 .context = (void *)(intptr_t)is_mortal(kind),
					 .on_done = ledger_note,
					 .on_done_arg = &l };
		struct pool *p = open_pool(&f);
		const struct pool_stats *s = pool_stats(p);

		for (uint64_t i = 0; i < 1500; i++)
			cr_assert_eq(pool_apply_async(p, task_wild, i, NULL, &e), 0,
				     "%s", e.msg);
		pool_close(p);
		cr_assert_eq(pool_join(p, &e), 0, "%s", e.msg);
		cr_assert_eq(s->done + s->raised + s->lost + s->timed_out, 1500);
		cr_assert_eq(s->cancelled, 0);
		pool_free(p);
		assert_ledger(&l, 1500);
	}
	assert_clean(b);
}
