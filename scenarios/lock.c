/*
 * lock.c - `concbench lock`: two threads and one balance.
 */
#include "scenarios/lock/bench.h"
#include "scenarios/lock/contest.h"
#include "scenarios/lock/preload.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

static int
roles(const struct run *run, const void *opts)
{
	const struct lock_opts *o = opts;

	(void)run;
	return o->preload  ? 1
	       : o->misuse ? 2
			   : 1 + (int)((int64_t)o->kinds.n * lock_size(o, 0));
}

/* Without a timeout, nobody would outlive the end of a holder. */
#define KILL_TIMEOUT_NS (500 * NS_PER_MS)

static int
run_kind(struct run *run, const struct lock_opts *o, size_t place, struct err *e)
{
	const int64_t n = lock_size(o, 0);
	struct contest c = { .run = run,
			     .o = o,
			     .kind = lock_kind_table[o->kinds.v[place]],
			     .n = (int)n,
			     .role0 = 1 + (int)((int64_t)place * n),
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
		rc = lock_measure(run, o, e);
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
	{ "concbench lock -b -k mutex,ticket -n 1,2,4,8 --explain",
	  "measured over sizes: speed, waiting, fairness, cost; and what it means" },
	{ "concbench lock -b -k mutex,rwlock -n 4 --reads 0,50,90,99 --hold 1us",
	  "from which share of reads on a reader-writer lock pays" },
	{ "concbench lock -b --locks 64 --zipf 0.99 --hold 1-4lines --think exp:1us",
	  "many locks, some wanted more than others" },
	{ "concbench lock -b -k ./mylock.so,mutex", "a lock of your own" },
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
		"overwritten by another who had read before. Such lost updates are "
		"counted exactly, the check fails and the status is 1; that is what "
		"'none' is for. So that this is certain on one CPU, too, some updates, "
		"drawn from the seed, dawdle between their read and their write until "
		"another worker has moved on or all wait.\n\n"
		"Up to 20 rounds ('-i') are told step by step; of more, waits of 0.1 "
		"ms and longer are shown. Kinds that cannot leave a queue (ticket, "
		"mcs) ask again and again when acquire has a timeout.\n\n"
		"With '--fail-at' the first worker fails in that round; as with a "
		"Python 'with', the lock is released on the way out. '--misuse' breaks "
		"the rules in one thread and a stranger: errorcheck, recursive and "
		"robust know their holder and answer EPERM; for the others the call "
		"would be undefined and is not made.\n\n"
		"With '--kill-holder' (between processes) the first one is killed by "
		"SIGKILL in the middle of its change. The robust lock tells the next "
		"holder EOWNERDEAD, which takes the half change back and goes on; all "
		"others wait for the dead until their timeout (0.5 s unless given), "
		"and the status is 1.\n\n"
		"'--bench' measures: rounds a second never stand alone, but beside how "
		"often the lock changes owner, how evenly it is shared in the long run "
		"and in short windows, how long an acquisition waits and how long an "
		"arrival at a random moment would, and what CPU time it costs. Waits "
		"are timed in some rounds only, in runs that alternate with others "
		"where no time is taken; the table 'cost' says what that costs. "
		"'--explain' says in words what follows. With '-q' the same is "
		"measured after the contest, in seven batches of '-i' rounds each. "
		"docs/lock.md tells what each figure is.\n\n"
		"A lock of your own is a word with a slash to '-k', the name of a "
		"library: concbench_lock.h says what it has to have.\n\n"
		"With '--preload' the program behind '--' is run under each kind: its "
		"pthread mutexes are these locks, by a library that LD_PRELOAD puts "
		"under it; it needs not be changed. Told are its time under each, and "
		"for each of its mutexes how often it was taken and waited for, and "
		"how long it was waited for and held; a mutex is named by where it was "
		"taken first. The status is that of the program.",
	.examples = examples,
	.params = lock_params,
	.opts_size = sizeof(struct lock_opts),
	.kinds = lock_kind_list,
	.metrics = lock_metrics,
	.flags = SCENARIO_COMMAND | SCENARIO_UNTRACED,
	.failure = 125,
	.roles = roles,
	.check = lock_check,
	.check_kind = lock_check_kind,
	.run = run_lock,
	.bench = lock_bench,
	.judge = lock_judge,
};
