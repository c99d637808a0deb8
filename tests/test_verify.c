/*
 * test_verify.c - the explorer finds planted bugs, and none where there is none.
 *
 * The algorithms here are compiled for it, as core/lock/ is for `concbench verify`.
 */
#define CONCBENCH_VERIFY
#include "core/atom.h"
#include "core/futex.h"
#include "core/verify.h"

#include <criterion/criterion.h>
#include <string.h>

static struct err e;

struct world {
	atom_u32 word, serving;
	int inside, updates;
};

enum bug { NO_BUG, DRAWS_IN_TWO_STEPS, FORGETS_TO_WAKE, SLEEPS_UNASKED, NEVER_FREES };

static int
setup(void *state, const void *arg, struct err *why)
{
	(void)state;
	(void)arg;
	(void)why;
	return 0;
}

static void
section(struct world *w, int number)
{
	if (w->inside != 0)
		verify_fail("two are inside");
	w->inside = number + 1;
	VERIFY_POINT("inside");
	w->inside = 0;
	w->updates++;
}

static void
ticket_task(void *state, const void *arg, int number)
{
	const enum bug bug = *(const enum bug *)arg;
	struct world *w = state;
	uint32_t mine;

	for (int i = 0; i < 2; i++) {
		if (bug == DRAWS_IN_TWO_STEPS) {
			mine = atom_load_rlx(&w->word);
			atom_store_rlx(&w->word, mine + 1);
		} else {
			mine = atom_add_rlx(&w->word, 1);
		}
		while (atom_load_acq(&w->serving) != mine)
			atom_pause();
		section(w, number);
		if (bug != NEVER_FREES)
			atom_store_rel(&w->serving, mine + 1);
	}
}

/* A lock of two states whose waiters sleep. */
static void
futex_task(void *state, const void *arg, int number)
{
	const enum bug bug = *(const enum bug *)arg;
	struct world *w = state;

	for (int i = 0; i < 2; i++) {
		while (atom_xchg_acq(&w->word, 1) != 0) {
			if (bug ==
			    SLEEPS_UNASKED) /* the value it sleeps on is read late */
				futex_wait(&w->word, atom_load_rlx(&w->word),
					   FUTEX_FOREVER);
			else
				futex_wait(&w->word, 1, FUTEX_FOREVER);
		}
		section(w, number);
		atom_store_rel(&w->word, 0);
		if (bug != FORGETS_TO_WAKE)
			futex_wake(&w->word, 1);
	}
}

static void
finish(void *state, const void *arg)
{
	struct world *w = state;

	(void)arg;
	if (w->updates != 4)
		verify_fail("%d of 4 updates", w->updates);
}

static struct verify_found
explore(void (*task)(void *, const void *, int), enum bug bug)
{
	const struct verify_program p = { .tasks = 2,
					  .state_bytes = sizeof(struct world),
					  .arg = &bug,
					  .setup = setup,
					  .task = task,
					  .finish = finish };
	const struct verify_limits limits = { .deviations = 3, .schedules = 100000 };
	struct verify_found found;

	cr_assert_eq(verify_explore(&p, &limits, &found, &e), 0, "%s", e.msg);
	return found;
}

static void
expect_good(void (*task)(void *, const void *, int))
{
	struct verify_found f = explore(task, NO_BUG);

	cr_assert(!f.bad, "%s", f.why);
	cr_assert(f.complete);
	cr_assert_gt(f.schedules, 20);
	verify_clear(&f);
}

static void
expect_bad(void (*task)(void *, const void *, int), enum bug bug, const char *why)
{
	struct verify_found f = explore(task, bug);
	unsigned deviations = 0;

	cr_assert(f.bad);
	cr_assert(strstr(f.why, why) != NULL, "'%s' does not say '%s'", f.why, why);
	cr_assert_gt(f.nevents, 0);
	for (size_t i = 0; i < f.nevents; i++)
		deviations += f.event[i].deviates;
	cr_assert_eq(deviations, f.deviations);
	verify_clear(&f);
}

Test(verify, correct_algorithms_are_good)
{
	expect_good(ticket_task);
	expect_good(futex_task);
}

Test(verify, a_ticket_drawn_in_two_steps_is_found)
{
	/* Both have the same number: one of the next is never called. */
	expect_bad(ticket_task, DRAWS_IN_TWO_STEPS, "livelock");
}

Test(verify, a_lock_that_is_never_freed_is_a_livelock)
{
	expect_bad(ticket_task, NEVER_FREES, "livelock");
}

Test(verify, a_wake_that_is_forgotten_is_a_deadlock)
{
	expect_bad(futex_task, FORGETS_TO_WAKE, "deadlock");
}

Test(verify, a_sleep_on_a_value_read_late_is_a_deadlock)
{
	expect_bad(futex_task, SLEEPS_UNASKED, "deadlock");
}

Test(verify, the_same_again_is_the_same)
{
	struct verify_found a = explore(ticket_task, DRAWS_IN_TWO_STEPS);
	struct verify_found b = explore(ticket_task, DRAWS_IN_TWO_STEPS);

	cr_assert_eq(a.schedules, b.schedules);
	cr_assert_eq(a.nevents, b.nevents);
	for (size_t i = 0; i < a.nevents; i++) {
		cr_assert_eq(a.event[i].task, b.event[i].task);
		cr_assert_eq(a.event[i].site, b.event[i].site);
	}
	verify_clear(&a);
	verify_clear(&b);
}

Test(verify, a_limit_of_schedules_is_told)
{
	const enum bug bug = NO_BUG;
	const struct verify_program p = { .tasks = 2,
					  .state_bytes = sizeof(struct world),
					  .arg = &bug,
					  .setup = setup,
					  .task = ticket_task,
					  .finish = finish };
	const struct verify_limits limits = { .deviations = 3, .schedules = 1 };
	struct verify_found f;

	cr_assert_eq(verify_explore(&p, &limits, &f, &e), 0);
	cr_assert_eq(f.schedules, 1);
	cr_assert(!f.complete);
	verify_clear(&f);
}

Test(verify, steps_of_a_file_are_counted)
{
	const enum bug bug = NO_BUG;
	const struct verify_program p = { .tasks = 2,
					  .state_bytes = sizeof(struct world),
					  .arg = &bug,
					  .setup = setup,
					  .task = ticket_task,
					  .finish = finish };

	cr_assert_gt(verify_steps(&p, "/test_verify.c", &e), 0);
	cr_assert_eq(verify_steps(&p, "/other.c", &e), 0);
}
