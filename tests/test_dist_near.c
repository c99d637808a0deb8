/*
 * test_dist_near - a worker of the master's machine moves to a Unix domain socket, and
 * works all the same where it cannot.
 */
#include "core/clock.h"
#include "core/dist/address.h"
#include "core/dist/server.h"
#include "core/dist/worker_state.h"
#include "tests/dist_serving.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_NS (60 * NS_PER_S)

extern const struct dist_engine dist_engine_embedded;

static struct dist_config
config_of(const char *where)
{
	return (struct dist_config){ .address = where,
				     .key = "abc",
				     .key_bytes = 3,
				     .who = "me",
				     .bound = 10,
				     .lease_ns = PATIENCE_NS,
				     .plain_lease_ns = UINT64_MAX,
				     .task_name = "get_task_queue",
				     .result_name = "get_result_queue",
				     .prefetch = 1,
				     .reconnect_ns = PATIENCE_NS,
				     .stop = &stop };
}

/* A master with a number. */
static void
open_master(void)
{
	const struct dist_config c = config_of("127.0.0.1:0");
	struct wire w = { .at = NULL };
	struct err e = { 0 };
	uint64_t put;

	g = &dist_engine_embedded;
	cr_assert_eq(stop_init(&stop, &e), 0);
	cr_assert_eq(g->master_open(&m, &c, &put, &e), 0, "%s", e.msg);
	snprintf(address, sizeof(address), "%s", g->master_address(m));
	pickle_uint(&w, 7);
	cr_assert_eq(g->put(m, w.at, wire_bytes(&w), &e), 1);
	wire_fini(&w);
}

static void
start_serving(void)
{
	results = 0;
	cr_assert_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

/* The master ends; how many results it got. */
static uint64_t
close_master(void)
{
	struct dist_result r;
	struct err e;

	stop_request(&stop, STOP_OUTPUT);
	pthread_join(thread, NULL);
	/* The stop may have come before it looked at the last. */
	while (g->result(m, &r, &e) == 1)
		results++;
	g->master_close(m);
	stop_fini(&stop);
	return results;
}

/* A worker does the task, whose result may be kept back. */
static void
do_task(struct dist_worker *w)
{
	struct dist_task t;
	struct err e = { 0 };

	cr_assert_eq(g->take(w, &t, clock_ns() + PATIENCE_NS, &e), 1, "%s", e.msg);
	cr_assert_eq(g->give(w,
			     &(struct dist_result){ .number = t.number,
						    .attempt = t.attempt,
						    .payload = t.payload,
						    .bytes = t.bytes },
			     &e),
		     0);
}

/* The family of a worker's connection, after it did the task. */
static int
family_of_worker(bool far)
{
	struct dist_config c = config_of(address);
	struct sockaddr_storage a = { .ss_family = AF_UNSPEC };
	socklen_t n = sizeof(a);
	struct dist_worker *w;
	struct err e = { 0 };

	start_serving();
	c.far = far;
	cr_assert_eq(g->worker_open(&w, &c, &e), 0, "%s", e.msg);
	cr_assert_eq(getsockname(w->client.fd, (struct sockaddr *)&a, &n), 0);
	do_task(w);
	g->extend(w);
	cr_assert_eq(g->sync(w, &e), 0, "%s", e.msg);
	g->worker_close(w);
	cr_assert_eq(close_master(), 1);
	return a.ss_family;
}

Test(dist_near, a_worker_of_this_machine_moves)
{
	open_master();
	cr_assert_eq(family_of_worker(false), AF_UNIX);
}

Test(dist_near, unless_it_is_told_to_stay)
{
	open_master();
	cr_assert_eq(family_of_worker(true), AF_INET);
}

/* As behind a tunnel: the name is another machine's. */
Test(dist_near, or_nobody_has_the_name)
{
	open_master();
	cr_assert_eq(close(m->near_fd), 0);
	m->near_fd = -1;
	cr_assert_eq(family_of_worker(false), AF_INET);
}

Test(dist_near, or_there_is_none)
{
	open_master();
	cr_assert_eq(close(m->near_fd), 0);
	m->near_fd = -1;
	m->near[0] = '\0';
	cr_assert_eq(family_of_worker(false), AF_INET);
}

/* A worker whose replies come at once sees the stop, too, and what it has done is not
 * done again. */
Test(dist_near, the_stop_keeps_nothing_back)
{
	struct dist_config c;
	struct stop own;
	struct dist_worker *w;
	struct dist_task t;
	struct err e = { 0 };

	open_master();
	start_serving();
	cr_assert_eq(stop_init(&own, &e), 0);
	c = config_of(address);
	c.stop = &own;
	cr_assert_eq(g->worker_open(&w, &c, &e), 0, "%s", e.msg);
	do_task(w);
	stop_request(&own, STOP_OUTPUT);
	cr_assert_eq(g->take(w, &t, clock_ns() + PATIENCE_NS, &e), -ECANCELED);
	g->worker_close(w);
	cr_assert_eq(close_master(), 1);
	stop_fini(&own);
}

Test(dist_near, names)
{
	struct err e = { 0 };
	char name[ADDRESS_NEAR], shown[64];
	int listener, fd, peer;

	snprintf(name, sizeof(name), "concbench-test-%d", getpid());
	cr_assert_eq(address_connect_near(name, &e), -ECONNREFUSED);
	listener = address_listen_near(name, 1, &e);
	cr_assert_geq(listener, 0, "%s", e.msg);
	cr_assert_eq(address_listen_near(name, 1, &e), -EADDRINUSE);
	fd = address_connect_near(name, &e);
	cr_assert_geq(fd, 0, "%s", e.msg);
	cr_assert_not(address_is_same(fd), "that is of the network");
	peer = accept(listener, NULL, NULL);
	cr_assert_geq(peer, 0);
	address_of_peer(peer, shown, sizeof(shown));
	cr_assert_str_eq(shown, "this machine");
	cr_assert_eq(address_connect_near("", &e), -EINVAL);
	close(peer);
	close(fd);
	close(listener);
	cr_assert_eq(address_connect_near(name, &e), -ECONNREFUSED);
}
