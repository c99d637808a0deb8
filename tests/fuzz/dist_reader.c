/*
 * dist_reader.c - libFuzzer: whatever bytes a peer sends, nothing breaks.
 *
 * The first byte says which reader gets the rest: messages and the pickles in them, or
 * the handshake, step by step. What was read is written, read again, and written to the
 * same bytes.
 */
#include "core/dist/auth.h"
#include "core/dist/lanes.h"
#include "core/dist/pickle.h"
#include "core/dist/wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
dump(struct wire *w, const struct value *v)
{
	pickle_begin(w);
	must(pickle_value(w, v) == 0);
	pickle_end(w);
}

static bool
has_token(const struct value *v)
{
	if (v->type == VALUE_TOKEN)
		return true;
	if (v->type >= VALUE_TUPLE && v->type <= VALUE_EXCEPTION)
		for (size_t i = 0; i < v->seq.n; i++)
			if (has_token(v->seq.item[i]))
				return true;
	return false;
}

static void
read_pickle(const uint8_t *data, size_t n)
{
	struct arena a = { .limit = (size_t)64 << 20 },
		     b = { .limit = (size_t)1 << 30 };
	struct wire once = { 0 }, twice = { 0 };
	struct pickle p, q;
	struct err e;

	if (pickle_read(&a, data, n, &p, &e) == 0 && !has_token(p.value)) {
		dump(&once, p.value);
		/* Sets are written as calls with a list, one deeper. */
		if (pickle_read(&b, once.at, once.n, &q, &e) == 0) {
			dump(&twice, q.value);
			must(once.n == twice.n &&
			     memcmp(once.at, twice.at, once.n) == 0);
		}
	}
	wire_fini(&once);
	wire_fini(&twice);
	arena_fini(&a);
	arena_fini(&b);
}

static void
read_messages(const uint8_t *data, size_t n)
{
	struct wire w = { 0 };
	const uint8_t *message;
	size_t length, whole;

	wire_add(&w, data, n);
	while (wire_message(&w, 1 << 20, &message, &length, &whole) == 1) {
		must(length <= n && whole <= wire_bytes(&w));
		read_pickle(message, length);
		wire_taken(&w, whole);
	}
	wire_fini(&w);
}

static void
shake(const uint8_t *data, size_t n, bool serves)
{
	enum auth_outcome outcome = AUTH_GOES_ON;
	struct wire w = { 0 };
	const uint8_t *message;
	size_t length, whole;
	struct auth auth;
	struct err e;

	must(auth_begin(&auth, serves, "0123456789abcdef", 16, &e) == 0);
	wire_add(&w, data, n);
	while (outcome == AUTH_GOES_ON &&
	       wire_message(&w, AUTH_MESSAGE_MAX, &message, &length, &whole) == 1) {
		outcome = auth_step(&auth, message, length);
		must(auth.out_bytes <= sizeof(auth.out));
		wire_taken(&w, whole);
	}
	must(outcome != AUTH_DONE); /* nobody guesses that */
	wire_fini(&w);
}

static void
read_lanes(const uint8_t *data, size_t n)
{
	struct lane_event event;
	struct lane_head head;

	if (!lanes_head(data, n, &head))
		return;
	for (size_t i = 0; i < lanes_count(n); i++)
		lanes_event(data, i, &event);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0)
		return 0;
	switch (data[0] % 5) {
	case 0:
		read_pickle(data + 1, n - 1);
		break;
	case 1:
		read_messages(data + 1, n - 1);
		break;
	case 2:
		shake(data + 1, n - 1, true);
		break;
	case 3:
		shake(data + 1, n - 1, false);
		break;
	default:
		read_lanes(data + 1, n - 1);
	}
	return 0;
}
