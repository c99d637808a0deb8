/*
 * pipe.c - `concbench pipe`: two processes that talk (multiprocessing.Pipe).
 */
#include "scenarios/pipe/pipe_run.h"

#include "core/sys.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#define AT(field) offsetof(struct pipe_opts, field)

static const struct choice ways[] = {
	[WAY_TWO] = { "two", "each message is sent back" },
	[WAY_ONE] = { "one", "one side sends, the other receives" },
	{ 0 },
};

static const struct choice crashes[] = {
	{ "nobody", "all live on" },
	{ "left", "the side that begins" },
	{ "right", "the side that answers" },
	{ 0 },
};

const struct param pipe_params[] = {
	{ .name = "kind",
	  .letter = 'k',
	  .type = PARAM_KINDS,
	  .offset = AT(kinds),
	  .arg = "LIST",
	  .def = "pipe",
	  .kinds = link_kind_list,
	  .help = "what connects the two; several are run by turns" },
	{ .name = "messages",
	  .letter = 'm',
	  .type = PARAM_COUNT,
	  .offset = AT(messages),
	  .arg = "N",
	  .min = 1,
	  .max = 1e12,
	  .help = "messages of the left side (3); not with --bench" },
	{ .name = "size",
	  .type = PARAM_COUNTS,
	  .offset = AT(sizes),
	  .arg = "BYTES",
	  .def = "64",
	  .min = 1,
	  .max = PIPE_MESSAGE_MAX,
	  .help = "bytes of a message; a list runs each" },
	{ .name = "way",
	  .type = PARAM_CHOICE,
	  .offset = AT(way),
	  .arg = "HOW",
	  .def = "two",
	  .choices = ways,
	  .help = "there and back, or one way" },
	{ .name = "pause",
	  .type = PARAM_DURATION,
	  .offset = AT(pause_ns),
	  .arg = "DUR",
	  .def = "100ms",
	  .max = 1e15,
	  .help = "before each message of the left side; not with --bench" },
	{ .name = "poll",
	  .type = PARAM_DURATION,
	  .offset = AT(poll_ns),
	  .arg = "DUR",
	  .def = "50ms",
	  .max = 1e15,
	  .help = "poll() for so long before recv() waits; not with --bench" },
	{ .name = "crash",
	  .type = PARAM_CHOICE,
	  .offset = AT(crash),
	  .arg = "SIDE",
	  .def = "nobody",
	  .choices = crashes,
	  .help = "kill -9 of one side half-way: the other one sees EOF; not with "
		  "--bench" },
	{ .name = "places",
	  .type = PARAM_FLAG,
	  .offset = AT(both_places),
	  .help = "run each twice: both sides on one CPU, and on two" },
	PARAM_END,
};

static const struct example examples[] = {
	{ "concbench pipe", "two processes talk; the end is seen as EOF" },
	{ "concbench pipe --crash left -m 4", "what is seen when one is killed" },
	{ "concbench pipe -b -k all --size 8", "all kinds side by side" },
	{ "concbench pipe -b -k pipe,shm --size 64,4096,65536", "how size matters" },
	{ "concbench pipe -b -k pipe,shm --pin same,scatter",
	  "same core or different core" },
	{ "concbench pipe -b -k pipe,shm --way one", "a stream in one direction" },
	{ NULL, NULL },
};

static size_t
count_books(const struct pipe_opts *o)
{
	return o->kinds.n * o->sizes.n * (o->both_places ? 2 : 1);
}

static int
pipe_roles(const struct run *run, const void *opts)
{
	const struct pipe_opts *o = opts;

	(void)run;
	return 1 + 2 * (int)count_books(o);
}

static uint64_t
messages_of(const struct pipe_opts *o)
{
	return o->messages != 0 ? (uint64_t)o->messages : PIPE_MESSAGES_SHOWN;
}

static int
pipe_check_kind(const struct run *run, const void *opts, int64_t kind, struct err *e)
{
	const struct pipe_opts *o = opts;
	const struct link_kind *k = link_kind_table[kind];

	(void)run;
	if (!(k->traits & LINK_TOKENS))
		return 0;
	for (size_t i = 0; i < o->sizes.n; i++)
		if (o->sizes.v[i] > 8)
			return err_set(
				e, EINVAL,
				"--size: '%s' carries numbers of at most 8 bytes, "
				"not %lld",
				k->kind.name, (long long)o->sizes.v[i]);
	if (o->way == WAY_ONE)
		return err_set(e, EINVAL,
			       "--way one: '%s' adds up what was not read yet",
			       k->kind.name);
	return 0;
}

