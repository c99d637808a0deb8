/*
 * test_dist_redis - the contract of core/dist/engine.h on a real server.
 */
#ifdef CONCBENCH_HIREDIS
#include "tests/dist_redis_help.h"

Test(dist_redis, tasks_there_and_results_back, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w;
	struct dist_task t;
	struct err e;

	server_start(&s, NULL);
	c = config(&s, NULL);
	m = master(&c, 0);
	w = worker(&c);
	put(m, 0, 20);
	for (uint64_t i = 0; i < 20; i++) {
		t = take(w);
		cr_assert_eq(t.number, i);
		cr_assert_eq(t.attempt, 1);
		give(w, &t);
	}
	sync_now(w);
	for (uint64_t i = 0; i < 20; i++) {
		struct dist_result r = result(m);

		cr_assert_eq(r.number, i);
		cr_assert_eq(memcmp(r.payload, "done", 4), 0);
		cr_assert_str_eq(r.who, "w1");
		cr_assert_not(r.dead);
	}
	cr_assert_eq(g->take(w, &t, clock_ns(), &e), 0, "there is no more");
	g->worker_close(w);
	end(m);
	expect_no_key(&s);
	server_end(&s);
}

Test(dist_redis, the_bound_holds, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w;
	struct dist_task t;
	struct err e;

	server_start(&s, NULL);
	c = config(&s, NULL);
	c.bound = 3;
	m = master(&c, 0);
	w = worker(&c);
	put(m, 0, 3);
	cr_assert_eq(g->put(m, "x", 1, &e), 0, "three are in flight");
	cr_assert_eq(g->wait(m, DIST_ROOM, -1, clock_ns(), &e), 0);
	t = take(w);
	give(w, &t);
	sync_now(w);
	cr_assert_eq(g->wait(m, DIST_RESULT, -1, clock_deadline_ns(LONG_NS), &e),
		     DIST_RESULT);
	result(m);
	cr_assert_eq(g->wait(m, DIST_ROOM, -1, clock_deadline_ns(LONG_NS), &e),
		     DIST_ROOM);
	g->worker_close(w);
	end(m);
	expect_no_key(&s);
	server_end(&s);
}

Test(dist_redis, a_lease_ends_and_another_has_the_task, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w, *v;
	struct dist_task t, again;
	struct dist_result r;
	struct dist_counts n;
	struct err e;

	server_start(&s, NULL);
	c = config(&s, NULL);
	m = master(&c, 0);
	w = worker(&c);
	v = worker(&c);
	put(m, 0, 1);
	t = take(w);
	again = take(v); /* w stalls */
	cr_assert_eq(again.number, 0);
	cr_assert_eq(again.attempt, 2);
	give(v, &again);
	sync_now(v);
	r = result(m);
	cr_assert_eq(r.attempt, 2);
	give(w, &t); /* and comes too late */
	sync_now(w);
	g->worker_close(w);
	g->worker_close(v);
	put(m, 1, 2);
	v = worker(&c);
	t = take(v);
	give(v, &t);
	sync_now(v);
	cr_assert_eq(result(m).number, 1, "the late one was dropped");
	cr_assert_eq(g->result(m, &r, &e), 0);
	g->counts(m, &n);
	cr_assert_eq(n.duplicates, 1);
	cr_assert_eq(n.redelivered, 1);
	cr_assert_eq(n.done, 2);
	g->worker_close(v);
	end(m);
	expect_no_key(&s);
	server_end(&s);
}

Test(dist_redis, a_sign_of_life_keeps_the_lease, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w, *v;
	struct dist_task t, none;
	struct err e;

	server_start(&s, NULL);
	c = config(&s, NULL);
	c.lease_ns = 4 * NS_PER_S;
	m = master(&c, 0);
	w = worker(&c);
	v = worker(&c);
	put(m, 0, 1);
	t = take(w);
	for (int i = 0; i < 20; i++) { /* for two leases, with far shorter pauses */
		g->extend(w);
		cr_assert_eq(g->take(v, &none, clock_deadline_ns(400 * NS_PER_MS), &e),
			     0);
	}
	cr_assert_gt(g->extend_every_ns(w), 0);
	give(w, &t);
	sync_now(w);
	cr_assert_eq(result(m).attempt, 1);
	g->worker_close(w);
	g->worker_close(v);
	end(m);
	server_end(&s);
}

