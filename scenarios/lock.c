/*
 * lock.c - `concbench lock`: two threads and one balance.
 */
#include "scenarios/lock/contest.h"
#include "scenarios/lock/preload.h"

#include "core/clock.h"
#include "core/lock_plug.h"

#include <stdio.h>
#include <string.h>

enum { N_MAX = 1000, ROLES_MAX = 65535 };

static const struct choice between[] = {
	[BETWEEN_THREAD] = { "thread", "threads of one process" },
	[BETWEEN_PROCESS] = { "process", "processes over shared memory" },
	{ .name = NULL },
};

static const struct param params[] = {
	{ .name = "workers",
	  .letter = 'n',
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct lock_opts, n),
	  .arg = "N",
	  .def = "2",
	  .min = 1,
	  .max = N_MAX,
	  .help = "threads or processes that want the lock" },
	{ .name = "iterations",
	  .letter = 'i',
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct lock_opts, iterations),
	  .arg = "N",
	  .def = "10000",
	  .min = 1,
	  .max = 1e9,
	  .help = "rounds of each: acquire, add, subtract, release" },
	{ .name = "kind",
	  .letter = 'k',
	  .type = PARAM_KINDS,
	  .offset = offsetof(struct lock_opts, kinds),
	  .arg = "LIST",
	  .def = "mutex",
	  .kinds = lock_kind_list,
	  .load = lock_plug_load,
	  .help = "locks, one after the other; a word with a slash is a file: "
		  "./mylock.so" },
	{ .name = "between",
	  .type = PARAM_CHOICE,
	  .offset = offsetof(struct lock_opts, between),
	  .arg = "WHOM",
	  .def = "thread",
	  .choices = between,
	  .help = "who contends for the lock" },
	{ .name = "hold",
	  .type = PARAM_DURATION,
	  .offset = offsetof(struct lock_opts, hold_ns),
	  .arg = "DUR",
	  .def = "0",
	  .max = 1e18,
	  .help = "how long each round keeps the lock" },
	{ .name = "acquire-timeout",
	  .type = PARAM_DURATION,
	  .offset = offsetof(struct lock_opts, timeout_ns),
	  .arg = "DUR",
	  .min = 1,
	  .max = 1e18,
	  .help = "acquire gives up after DUR (default: it waits for ever)" },
	{ .name = "try",
	  .type = PARAM_FLAG,
	  .offset = offsetof(struct lock_opts, try_only),
	  .help = "acquire does not wait at all: acquire(blocking=False)" },
	{ .name = "fail-at",
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct lock_opts, fail_at),
	  .arg = "ROUND",
	  .min = 1,
	  .max = 1e9,
	  .help = "the first worker fails in this round with the lock held" },
	{ .name = "kill-holder",
	  .type = PARAM_FLAG,
	  .offset = offsetof(struct lock_opts, kill_holder),
	  .help = "the first process is killed with the lock held" },
	{ .name = "misuse",
	  .type = PARAM_FLAG,
	  .offset = offsetof(struct lock_opts, misuse),
	  .help = "release by a stranger, second acquire: see what each kind says" },
	{ .name = "preload",
	  .type = PARAM_FLAG,
	  .offset = offsetof(struct lock_opts, preload),
	  .help = "run the program behind '--' with these locks as its pthread "
		  "mutexes" },
	{ .name = "runs",
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct lock_opts, runs),
	  .arg = "N",
	  .def = "1",
	  .min = 1,
	  .max = 10000,
	  .help = "with --preload: run it N times under each kind, by turns" },
	{ .name = "plain",
	  .type = PARAM_FLAG,
	  .offset = offsetof(struct lock_opts, plain),
	  .help = "with --preload: run it as it is, too, for comparison" },
	PARAM_END,
};

static int
roles(const struct run *run, const void *opts)
{
	const struct lock_opts *o = opts;

	(void)run;
	return o->preload ? 1 : o->misuse ? 2 : 1 + (int)(o->kinds.n * (size_t)o->n);
}

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

static int
check(const struct run *run, const void *opts, struct err *e)
{
	const struct lock_opts *o = opts;
	int rc = preload_check(run, o, params, e);

	if (rc != 0 || o->preload)
		return rc;
	if (o->try_only && o->timeout_ns > 0)
		return err_set(e, EINVAL,
			       "'--try' and '--acquire-timeout' exclude each other");
	if (o->kill_holder && o->between != BETWEEN_PROCESS)
		return err_set(e, EINVAL,
			       "'--kill-holder' needs '--between process': a thread "
			       "cannot be killed alone");
	if (o->kill_holder && (o->n < 2 || o->try_only || o->fail_at > 0))
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
	/* Updates are counted in 32 bits. */
	if (o->n * o->iterations > INT32_MAX)
		return err_set(e, EINVAL,
			       "'-n %lld -i %lld' is more than 2147483647 rounds",
			       (long long)o->n, (long long)o->iterations);
	if (1 + o->n * (int64_t)o->kinds.n > ROLES_MAX)
		return err_set(e, EINVAL, "'-n %lld' for %zu kinds is too much to show",
			       (long long)o->n, o->kinds.n);
	for (size_t i = 0; i < o->kinds.n && rc == 0; i++)
		rc = check_kind(o, lock_kind_table[o->kinds.v[i]], e);
	return rc;
}

