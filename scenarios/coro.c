/*
 * coro.c - `concbench coro`: generators, switching by name, a cooperative scheduler,
 * downloads and an echo server on it.
 */
#include "scenarios/coro/coro_run.h"

#include <errno.h>

#define AT(field) offsetof(struct coro_opts, field)
#define BIT(verb) VERB_BIT(VERB_##verb)

static const struct verb verbs[] = {
	[VERB_GENERATOR] = { .name = "generator",
			     .summary = "producer and consumer by send and yield" },
	[VERB_SWITCH] = { .name = "switch",
			  .summary = "two coroutines hand over to each other by name" },
	[VERB_SPAWN] = { .name = "spawn",
			 .summary = "many coroutines under a cooperative scheduler" },
	[VERB_FETCH] = { .name = "fetch",
			 .summary = "downloads, one coroutine each, in one thread",
			 .operands = "URL..." },
	[VERB_ECHO] = { .name = "echo",
			.summary = "a TCP echo server: coroutine, thread or process a "
				   "connection" },
	{ .name = NULL },
};

static const struct choice endings[] = {
	[ENDING_CLOSE] = { "close", "the generator is closed, as by GeneratorExit" },
	[ENDING_THROW] = { "throw", "an error is thrown into it" },
	[ENDING_RETURN] = { "return", "it returns by itself: StopIteration" },
	{ .name = NULL },
};

static const struct choice withins[] = {
	[WITHIN_THREAD] = { "thread", "threads of this process" },
	[WITHIN_PROCESS] = { "process", "forked processes" },
	{ .name = NULL },
};

static const struct choice servers[] = {
	[SERVER_ALL] = { "all", "the three, one after the other" },
	[SERVER_COROUTINE] = { "coroutine", "one thread, a coroutine a connection" },
	[SERVER_THREAD] = { "thread", "a thread a connection" },
	[SERVER_PROCESS] = { "process", "a forked process a connection" },
	{ .name = NULL },
};

static const struct param params[] = {
	{ .name = "kind",
	  .letter = 'k',
	  .type = PARAM_KINDS,
	  .offset = AT(kinds),
	  .arg = "LIST",
	  .kinds = coro_kind_list,
	  .verbs = BIT(GENERATOR) | BIT(SWITCH) | BIT(SPAWN),
	  .help = "how to switch (the assembly for this machine); several are run one "
		  "after the other" },
	{ .name = "workers",
	  .letter = 'n',
	  .type = PARAM_COUNT,
	  .offset = AT(workers),
	  .arg = "N",
	  .def = "1",
	  .min = 1,
	  .max = 256,
	  .verbs = BIT(SPAWN),
	  .help = "threads or processes with so many coroutines each; spawn" },
	{ .name = "in",
	  .type = PARAM_CHOICE,
	  .offset = AT(within),
	  .arg = "WHAT",
	  .def = "process",
	  .choices = withins,
	  .verbs = BIT(SPAWN),
	  .help = "what these workers are; spawn" },
	{ .name = "coroutines",
	  .letter = 'm',
	  .type = PARAM_COUNT,
	  .offset = AT(coroutines),
	  .arg = "N",
	  .min = 1,
	  .max = 1e7,
	  .verbs = BIT(SPAWN) | BIT(ECHO),
	  .help = "coroutines of each worker (3); echo: connections (100)" },
	{ .name = "iterations",
	  .letter = 'i',
	  .type = PARAM_COUNT,
	  .offset = AT(iterations),
	  .arg = "N",
	  .min = 1,
	  .max = 1e9,
	  .verbs = BIT(GENERATOR) | BIT(SWITCH) | BIT(SPAWN) | BIT(ECHO),
	  .help = "items sent (5), turns of each (3), steps of each (3), messages of "
		  "each connection (10)" },
	{ .name = "end",
	  .type = PARAM_CHOICE,
	  .offset = AT(ending),
	  .arg = "HOW",
	  .def = "close",
	  .choices = endings,
	  .verbs = BIT(GENERATOR),
	  .help = "how the generator ends; generator" },
	{ .name = "sleep",
	  .type = PARAM_DURATION,
	  .offset = AT(pause_ns),
	  .arg = "DUR",
	  .def = "100ms",
	  .max = 1e15,
	  .verbs = BIT(SPAWN),
	  .help = "how long a coroutine sleeps after each step; spawn" },
	{ .name = "join-timeout",
	  .type = PARAM_DURATION,
	  .offset = AT(join_ns),
	  .arg = "DUR",
	  .min = 1,
	  .max = 1e15,
	  .verbs = BIT(SPAWN),
	  .help = "joinall waits so long and kills the rest (for ever); spawn" },
	{ .name = "deadlock",
	  .type = PARAM_FLAG,
	  .offset = AT(knot),
	  .verbs = BIT(SPAWN),
	  .help = "each coroutine joins the next one, the last the first; spawn" },
	{ .name = "stack",
	  .type = PARAM_SIZE,
	  .offset = AT(stack_bytes),
	  .arg = "SIZE",
	  .def = "64KiB",
	  .min = (double)CORO_STACK_MIN,
	  .max = 1 << 30,
	  .help = "stack of each coroutine" },
	{ .name = "use-stack",
	  .type = PARAM_SIZE,
	  .offset = AT(use_bytes),
	  .arg = "SIZE",
	  .min = 1,
	  .max = 1 << 30,
	  .verbs = BIT(SPAWN),
	  .help = "bytes of its stack that a coroutine uses in each step; spawn" },
	{ .name = "per",
	  .type = PARAM_CHOICE,
	  .offset = AT(server),
	  .arg = "WHAT",
	  .def = "all",
	  .choices = servers,
	  .verbs = BIT(ECHO),
	  .help = "what serves a connection; echo" },
	{ .name = "size",
	  .type = PARAM_SIZE,
	  .offset = AT(size_bytes),
	  .arg = "SIZE",
	  .def = "64",
	  .min = 1,
	  .max = 1 << 20,
	  .verbs = BIT(ECHO),
	  .help = "bytes of a message; echo" },
	{ .name = "url-timeout",
	  .type = PARAM_DURATION,
	  .offset = AT(url_ns),
	  .arg = "DUR",
	  .def = "30s",
	  .min = 1e6,
	  .max = 1e15,
	  .verbs = BIT(FETCH),
	  .help = "give up a download after this; fetch" },
	PARAM_END,
};

