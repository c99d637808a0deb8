/*
 * test_dist_pickle - pickles: what Pythons wrote is read, what is hostile is refused.
 */
#include "core/dist/pickle.h"
#include "tests/dist_fixture.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

enum { MESSAGE_MAX = 16 << 20 };

static struct arena arena = { .limit = PICKLE_ARENA(MESSAGE_MAX) };

static int
load(const void *at, size_t n, struct pickle *p)
{
	struct err e = { 0 };
	int rc;

	arena_reset(&arena);
	rc = pickle_read(&arena, at, n, p, &e);
	cr_assert_eq(rc, -e.code);
	return rc;
}

static void
dump(struct wire *w, const struct value *v)
{
	w->from = w->n = 0;
	pickle_begin(w);
	cr_assert_eq(pickle_value(w, v), 0);
	pickle_end(w);
	cr_assert_not(w->lacks_memory);
}

/* What was read is written, read again, and written to the same bytes. */
static void
check_value(char *const *field, void *arg)
{
	struct bytes b = { .at = NULL };
	struct wire once = { 0 }, twice = { 0 };
	struct pickle p;

	if (strncmp(field[2], "sha256", 6) == 0)
		return;
	b = fixture_bytes(field[2]);
	cr_assert_eq(load(b.at, b.n, &p), 0, "%s, protocol %s", field[1], field[0]);
	cr_assert_eq(p.protocol, (int)strtol(field[0], NULL, 10));
	dump(&once, p.value);
	cr_assert_eq(load(once.at, once.n, &p), 0, "%s", field[1]);
	dump(&twice, p.value);
	cr_assert_eq(once.n, twice.n);
	cr_assert_arr_eq(once.at, twice.at, once.n);
	++*(int *)arg;
	free(b.at);
	wire_fini(&once);
	wire_fini(&twice);
}

Test(dist_pickle, reads_the_values_of_every_protocol)
{
	int n = 0;

	fixture_each(FIXTURES "values.tsv", '\t', check_value, &n);
	cr_assert_gt(n, 200);
	arena_fini(&arena);
}

static void
check_exception(char *const *field, void *arg)
{
	struct bytes b = fixture_bytes(field[2]);
	const struct value *v;
	const char *name;
	struct pickle p;

	(void)arg;
	cr_assert_eq(load(b.at, b.n, &p), 0, "%s", field[0]);
	cr_assert_eq(p.value->type, VALUE_TUPLE);
	v = p.value->seq.item[1];
	if (value_is_text(p.value->seq.item[0], "#ERROR")) {
		name = strstr(field[1], value_exception(v));
		cr_assert(name != NULL && *value_exception(v) != '\0', "%s is %s",
			  field[1], value_exception(v));
	}
	free(b.at);
}

Test(dist_pickle, reads_exceptions)
{
	cr_assert_gt(
		fixture_each(FIXTURES "exceptions.tsv", '\t', check_exception, NULL),
		15);
	arena_fini(&arena);
}

static void
check_token(char *const *field, void *arg)
{
	struct bytes b = fixture_bytes(field[2]);
	struct pickle p;

	(void)arg;
	cr_assert_eq(load(b.at, b.n, &p), 0, "%s", field[1]);
	free(b.at);
}

Test(dist_pickle, reads_tokens)
{
	cr_assert_gt(fixture_each(FIXTURES "tokens.tsv", '\t', check_token, NULL), 7);
	arena_fini(&arena);
}

static void
check_hostile(char *const *field, void *arg)
{
	struct bytes b = fixture_bytes(field[1]);
	struct pickle p;
	int rc;

	(void)arg;
	rc = load(b.at, b.n, &p);
	cr_assert(rc == -EBADMSG || rc == -ENOTSUP, "'%s' gave %d", field[0], rc);
	cr_assert_leq(arena.used, arena.limit);
	free(b.at);
}

Test(dist_pickle, refuses_what_is_hostile)
{
	cr_assert_gt(fixture_each(FIXTURES "hostile.tsv", '\t', check_hostile, NULL),
		     50);
	arena_fini(&arena);
}

