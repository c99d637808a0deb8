/*
 * test_lock_figures - what follows from the figures of a lock: arithmetic and words.
 */
#include "core/lock.h"
#include "scenarios/lock/figures.h"

#include <criterion/criterion.h>
#include <string.h>

static struct hist waits;

static void
fill(uint64_t ns, int n)
{
	for (int i = 0; i < n; i++)
		hist_add(&waits, ns);
}

static void
empty(void)
{
	hist_init(&waits);
}

/* Within 1/128, as the buckets are. */
static void
near(double seen, double truth)
{
	cr_assert_float_eq(seen, truth, truth / 64 + 1, "%g, not %g", seen, truth);
}

Test(lock_figures, an_arrival_within_one_wait, .init = empty)
{
	/* All wait, each 1000 ns: what is left is anything from 0 to that. */
	fill(1000, 10);
	near(lock_arrival_quantile(&waits, 1, 0.5), 500);
	near(lock_arrival_quantile(&waits, 1, 0.99), 990);
	near(lock_arrival_quantile(&waits, 1, 1), 1000);
	/* Half of the time nobody waits: every second arrival waits for nothing. */
	cr_assert_float_eq(lock_arrival_quantile(&waits, 0.5, 0.5), 0, 0);
	near(lock_arrival_quantile(&waits, 0.5, 0.75), 500);
	cr_assert_float_eq(lock_arrival_quantile(&waits, 0, 0.99), 0, 0);
}

Test(lock_figures, a_wait_counts_by_its_length, .init = empty)
{
	/* 999 short ones and one of 10 ms: of the time, nearly all is in that one. */
	fill(200, 999);
	fill(10000000, 1);
	cr_assert_leq(hist_quantile(&waits, 0.99), 202);
	near(lock_arrival_quantile(&waits, 1, 0.5), 4900000);
	near(lock_waiting_sum(&waits), 10000000 + 999 * 200);
}

Test(lock_figures, noise_is_no_waiting, .init = empty)
{
	fill(LOCK_WAIT_FLOOR_NS - 2, 1000);
	cr_assert_float_eq(lock_waiting_sum(&waits), 0, 0);
	cr_assert_float_eq(lock_arrival_quantile(&waits, 1, 0.99), 0, 0);
}

Test(lock_figures, jain_of_windows)
{
	/* Two contenders, one window each alone; then one shared evenly. */
	cr_assert_float_eq(lock_window_jain(2 * 64 * 64, 2 * 64 * 64, 2), 0.5, 1e-12);
	cr_assert_float_eq(lock_window_jain(64 * 64, 2 * 32 * 32, 2), 1, 1e-12);
	cr_assert_float_eq(lock_window_jain(0, 0, 2), 1, 0);
}

/* Figures of a lock that does well; the tests spoil some. */
static struct lock_figures
good(unsigned traits)
{
	fill(20, 90);
	fill(1000, 10);
	return (struct lock_figures){ .kind = "kind",
				      .traits = traits,
				      .n = 2,
				      .cpus = 2,
				      .plain = true,
				      .rate = 1e7,
				      .together = 1,
				      .handover = 0.2,
				      .run = 5,
				      .longest_run = 50,
				      .jain = 1,
				      .jain_windows = 0.95,
				      .window = 64,
				      .least = 0.5,
				      .most = 0.5,
				      .wait = &waits,
				      .read_wait = &waits,
				      .arrivals = &waits,
				      .waiting = 0.5,
				      .passed = 10,
				      .retries = -1,
				      .cpu_ns = 150 };
}

static char text[LOCK_SENTENCES][LOCK_SENTENCE];

static void
says(const struct lock_figures *f, size_t n, int sentence, const char *words)
{
	const int count = lock_explain(f, f, n, text);

	cr_assert_lt(sentence, count, "only %d sentences", count);
	cr_assert_not_null(strstr(text[sentence], words), "%s: not '%s'",
			   text[sentence], words);
}

Test(lock_figures, where_the_speed_comes_from, .init = empty)
{
	struct lock_figures f = good(LOCK_EXCLUDES | LOCK_PARKS);

	says(&f, 1, 0, "who has it takes it 5 times in a row");
	f.handover = 0.003;
	f.run = 333;
	says(&f, 1, 0, "fast because one contender keeps it");
	says(&f, 1, 0, "0.3 %");
	f.handover = 0.9;
	says(&f, 1, 0, "from hand to hand, in 90 %");
	f.hold_ns = 80;
	says(&f, 1, 0, "the section is most of a round, 80 ns of 100 ns");
	f.n = 1;
	says(&f, 1, 0, "alone it takes 100 ns a round");
	cr_assert_eq(lock_explain(&f, &f, 1, text), 1);
	f.traits = 0;
	says(&f, 1, 0, "keeps nobody out");
	f.rate = 0;
	cr_assert_eq(lock_explain(&f, &f, 1, text), 0);
}

Test(lock_figures, beyond_the_cores, .init = empty)
{
	/* The second is the same kind at a size that fits. */
	struct lock_figures f[2] = { good(LOCK_EXCLUDES | LOCK_FAIR),
				     good(LOCK_EXCLUDES | LOCK_FAIR) };

	cr_assert_eq(lock_explain(f, f, 2, text), 2, "all fits");
	f[0].n = 16;
	f[0].rate = 1e5;
	says(f, 2, 1, "collapses beyond the cores (100 times less than with 2)");
	says(f, 2, 1, "keeps the order");
	says(f, 1, 1, "collapses beyond the cores because");
	f[0].traits = LOCK_EXCLUDES;
	says(f, 2, 1, "waiters use up the CPU that the holder needs");
	f[0].rate = 1e7;
	f[0].cpu_ns = 200;
	says(f, 2, 1, "does not park: waiters keep 100 % of the CPUs busy");
	f[0].traits = LOCK_EXCLUDES | LOCK_PARKS;
	says(f, 2, 1, "16 contenders on 2 CPUs cost it little");
	f[0].voluntary = 0.5;
	says(f, 2, 1, "it parks, and pays for it: 0.5 times a round");
	/* Another kind is no measure of this one. */
	f[1].kind = "other";
	f[0].traits = LOCK_EXCLUDES;
	f[0].rate = 1e5;
	cr_assert_eq(lock_explain(f, f, 2, text), 2);
}

Test(lock_figures, who_pays, .init = empty)
{
	struct lock_figures f = good(LOCK_EXCLUDES | LOCK_PARKS);

	says(&f, 1, 1, "shared evenly (Jain 1.00)");
	f.free_ns = 3e6;
	says(&f, 1, 1, "free for 3.00 ms while somebody waited");
	f.jain_windows = 0.5;
	f.passed = 1000;
	says(&f, 1, 1, "not in 64 rounds (0.50): a waiter saw 1000 rounds");
	f.jain = 0.6;
	f.most = 0.9;
	f.least = 0.1;
	says(&f, 1, 1, "unfair: the most served contender had 90 %");
	fill(100000000, 1);
	f.waiting = 0.9;
	says(&f, 1, 1, "the percentiles hide it");
	f.wait = NULL;
	cr_assert_eq(lock_explain(&f, &f, 1, text), 1, "nothing is known of waits");
}
