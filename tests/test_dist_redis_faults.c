/*
 * test_dist_redis_faults - what the server refuses, and what it cannot do just now.
 */
#ifdef CONCBENCH_HIREDIS
#include "core/dist/redis_link.h"
#include "tests/dist_redis_help.h"

#include <pthread.h>

/* Opens a master that must be refused; returns why. */
static int
refused(const struct dist_config *c, struct err *e)
{
	struct dist_master *m;
	uint64_t n;
	int rc;

	g = dist_engine_find(c->url, e);
	rc = g->master_open(&m, c, &n, e);
	cr_assert_lt(rc, 0);
	cr_assert_null(m);
	return rc;
}

static void
do_ask(const struct server *s, const char *command)
{
	freeReplyObject(ask(s, command));
}

Test(dist_redis_faults, answers_in_one_line)
{
	static const struct {
		const char *answer;
		enum redis_fault fault;
		const char *says;
	} all[] = {
		{ "LOADING Redis is loading the dataset in memory", REDIS_PASSING,
		  "still reading its data" },
		{ "READONLY You can't write against a read only replica.",
		  REDIS_PASSING, "is a replica" },
		{ "OOM command not allowed when used memory > 'maxmemory'.",
		  REDIS_PASSING, "out of memory" },
		{ "MOVED 3999 127.0.0.1:6381", REDIS_REFUSED, "127.0.0.1:6381" },
		{ "NOAUTH Authentication required.", REDIS_REFUSED,
		  "wants a password" },
		{ "WRONGPASS invalid username-password pair or user is disabled.",
		  REDIS_REFUSED, "refuses our password or user" },
		{ "NOPERM this user has no permissions to run the 'xadd' command",
		  REDIS_REFUSED, "'xadd'" },
		{ "NOGROUP No such key 'x' or consumer group 'g'", REDIS_NO_GROUP,
		  "does not have the run's queue" },
		{ "ERR unknown command 'XAUTOCLAIM'", REDIS_BAD,
		  "does not know a command" },
		{ "ERR other\033[2J", REDIS_BAD, "answers 'ERR other.[2J'" },
	};
	const struct redis_url url = { .host = "h", .port = 7 };
	const struct redis_link l = { .url = &url };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char text[128];
		struct err e;
		redisReply r = { .type = REDIS_REPLY_ERROR, .str = text };

		snprintf(text, sizeof(text), "%s", all[i].answer);
		cr_assert_eq(redis_fault(&l, &r, "put a task", &e), all[i].fault, "%s",
			     text);
		cr_assert(strstr(e.msg, all[i].says) != NULL, "%s", e.msg);
		cr_assert(strstr(e.msg, "engine h:7: cannot put a task: it ") == e.msg,
			  "%s", e.msg);
		cr_assert(strchr(e.msg, '\n') == NULL && strchr(e.msg, '\r') == NULL);
	}
}

Test(dist_redis_faults, passwords, .timeout = 120)
{
	static const char *const guarded[] = { "--requirepass", "right", NULL };
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct err e;

	server_start(&s, guarded);
	c = config(&s, NULL);
	cr_assert_eq(refused(&c, &e), -EACCES);
	cr_assert(strstr(e.msg, "wants a password") != NULL, "%s", e.msg);
	c.key = "wrong";
	c.key_bytes = 5;
	cr_assert_eq(refused(&c, &e), -EACCES);
	cr_assert(strstr(e.msg, "refuses our password") != NULL, "%s", e.msg);
	cr_assert(strstr(e.msg, "wrong") == NULL, "%s", e.msg);
	c.key = "right";
	m = master(&c, 0);
	g->finish(m, clock_ns(), &e);
	end(m);
	server_end(&s);
}

