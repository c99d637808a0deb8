/*
 * test_dist_engine - the contract of core/dist/engine.h, engine by engine.
 *
 * An engine that needs a server is tested where DIST_TEST_URL_<NAME> says where it is.
 * Masters live in a thread each, so that workers (threads, too) can be served.
 */
#include "core/clock.h"
#include "core/dist/engine.h"
#include "core/dist/pickle.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TASKS_MAX = 4096 };

#define PATIENCE_NS (60 * NS_PER_S)

struct town {
	const struct dist_engine *g;
	struct dist_config c;
	struct dist_master *m;
	struct stop stop;
	char address[96];
	uint64_t put;
	uint8_t seen[TASKS_MAX];
	uint64_t done, dead;
};

/* --- engines --------------------------------------------------------------- */

static const char *
url_of(const struct dist_engine *g)
{
	char name[64] = "DIST_TEST_URL_";
	size_t n = strlen(name);

	for (const char *c = g->kind.name; *c != '\0' && n + 1 < sizeof(name); c++)
		name[n++] = (char)toupper(*c);
	name[n] = '\0';
	return getenv(name);
}

static void
each_engine(void (*test)(struct town *t))
{
	for (size_t i = 0; dist_engine_table[i] != NULL; i++) {
		struct town t = { .g = dist_engine_table[i] };
		char why[64];

		if (t.g->scheme != NULL && url_of(t.g) == NULL)
			continue;
		if (t.g->kind.available != NULL &&
		    !t.g->kind.available(why, sizeof(why)))
			continue;
		t.c = (struct dist_config){ .address = "127.0.0.1:0",
					    .url = t.g->scheme != NULL ? url_of(t.g)
								       : NULL,
					    .key = "0123456789abcdef",
					    .key_bytes = 16,
					    .bound = 64,
					    .lease_ns = 60 * NS_PER_S,
					    .plain_lease_ns = UINT64_MAX,
					    .retries = 3,
					    .task_name = "get_task_queue",
					    .result_name = "get_result_queue",
					    .prefetch = 1,
					    .reconnect_ns = 3 * NS_PER_S };
		if (t.g->scheme != NULL)
			t.c.key_bytes = 0;
		cr_assert_eq(stop_init(&t.stop, NULL), 0);
		t.c.stop = &t.stop;
		test(&t);
		stop_fini(&t.stop);
	}
}

static void
open_master(struct town *t)
{
	struct err e = { 0 };

	cr_assert_eq(t->g->master_open(&t->m, &t->c, &t->put, &e), 0, "%s", e.msg);
	snprintf(t->address, sizeof(t->address), "%s", t->g->master_address(t->m));
	snprintf(t->c.run, sizeof(t->c.run), "%s", t->g->master_run(t->m));
}

/* Puts numbers until there are n. */
static void
put_up_to(struct town *t, uint64_t n)
{
	struct err e = { 0 };
	int rc = 1;

	while (t->put < n && rc == 1) {
		struct wire w = { 0 };

		pickle_uint(&w, t->put);
		rc = t->g->put(t->m, w.at, wire_bytes(&w), &e);
		cr_assert_geq(rc, 0, "%s", e.msg);
		t->put += rc == 1;
		wire_fini(&w);
	}
}

static void
take_results(struct town *t)
{
	struct dist_result r;
	struct err e = { 0 };
	int rc;

	while ((rc = t->g->result(t->m, &r, &e)) == 1) {
		cr_assert_lt(r.number, TASKS_MAX);
		cr_assert_eq(t->seen[r.number]++, 0, "a result came twice");
		t->done += !r.dead;
		t->dead += r.dead;
	}
	cr_assert_eq(rc, 0, "%s", e.msg);
}

/* The master at work until n tasks are over. */
static void
serve(struct town *t, uint64_t n)
{
	const uint64_t end_ns = clock_ns() + PATIENCE_NS;
	struct err e = { 0 };

	while (t->done + t->dead < n) {
		put_up_to(t, n);
		cr_assert_geq(t->g->wait(t->m,
					 DIST_RESULT | (t->put < n ? DIST_ROOM : 0), -1,
					 end_ns, &e),
			      1, "%s", e.msg);
		take_results(t);
	}
}

static void
end_master(struct town *t)
{
	struct err e = { 0 };

	cr_assert_eq(t->g->finish(t->m, clock_ns() + 10 * NS_PER_S, &e), 0, "%s",
		     e.msg);
	cr_assert_eq(t->g->remove(t->m, &e), 0, "%s", e.msg);
	t->g->master_close(t->m);
}

/* --- workers --------------------------------------------------------------- */

