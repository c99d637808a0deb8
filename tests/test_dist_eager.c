/*
 * test_dist_eager - looks before sleeping end when they are in vain.
 */
#include "core/dist/eager.h"

#include <criterion/criterion.h>

/* A wait in which nothing comes: whether it looked. The CPU may be late in coming
 * back, as tests run beside others: that pauses the looks, and is undone here. */
static bool
wait_in_vain(struct eager *g)
{
	bool looked = false;

	g->until_ns = 0;
	for (bool looks = eager_begin(g); looks; looks = eager_again(g))
		looked = true;
	return looked;
}

Test(eager, the_idle_stop_looking)
{
	struct eager g = { .skip = 0 };
	int looked = 0;

	for (int i = 0; i < 100 * EAGER_SKIP_MAX; i++)
		looked += wait_in_vain(&g);
	/* Ten on the way to the longest pause, a hundred after; each late yield may
	 * cost a look that did not count. */
	cr_assert_geq(looked, 100);
	cr_assert_leq(g.penalty, EAGER_SKIP_MAX);
	cr_assert_leq(g.skip, EAGER_SKIP_MAX);
}

Test(eager, waits_in_vain_are_skipped)
{
	struct eager g = { .skip = 3, .penalty = 3 };

	for (int i = 0; i < 3; i++)
		cr_assert_not(eager_begin(&g));
	cr_assert(eager_begin(&g));
	/* The budget is over. */
	g.yielded = true;
	g.begin_ns = 1;
	g.now_ns = 2 + EAGER_NS;
	cr_assert_not(eager_again(&g));
	cr_assert_eq(g.penalty, 7);
	cr_assert_eq(g.skip, 7);
}

Test(eager, what_came_forgives)
{
	struct eager g = { .penalty = EAGER_SKIP_MAX };

	cr_assert(eager_begin(&g));
	eager_came(&g);
	cr_assert_eq(g.penalty, EAGER_SKIP_MAX, "the first look proves nothing");
	cr_assert(eager_begin(&g));
	g.yielded = true;
	eager_came(&g);
	cr_assert_eq(g.penalty, 0);
}

Test(eager, who_was_late_sleeps_for_a_while)
{
	struct eager g = { .until_ns = UINT64_MAX };

	cr_assert_not(eager_begin(&g));
	g.until_ns = clock_ns();
	cr_assert(eager_begin(&g));
}