Test(dist_redis, given_back_is_no_attempt, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w, *v;
	struct dist_task t;
	struct err e;

	server_start(&s, NULL);
	c = config(&s, NULL);
	c.lease_ns = LONG_NS;
	m = master(&c, 0);
	w = worker(&c);
	v = worker(&c);
	put(m, 0, 2);
	t = take(w);
	cr_assert_eq(g->give_back(w, t.number, &e), 0);
	sync_now(w);
	for (int i = 0; i < 2; i++) {
		t = take(v);
		cr_assert_eq(t.attempt, 1);
		give(v, &t);
	}
	sync_now(v);
	result(m);
	result(m);
	g->worker_close(v);
	put(m, 2, 3);
	t = take(w);
	g->worker_close(w); /* with a task in hand */
	v = worker(&c);
	t = take(v);
	cr_assert_eq(t.number, 2);
	cr_assert_eq(t.attempt, 1);
	give(v, &t);
	sync_now(v);
	result(m);
	g->worker_close(v);
	end(m);
	expect_no_key(&s);
	server_end(&s);
}

Test(dist_redis, dead_after_the_last_attempt, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w[3];
	struct dist_result r;
	struct dist_counts n;
	redisReply *dead;
	char command[96];

	server_start(&s, NULL);
	c = config(&s, NULL);
	c.keep = true;
	m = master(&c, 0);
	put(m, 0, 1);
	for (unsigned i = 0; i < 3; i++) {
		w[i] = worker(&c);
		cr_assert_eq(take(w[i]).attempt, i + 1);
	}
	r = result(m);
	cr_assert(r.dead);
	cr_assert_eq(r.number, 0);
	cr_assert_eq(r.attempt, 3);
	cr_assert(strstr(r.payload, "3 attempts") != NULL, "%s",
		  (const char *)r.payload);
	g->counts(m, &n);
	cr_assert_eq(n.dead, 1);
	cr_assert_eq(n.done, 0);
	snprintf(command, sizeof(command), "XRANGE concbench:{%s}:d - +",
		 g->master_run(m));
	dead = ask(&s, command);
	cr_assert_eq(dead->elements, 1, "the dead letter is kept");
	freeReplyObject(dead);
	for (int i = 0; i < 3; i++)
		g->worker_close(w[i]);
	end(m);
	server_end(&s);
}

Test(dist_redis, the_engine_is_killed_and_comes_back, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w;
	struct dist_task t;
	char notes[2048] = "";
	bool seen[40] = { false };

	server_start(&s, NULL);
	c = config(&s, notes);
	m = master(&c, 0);
	w = worker(&c);
	put(m, 0, 40);
	for (int i = 0; i < 10; i++) {
		t = take(w);
		give(w, &t);
	}
	t = take(w);
	server_kill(&s);
	give(w, &t);
	cr_assert(server_run(&s));
	for (int i = 11; i < 40; i++) {
		t = take(w);
		give(w, &t);
	}
	sync_now(w);
	for (int i = 0; i < 40; i++) {
		struct dist_result r = result(m);

		cr_assert_not(seen[r.number], "twice: %d", (int)r.number);
		seen[r.number] = true;
	}
	cr_assert(strstr(notes, "trying again") != NULL, "%s", notes);
	cr_assert(strstr(notes, "is back after") != NULL, "%s", notes);
	g->worker_close(w);
	end(m);
	expect_no_key(&s);
	server_end(&s);
}

Test(dist_redis, an_engine_that_forgot_is_told_again, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w;
	struct dist_task t;
	struct err e = { .code = 0 };
	static const char *const no_log[] = { "--appendonly", "no", NULL };
	char notes[2048] = "";

	server_start(&s, no_log);
	c = config(&s, notes);
	m = master(&c, 0);
	cr_assert(strstr(notes, "keeps no log") != NULL, "%s", notes);
	w = worker(&c);
	put(m, 0, 10);
	for (int i = 0; i < 4; i++) {
		t = take(w);
		give(w, &t);
	}
	sync_now(w);
	for (int i = 0; i < 4; i++)
		result(m);
	server_kill(&s);
	cr_assert(server_run(&s));
	/* The master finds out, and puts the six again. */
	while (strstr(notes, "put again") == NULL)
		cr_assert_geq(g->wait(m, 0, -1, clock_deadline_ns(10 * NS_PER_MS), &e),
			      0, "%s", e.msg);
	for (int i = 4; i < 10; i++) {
		t = take(w);
		cr_assert_eq(t.number, (uint64_t)i);
		give(w, &t);
	}
	sync_now(w);
	for (int i = 4; i < 10; i++)
		cr_assert_eq(result(m).number, (uint64_t)i);
	g->worker_close(w);
	end(m);
	expect_no_key(&s);
	server_end(&s);
}