enum mood { DILIGENT, DIES_WITH_THREE, GIVES_BACK_FIRST, GIVES_TWICE, DOES_TWO };

struct hand {
	struct town *t;
	enum mood mood;
	uint32_t prefetch;
	uint64_t tasks;
	int rc;
	pthread_t thread;
};

static void
give(struct hand *h, struct dist_worker *w, const struct dist_task *task)
{
	const struct dist_result r = { .number = task->number,
				       .attempt = task->attempt,
				       .payload = task->payload,
				       .bytes = task->bytes };
	struct err e = { 0 };

	for (int i = 0; i < (h->mood == GIVES_TWICE ? 2 : 1); i++)
		if (h->t->g->give(w, &r, &e) != 0)
			h->rc = -e.code;
	h->tasks++;
}

static void *
labour(void *arg)
{
	struct hand *h = arg;
	const struct dist_engine *g = h->t->g;
	struct dist_config c = h->t->c;
	struct dist_worker *w;
	struct dist_task task;
	struct err e = { 0 };
	char who[32];

	snprintf(who, sizeof(who), "hand%p", arg);
	c.who = who;
	c.prefetch = h->prefetch;
	c.address = h->t->address;
	h->rc = g->worker_open(&w, &c, &e);
	while (h->rc == 0) {
		const int rc = g->take(w, &task, clock_ns() + PATIENCE_NS, &e);

		if (rc != 1) {
			h->rc = rc == -ESHUTDOWN ? 0 : rc == 0 ? -ETIMEDOUT : rc;
			break;
		}
		if (h->mood == DIES_WITH_THREE && h->tasks == 3)
			break;
		if (h->mood == DOES_TWO && h->tasks == 2) {
			h->rc = g->give_back(w, task.number, &e);
			break;
		}
		if (h->mood == GIVES_BACK_FIRST && h->tasks == 0) {
			h->rc = g->give_back(w, task.number, &e);
			h->tasks++;
			continue;
		}
		give(h, w, &task);
	}
	if (h->rc == 0 && h->mood != DIES_WITH_THREE)
		h->rc = g->sync(w, &e);
	if (w != NULL)
		g->worker_close(w);
	return NULL;
}

static void
start(struct hand *h, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(pthread_create(&h[i].thread, NULL, labour, &h[i]), 0);
}

static void
join(struct hand *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		pthread_join(h[i].thread, NULL);
		/* One that started too late finds no master any more. */
		if (h[i].rc == -ECONNREFUSED && h[i].tasks == 0)
			continue;
		cr_assert_eq(h[i].rc, 0, "worker %zu: %s", i, strerror(-h[i].rc));
	}
}

/* --- the contract ---------------------------------------------------------- */

static void
all_results(struct town *t)
{
	struct hand h[] = { { .t = t, .prefetch = 1 },
			    { .t = t, .prefetch = 1 },
			    { .t = t, .prefetch = 16 } };
	struct dist_counts n;

	open_master(t);
	cr_assert_eq(t->put, 0);
	start(h, 3);
	serve(t, 1000);
	t->g->counts(t->m, &n);
	cr_assert_eq(n.put, 1000);
	cr_assert_eq(n.done, 1000);
	cr_assert_eq(n.queued + n.leased + n.dead, 0);
	end_master(t);
	join(h, 3);
	cr_assert_eq(h[0].tasks + h[1].tasks + h[2].tasks, 1000);
}

Test(dist_engine, every_task_has_one_result)
{
	each_engine(all_results);
}

static void
bounded(struct town *t)
{
	struct err e = { 0 };

	open_master(t);
	put_up_to(t, 100);
	cr_assert_eq(t->put, 64);
	cr_assert_eq(t->g->flush(t->m, &e), 0);
	cr_assert_eq(t->g->wait(t->m, DIST_ROOM, -1, clock_ns() + 1, &e), 0);
	cr_assert_eq(t->g->result(t->m, &(struct dist_result){ 0 }, &e), 0);
	end_master(t);
}

Test(dist_engine, puts_are_bounded)
{
	each_engine(bounded);
}

static void
moods(struct town *t)
{
	struct hand h[] = { { .t = t, .prefetch = 8, .mood = DIES_WITH_THREE },
			    { .t = t, .prefetch = 1, .mood = GIVES_BACK_FIRST },
			    { .t = t, .prefetch = 1, .mood = GIVES_TWICE },
			    { .t = t, .prefetch = 4, .mood = DOES_TWO },
			    { .t = t, .prefetch = 4 } };

	t->c.lease_ns = 2 * NS_PER_S;
	open_master(t);
	start(h, 5);
	serve(t, 500);
	cr_assert_eq(t->done, 500);
	cr_assert_eq(t->dead, 0);
	end_master(t);
	join(h, 5);
}

