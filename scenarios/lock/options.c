/*
 * options.c - the options of `concbench lock`, and what cannot be combined.
 */
#include "core/lock_plug.h"
#include "scenarios/lock/preload.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	N_MAX = 1000,
	ROLES_MAX = 65535,
	LOCKS_MAX = 65536,
	NODES_MAX = 1 << 20, /* of all contenders for all locks: 128 MiB */
	READS_MAX = 16
};

#define AT(field) .offset = offsetof(struct lock_opts, field)

static const struct choice between[] = {
	[BETWEEN_THREAD] = { "thread", "threads of one process" },
	[BETWEEN_PROCESS] = { "process", "processes over shared memory" },
	{ .name = NULL },
};

/* The first two stand where LOCK_GIVEN_ says. */
const struct param lock_params[] = {
	{ .name = "workers",
	  .letter = 'n',
	  .type = PARAM_COUNTS,
	  AT(n),
	  .arg = "N",
	  .def = "2",
	  .min = 1,
	  .max = N_MAX,
	  .help = "threads or processes that want the lock; measured: a list or range "
		  "runs each size" },
	{ .name = "iterations",
	  .letter = 'i',
	  .type = PARAM_COUNT,
	  AT(iterations),
	  .arg = "N",
	  .def = "10000",
	  .min = 1,
	  .max = 1e9,
	  .help = "rounds of each: acquire, change, release; with --bench: in each "
		  "batch (as many as it has time for)" },
	{ .name = "kind",
	  .letter = 'k',
	  .type = PARAM_KINDS,
	  AT(kinds),
	  .arg = "LIST",
	  .def = "mutex",
	  .kinds = lock_kind_list,
	  .load = lock_plug_load,
	  .help = "locks, one after the other; a word with a slash is a file: "
		  "./mylock.so" },
	{ .name = "between",
	  .type = PARAM_CHOICE,
	  AT(between),
	  .arg = "WHOM",
	  .def = "thread",
	  .choices = between,
	  .help = "who contends for the lock" },
	{ .name = "hold",
	  .type = PARAM_AMOUNT,
	  AT(hold),
	  .arg = "AMOUNT",
	  .def = "0",
	  .max = 1e18,
	  .help = "what each round does with the lock: time or cache lines touched" },
	{ .name = "think",
	  .type = PARAM_AMOUNT,
	  AT(think),
	  .arg = "AMOUNT",
	  .def = "0",
	  .max = 1e18,
	  .help = "what each does between two rounds" },
	{ .name = "oversubscribe",
	  .type = PARAM_COUNTS,
	  AT(oversubscribe),
	  .arg = "F",
	  .min = 1,
	  .max = 64,
	  .help = "so many workers for each CPU, instead of -n" },
	{ .name = "locks",
	  .type = PARAM_COUNT,
	  AT(locks),
	  .arg = "M",
	  .def = "1",
	  .min = 1,
	  .max = LOCKS_MAX,
	  .help = "measured: locks of which each round takes one" },
	{ .name = "zipf",
	  .type = PARAM_REAL,
	  AT(zipf),
	  .arg = "THETA",
	  .def = "0",
	  .min = 0,
	  .max = 10,
	  .help = "measured: some of the --locks are wanted more, by Zipf's law; 0: "
		  "all "
		  "alike" },
	{ .name = "nest",
	  .type = PARAM_COUNT,
	  AT(nest),
	  .arg = "D",
	  .def = "1",
	  .min = 1,
	  .max = LOCK_NEST_MAX,
	  .help = "measured: each round takes D of the --locks, in order" },
	{ .name = "reads",
	  .type = PARAM_COUNTS,
	  AT(reads),
	  .arg = "PCT",
	  .def = "0",
	  .min = 0,
	  .max = 100,
	  .help = "measured: percent of the rounds that only read, on the shared side "
		  "of "
		  "locks that have one; a list runs each" },
	{ .name = "burst",
	  .type = PARAM_COUNT,
	  AT(burst),
	  .arg = "N",
	  .min = 1,
	  .max = 1e9,
	  .help = "measured: each rests after N rounds, for --pause" },
	{ .name = "pause",
	  .type = PARAM_DURATION,
	  AT(pause_ns),
	  .arg = "DUR",
	  .def = "1ms",
	  .min = 1,
	  .max = 1e12,
	  .help = "measured: a rest after a --burst" },
	{ .name = "batch",
	  .type = PARAM_DURATION,
	  AT(batch_ns),
	  .arg = "DUR",
	  .min = 1e5,
	  .max = 1e11,
	  .help = "with --bench: how long they are at it in one go (5 ms; with more "
		  "workers than CPUs two turns each)" },
	{ .name = "sample",
	  .type = PARAM_COUNT,
	  AT(sample),
	  .arg = "N",
	  .min = 1,
	  .max = 1e6,
	  .help = "measured: waits of one round in N are timed (as many as cost 2 %)" },
	{ .name = "explain",
	  .type = PARAM_FLAG,
	  AT(explain),
	  .help = "measured: say what the figures mean" },
	{ .name = "acquire-timeout",
	  .type = PARAM_DURATION,
	  AT(timeout_ns),
	  .arg = "DUR",
	  .min = 1,
	  .max = 1e18,
	  .help = "acquire gives up after DUR (default: it waits for ever)" },
	{ .name = "try",
	  .type = PARAM_FLAG,
	  AT(try_only),
	  .help = "acquire does not wait at all: acquire(blocking=False)" },
	{ .name = "fail-at",
	  .type = PARAM_COUNT,
	  AT(fail_at),
	  .arg = "ROUND",
	  .min = 1,
	  .max = 1e9,
	  .help = "the first worker fails in this round with the lock held" },
	{ .name = "kill-holder",
	  .type = PARAM_FLAG,
	  AT(kill_holder),
	  .help = "the first process is killed with the lock held" },
	{ .name = "misuse",
	  .type = PARAM_FLAG,
	  AT(misuse),
	  .help = "release by a stranger, second acquire: see what each kind says" },
	{ .name = "preload",
	  .type = PARAM_FLAG,
	  AT(preload),
	  .help = "run the program behind '--' with these locks as its pthread "
		  "mutexes" },
	{ .name = "runs",
	  .type = PARAM_COUNT,
	  AT(runs),
	  .arg = "N",
	  .def = "1",
	  .min = 1,
	  .max = 10000,
	  .help = "with --preload: run it N times under each kind, by turns" },
	{ .name = "plain",
	  .type = PARAM_FLAG,
	  AT(plain),
	  .help = "with --preload: run it as it is, too, for comparison" },
	PARAM_END,
};