static int
pipe_check(const struct run *run, const void *opts, struct err *e)
{
	const struct pipe_opts *o = opts;

	if (messages_of(o) > PIPE_SHOWN_MAX)
		return err_set(e, EINVAL,
			       "-m: %llu messages are too many to be shown one by one "
			       "(at most %d); give --bench",
			       (unsigned long long)messages_of(o), PIPE_SHOWN_MAX);
	if (o->both_places && run->pin->policy != PIN_NONE)
		return err_set(e, EINVAL, "--places and --pin exclude each other");
	return 0;
}

static void
label(const struct pipe_opts *o, struct pipe_books *b, int place)
{
	int at = snprintf(b->label, sizeof(b->label), "%s", b->kind->kind.name);

	if (o->sizes.n > 1)
		at += snprintf(b->label + at, sizeof(b->label) - (size_t)at, "/%zu",
			       b->size_bytes);
	if (o->both_places)
		snprintf(b->label + at, sizeof(b->label) - (size_t)at, " %s",
			 place == 0 ? "one CPU" : "two CPUs");
}

/* Number i of all kinds, sizes and places. */
static void
fill_books(const struct run *run, const struct pipe_opts *o, size_t i,
	   struct pipe_books *b)
{
	const int places = o->both_places ? 2 : 1;
	const int place = (int)(i % (size_t)places);
	const size_t size = i / (size_t)places % o->sizes.n;

	*b = (struct pipe_books){
		.kind = link_kind_table[o->kinds.v[i / (size_t)places / o->sizes.n]],
		.size_bytes = (size_t)o->sizes.v[size],
		.role0 = 1 + 2 * (int)i,
		.pin = *run->pin,
	};
	if (o->both_places)
		b->pin.policy = place == 0 ? PIN_SAME : PIN_SCATTER;
	label(o, b, place);
}

static int
show(struct run *run, const struct pipe_opts *o, struct pipe_books *b, struct err *e)
{
	static const char *const sides[2] = { [LEFT] = "left", [RIGHT] = "right" };
	struct pipe_run r = {
		.run = run, .opts = o, .books = b, .messages = messages_of(o)
	};
	char name[TRACE_NAME];

	for (int i = 0; i < 2; i++) {
		if (count_books(o) > 1)
			snprintf(name, sizeof(name), "%.16s/%s", b->label, sides[i]);
		else
			snprintf(name, sizeof(name), "%s", sides[i]);
		trace_name(run->trace, b->role0 + i, name);
	}
	return pipe_run_once(&r, e);
}

static int
pipe_show_all(struct run *run, const void *opts, struct err *e)
{
	const struct pipe_opts *o = opts;
	const size_t n = count_books(o);
	int rc = 0;

	sys_pin_cpu(run->pin, 0); /* before anybody is pinned */
	for (size_t i = 0; i < n && rc == 0 && stop_reason(run->stop) == STOP_NONE;
	     i++) {
		struct pipe_books b;

		fill_books(run, o, i, &b);
		rc = show(run, o, &b, e);
	}
	return rc;
}

const struct scenario scenario_pipe = {
	.name = "pipe",
	.summary = "two processes talk: send, recv, poll, EOF, round trips",
	.stands_for = "multiprocessing.Pipe",
	.about =
		"Two processes are connected; the left one sends a message, the right "
		"one sends one back. Who has nothing to receive polls for a while, "
		"then sleeps in recv. When the left one closes its end, or is killed, "
		"the right one is told by EOF. Every byte of every message is made "
		"from its number and examined.\n\n"
		"With --bench it is measured how long a message takes there and back "
		"(or how many go one way), for several kinds and sizes by turns. Where "
		"the two run decides most: --pin same puts both on one CPU, --pin "
		"scatter on two, --pin same,scatter measures both.",
	.examples = examples,
	.params = pipe_params,
	.opts_size = sizeof(struct pipe_opts),
	.kinds = link_kind_list,
	.metrics = pipe_metrics,
	.roles = pipe_roles,
	.check = pipe_check,
	.check_kind = pipe_check_kind,
	.run = pipe_show_all,
	.bench = pipe_bench,
};