Test(dist_engine, workers_that_leave_die_and_repeat_lose_nothing)
{
	each_engine(moods);
}

/* Who leaves with tasks that it fetched ahead gives them back: no attempt is lost. */
static void
fetched_ahead(struct town *t)
{
	struct hand h[] = { { .t = t, .prefetch = 8, .mood = DOES_TWO },
			    { .t = t, .prefetch = 8, .mood = DOES_TWO },
			    { .t = t, .prefetch = 1 } };

	if (t->g->scheme != NULL) /* which counts deliveries */
		return;
	t->c.retries = 0;
	open_master(t);
	start(h, 3);
	serve(t, 40);
	cr_assert_eq(t->dead, 0);
	end_master(t);
	join(h, 3);
}

Test(dist_engine, what_was_fetched_ahead_is_given_back)
{
	each_engine(fetched_ahead);
}

/* A worker that takes and never answers: its tasks are given up at last. */
static void
stalled(struct town *t)
{
	struct dist_config c;
	struct dist_worker *w;
	struct dist_task task;
	struct err e = { 0 };

	t->c.lease_ns = 50 * NS_PER_MS;
	t->c.retries = 0;
	open_master(t);
	put_up_to(t, 1);
	cr_assert_eq(t->g->flush(t->m, &e), 0);
	c = t->c;
	c.who = "sloth";
	c.address = t->address;
	if (t->g->scheme == NULL) { /* the master must serve it meanwhile */
		struct hand h = {
			.t = t, .prefetch = 1, .mood = DIES_WITH_THREE, .tasks = 3
		};

		start(&h, 1);
		serve(t, 1);
		join(&h, 1);
	} else {
		cr_assert_eq(t->g->worker_open(&w, &c, &e), 0, "%s", e.msg);
		cr_assert_eq(t->g->take(w, &task, clock_ns() + PATIENCE_NS, &e), 1);
		serve(t, 1);
		t->g->worker_close(w);
	}
	cr_assert_eq(t->dead, 1);
	end_master(t);
}

Test(dist_engine, a_task_that_never_ends_is_given_up)
{
	each_engine(stalled);
}

/* A master that is gone and opened again finds its tasks and results. */
static void
again(struct town *t)
{
	char journal[] = "/tmp/concbench-engine-XXXXXX";
	struct hand h = { .t = t, .prefetch = 1, .mood = DOES_TWO };
	struct err e = { 0 };
	int fd;

	if (t->g->scheme == NULL) {
		fd = mkstemp(journal);
		cr_assert_geq(fd, 0);
		close(fd);
		t->c.journal = journal;
		t->c.no_fsync = true;
	}
	open_master(t);
	put_up_to(t, 10);
	cr_assert_eq(t->g->flush(t->m, &e), 0);
	start(&h, 1);
	while (t->done < 2) {
		cr_assert_geq(
			t->g->wait(t->m, DIST_RESULT, -1, clock_ns() + PATIENCE_NS, &e),
			1);
		take_results(t);
	}
	/* It is served until it has left. */
	for (struct dist_counts n = { .leased = 1 }; n.leased > 0;) {
		cr_assert_geq(
			t->g->wait(t->m, DIST_RESULT, -1, clock_ns() + NS_PER_MS, &e),
			0);
		t->g->counts(t->m, &n);
		if (t->g->scheme != NULL)
			break;
	}
	stop_request(&t->stop, STOP_OUTPUT);
	t->g->master_close(t->m);
	pthread_join(h.thread, NULL);
	stop_fini(&t->stop);
	cr_assert_eq(stop_init(&t->stop, NULL), 0);

	memset(t->seen, 0, sizeof(t->seen));
	t->done = 0;
	open_master(t);
	cr_assert_eq(t->put, 10);
	h = (struct hand){ .t = t, .prefetch = 1 };
	start(&h, 1);
	serve(t, 12);
	cr_assert_eq(t->done, 12);
	end_master(t);
	join(&h, 1);
	cr_assert_eq(h.tasks, 10);
	if (t->g->scheme == NULL)
		cr_assert_neq(access(journal, F_OK), 0, "the journal is taken away");
}

Test(dist_engine, a_master_goes_on_where_another_stopped)
{
	each_engine(again);
}

Test(dist_engine, is_found_by_its_url)
{
	struct err e = { 0 };

	cr_assert_not_null(dist_engine_find(NULL, &e));
	cr_assert_null(dist_engine_find("gopher://x", &e));
	cr_assert_eq(e.code, EINVAL);
	cr_assert_null(dist_engine_find("no url with a secret in it", &e));
	cr_assert_null(strstr(e.msg, "secret"));
}