/* The rights that docs/dist-redis.md names are enough, for each side. */
Test(dist_redis_faults, narrow_rights, .timeout = 120)
{
	struct server s;
	struct dist_config c, v;
	struct dist_master *m;
	struct dist_worker *w;
	struct dist_task t;
	struct err e;
	char master_url[96], worker_url[96];

	server_start(&s, NULL);
	do_ask(&s, "ACL SETUSER boss on >pw ~cb:* +ping +info +hset +hget +hdel "
		   "+unlink +xadd +xread +xgroup +xinfo +xpending +xack +xtrim +multi "
		   "+exec +time");
	do_ask(&s, "ACL SETUSER hand on >pw ~cb:* +ping +hkeys +hmget +xadd "
		   "+xreadgroup +xautoclaim +xclaim +xpending +xack +multi +exec "
		   "+time");
	do_ask(&s, "ACL SETUSER none on >pw ~cb:* +ping");
	c = config(&s, NULL);
	c.key = "pw";
	c.key_bytes = 2;
	snprintf(master_url, sizeof(master_url), "redis://boss@127.0.0.1:%d?prefix=cb",
		 s.port);
	snprintf(worker_url, sizeof(worker_url), "redis://hand@127.0.0.1:%d?prefix=cb",
		 s.port);
	c.url = master_url;
	v = c;
	v.url = worker_url;
	m = master(&c, 0);
	w = worker(&v);
	put(m, 0, 3);
	t = take(w);
	cr_assert_eq(g->give_back(w, t.number, &e), 0);
	for (int i = 0; i < 3; i++) {
		t = take(w);
		g->extend(w);
		give(w, &t);
	}
	cr_assert_eq(g->send_trace(w, "x", 1, &e), 0);
	sync_now(w);
	for (int i = 0; i < 3; i++)
		result(m);
	g->worker_close(w);
	end(m);
	expect_no_key(&s);
	snprintf(master_url, sizeof(master_url), "redis://none@127.0.0.1:%d?prefix=cb",
		 s.port);
	cr_assert_eq(refused(&c, &e), -EACCES);
	cr_assert(strstr(e.msg, "does not allow that to our user") != NULL, "%s",
		  e.msg);
	snprintf(master_url, sizeof(master_url), "redis://boss@127.0.0.1:%d?prefix=no",
		 s.port);
	cr_assert_eq(refused(&c, &e), -EACCES);
	server_end(&s);
}

/* A condition that passes: is told, waited for, and costs nothing. */
static void
passes(const char *begin, const char *over, const char *says)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w;
	struct dist_task t;
	struct err e = { .code = 0 };
	char notes[2048] = "", heard[2048] = "";

	server_start(&s, NULL);
	c = config(&s, notes);
	m = master(&c, 0);
	c.arg = heard;
	w = worker(&c);
	put(m, 0, 4);
	t = take(w);
	do_ask(&s, begin);
	give(w, &t);
	for (int i = 4; i < 8; i++)
		cr_assert_eq(g->put(m, "task 4", 6, &e), 1);
	while (strstr(notes, says) == NULL)
		cr_assert_geq(g->wait(m, 0, -1, clock_deadline_ns(10 * NS_PER_MS), &e),
			      0, "%s", e.msg);
	while (strstr(heard, says) == NULL) {
		int rc = g->take(w, &t, clock_deadline_ns(10 * NS_PER_MS), &e);

		cr_assert(rc == 0 || rc == -EAGAIN, "%d %s", rc, e.msg);
	}
	do_ask(&s, over);
	cr_assert_eq(g->flush(m, &e), 0, "%s", e.msg);
	for (int i = 1; i < 8; i++) {
		cr_assert_eq(g->take(w, &t, clock_deadline_ns(LONG_NS), &e), 1, "%s",
			     e.msg);
		give(w, &t);
	}
	sync_now(w);
	for (int i = 0; i < 8; i++)
		result(m);
	cr_assert(strstr(notes, "is back after") != NULL, "%s", notes);
	g->worker_close(w);
	end(m);
	expect_no_key(&s);
	server_end(&s);
}