/* Each session line that is a pickle is read, but objects of the client's own classes;
 * cut anywhere it is refused. */
static void
check_session(char *const *field, void *arg)
{
	struct bytes b = fixture_bytes(field[2]);
	struct pickle p;

	if (b.n > 5 && b.at[4] == 0x80) {
		cr_assert_eq(load(b.at + 4, b.n - 4, &p),
			     memmem(b.at, b.n, "__main__", 8) != NULL ||
					     memmem(b.at, b.n, "RebuildProxy", 12)
				     ? -ENOTSUP
				     : 0,
			     "%s", field[2]);
		for (size_t n = 0; n < b.n - 4; n++)
			cr_assert_neq(load(b.at + 4, n, &p), 0);
		++*(int *)arg;
	}
	free(b.at);
}

Test(dist_pickle, reads_the_sessions)
{
	for (const char *const *file = fixture_sessions; *file != NULL; file++) {
		int n = 0;

		fixture_each(*file, ' ', check_session, &n);
		cr_assert_gt(n, 20, "%s", *file);
	}
	arena_fini(&arena);
}

/* A reader that is fed garbage made of good pickles neither crashes nor hangs. */
static void
check_mutated(char *const *field, void *arg)
{
	struct bytes b = { .at = NULL };
	unsigned *seed = arg;
	struct pickle p;

	if (strncmp(field[2], "sha256", 6) == 0)
		return;
	b = fixture_bytes(field[2]);
	for (int i = 0; i < 200; i++) {
		const size_t at = (size_t)rand_r(seed) % b.n;
		const unsigned char kept = b.at[at];

		b.at[at] = (unsigned char)rand_r(seed);
		load(b.at, b.n, &p);
		if (i % 3 == 0)
			b.at[at] = kept;
	}
	free(b.at);
}

Test(dist_pickle, bears_mutations)
{
	unsigned seed = 1;

	fixture_each(FIXTURES "values.tsv", '\t', check_mutated, &seed);
	arena_fini(&arena);
}

Test(dist_pickle, writes_what_the_protocol_says)
{
	static const char expected[] =
		"\x80\x02X\x07\0\0\0#RETURNM6\x09\x86.\x80\x02X\x06\0\0\0#ERRORcQueue\n"
		"Empty\n)R\x86.";
	struct wire w = { 0 };

	pickle_begin(&w);
	pickle_text(&w, "#RETURN");
	pickle_int(&w, 2358);
	pickle_tuple_n(&w, 2);
	pickle_end(&w);
	pickle_begin(&w);
	pickle_text(&w, "#ERROR");
	pickle_exception(&w, "Empty", NULL);
	pickle_tuple_n(&w, 2);
	pickle_end(&w);
	cr_assert_eq(w.n, sizeof(expected) - 1);
	cr_assert_arr_eq(w.at, expected, w.n);
	wire_fini(&w);
}

Test(dist_pickle, integers_come_back)
{
	static const int64_t numbers[] = { 0,	      -1,	 255,	    256,
					   65535,     65536,	 -128,	    INT32_MAX,
					   INT32_MIN, INT64_MAX, INT64_MIN, 1LL << 40 };
	struct wire w = { 0 };
	struct pickle p;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		w.from = w.n = 0;
		pickle_begin(&w);
		pickle_int(&w, numbers[i]);
		pickle_end(&w);
		cr_assert_eq(load(w.at, w.n, &p), 0);
		cr_assert_eq(p.value->type, VALUE_INT);
		cr_assert_eq(p.value->integer, numbers[i]);
	}
	w.from = w.n = 0;
	pickle_begin(&w);
	pickle_uint(&w, UINT64_MAX);
	pickle_end(&w);
	cr_assert_eq(load(w.at, w.n, &p), 0);
	cr_assert_eq(p.value->type, VALUE_BIG);
	wire_fini(&w);
	arena_fini(&arena);
}
