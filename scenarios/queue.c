/*
 * queue.c - `concbench queue`: producers and consumers (multiprocessing.Queue).
 */
#include "scenarios/queue/queue_run.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#define AT(field) offsetof(struct queue_opts, field)

static const struct choice betweens[] = {
	{ "process", "multiprocessing.Queue" },
	{ "thread", "queue.Queue" },
	{ 0 },
};

static const struct choice stops[] = {
	[STOP_SENTINEL] = { "sentinel", "a last message for each consumer" },
	[STOP_CLOSE] = { "close", "the queue is closed, get ends when it is empty" },
	[STOP_TERMINATE] = { "terminate", "consumers are terminated when all is got" },
	{ 0 },
};

static const struct choice crashes[] = {
	[CRASH_NOBODY] = { "nobody", "all live on" },
	[CRASH_PRODUCER] = { "producer", "the first producer, in the middle of a put" },
	[CRASH_CONSUMER] = { "consumer", "the first consumer, in the middle of a get" },
	{ 0 },
};

const struct param queue_params[] = {
	{ .name = "kind",
	  .letter = 'k',
	  .type = PARAM_KINDS,
	  .offset = AT(kinds),
	  .arg = "LIST",
	  .def = "mpmc",
	  .kinds = queue_kind_list,
	  .help = "queues to run; several are run by turns" },
	{ .name = "producers",
	  .letter = 'p',
	  .type = PARAM_COUNT,
	  .offset = AT(producers),
	  .arg = "N",
	  .def = "1",
	  .min = 1,
	  .max = 1024,
	  .help = "workers that put" },
	{ .name = "consumers",
	  .letter = 'c',
	  .type = PARAM_COUNT,
	  .offset = AT(consumers),
	  .arg = "N",
	  .def = "1",
	  .min = 1,
	  .max = 1024,
	  .help = "workers that get" },
	{ .name = "messages",
	  .letter = 'm',
	  .type = PARAM_COUNT,
	  .offset = AT(messages),
	  .arg = "N",
	  .min = 1,
	  .max = 1e12,
	  .help = "messages of each producer (3); not with --bench" },
	{ .name = "size",
	  .type = PARAM_SIZES,
	  .offset = AT(sizes),
	  .arg = "LIST",
	  .def = "8",
	  .min = 8,
	  .max = 1 << 26,
	  .help = "bytes of a message; all are written and examined; a list runs "
		  "each" },
	{ .name = "capacity",
	  .type = PARAM_COUNTS,
	  .offset = AT(capacities),
	  .arg = "N",
	  .def = "1024",
	  .min = 1,
	  .max = QUEUE_CAPACITY_MAX,
	  .help = "messages that fit (maxsize); a list runs each" },
	{ .name = "between",
	  .type = PARAM_CHOICE,
	  .offset = AT(between),
	  .arg = "WHAT",
	  .def = "process",
	  .choices = betweens,
	  .help = "what producers and consumers are" },
	{ .name = "stop",
	  .type = PARAM_CHOICE,
	  .offset = AT(stop),
	  .arg = "HOW",
	  .def = "terminate",
	  .choices = stops,
	  .help = "how the consumers end; not with --bench" },
	{ .name = "pause",
	  .type = PARAM_DURATION,
	  .offset = AT(pause_ns),
	  .arg = "DUR",
	  .def = "300ms",
	  .max = 1e15,
	  .help = "longest pause before a put, drawn from the seed; not with --bench" },
	{ .name = "crash",
	  .type = PARAM_CHOICE,
	  .offset = AT(crash),
	  .arg = "WHO",
	  .def = "nobody",
	  .choices = crashes,
	  .help = "kill -9 of a process that holds the queue; not with --bench" },
	{ .name = "crash-at",
	  .type = PARAM_COUNT,
	  .offset = AT(crash_at),
	  .arg = "N",
	  .def = "1",
	  .max = 1e9,
	  .help = "after that many messages of its own" },
	PARAM_END,
};

static const struct example examples[] = {
	{ "concbench queue", "a writer puts A, B, C; the reader is then terminated" },
	{ "concbench queue --stop sentinel -c 2", "the other ways to stop readers" },
	{ "concbench queue --capacity 1 -m 5 --timeline", "a full queue makes wait" },
	{ "concbench queue --crash producer -p 2 -c 2 -m 4", "kill -9 inside put" },
	{ "concbench queue -b -k mpmc,mutex -p 2 -c 2 --between thread", "how fast" },
	{ "concbench queue -b -k shm,mutex --capacity 1,64,4096", "what room changes" },
	{ NULL, NULL },
};

static size_t
count_configs(const struct queue_opts *o)
{
	return o->kinds.n * o->capacities.n * o->sizes.n;
}

static int
queue_roles(const struct run *run, const void *opts)
{
	const struct queue_opts *o = opts;

	(void)run;
	return 1 + (int)((int64_t)count_configs(o) * (o->producers + o->consumers));
}

static uint64_t
messages_of(const struct queue_opts *o)
{
	return o->messages != 0 ? (uint64_t)o->messages : QUEUE_MESSAGES_SHOWN;
}