const struct metric coro_metrics[] = {
	[CORO_M_WALL] = { "wall", "ns", BETTER_LOWER, "from first to last" },
	[CORO_M_MEMORY] = { "memory", "bytes", BETTER_LOWER,
			    "peak resident memory that a coroutine added" },
	[CORO_M_SPAWN] = { "spawn", "ns", BETTER_LOWER,
			   "spawn of one task, its stack included" },
	[CORO_M_FETCH] = { "download", "ns", BETTER_LOWER,
			   "one URL, from its start to its last byte" },
	[CORO_M_BYTES] = { "received", "bytes", BETTER_NONE, "body of one URL" },
	[CORO_M_ROUND_TRIP] = { "round_trip", "ns", BETTER_LOWER,
				"a message there and back, as the client waits" },
	[CORO_M_RATE] = { "throughput", "1/s", BETTER_HIGHER,
			  "messages there and back, all connections together" },
	[CORO_M_CPU] = { "cpu", "ns", BETTER_LOWER,
			 "CPU time of the workers; echo: of the server" },
	{ .name = NULL },
};

size_t
coro_run_kinds(const struct coro_opts *o)
{
	return o->kinds.n != 0 ? o->kinds.n : 1;
}

const struct coro_kind *
coro_run_kind(const struct coro_opts *o, size_t i)
{
	return o->kinds.n != 0 ? coro_kind_table[o->kinds.v[i]] : coro_kind_native();
}

struct coro_config
coro_run_config(const struct run *run, const struct coro_opts *o,
		const struct coro_kind *kind)
{
	return (struct coro_config){ .kind = kind,
				     .stack_bytes = (size_t)o->stack_bytes,
				     .trace = run->trace };
}

void
coro_run_role(const struct run *run, int role, const char *name)
{
	trace_name(run->trace, role, name);
	trace_mark_coroutine(run->trace, role);
}

int
coro_run_roles_each(const struct coro_opts *o)
{
	const int64_t m = o->coroutines == 0 ? 3 : o->coroutines;
	const int64_t most = CORO_ROLES_MAX / o->workers;

	return (int)(m < most ? m : most);
}

/* Roles of one kind beside main. */
static int
roles_of_kind(const struct run *run, const struct coro_opts *o)
{
	switch (run->verb) {
	case VERB_SPAWN:
		return (int)((coro_run_roles_each(o) + 1) * o->workers);
	case VERB_FETCH:
		return run->argc < CORO_ROLES_MAX ? run->argc : CORO_ROLES_MAX;
	default:
		return 2;
	}
}

