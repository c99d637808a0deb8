/*
 * test_dist_server - the manager server against captured sessions and hostile bytes.
 */
#include "core/clock.h"
#include "core/dist/address.h"
#include "core/dist/auth.h"
#include "core/dist/engine.h"
#include "core/dist/pickle.h"
#include "tests/dist_fixture.h"
#include "tests/dist_serving.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_NS (30 * NS_PER_S)

/* A master with n numbers. */
static void
open_master(uint64_t n)
{
	struct dist_config c = { .address = "127.0.0.1:0",
				 .key = "abc",
				 .key_bytes = 3,
				 .bound = 100,
				 .lease_ns = PATIENCE_NS,
				 .plain_lease_ns = UINT64_MAX,
				 .retries = 1000,
				 .task_name = "get_task_queue",
				 .result_name = "get_result_queue",
				 .stop = &stop };
	struct err e = { 0 };
	uint64_t put;

	g = dist_engine_find(NULL, &e);
	cr_assert_not_null(g, "%s", e.msg);
	cr_assert_eq(stop_init(&stop, &e), 0);
	cr_assert_eq(g->master_open(&m, &c, &put, &e), 0, "%s", e.msg);
	snprintf(address, sizeof(address), "%s", g->master_address(m));
	for (uint64_t i = 0; i < n; i++) {
		struct wire w = { 0 };

		pickle_uint(&w, i);
		cr_assert_eq(g->put(m, w.at, wire_bytes(&w), &e), 1);
		wire_fini(&w);
	}
	results = 0;
	cr_assert_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

static void
close_master(void)
{
	stop_request(&stop, STOP_OUTPUT);
	pthread_join(thread, NULL);
	g->master_close(m);
	stop_fini(&stop);
}

/* --- a client that says anything ------------------------------------------- */

struct raw {
	int fd;
	struct wire in;
};

static void
raw_open(struct raw *r)
{
	struct err e = { 0 };

	*r = (struct raw){ .fd = address_connect(address, clock_ns() + PATIENCE_NS,
						 NULL, &e) };
	cr_assert_geq(r->fd, 0, "%s", e.msg);
}

static void
raw_send(struct raw *r, const void *at, size_t n)
{
	while (n > 0) {
		const ssize_t k = send(r->fd, at, n, MSG_NOSIGNAL);
		struct pollfd p = { .fd = r->fd, .events = POLLOUT };

		if (k < 0 && errno != EAGAIN)
			return; /* it was closed, which is what is looked for */
		if (k < 0)
			poll(&p, 1, 1000);
		at = (const char *)at + (k > 0 ? k : 0);
		n -= k > 0 ? (size_t)k : 0;
	}
}

static void
raw_say(struct raw *r, const void *at, size_t n)
{
	struct wire w = { 0 };

	wire_add_message(&w, at, n);
	raw_send(r, w.at, w.n);
	wire_fini(&w);
}

/* The next message: true; false at the end of the connection. */
static bool
raw_hear(struct raw *r, const uint8_t **message, size_t *n, size_t *whole)
{
	const uint64_t end_ns = clock_ns() + PATIENCE_NS;

	while (wire_message(&r->in, 1 << 24, message, n, whole) == 0) {
		struct pollfd p = { .fd = r->fd, .events = POLLIN };
		ssize_t k;

		cr_assert_eq(poll(&p, 1, clock_poll_ms(end_ns)), 1,
			     "the server says nothing");
		k = recv(r->fd, wire_room(&r->in, 65536), 65536, 0);
		if (k <= 0)
			return false;
		wire_added(&r->in, (size_t)k);
	}
	return true;
}

static bool
raw_is_closed(struct raw *r)
{
	const uint8_t *message;
	size_t n, whole;

	while (raw_hear(r, &message, &n, &whole))
		wire_taken(&r->in, whole);
	return true;
}

static void
raw_close(struct raw *r)
{
	close(r->fd);
	wire_fini(&r->in);
}

static void
raw_shake(struct raw *r)
{
	enum auth_outcome outcome = AUTH_GOES_ON;
	struct auth auth;
	struct err e;

	cr_assert_eq(auth_begin(&auth, false, "abc", 3, &e), 0);
	while (outcome == AUTH_GOES_ON) {
		const uint8_t *message;
		size_t n, whole;

		cr_assert(raw_hear(r, &message, &n, &whole));
		outcome = auth_step(&auth, message, n);
		wire_taken(&r->in, whole);
		raw_say(r, auth.out, auth.out_bytes);
	}
	cr_assert_eq(outcome, AUTH_DONE);
}

/* A request without arguments; the kind of its reply is this. */
static void
expect_reply(struct raw *r, const char *ident, const char *method, const char *argument,
	     const char *kind)
{
	static struct arena arena = { .limit = 1 << 26 };
	const uint8_t *message;
	struct wire w = { 0 };
	struct pickle p;
	size_t n, whole;
	struct err e;

	pickle_begin(&w);
	pickle_mark(&w);
	pickle_text(&w, ident);
	pickle_text(&w, method);
	if (argument != NULL)
		pickle_text(&w, argument);
	pickle_tuple_n(&w, argument != NULL);
	pickle_empty_dict(&w);
	pickle_tuple(&w);
	pickle_end(&w);
	raw_say(r, w.at, w.n);
	wire_fini(&w);
	cr_assert(raw_hear(r, &message, &n, &whole), "%s: closed", method);
	arena_reset(&arena);
	cr_assert_eq(pickle_read(&arena, message, n, &p, &e), 0, "%s", e.msg);
	cr_assert(value_is_text(p.value->seq.item[0], kind), "%s: %.*s", method,
		  (int)p.value->seq.item[0]->bytes.n, p.value->seq.item[0]->bytes.at);
	wire_taken(&r->in, whole);
	arena_fini(&arena);
}

static void
serve_calls(struct raw *r)
{
	raw_open(r);
	raw_shake(r);
	expect_reply(r, "", "accept_connection", "me", "#RETURN");
}

/* The server still serves. */
static void
check_alive(void)
{
	struct raw r;

	serve_calls(&r);
	expect_reply(&r, "task_queue_0", "qsize", NULL, "#RETURN");
	raw_close(&r);
}

/* --- hostile bytes --------------------------------------------------------- */

static void
attack(char *const *field, void *arg)
{
	struct bytes b = fixture_bytes(field[1]);
	const bool serving = *(bool *)arg;
	const uint8_t *message;
	size_t n, whole;
	struct raw r;

	if (serving) {
		serve_calls(&r);
	} else {
		raw_open(&r);
		raw_shake(&r);
	}
	raw_say(&r, b.at, b.n);
	cr_assert(raw_hear(&r, &message, &n, &whole), "'%s': no reply", field[0]);
	cr_assert_not_null(memmem(message, n, "#TRACEBACK", 10), "'%s'", field[0]);
	wire_taken(&r.in, whole);
	cr_assert(raw_is_closed(&r));
	raw_close(&r);
	free(b.at);
}

Test(dist_server, refuses_hostile_pickles_and_lives_on)
{
	open_master(1);
	for (int serving = 0; serving < 2; serving++) {
		bool is = serving;

		fixture_each(FIXTURES "hostile.tsv", '\t', attack, &is);
	}
	check_alive();
	close_master();
}

/* Before it is known, nobody gets more than the challenge. */
Test(dist_server, closes_on_what_is_no_handshake)
{
	static const struct {
		const char *bytes;
		size_t n;
	} greetings[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 26 },
		{ "SSH-2.0-OpenSSH_9.2p1\r\n", 23 },
		{ "\x7f\xff\xff\xff", 4 },
		{ "\xff\xff\xff\xff\x40\0\0\0\0\0\0\0", 12 },
		{ "\xff\xff\xff\xfb", 4 },
		{ "\0\0\0\0", 4 },
		{ "\0\0\x01\x01x", 5 },
		{ "\0\0\0\x09#WELCOME#", 13 },
	};
	const uint8_t *message;
	size_t n, whole;
	struct raw r;

	open_master(1);
	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
		raw_open(&r);
		cr_assert(raw_hear(&r, &message, &n, &whole));
		cr_assert_eq(memcmp(message, "#CHALLENGE#{sha256}", 19), 0);
		wire_taken(&r.in, whole);
		raw_send(&r, greetings[i].bytes, greetings[i].n);
		if (raw_hear(&r, &message, &n, &whole)) {
			cr_assert_eq(n, 9);
			cr_assert_eq(memcmp(message, "#FAILURE#", 9), 0);
			wire_taken(&r.in, whole);
		}
		cr_assert(raw_is_closed(&r));
		raw_close(&r);
	}
	check_alive();
	close_master();
}

