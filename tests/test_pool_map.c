/*
 * test_pool_map - map and imap: results in order, whatever order tasks end in.
 */
#include "tests/pool_help.h"

#include <signal.h>

#define MAP_MAX 500

static uint64_t args[MAP_MAX];
static int64_t results[MAP_MAX];

static void
fill_args(void)
{
	board_wipe();
	for (uint64_t i = 0; i < MAP_MAX; i++) {
		args[i] = (i * 7 + 3) % MAP_MAX; /* a permutation */
		results[i] = -1;
	}
}

static void
assert_results(size_t n)
{
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(results[i], token(args[i]), "result %zu of %zu", i, n);
	for (size_t i = n; i < MAP_MAX; i++)
		cr_assert_eq(results[i], -1, "result %zu is beyond the end", i);
}

Test(pool_map, chunks_as_python_has_them)
{
	cr_assert_eq(pool_map_chunk(0, 4), 1);
	cr_assert_eq(pool_map_chunk(1, 4), 1);
	cr_assert_eq(pool_map_chunk(16, 4), 1);
	cr_assert_eq(pool_map_chunk(17, 4), 2);
	cr_assert_eq(pool_map_chunk(1000, 4), 63);
}

Test(pool_map, results_in_order_with_any_chunk, .timeout = 100)
{
	static const size_t chunks[] = { 1, 3, 7, 0, 499, 500, 501, 1000 };
	static const size_t lengths[] = { 0, 1, 2, 20, 21, 499, 500 };
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (int n = 1; n <= 4; n += 3)
		for (uint32_t capacity = 2; capacity <= 64; capacity *= 32) {
			struct pool_config f = { .kind = kind,
						 .workers = n,
						 .capacity = capacity,
						 .payload_bytes =
							 pool_chunk_bytes(1000) };
			struct pool *p;

			fill_args();
			p = open_pool(&f);
			for (int c = 0; c < 8; c++)
				for (int l = 0; l < 7; l++) {
					fill_args();
					cr_assert_eq(pool_map(p, task_mark, args,
							      lengths[l], chunks[c],
							      results, NULL, &e),
						     0, "%s", e.msg);
					assert_results(lengths[l]);
					for (size_t i = 0; i < lengths[l]; i++)
						cr_assert_eq(
							atom_load_rlx(
								&board->runs[args[i]]),
							1);
				}
			close_and_free(p);
		}
	assert_clean(b);
}

Test(pool_map, chunks_must_fit)
{
	struct before b = look();
	struct pool_config f = { .kind = crew_kind_table[0],
				 .workers = 1,
				 .payload_bytes = pool_chunk_bytes(7) };
	struct pool *p;
	struct err e;

	fill_args();
	p = open_pool(&f);
	cr_assert_eq(pool_map(p, task_mark, args, 50, 8, results, NULL, &e), -EINVAL);
	cr_assert_eq(pool_map(p, task_mark, args, 50, 7, results, NULL, &e), 0);
	assert_results(50);
	close_and_free(p);
	cr_assert_eq(
		pool_map(p = open_pool(&f), task_mark, args, 1, 1, results, NULL, &e),
		0);
	pool_close(p);
	cr_assert_eq(pool_map(p, task_mark, args, 50, 7, results, NULL, &e), -EINVAL);
	cr_assert_eq(pool_join(p, &e), 0);
	pool_free(p);
	assert_clean(b);
}

/* --- elements that fail ---------------------------------------------------- */

/* Argument 42 fails for ever. */
static int64_t
task_fail_42(struct pool_call *call)
{
	if (call->arg == 42)
		call->error = 7;
	return task_mark(call);
}

Test(pool_map, a_failing_element_fails_its_chunk_alone, .timeout = 100)
{
	static const size_t chunks[] = { 1, 3, 7, 0 };
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (int c = 0; c < 4; c++) {
		struct pool_config f = { .kind = kind,
					 .workers = 3,
					 .capacity = 16,
					 .payload_bytes = pool_chunk_bytes(1000) };
		const size_t chunk =
			chunks[c] ? chunks[c] : pool_map_chunk(MAP_MAX, f.workers);
		struct pool_outcome failed = { .task = 999 };
		struct pool *p;
		size_t at = 0;

		fill_args();
		while (args[at] != 42)
			at++;
		p = open_pool(&f);
		cr_assert_eq(pool_map(p, task_fail_42, args, MAP_MAX, chunks[c],
				      results, &failed, &e),
			     -EIO);
		cr_assert_eq(failed.status, POOL_RAISED);
		cr_assert_eq(failed.error, 7);
		cr_assert_eq(failed.task, at / chunk);
		for (size_t i = 0; i < MAP_MAX; i++)
			if (i / chunk != at / chunk)
				cr_assert_eq(results[i], token(args[i]));
		cr_assert_eq(pool_map(p, task_mark, args, MAP_MAX, chunks[c], results,
				      NULL, &e),
			     0, "the pool goes on");
		close_and_free(p);
		assert_results(MAP_MAX);
	}
	assert_clean(b);
}