/* What one kind cannot do. */
static int
check_kind(const struct lock_opts *o, const struct lock_kind *k, struct err *e)
{
	if (o->between == BETWEEN_PROCESS && !(k->traits & LOCK_SHARED)) {
		err_set(e, EINVAL, "'-k %s' does not work between processes",
			k->kind.name);
		err_hint(e, "it has no way to be shared; 'concbench list' tells of the "
			    "others");
		return -EINVAL;
	}
	if ((o->kill_holder || o->fail_at > 0 || o->misuse) && k->add != NULL)
		return err_set(e, EINVAL,
			       "'-k %s' is never held: its change is one step",
			       k->kind.name);
	if (k->try_acquire == NULL && (o->try_only || o->timeout_ns > 0 || o->misuse ||
				       o->kill_holder || o->fail_at > 0))
		return err_set(e, EINVAL, "'-k %s' has no try: it cannot but wait",
			       k->kind.name);
	if (o->kill_holder && !(k->traits & LOCK_EXCLUDES))
		return err_set(e, EINVAL,
			       "'--kill-holder' needs a lock that is held; '-k %s' is "
			       "not",
			       k->kind.name);
	return 0;
}

/* What shows how a lock behaves. */
static int
check_shown(const struct run *run, const struct lock_opts *o, struct err *e)
{
	const int64_t n = lock_size(o, 0);

	if (o->try_only && o->timeout_ns > 0)
		return err_set(e, EINVAL,
			       "'--try' and '--acquire-timeout' exclude each other");
	if (o->kill_holder && o->between != BETWEEN_PROCESS)
		return err_set(e, EINVAL,
			       "'--kill-holder' needs '--between process': a thread "
			       "cannot be killed alone");
	if (o->kill_holder && (n < 2 || o->try_only || o->fail_at > 0))
		return err_set(e, EINVAL,
			       "'--kill-holder' needs '-n 2' or more, and excludes "
			       "'--try' and '--fail-at'");
	if (o->misuse &&
	    (o->between != BETWEEN_THREAD || o->fail_at > 0 || o->try_only))
		return err_set(e, EINVAL,
			       "'--misuse' is for threads, and excludes '--try' and "
			       "'--fail-at'");
	if (o->fail_at > o->iterations)
		return err_set(e, EINVAL, "'--fail-at %lld' is beyond '-i %lld'",
			       (long long)o->fail_at, (long long)o->iterations);
	if (lock_sizes(o) > 1 && !run->bench)
		return err_set(e, EINVAL, "several sizes are for --bench");
	if ((o->hold.lines || o->think.lines) && !run->bench)
		return err_set(e, EINVAL, "cache lines are for --bench");
	return 0;
}