/* A message that is cut off at every byte does no harm, nor one that comes in pieces.
 */
Test(dist_server, bears_cut_and_dripping_messages)
{
	struct wire w = { 0 };
	struct raw r;

	open_master(1);
	pickle_begin(&w);
	pickle_none(&w);
	pickle_end(&w);
	for (size_t n = 0; n < 4 + w.n; n++) {
		struct wire message = { 0 };

		serve_calls(&r);
		wire_add_message(&message, w.at, w.n);
		raw_send(&r, message.at, n);
		wire_fini(&message);
		raw_close(&r);
	}
	wire_fini(&w);
	check_alive();
	close_master();
}

Test(dist_server, who_says_nothing_is_sent_away)
{
	struct raw r;

	open_master(1);
	raw_open(&r);
	cr_assert(raw_is_closed(&r), "the handshake has a deadline");
	raw_close(&r);
	check_alive();
	close_master();
}

Test(dist_server, strangers_are_limited_in_number)
{
	struct raw r[100];
	int closed = 0;

	open_master(1);
	for (int i = 0; i < 100; i++)
		raw_open(&r[i]);
	for (int i = 0; i < 100; i++) {
		const uint8_t *message;
		size_t n, whole;

		closed += !raw_hear(&r[i], &message, &n, &whole);
	}
	cr_assert_geq(closed, 36);
	for (int i = 0; i < 100; i++)
		raw_close(&r[i]);
	/* Those that went make room; it takes the server a moment to see it. */
	for (bool is_in = false; !is_in; raw_close(&r[0])) {
		const uint8_t *message;
		size_t n, whole;

		raw_open(&r[0]);
		is_in = raw_hear(&r[0], &message, &n, &whole);
	}
	check_alive();
	close_master();
}

