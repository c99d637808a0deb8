/*
 * explain.c - what the figures of a lock say, by rule.
 *
 * One sentence each: what the throughput comes from, what more contenders than CPUs do
 * to it, and who pays. The bounds of the rules stand here, with names.
 */
#include "scenarios/lock/figures.h"

#include "core/human.h"
#include "core/lock.h"

#include <stdio.h>
#include <string.h>

#define KEPT 0.02      /* fewer hand-overs: one contender keeps it */
#define HANDED 0.5     /* more: it goes from one to the next */
#define OWN_SHARE 0.4  /* of a round: above, it is the section that takes the time */
#define UNEVEN 0.9     /* Jain below: not evenly shared */
#define FALLEN 10.0    /* times slower than with fewer: a collapse */
#define SLOW_NS 1e6    /* a wait that a scheduler's turn explains, not a lock */
#define SWITCH_NS 2000 /* a round beside its section: the scheduler's work, too */
#define HIDDEN 100.0   /* times longer at a random moment than the 99th of a hundred */
#define SWITCHES 0.2   /* of a round: the kernel is asked often */
#define BUSY 0.9       /* of all CPUs: waiting burns them */
#define PASSED_TIMES 8 /* turns of others, for each of them */

/* The same kind with the same reads and the fewest contenders; f itself if it is so. */
static const struct lock_figures *
fewest(const struct lock_figures *f, const struct lock_figures *all, size_t n)
{
	const struct lock_figures *least = f;

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].kind, f->kind) == 0 && all[i].reads == f->reads &&
		    all[i].rate > 0 && all[i].n < least->n)
			least = &all[i];
	return least;
}

static void
say_source(const struct lock_figures *f, char *text)
{
	char each[HUMAN_TEXT], hold[HUMAN_TEXT];

	human_ns(each, 1e9 / f->rate);
	if (!(f->traits & LOCK_EXCLUDES))
		snprintf(text, LOCK_SENTENCE,
			 "it keeps nobody out: %s a round is what all others must be "
			 "compared with",
			 each);
	else if (f->n == 1)
		snprintf(text, LOCK_SENTENCE,
			 "alone it takes %s a round, and nothing is waited for", each);
	else if (f->reads == 100)
		snprintf(text, LOCK_SENTENCE, "all read, and a round of all takes %s",
			 each);
	else if (f->handover < KEPT)
		snprintf(text, LOCK_SENTENCE,
			 "it is fast because one contender keeps it: the owner changes "
			 "in %.2g %% of the rounds, after %.0f in a row on average",
			 100 * f->handover, f->run);
	else if (f->hold_ns > OWN_SHARE * 1e9 / f->rate)
		snprintf(text, LOCK_SENTENCE,
			 "the section is most of a round, %s of %s: how the lock is "
			 "passed on hardly shows",
			 human_ns(hold, f->hold_ns), each);
	else if (f->handover > HANDED)
		snprintf(text, LOCK_SENTENCE,
			 "it goes from hand to hand, in %.0f %% of the rounds: %s a "
			 "round is the price of passing it on",
			 100 * f->handover, each);
	else
		snprintf(text, LOCK_SENTENCE,
			 "the owner changes in %.0f %% of the rounds: who has it takes "
			 "it %.0f times in a row, which spares hand-overs",
			 100 * f->handover, f->run);
}