Test(dist_redis_faults, out_of_memory_passes, .timeout = 120)
{
	passes("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "is out of memory");
}

Test(dist_redis_faults, a_replica_becomes_the_primary, .timeout = 120)
{
	passes("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "is a replica");
}

Test(dist_redis_faults, nobody_is_there, .timeout = 120)
{
	struct server s = { .port = server_free_port() };
	struct dist_config c;
	struct err e;

	snprintf(s.url, sizeof(s.url), "redis://127.0.0.1:%d", s.port);
	c = config(&s, NULL);
	c.reconnect_ns = NS_PER_MS;
	cr_assert_eq(refused(&c, &e), -ECONNREFUSED);
	cr_assert(strstr(e.msg, "engine 127.0.0.1:") != NULL, "%s", e.msg);
}

/* A server of another kind greets everybody who comes. */
static void *
greet(void *arg)
{
	const int fd = accept(*(int *)arg, NULL, NULL);

	cr_assert_eq(write(fd, "SSH-2.0-x\r\n", 11), 11);
	while (read(fd, (char[64]){ 0 }, 64) > 0)
		;
	close(fd);
	return NULL;
}

Test(dist_redis_faults, another_protocol, .timeout = 120)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct server s = { .port = 0 };
	struct dist_config c;
	pthread_t thread;
	struct err e;

	cr_assert_eq(bind(fd, (struct sockaddr *)&a, n), 0);
	cr_assert_eq(listen(fd, 1), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	cr_assert_eq(pthread_create(&thread, NULL, greet, &fd), 0);
	snprintf(s.url, sizeof(s.url), "redis://127.0.0.1:%d", ntohs(a.sin_port));
	c = config(&s, NULL);
	c.reconnect_ns = NS_PER_MS;
	cr_assert_eq(refused(&c, &e), -EPROTO);
	cr_assert(strstr(e.msg, "does not speak Redis's protocol") != NULL, "%s",
		  e.msg);
	pthread_join(thread, NULL);
	close(fd);
}

/* Requests the stop when a worker waits at the server. */
struct stopper {
	const struct server *s;
	struct stop stop;
};

static void *
stop_the_waiting(void *arg)
{
	struct stopper *p = arg;
	bool waits = false;

	while (!waits) {
		redisReply *r = ask(p->s, "INFO clients");

		waits = strstr(r->str, "blocked_clients:0") == NULL;
		freeReplyObject(r);
	}
	stop_request(&p->stop, SIGINT);
	return NULL;
}

Test(dist_redis_faults, the_stop_is_heard, .timeout = 120)
{
	struct server s;
	struct dist_config c;
	struct dist_master *m;
	struct dist_worker *w;
	struct dist_task t;
	struct stopper p = { .s = &s };
	pthread_t thread;
	struct err e;

	server_start(&s, NULL);
	c = config(&s, NULL);
	c.lease_ns = LONG_NS;
	m = master(&c, 0);
	cr_assert_eq(stop_init(&p.stop, &e), 0);
	c.stop = &p.stop;
	w = worker(&c);
	cr_assert_eq(pthread_create(&thread, NULL, stop_the_waiting, &p), 0);
	cr_assert_eq(g->take(w, &t, clock_deadline_ns(LONG_NS), &e), -ECANCELED);
	pthread_join(thread, NULL);
	put(m, 0, 1); /* for the fetch that still waits */
	g->worker_close(w);
	c.stop = NULL;
	w = worker(&c);
	t = take(w);
	cr_assert_eq(t.attempt, 1, "the stopped one has given it back");
	give(w, &t);
	sync_now(w);
	result(m);
	g->worker_close(w);
	end(m);
	stop_fini(&p.stop);
	server_end(&s);
}
#else
#include <criterion/criterion.h>

Test(dist_redis_faults, this_build_has_none)
{
	cr_skip_test("needs libhiredis-dev");
}
#endif