Test(dist_server, calls_that_make_no_sense_get_an_answer)
{
	struct raw r;

	open_master(1);
	serve_calls(&r);
	expect_reply(&r, "nobody", "get", NULL, "#TRACEBACK");
	expect_reply(&r, "task_queue_0", "frobnicate", NULL, "#TRACEBACK");
	expect_reply(&r, "task_queue_0", "get", "not a bool", "#RETURN");
	expect_reply(&r, "task_queue_0", "get_nowait", NULL, "#ERROR");
	expect_reply(&r, "task_queue_0", "put", "x", "#ERROR");
	expect_reply(&r, "result_queue", "get", NULL, "#ERROR");
	expect_reply(&r, "task_queue_0", "concbench_swap", NULL, "#TRACEBACK");
	expect_reply(&r, "task_queue_0", "concbench_hello", "me", "#TRACEBACK");
	expect_reply(&r, "result_queue", "put", "mine", "#RETURN");
	expect_reply(&r, "task_queue_0", "task_done", NULL, "#RETURN");
	expect_reply(&r, "task_queue_0", "task_done", NULL, "#ERROR");
	expect_reply(&r, "result_queue", "put", "of no task", "#RETURN");
	raw_close(&r);
	close_master();
	cr_assert_eq(results, 1);
}

/* --- captured sessions ----------------------------------------------------- */

struct replay {
	struct raw connection[64];
	char ident[2][13]; /* of tasks and results in the capture, as they appear */
	int nidents, requests;
	bool strict; /* kinds of replies must be those of the capture */
	bool open[64];
	const uint8_t *reply[64];
	size_t n[64], whole[64];
};

/* Idents of the capture (12 characters) become ours. */
static void
rename_idents(struct replay *p, struct bytes *b)
{
	static const char *const ours[2] = { "task_queue_0", "result_queue" };

	for (int i = 0; i < p->nidents; i++) {
		uint8_t *at;

		while ((at = memmem(b->at, b->n, p->ident[i], 12)) != NULL)
			memcpy(at, ours[i], 12);
	}
}

/* Notes an ident from the reply to create(). */
static void
note_ident(struct replay *p, const struct bytes *b)
{
	const uint8_t *at = memmem(b->at, b->n, "7f", 2);

	if (p->nidents < 2 && memmem(b->at, b->n, "task_done", 9) != NULL && at != NULL)
		memcpy(p->ident[p->nidents++], at, 12);
}

static void
replay_message(char *const *field, void *arg)
{
	struct replay *p = arg;
	const size_t c = strtoul(field[0], NULL, 10) % 64;
	struct bytes b = fixture_bytes(field[2]);
	struct raw *r = &p->connection[c];
	const bool from_client = field[1][0] == 'C';

	if (b.n > 5 && b.at[4] == 0x80 && from_client) {
		if (!p->open[c]) {
			raw_open(r);
			raw_shake(r);
			p->open[c] = true;
		}
		rename_idents(p, &b);
		raw_send(r, b.at, b.n);
		p->requests++;
		if (!raw_hear(r, &p->reply[c], &p->n[c], &p->whole[c]))
			p->reply[c] = NULL;
		cr_assert(p->reply[c] != NULL || !p->strict);
	} else if (b.n > 5 && b.at[4] == 0x80 && p->open[c] && p->reply[c] != NULL) {
		const char *kind =
			memmem(b.at, b.n, "#RETURN", 7) ? "#RETURN" : "#ERROR";

		note_ident(p, &b);
		if (p->strict)
			cr_assert_not_null(memmem(p->reply[c], p->n[c], kind, 7),
					   "request %d", p->requests);
		wire_taken(&r->in, p->whole[c]);
		p->reply[c] = NULL;
	}
	free(b.at);
}

static void
replay(const char *session, bool strict)
{
	struct replay *p = calloc(1, sizeof(*p));
	char file[96];

	p->strict = strict;
	open_master(50);
	snprintf(file, sizeof(file), FIXTURES "%s", session);
	fixture_each(file, ' ', replay_message, p);
	cr_assert_gt(p->requests, 20, "%s", file);
	for (int i = 0; i < 64; i++)
		if (p->open[i])
			raw_close(&p->connection[i]);
	free(p);
	check_alive();
	close_master();
	if (strict)
		cr_assert_eq(results, 10, "%s", file);
}

/* The worker of the tutorial as CPython 3.11 and 3.13 speak for it. */
Test(dist_server, serves_the_tutorials_worker)
{
	replay("session_py311_seed.hex", true);
	replay("session_py313_seed.hex", true);
}

/* Clients that try every method; what they put is no task of ours. */
Test(dist_server, answers_every_request_of_every_python)
{
	replay("session_py27.hex", false);
	replay("session_py37.hex", false);
	replay("session_py314_simulated.hex", false);
	replay("session_server311_client313.hex", false);
	replay("session_server313_client311.hex", false);
}