Test(dist_redis, another_master_finds_the_run, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w;
	struct dist_task t;

	server_start(&s, NULL);
	c = config(&s, NULL);
	snprintf(c.run, sizeof(c.run), "monday");
	m = master(&c, 0);
	w = worker(&c);
	put(m, 0, 6);
	for (int i = 0; i < 3; i++) {
		t = take(w);
		give(w, &t);
	}
	sync_now(w);
	result(m);
	g->master_close(m);
	m = master(&c, 6);
	put(m, 6, 8);
	for (int i = 3; i < 8; i++) {
		t = take(w);
		cr_assert_eq(t.number, (uint64_t)i);
		give(w, &t);
	}
	sync_now(w);
	for (int i = 0; i < 8; i++)
		cr_assert_eq(result(m).number, (uint64_t)i, "all results once more");
	g->worker_close(w);
	end(m);
	expect_no_key(&s);
	server_end(&s);
}

Test(dist_redis, two_runs_never_mix, .timeout = 120)
{
	struct server s;
	struct dist_config a, b;
	struct dist_master *m[2];
	struct dist_worker *w[2];
	struct dist_worker *none;
	struct dist_task t;
	struct err e;

	server_start(&s, NULL);
	a = b = config(&s, NULL);
	m[0] = master(&a, 0);
	m[1] = master(&b, 0);
	cr_assert_str_neq(g->master_run(m[0]), g->master_run(m[1]));
	cr_assert_lt(g->worker_open(&none, &a, &e), 0);
	cr_assert(strstr(e.msg, "2 open runs") != NULL, "%s", e.msg);
	for (int i = 0; i < 2; i++) {
		struct dist_config c = i == 0 ? a : b;

		snprintf(c.run, sizeof(c.run), "%s", g->master_run(m[i]));
		w[i] = worker(&c);
		put(m[i], 0, 3 + (uint64_t)i);
	}
	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < 3 + i; k++) {
			t = take(w[i]);
			give(w[i], &t);
		}
		sync_now(w[i]);
		cr_assert_eq(g->take(w[i], &t, clock_ns(), &e), 0);
		for (int k = 0; k < 3 + i; k++)
			cr_assert_eq(result(m[i]).number, (uint64_t)k);
	}
	g->worker_close(w[0]);
	end(m[0]);
	cr_assert_eq(g->take(w[1], &t, clock_ns(), &e), 0, "the other goes on");
	g->worker_close(w[1]);
	end(m[1]);
	expect_no_key(&s);
	server_end(&s);
}

Test(dist_redis, several_at_once, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w;
	struct dist_task t;

	server_start(&s, NULL);
	c = config(&s, NULL);
	c.prefetch = 16;
	c.lease_ns = LONG_NS;
	m = master(&c, 0);
	w = worker(&c);
	put(m, 0, 100);
	for (uint64_t i = 0; i < 100; i++) {
		if (i == 50) {
			server_kill(&s);
			cr_assert(server_run(&s));
		}
		t = take(w);
		cr_assert_eq(t.attempt, 1);
		give(w, &t);
	}
	sync_now(w);
	for (uint64_t i = 0; i < 100; i++)
		cr_assert_lt(result(m).number, 100);
	g->worker_close(w);
	end(m);
	expect_no_key(&s);
	server_end(&s);
}

Test(dist_redis, nobody_is_idle_without_a_server, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w;
	struct dist_task t;
	struct err e;

	server_start(&s, NULL);
	c = config(&s, NULL);
	m = master(&c, 0);
	w = worker(&c);
	cr_assert_eq(g->take(w, &t, clock_ns(), &e), 0);
	server_kill(&s);
	cr_assert_eq(g->take(w, &t, clock_deadline_ns(100 * NS_PER_MS), &e), -EAGAIN);
	cr_assert(server_run(&s));
	put(m, 0, 1);
	take(w);
	g->worker_close(w);
	g->master_close(m);
	server_end(&s);
}

Test(dist_redis, workers_hear_of_the_end, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w;
	struct dist_task t;
	struct err e;

	server_start(&s, NULL);
	c = config(&s, NULL);
	m = master(&c, 0);
	w = worker(&c);
	cr_assert_eq(g->take(w, &t, clock_ns(), &e), 0);
	cr_assert_eq(g->finish(m, clock_ns() + NS_PER_MS, &e), 0);
	cr_assert_eq(g->take(w, &t, clock_deadline_ns(LONG_NS), &e), -ESHUTDOWN);
	cr_assert_eq(g->remove(m, &e), 0);
	cr_assert_eq(g->take(w, &t, clock_deadline_ns(LONG_NS), &e), -ESHUTDOWN);
	g->worker_close(w);
	g->master_close(m);
	expect_no_key(&s);
	server_end(&s);
}
#else
#include "core/dist/engine.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(dist_redis, this_build_has_none)
{
	struct err e;

	cr_assert_null(dist_engine_find("redis://x", &e));
	cr_assert_eq(e.code, ENOTSUP);
	cr_skip_test("needs libhiredis-dev");
}
#endif
