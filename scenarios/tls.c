/*
 * tls.c - `concbench tls`: a variable of which each thread has its own.
 */
#include "scenarios/tls/school.h"

#include <errno.h>

enum { N_MAX = 1000 };

static const struct param params[] = {
	{ .name = "workers",
	  .letter = 'n',
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct tls_opts, n),
	  .arg = "N",
	  .def = "2",
	  .min = 1,
	  .max = N_MAX,
	  .help = "threads" },
	{ .name = "kind",
	  .letter = 'k',
	  .type = PARAM_KINDS,
	  .offset = offsetof(struct tls_opts, kinds),
	  .arg = "LIST",
	  .def = "thread_local,pthread_key,c11,hash",
	  .kinds = tls_kind_list,
	  .help = "kinds of thread-local storage, one after the other" },
	{ .name = "sharing",
	  .type = PARAM_FLAG,
	  .offset = offsetof(struct tls_opts, sharing),
	  .help = "instead: counters of the threads packed on one cache line, padded, "
		  "thread-local" },
	{ .name = "iterations",
	  .letter = 'i',
	  .type = PARAM_COUNT,
	  .offset = offsetof(struct tls_opts, iterations),
	  .arg = "N",
	  .def = "1M",
	  .min = 1,
	  .max = 1e12,
	  .help = "rounds of each thread of --sharing" },
	PARAM_END,
};

const struct metric tls_metrics[] = {
	[METRIC_GET] = { "get", "ns", BETTER_LOWER,
			 "a read of the own value, in batches" },
	[METRIC_SET] = { "set", "ns", BETTER_LOWER,
			 "a write of the own value, in batches" },
	[METRIC_RATE] = { "counts", "1/s", BETTER_HIGHER,
			  "counts of all threads per second (--sharing)" },
	{ .name = NULL },
};

static int
roles(const struct run *run, const void *opts)
{
	const struct tls_opts *o = opts;

	(void)run;
	return o->sharing ? 1 : 1 + (int)o->n;
}

static int
run_tls(struct run *run, const void *opts, struct err *e)
{
	const struct tls_opts *o = opts;
	int rc = 0;

	trace_name(run->trace, 0, "main");
	if (o->sharing) {
		rc = tls_share(run, o, e);
	} else {
		for (size_t i = 0; i < o->kinds.n && rc == 0; i++)
			rc = school_play(run, o, tls_kind_table[o->kinds.v[i]], e);
		if (rc == 0)
			rc = tls_measure(run, o, e);
	}
	return rc == -ECANCELED ? 0 : rc;
}

static const struct example examples[] = {
	{ "concbench tls -k thread_local",
	  "Thread-A and Thread-B greet their own student" },
	{ "concbench tls", "every kind: its ends, and what an access costs" },
	{ "concbench tls -k global", "what happens when it is not thread-local" },
	{ "concbench tls -n 64 -q", "many threads: does one see another's value?" },
	{ "concbench tls --sharing -n 2", "does false sharing matter here?" },
	{ .line = NULL },
};

const struct scenario scenario_tls = {
	.name = "tls",
	.summary = "thread-local storage: own values, destructors, what it costs",
	.stands_for = "threading.local",
	.about =
		"N threads each bind a student of their own and a desk; once all have, "
		"each greets its student, which nobody passed to it, and looks a "
		"hundred "
		"times whether what it finds is its own. When a thread ends, the "
		"destructors of pthread_key and c11 run in it, in the order of the "
		"keys; "
		"thread_local and hash have none, so the thread gives its values back "
		"by "
		"hand.\n\n"
		"'-k global' is a plain global variable, the control: what one thread "
		"sets, the others see, the check fails and the status is 1.\n\n"
		"Then an access of each kind is timed in batches, by turns with that "
		"plain global. _Thread_local in a program is as cheap; a call into the "
		"C "
		"library is not.\n\n"
		"With '--sharing' each thread counts in a counter of its own that lies "
		"on one cache line with the others', on a line of its own, or in "
		"thread-local storage. On one CPU there is no difference.",
	.examples = examples,
	.params = params,
	.opts_size = sizeof(struct tls_opts),
	.kinds = tls_kind_list,
	.metrics = tls_metrics,
	.flags = SCENARIO_UNTRACED,
	.roles = roles,
	.run = run_tls,
	.bench = tls_bench,
};