static int
queue_check_kind(const struct run *run, const void *opts, int64_t kind, struct err *e)
{
	const struct queue_opts *o = opts;
	const struct queue_kind *k = queue_kind_table[kind];
	const char *name = k->kind.name;

	(void)run;
	if (!(k->traits & (o->between == 0 ? QUEUE_PROCESSES : QUEUE_THREADS)))
		return err_set(e, EINVAL,
			       "-k %s: works between %s only; give --between %s", name,
			       o->between == 0 ? "threads" : "processes",
			       o->between == 0 ? "thread" : "process");
	if (k->traits & QUEUE_ONE_TO_ONE && (o->producers > 1 || o->consumers > 1))
		return err_set(e, EINVAL, "-k %s: is for one producer and one consumer",
			       name);
	for (size_t i = 0; i < o->sizes.n; i++)
		if (k->max_item != 0 && (size_t)o->sizes.v[i] > k->max_item)
			return err_set(
				e, EINVAL,
				"--size: '%s' takes messages of at most %zu bytes",
				name, k->max_item);
	return 0;
}

static int
queue_check(const struct run *run, const void *opts, struct err *e)
{
	const struct queue_opts *o = opts;
	const uint64_t all = messages_of(o) * (uint64_t)o->producers;

	if (all > QUEUE_SHOWN_MAX)
		return err_set(e, EINVAL,
			       "-m: %llu messages are too many to be shown one by one "
			       "(at most %d); give --bench",
			       (unsigned long long)all, QUEUE_SHOWN_MAX);
	if (queue_roles(run, opts) > CREW_MAX)
		return err_set(e, EINVAL, "-p, -c: too many workers in all");
	if (o->crash != CRASH_NOBODY && o->between != 0)
		return err_set(e, EINVAL,
			       "--crash: kill -9 of a thread ends the whole program; "
			       "use --between process");
	return 0;
}

static void
name_roles(struct queue_run *r, bool several)
{
	const struct queue_opts *o = r->opts;
	char name[TRACE_NAME];

	for (int i = 0; i < o->producers + o->consumers; i++) {
		const bool producer = i < o->producers;
		const int64_t same = producer ? o->producers : o->consumers;
		const int n = producer ? i + 1 : i + 1 - (int)o->producers;
		char number[12] = "";

		if (same > 1)
			snprintf(number, sizeof(number), "%d", n);
		snprintf(name, sizeof(name), "%.12s%s%s%s",
			 several ? r->books->label : "", several ? "/" : "",
			 producer ? "writer" : "reader", number);
		trace_name(r->run->trace, r->books->role0 + i, name);
	}
}

static int
show(struct run *run, const struct queue_opts *o, struct queue_config_books *b,
     bool several, struct err *e)
{
	struct queue_run r = { .run = run,
			       .opts = o,
			       .books = b,
			       .messages = messages_of(o),
			       .shown = true };
	int rc = queue_run_open(&r, e);

	if (rc != 0)
		return rc;
	name_roles(&r, several);
	rc = queue_run_messages(&r, queue_report, e);
	queue_run_close(&r);
	return rc;
}

/* Number i of all kinds, capacities and sizes. */
static void
fill_books(const struct queue_opts *o, size_t i, struct queue_config_books *b)
{
	const size_t size = i % o->sizes.n, capacity = i / o->sizes.n % o->capacities.n;
	const size_t kind = i / o->sizes.n / o->capacities.n;
	int at;

	b->kind = queue_kind_table[o->kinds.v[kind]];
	b->capacity = (size_t)o->capacities.v[capacity];
	b->item_bytes = (size_t)o->sizes.v[size];
	b->role0 = 1 + (int)((int64_t)i * (o->producers + o->consumers));
	at = snprintf(b->label, sizeof(b->label), "%s", b->kind->kind.name);
	if (o->capacities.n > 1)
		at += snprintf(b->label + at, sizeof(b->label) - (size_t)at, "/%zu",
			       b->capacity);
	if (o->sizes.n > 1)
		snprintf(b->label + at, sizeof(b->label) - (size_t)at, "/%zuB",
			 b->item_bytes);
}

static int
queue_show_all(struct run *run, const void *opts, struct err *e)
{
	const struct queue_opts *o = opts;
	const size_t n = count_configs(o);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0 && stop_reason(run->stop) == STOP_NONE;
	     i++) {
		struct queue_config_books b;

		fill_books(o, i, &b);
		rc = show(run, o, &b, n > 1, e);
	}
	return rc;
}

const struct scenario scenario_queue = {
	.name = "queue",
	.summary = "producers and consumers: who puts, who gets, who waits",
	.stands_for = "multiprocessing.Queue and queue.Queue",
	.about = "Producers put messages into a bounded queue, consumers get them. Who "
		 "finds it full or empty sleeps until there is room or a message. Each "
		 "message names its producer and its number; every byte of it is made "
		 "from these and examined at the other end. Every run checks that each "
		 "message came exactly once, that those of one producer came in order, "
		 "and that nothing is left.\n\n"
		 "A process that is killed with kill -9 in the middle of put or get "
		 "does not stop the others: locks are robust or name their holder, and "
		 "main gives back what the dead one held. What is lost with it is "
		 "counted.\n\n"
		 "With --bench the messages go as fast as they can: kinds, capacities "
		 "and "
		 "sizes by turns. The last producer ends the consumers by a sentinel "
		 "for each. The CPU time of a message tells whether waiting is "
		 "sleeping. A row whose messages did not come once each and in order "
		 "is broken; that of kind 'none', which protects nothing, must be.",
	.examples = examples,
	.params = queue_params,
	.opts_size = sizeof(struct queue_opts),
	.kinds = queue_kind_list,
	.metrics = queue_metrics,
	.roles = queue_roles,
	.check = queue_check,
	.check_kind = queue_check_kind,
	.run = queue_show_all,
	.bench = queue_bench,
};