/* More contenders than CPUs. */
static bool
say_crowd(const struct lock_figures *f, const struct lock_figures *few, char *text)
{
	const double fallen = few->n <= f->cpus ? few->rate / f->rate : 0;
	const double busy = f->cpu_ns * f->rate / 1e9 / f->cpus;
	const bool parks = f->traits & LOCK_PARKS;
	char times[48] = "";

	if (f->n <= f->cpus || !(f->traits & LOCK_EXCLUDES))
		return false;
	if (few != f && fallen >= 1.5)
		snprintf(times, sizeof(times), " (%.0f times less than with %d)",
			 fallen, few->n);
	if (!parks && f->traits & LOCK_FAIR &&
	    (1e9 / f->rate - f->hold_ns > SWITCH_NS || fallen >= FALLEN ||
	     (f->wait != NULL && f->waiting > 0 &&
	      lock_arrival_quantile(f->arrivals, f->waiting, 0.5) > SLOW_NS)))
		snprintf(text, LOCK_SENTENCE,
			 "it collapses beyond the cores%s because it does not park and "
			 "keeps the order: its turn goes to one that has no CPU, and "
			 "all wait until the scheduler gives it one",
			 times);
	else if (!parks && fallen >= FALLEN)
		snprintf(text, LOCK_SENTENCE,
			 "it collapses beyond the cores%s because it does not park: "
			 "waiters use up the CPU that the holder needs",
			 times);
	else if (!parks && busy > BUSY)
		snprintf(text, LOCK_SENTENCE,
			 "it does not park: waiters keep %.0f %% of the CPUs busy, "
			 "which "
			 "others would need%s",
			 100 * (busy > 1 ? 1 : busy), times);
	else if (parks && f->voluntary > SWITCHES)
		snprintf(text, LOCK_SENTENCE,
			 "it parks, and pays for it: %.2g times a round somebody goes "
			 "to sleep and is woken%s",
			 f->voluntary, times);
	else if (parks)
		snprintf(text, LOCK_SENTENCE,
			 "it parks its waiters, so %d contenders on %d CPUs cost it "
			 "little%s",
			 f->n, f->cpus, times);
	else
		return false;
	return true;
}

/* Who pays. */
static void
say_price(const struct lock_figures *f, char *text)
{
	char p99[HUMAN_TEXT], max[HUMAN_TEXT], half[HUMAN_TEXT], longest[HUMAN_TEXT];
	const double p99_ns = (double)hist_quantile(f->wait, 0.99);
	const double half_ns = lock_arrival_quantile(f->arrivals, f->waiting, 0.5);

	human_ns(p99, p99_ns);
	human_ns(half, half_ns);
	human_ns(longest, f->free_ns);
	human_ns(max, (double)f->wait->max);
	if (half_ns > SLOW_NS && half_ns > HIDDEN * p99_ns)
		snprintf(text, LOCK_SENTENCE,
			 "the percentiles hide it: 99 of 100 acquisitions wait less "
			 "than %s, but who comes at a random moment waits %s or longer "
			 "every second time",
			 p99, half);
	else if (f->jain < UNEVEN)
		snprintf(text, LOCK_SENTENCE,
			 "it is unfair: the most served contender had %.0f %% of the "
			 "rounds and the least %.2g %%, where %.0f %% would be even",
			 100 * f->most, 100 * f->least, 100.0 / f->n);
	else if (f->jain_windows >= 0 && f->jain_windows < UNEVEN &&
		 f->passed > PASSED_TIMES * (f->n - 1))
		snprintf(
			text, LOCK_SENTENCE,
			"shared evenly in the long run (Jain %.2f), but not in %llu "
			"rounds (%.2f): a waiter saw %.0f rounds of others, and waited "
			"%s at most",
			f->jain, (unsigned long long)f->window, f->jain_windows,
			f->passed, max);
	else if (f->free_ns > SLOW_NS)
		snprintf(text, LOCK_SENTENCE,
			 "it was free for %s while somebody waited: who was to have it "
			 "did not run",
			 longest);
	else
		snprintf(text, LOCK_SENTENCE,
			 "it is shared evenly (Jain %.2f); 99 of 100 acquisitions wait "
			 "less than %s, the longest %s",
			 f->jain, p99, max);
}

int
lock_explain(const struct lock_figures *f, const struct lock_figures *all, size_t nall,
	     char (*text)[LOCK_SENTENCE])
{
	int n = 0;

	if (f->rate <= 0)
		return 0;
	say_source(f, text[n++]);
	if (say_crowd(f, fewest(f, all, nall), text[n]))
		n++;
	if (f->n > 1 && f->wait != NULL && f->wait->count > 0 &&
	    f->traits & LOCK_EXCLUDES)
		say_price(f, text[n++]);
	return n;
}