static int
roles(const struct run *run, const void *opts)
{
	const struct coro_opts *o = opts;

	return 1 + roles_of_kind(run, o) * (int)coro_run_kinds(o);
}

static int
check(const struct run *run, const void *opts, struct err *e)
{
	const struct coro_opts *o = opts;

	if (run->verb == VERB_FETCH && run->argc == 0)
		return err_set(e, EINVAL, "fetch: which URL?");
	if (run->verb == VERB_ECHO && o->coroutines > 30000)
		return err_set(e, EINVAL,
			       "-m: a client of one address has ports for about 28k "
			       "connections");
	if (roles(run, opts) > 60000)
		return err_set(e, EINVAL, "-n, -m, -k: that are too many at once");
	return 0;
}

static int
run_coro(struct run *run, const void *opts, struct err *e)
{
	static int (*const verb[])(struct run * run, const struct coro_opts *o,
				   const struct coro_kind *kind, int role0,
				   struct err *e) = {
		[VERB_GENERATOR] = coro_generator, [VERB_SWITCH] = coro_switch_by_name,
		[VERB_SPAWN] = coro_spawn,	   [VERB_FETCH] = coro_fetch,
		[VERB_ECHO] = coro_echo,
	};
	struct coro_opts o = *(const struct coro_opts *)opts;
	int rc = 0;

	if (o.coroutines == 0)
		o.coroutines = run->verb == VERB_ECHO ? 100 : 3;
	for (size_t i = 0; i < coro_run_kinds(&o) && rc == 0; i++) {
		if (stop_reason(run->stop) != STOP_NONE)
			break;
		rc = verb[run->verb](run, &o, coro_run_kind(&o, i),
				     1 + (int)i * roles_of_kind(run, &o), e);
	}
	return rc;
}

static const struct example examples[] = {
	{ "concbench coro generator", "producer and consumer: send, yield, 200 OK" },
	{ "concbench coro switch -i 5 --timeline", "A and B hand over by name" },
	{ "concbench coro spawn -m 3 --sleep 100ms", "three that sleep side by side" },
	{ "concbench coro spawn -m 1M -i 1 --sleep 1s -q", "a million asleep" },
	{ "concbench coro spawn --deadlock", "who waits for whom" },
	{ "concbench coro switch -b --pin same", "a switch of coroutines, of threads" },
	{ "concbench coro switch -b -k all", "what a switch costs, kind by kind" },
	{ "concbench coro fetch https://www.debian.org", "a download" },
	{ "concbench coro echo -m 10k --per coroutine", "ten thousand connections" },
	{ .line = NULL },
};

const struct scenario scenario_coro = {
	.name = "coro",
	.summary = "coroutines: generators, switching by name, a scheduler, sockets",
	.stands_for = "generators, greenlet, gevent",
	.about =
		"generator: the consumer is a generator that yields its answer to the "
		"last item and gets the next one by that; it is started by send(None) "
		"and ended by close(), throw() or its own return, and runs its "
		"clean-up "
		"each time.\n\n"
		"switch: A and B hand over to each other by name, with a value; the "
		"end "
		"of one goes to its parent.\n\n"
		"spawn: many coroutines on one thread; who sleeps lets the others run. "
		"joinall waits for all, at most --join-timeout, and kills the rest. "
		"With "
		"-n there are several threads or processes with as many each. When all "
		"wait for each other, the run says who on what and ends with 1.\n\n"
		"fetch: concurrent downloads in one thread, by libcurl driven by our "
		"own "
		"event loop.\n\n"
		"echo: a TCP echo server on the loopback and a client with many "
		"connections: coroutine, thread and process a connection do the same "
		"work.\n\n"
		"With --bench of generator, switch and spawn: what a switch, creating "
		"and running a coroutine, and sleep(0) cost, of each kind; switch has "
		"two "
		"threads beside, which hand over to each other.\n\n"
		"A coroutine that overflows its stack runs into a guard: the run says "
		"which one it was and ends with 3.",
	.verbs = verbs,
	.examples = examples,
	.params = params,
	.opts_size = sizeof(struct coro_opts),
	.kinds = coro_kind_list,
	.metrics = coro_metrics,
	.flags = SCENARIO_UNTRACED,
	.roles = roles,
	.check = check,
	.run = run_coro,
	.bench = coro_bench,
};