/* The first option that says how to measure; NULL: none was given. */
static const char *
given_for_measure(const struct lock_opts *o)
{
	return o->locks > 1			     ? "--locks"
	       : o->nest > 1			     ? "--nest"
	       : o->zipf > 0			     ? "--zipf"
	       : o->reads.n > 1 || o->reads.v[0] > 0 ? "--reads"
	       : o->burst > 0			     ? "--burst"
	       : o->batch_ns > 0		     ? "--batch"
	       : o->sample > 0			     ? "--sample"
	       : o->explain			     ? "--explain"
						     : NULL;
}

/* What says how to measure it. */
static int
check_measured(const struct run *run, const struct lock_opts *o, struct err *e)
{
	if (!run->bench && !run->quiet && given_for_measure(o) != NULL)
		return err_set(e, EINVAL, "'%s' is for --bench, or -q",
			       given_for_measure(o));
	if (run->bench && (o->timeout_ns > 0 || o->try_only || o->fail_at > 0 ||
			   o->kill_holder || o->misuse))
		return err_set(e, EINVAL,
			       "'--acquire-timeout', '--try', '--fail-at', "
			       "'--kill-holder' and '--misuse' are not for --bench");
	if (o->nest > o->locks)
		return err_set(e, EINVAL, "'--nest %lld' needs '--locks %lld' or more",
			       (long long)o->nest, (long long)o->nest);
	if (o->zipf > 0 && o->locks < 2)
		return err_set(e, EINVAL, "'--zipf' needs '--locks 2' or more");
	if (o->reads.n > READS_MAX)
		return err_set(e, EINVAL, "'--reads' takes at most %d values",
			       READS_MAX);
	if (o->nest > 1 && (o->reads.n > 1 || o->reads.v[0] > 0))
		return err_set(e, EINVAL, "'--nest' and '--reads' exclude each other");
	return 0;
}

int
lock_check(const struct run *run, const void *opts, struct err *e)
{
	const struct lock_opts *o = opts;
	int rc = preload_check(run, o, lock_params, e);

	if (rc != 0 || o->preload)
		return rc;
	rc = check_measured(run, o, e);
	if (rc == 0)
		rc = check_shown(run, o, e);
	if (rc == 0 && o->oversubscribe.n > 0 && run->given[LOCK_GIVEN_N])
		rc = err_set(e, EINVAL,
			     "'-n' and '--oversubscribe' exclude each other");
	for (size_t i = 0; i < lock_sizes(o) && rc == 0; i++) {
		const int64_t n = lock_size(o, i);

		/* Updates are counted in 32 bits. */
		if (n * o->iterations > INT32_MAX)
			rc = err_set(e, EINVAL,
				     "'-n %lld -i %lld' is more than 2147483647 rounds",
				     (long long)n, (long long)o->iterations);
		else if (1 + n * (int64_t)o->kinds.n > ROLES_MAX && !run->bench)
			rc = err_set(e, EINVAL,
				     "'-n %lld' for %zu kinds is too much to show",
				     (long long)n, o->kinds.n);
		else if (n * o->locks > NODES_MAX)
			rc = err_set(e, EINVAL,
				     "'-n %lld --locks %lld' is more than %d pairs",
				     (long long)n, (long long)o->locks, NODES_MAX);
	}
	for (size_t i = 0; i < o->kinds.n && rc == 0; i++)
		rc = check_kind(o, lock_kind_table[o->kinds.v[i]], e);
	return rc;
}