/* Without a timeout, nobody would outlive the end of a holder. */
#define KILL_TIMEOUT_NS (500 * NS_PER_MS)

static int
run_kind(struct run *run, const struct lock_opts *o, size_t place, struct err *e)
{
	struct contest c = { .run = run,
			     .o = o,
			     .kind = lock_kind_table[o->kinds.v[place]],
			     .n = (int)o->n,
			     .role0 = 1 + (int)place * (int)o->n,
			     .timeout_ns = o->timeout_ns,
			     .told = o->iterations <= CONTEST_TOLD };
	uint64_t begin_ns;
	int rc;

	if (o->misuse)
		return contest_misuse(run, c.kind, e);
	if (o->kill_holder && c.timeout_ns == 0 && !(c.kind->traits & LOCK_ROBUST))
		c.timeout_ns = KILL_TIMEOUT_NS;
	rc = contest_open(&c, e);
	if (rc != 0)
		return rc;
	begin_ns = clock_ns();
	rc = contest_play(&c, contest_contend, e);
	contest_conclude(&c, rc == 0 ? clock_ns() - begin_ns : 0);
	contest_close(&c);
	return rc;
}

static int
run_lock(struct run *run, const void *opts, struct err *e)
{
	const struct lock_opts *o = opts;
	int rc = 0;

	trace_name(run->trace, 0, "main");
	if (o->preload)
		return preload_run(run, o, e);
	for (size_t i = 0; i < o->kinds.n && rc == 0; i++)
		rc = run_kind(run, o, i, e);
	if (rc == 0 && run->quiet && !o->kill_holder && !o->misuse)
		rc = contest_measure(run, o, e);
	return rc == -ECANCELED ? 0 : rc;
}

static const struct example examples[] = {
	{ "concbench lock", "two threads, one balance, 10,000 rounds each" },
	{ "concbench lock -k none", "the same without a lock: updates are lost" },
	{ "concbench lock -i 3 --hold 20ms --timeline", "who waits for whom" },
	{ "concbench lock -i 5 --hold 50ms --acquire-timeout 20ms",
	  "acquire with a timeout" },
	{ "concbench lock -k errorcheck,recursive,mutex --misuse",
	  "a release by a stranger, a second acquire" },
	{ "concbench lock -k robust,mutex --between process --kill-holder",
	  "the holder is killed" },
	{ "concbench lock -q -k all -i 200k", "throughput, and how often the owner "
					      "changes" },
	{ "concbench lock --preload -k mutex,futex,mcs --runs 7 -- ./program",
	  "which lock a program likes best, and which of its mutexes is contended" },
	{ .line = NULL },
};

const struct scenario scenario_lock = {
	.name = "lock",
	.summary = "one balance, many hands: locks, lost updates, killed holders",
	.stands_for = "threading.Lock, threading.RLock, multiprocessing.Lock",
	.about =
		"N workers add to one balance and subtract again, 10,000 times each, "
		"each round under the lock. The balance ends at 0, whatever the order. "
		"With '-k none' nothing keeps them apart: what one writes is "
		"overwritten "
		"by another who had read before. Such lost updates are counted "
		"exactly, "
		"the check fails and the status is 1; that is what 'none' is for. So "
		"that this is certain on one CPU, too, some updates, drawn from the "
		"seed, dawdle between their read and their write until another worker "
		"has moved on or all wait.\n\n"
		"Up to 20 rounds ('-i') are told step by step; of more, waits of 0.1 "
		"ms "
		"and longer are shown. Kinds that cannot leave a queue (ticket, mcs) "
		"ask again and again when acquire has a timeout.\n\n"
		"With '--fail-at' the first worker fails in that round; as with a "
		"Python 'with', the lock is released on the way out. '--misuse' breaks "
		"the rules in one thread and a stranger: errorcheck, recursive and "
		"robust know their holder and answer EPERM; for the others the call "
		"would be undefined and is not made.\n\n"
		"With '--kill-holder' (between processes) the first one is killed by "
		"SIGKILL in the middle of its change. The robust lock tells the next "
		"holder EOWNERDEAD, which takes the half change back and goes on; all "
		"others wait for the dead until their timeout (0.5 s unless given), "
		"and "
		"the status is 1.\n\n"
		"With '-q', after that, all kinds are measured by turns with nothing "
		"told: rounds a second, and how often the lock changes owner. A lock "
		"that hardly ever does is fast because one worker keeps it.\n\n"
		"With '--preload' the program behind '--' is run under each kind: its "
		"pthread mutexes are these locks, by a library that LD_PRELOAD puts "
		"under it; it needs not be changed. Told are its time under each, and "
		"for each of its mutexes how often it was taken and waited for, and "
		"how "
		"long it was waited for and held; a mutex is named by where it was "
		"taken first. The status is that of the program.",
	.examples = examples,
	.params = params,
	.opts_size = sizeof(struct lock_opts),
	.kinds = lock_kind_list,
	.metrics = lock_metrics,
	.flags = SCENARIO_COMMAND | SCENARIO_UNTRACED,
	.failure = 125,
	.roles = roles,
	.check = check,
	.run = run_lock,
	.bench = lock_bench,
};
