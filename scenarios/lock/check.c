/*
 * check.c - options of `concbench lock` that cannot be combined.
 */
#include "scenarios/lock/bench.h"
#include "scenarios/lock/preload.h"

#include <errno.h>

enum {
	ROLES_MAX = 65535,
	NODES_MAX = 1 << 20, /* of all contenders for all locks: 128 MiB */
};

int
lock_check_kind(const struct run *run, const void *opts, int64_t kind, struct err *e)
{
	const struct lock_opts *o = opts;
	const struct lock_kind *k = lock_kind_table[kind];

	(void)run;
	if (o->preload)
		return 0; /* preload_check() has looked */
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
	if (o->kill_holder && (k->traits & LOCK_ABORTS))
		return err_set(e, EINVAL,
			       "'-k %s' has no '--kill-holder': the C library aborts "
			       "whoever asks for it after that",
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
	return rc;
}
