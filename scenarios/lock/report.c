/*
 * report.c - what the contenders of a lock did, and whether anything was lost.
 */
#include "scenarios/lock/contest.h"

#include "core/clock.h"
#include "core/human.h"

#include <stdio.h>
#include <string.h>

const struct metric lock_metrics[] = {
	[METRIC_WALL] = { "wall", "ns", BETTER_LOWER,
			  "from the gate until the last contender had ended" },
	[METRIC_WAITED] = { "waited", "ns", BETTER_LOWER,
			    "time in acquire, one sample a contender" },
	[METRIC_LOST] = { "lost", "1", BETTER_LOWER, "updates that another overwrote" },
	[METRIC_HANDOVERS] = { "handovers", "1", BETTER_NONE,
			       "rounds whose holder was not that of the round before" },
	[METRIC_PROGRAM] = { "program", "ns", BETTER_LOWER,
			     "--preload: from the start of the program to its end" },
	[METRIC_PROGRAM_CPU] = { "program_cpu", "ns", BETTER_LOWER,
				 "--preload: CPU time of it and of its children" },
	{ .name = NULL },
};

static const struct result_column columns[] = {
	{ "worker", "worker", COLUMN_TEXT },
	{ "tid", "TID", COLUMN_NUMBER },
	{ "rounds", "rounds", COLUMN_NUMBER },
	{ "updates", "updates", COLUMN_NUMBER },
	{ "sum", "sum", COLUMN_NUMBER },
	{ "waits", "waits", COLUMN_NUMBER },
	{ "waited_ns", "waited", COLUMN_NS },
	{ "missed", "missed", COLUMN_NUMBER },
	{ "repaired", "repaired", COLUMN_NUMBER },
	{ "run_ns", "ran", COLUMN_NS },
};

enum {
	C_WORKER,
	C_TID,
	C_ROUNDS,
	C_UPDATES,
	C_SUM,
	C_WAITS,
	C_WAITED,
	C_MISSED,
	C_REPAIRED,
	C_RAN,
	C_COUNT
};

/* Sums over the contenders. */
struct tally {
	uint64_t rounds, updates, waits, missed, repaired;
	int64_t sum;
	int gave_up;	 /* survivors that did not do all their rounds */
	int64_t balance; /* what the shared number says */
	uint64_t seen;	 /* updates that it has seen */
};

static void
add_row(struct contest *c, struct result_table *t, int i)
{
	const struct contest_seat *s = &c->shared->seat[i];
	struct result *r = c->run->result;
	const size_t row = result_row(r, t);
	char name[TRACE_NAME];

	result_text(r, t, row, C_WORKER, contest_name(c, i, name));
	result_number(t, row, C_TID, s->tid);
	result_number(t, row, C_ROUNDS, (double)s->rounds);
	result_number(t, row, C_UPDATES, (double)s->updates);
	result_number(t, row, C_SUM, (double)s->sum);
	result_number(t, row, C_WAITS, (double)s->waits);
	result_number(t, row, C_WAITED, (double)s->waited_ns);
	result_number(t, row, C_MISSED, (double)s->missed);
	result_number(t, row, C_REPAIRED, (double)s->repaired);
	if (s->end_ns != 0)
		result_number(t, row, C_RAN, (double)(s->end_ns - s->begin_ns));
}

static struct tally
count(struct contest *c)
{
	const char *kind = c->kind->kind.name;
	struct result *r = c->run->result;
	struct result_table *t =
		result_table(r, "workers", kind, c->n, columns, C_COUNT);
	struct result_series *waited =
		result_series(r, kind, c->n, &lock_metrics[METRIC_WAITED]);
	struct lock_section *s = &c->shared->section;
	/* One of the two is in use. */
	const uint64_t number = s->value + atom_load_rlx(&s->loose);
	struct tally y = { .balance = (int32_t)(number >> 32),
			   .seen = (uint32_t)number };

	if (t != NULL)
		t->quiet = c->n > 16;
	for (int i = 0; i < c->n; i++) {
		const struct contest_seat *seat = &c->shared->seat[i];
		const bool victim = c->o->kill_holder && i == 0;

		add_row(c, t, i);
		result_sample(r, waited, (double)seat->waited_ns);
		y.rounds += seat->rounds;
		y.updates += seat->updates;
		y.waits += seat->waits;
		y.missed += seat->missed;
		y.repaired += seat->repaired;
		y.sum += seat->sum;
		y.gave_up += !victim && !seat->failed &&
			     seat->rounds < (uint64_t)c->o->iterations;
	}
	return y;
}

/* True when the lock can be had at once, as it must when all have ended. */
static bool
is_free(struct contest *c)
{
	struct contest_shared *sh = c->shared;
	const int rc = c->kind->try_acquire(sh->state, sh->node);

	if (rc != 0)
		return false;
	c->kind->release(sh->state, sh->node);
	return true;
}