/* Argument 42 fails the first time, and dies where it can the second time. */
static int64_t
task_trip(struct pool_call *call)
{
	const bool *mortal = call->context;

	if (call->arg == 42 && call->attempt == 1)
		call->error = 7;
	if (call->arg == 42 && call->attempt == 2 && *mortal)
		raise(SIGKILL);
	return task_mark(call);
}

Test(pool_map, a_chunk_run_again_has_its_arguments, .timeout = 100)
{
	static const size_t chunks[] = { 1, 7, 0 };
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (int c = 0; c < 3; c++)
		for (int stamps = 0; stamps < 2; stamps++) {
			bool mortal = !(kind->traits & CREW_SHARES_MEMORY);
			struct pool_config f = { .kind = kind,
						 .workers = 2,
						 .tries = 2,
						 .stamps = stamps,
						 .context = &mortal,
						 .payload_bytes =
							 pool_chunk_bytes(1000) };
			struct pool *p;

			fill_args();
			p = open_pool(&f);
			cr_assert_eq(pool_map(p, task_trip, args, MAP_MAX, chunks[c],
					      results, NULL, &e),
				     0);
			assert_results(MAP_MAX);
			cr_assert_eq(pool_stats(p)->deaths, mortal);
			close_and_free(p);
		}
	assert_clean(b);
}

/* --- imap ------------------------------------------------------------------ */

/* Takes a time of its own. */
static int64_t
task_ragged(struct pool_call *call)
{
	nap((uint64_t)token(call->arg) % 400 * NS_PER_US);
	return task_mark(call);
}

Test(pool_map, imap_gives_results_in_order, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	for (uint32_t capacity = 2; capacity <= 1024; capacity *= 8) {
		struct pool_config f = { .kind = kind,
					 .workers = 4,
					 .capacity = capacity };
		struct pool_imap it;
		struct pool_outcome o;
		struct pool *p;
		size_t i = 0;
		int rc;

		fill_args();
		p = open_pool(&f);
		cr_assert_eq(pool_imap(&it, p, task_ragged, args, 200, &e), 0);
		while ((rc = pool_imap_next(&it, UINT64_MAX, &o, &e)) == 1) {
			cr_assert_eq(o.task, i);
			cr_assert_eq(o.status, POOL_DONE);
			cr_assert_eq(o.result, token(args[i]));
			i++;
		}
		cr_assert_eq(rc, 0);
		cr_assert_eq(i, 200);
		cr_assert_eq(pool_imap_next(&it, UINT64_MAX, &o, &e), 0);
		pool_imap_fini(&it);
		close_and_free(p);
	}
	assert_clean(b);
}

Test(pool_map, imap_waits_no_longer_than_told_and_may_be_left, .timeout = 100)
{
	struct before b = look();
	struct err e;

	EACH_KIND(kind)
	{
		struct pool_config f = { .kind = kind, .workers = 2, .capacity = 4 };
		struct pool_imap it;
		struct pool_outcome o;
		struct pool *p;

		fill_args();
		p = open_pool(&f);
		cr_assert_eq(pool_imap(&it, p, task_wait, args, 50, &e), 0);
		cr_assert_eq(pool_imap_next(&it, 0, &o, &e), -ETIMEDOUT);
		cr_assert_eq(pool_imap_next(&it, clock_deadline_ns(NS_PER_MS), &o, &e),
			     -ETIMEDOUT);
		atom_store_sc(&board->open, 1);
		cr_assert_eq(pool_imap_next(&it, UINT64_MAX, &o, &e), 1);
		cr_assert_eq(o.result, token(args[0]));
		pool_imap_fini(&it);
		cr_assert_eq(pool_drain(p, &e), 0);
		cr_assert_leq(pool_stats(p)->done, 5, "no more than were in flight");
		close_and_free(p);

		/* Terminated in the middle: what was handed in has an outcome. */
		fill_args();
		p = open_pool(&f);
		cr_assert_eq(pool_imap(&it, p, task_wait, args, 50, &e), 0);
		cr_assert_eq(pool_imap_next(&it, 0, &o, &e), -ETIMEDOUT);
		pool_terminate(p);
		for (int i = 0; i < 4; i++) {
			cr_assert_eq(pool_imap_next(&it, UINT64_MAX, &o, &e), 1);
			cr_assert_eq(o.status, POOL_CANCELLED);
		}
		cr_assert_eq(pool_imap_next(&it, UINT64_MAX, &o, &e), -EINVAL);
		pool_imap_fini(&it);
		pool_free(p);
	}
	assert_clean(b);
}