static void
conclude_kill(struct contest *c, const struct tally *y)
{
	const char *kind = c->kind->kind.name;
	struct result *r = c->run->result;
	const int survivors = c->n - 1;
	const char *name = "Process-1";
	char buf[HUMAN_TEXT];

	result_check(r, kind, "the others went on after the holder was killed",
		     y->gave_up == 0, "%d of %d did all their rounds",
		     survivors - y->gave_up, survivors);
	if (c->kind->traits & LOCK_ROBUST) {
		result_check(r, kind, "one of them was told of the death",
			     y->repaired == 1, "EOWNERDEAD %llu times",
			     (unsigned long long)y->repaired);
		result_line(r,
			    "%s: %s was killed with the lock held; the next holder was "
			    "told EOWNERDEAD, took back the half change and went on",
			    kind, name);
	} else if (y->gave_up > 0) {
		result_line(r,
			    "%s: %s was killed with the lock held, and nobody can "
			    "release it: %d of %d gave up after %s ('-k robust' goes "
			    "on)",
			    kind, name, y->gave_up, survivors,
			    human_ns(buf, (double)c->timeout_ns));
	}
}

static void
conclude_failure(struct contest *c)
{
	const struct contest_seat *s = &c->shared->seat[0];

	if (c->o->fail_at == 0 || c->cancelled)
		return;
	result_check(c->run->result, c->kind->kind.name,
		     "the round that failed released the lock", s->failed && is_free(c),
		     "%s",
		     s->failed ? "it failed with the lock held, and the lock is free"
			       : "it never had the lock in that round");
}

static void
say_balance(struct contest *c, const struct tally *y, uint64_t lost)
{
	const char *kind = c->kind->kind.name;
	const bool processes = c->o->between == BETWEEN_PROCESS;
	const char *who = processes   ? c->n == 1 ? "process" : "processes"
			  : c->n == 1 ? "thread"
				      : "threads";
	struct result *r = c->run->result;

	if (lost > 0)
		result_line(r,
			    "%s: the balance is %lld after %llu updates by %d %s: %llu "
			    "updates were lost%s",
			    kind, (long long)y->balance, (unsigned long long)y->updates,
			    c->n, who, (unsigned long long)lost,
			    c->kind->traits & LOCK_EXCLUDES
				    ? ""
				    : "; nothing keeps them apart, and that is what it "
				      "is for");
	else
		result_line(r,
			    "%s: the balance is %lld after %llu updates by %d %s, none "
			    "was lost",
			    kind, (long long)y->balance, (unsigned long long)y->updates,
			    c->n, who);
}

static void
say_handovers(struct contest *c, const struct tally *y)
{
	const struct lock_section *s = &c->shared->section;
	struct result *r = c->run->result;

	if (!(c->kind->traits & LOCK_EXCLUDES) || y->rounds == 0)
		return;
	result_sample(r,
		      result_series(r, c->kind->kind.name, c->n,
				    &lock_metrics[METRIC_HANDOVERS]),
		      (double)s->handovers);
	result_line(
		r,
		"%s: the owner changed in %llu of %llu rounds; longest streak of one: "
		"%llu rounds; acquires that had to wait: %llu",
		c->kind->kind.name, (unsigned long long)s->handovers,
		(unsigned long long)y->rounds, (unsigned long long)s->longest,
		(unsigned long long)y->waits);
}

void
contest_conclude(struct contest *c, uint64_t wall_ns)
{
	const char *kind = c->kind->kind.name;
	struct result *r = c->run->result;
	const struct tally y = count(c);
	const uint64_t lost = y.updates > y.seen ? y.updates - y.seen : 0;

	if (wall_ns > 0)
		result_sample(r,
			      result_series(r, kind, c->n, &lock_metrics[METRIC_WALL]),
			      (double)wall_ns);
	if (c->inexact)
		return;
	result_sample(r, result_series(r, kind, c->n, &lock_metrics[METRIC_LOST]),
		      (double)lost);
	result_check(r, kind, "no update was lost", y.seen == y.updates,
		     "%llu updates, %llu lost", (unsigned long long)y.updates,
		     (unsigned long long)lost);
	result_check(r, kind, "the balance is the sum of the parts", y.balance == y.sum,
		     "it is %lld, the parts add up to %lld", (long long)y.balance,
		     (long long)y.sum);
	if (c->o->kill_holder && !c->cancelled)
		conclude_kill(c, &y);
	else
		conclude_failure(c);
	say_balance(c, &y, lost);
	say_handovers(c, &y);
	if (y.missed > 0 && !c->o->kill_holder)
		result_line(r, "%s: %llu acquires returned without the lock (%s)", kind,
			    (unsigned long long)y.missed,
			    c->o->try_only ? "--try" : "--acquire-timeout");
}
