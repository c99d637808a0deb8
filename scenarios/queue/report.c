/*
 * report.c - is each message there exactly once, and how fast did they go.
 */
#include "scenarios/queue/queue_run.h"

#include "core/human.h"

const struct metric queue_metrics[] = {
	[METRIC_THROUGHPUT] = { "throughput", "1/s", BETTER_HIGHER,
				"messages got per second, first begin to last end" },
	[METRIC_CPU] = { "cpu_per_message", "ns", BETTER_LOWER,
			 "CPU time of all producers and consumers per message" },
	[METRIC_SLEEPS] = { "sleeps", "1", BETTER_NONE,
			    "how often an end went to sleep, all ends together" },
	[METRIC_WAIT] = { "wait", "ns", BETTER_NONE,
			  "how long one end waited for room or messages" },
	{ 0 },
};

static void
add_end(struct queue_totals *t, const struct queue_run *r, int i)
{
	const struct queue_tally *y = &r->board->desk[i].tally;
	const uint64_t begin_ns = atom_load_rlx(&y->begin_ns);
	const bool producer = i < r->opts->producers;

	*(producer ? &t->put : &t->got) += atom_load_rlx(&y->count);
	*(producer ? &t->put_sum : &t->got_sum) += atom_load_rlx(&y->sum);
	t->disorder += atom_load_rlx(&y->disorder);
	t->corrupt += atom_load_rlx(&y->corrupt);
	t->cpu_ns += atom_load_rlx(&y->cpu_ns);
	t->sleeps += atom_load_rlx(&y->sleeps);
	t->waited_ns += r->board->desk[i].waited_ns;
	if (begin_ns != 0 && begin_ns < t->begin_ns)
		t->begin_ns = begin_ns;
	if (atom_load_rlx(&y->end_ns) > t->end_ns)
		t->end_ns = atom_load_rlx(&y->end_ns);
}

/* Message by message: those put whose number is not 1. */
static void
count_seen(struct queue_totals *t, const struct queue_run *r)
{
	for (int p = 0; p < r->opts->producers; p++) {
		const uint64_t put = atom_load_rlx(&r->board->desk[p].tally.count);

		for (uint64_t i = 0; i < r->messages; i++) {
			const uint32_t seen = atom_load_rlx(
				&r->board->seen[(uint64_t)p * r->messages + i]);

			t->twice += seen > 1;
			t->missing += seen == 0 && i < put;
		}
	}
}

struct queue_totals
queue_total(struct queue_run *r)
{
	struct queue_totals t = { .begin_ns = UINT64_MAX };

	t.asked = (uint64_t)r->opts->producers * r->messages;

	for (int i = 0; i < r->crew.n; i++)
		add_end(&t, r, i);
	if (r->shown)
		count_seen(&t, r);
	else if (t.put > t.got)
		t.missing = t.put - t.got;
	t.left = queue_size(&r->q);
	return t;
}

/* Worker deaths: a message may be taken and not yet entered, or put and not yet. */
bool
queue_is_exact(const struct queue_run *r, const struct queue_totals *t)
{
	const uint64_t left = t->left > 0 ? (uint64_t)t->left : 0;

	if (t->twice != 0 || t->corrupt != 0)
		return false;
	if (r->deaths == 0)
		return t->put == t->got && t->put_sum == t->got_sum;
	return t->missing <= (uint64_t)r->deaths + left &&
	       t->got <= t->put + (uint64_t)r->deaths;
}

/* After a kill -9: what is missing is what the dead one had in its hands. */
static void
check_deaths(struct queue_run *r, const struct queue_totals *t)
{
	const uint64_t left = t->left > 0 ? (uint64_t)t->left : 0;
	const uint64_t lost = t->missing > left ? t->missing - left : 0;

	result_check(r->run->result, r->books->label,
		     "the others went on after a kill -9", lost <= (uint64_t)r->deaths,
		     "%d killed; %llu of their messages were never put, %llu lost "
		     "(%lld held by the dead), %llu left",
		     r->deaths, (unsigned long long)(t->asked - t->put),
		     (unsigned long long)lost, (long long)r->buried,
		     (unsigned long long)left);
}

static void
check(struct queue_run *r, const struct queue_totals *t)
{
	struct result *res = r->run->result;
	const char *label = r->books->label;

	result_check(res, label, "each message exactly once", queue_is_exact(r, t),
		     "%llu put of %llu, %llu got, %llu twice, %llu corrupt; sums %s",
		     (unsigned long long)t->put, (unsigned long long)t->asked,
		     (unsigned long long)t->got, (unsigned long long)t->twice,
		     (unsigned long long)t->corrupt,
		     t->put_sum == t->got_sum ? "agree" : "differ");
	result_check(res, label, "order kept per producer", t->disorder == 0,
		     "%llu messages came after a later one of their producer",
		     (unsigned long long)t->disorder);
	result_check(res, label, "nothing left", t->left == 0, "%lld in the queue",
		     (long long)t->left);
	if (r->deaths == 0)
		result_check(res, label, "all were put", t->put == t->asked,
			     "%llu of %llu", (unsigned long long)t->put,
			     (unsigned long long)t->asked);
}

static void
sample(struct queue_run *r, int metric, double value)
{
	struct result *res = r->run->result;

	result_sample(res,
		      result_series(res, r->books->label,
				    r->opts->producers + r->opts->consumers,
				    &queue_metrics[metric]),
		      value);
}

/* What it cost. */
static void
keep(struct queue_run *r, const struct queue_totals *t)
{
	const double seconds =
		t->end_ns > t->begin_ns ? (double)(t->end_ns - t->begin_ns) / 1e9 : 0;

	if (seconds <= 0 || t->got == 0)
		return;
	sample(r, METRIC_THROUGHPUT, (double)t->got / seconds);
	sample(r, METRIC_CPU, (double)t->cpu_ns / (double)t->got);
	sample(r, METRIC_SLEEPS, (double)t->sleeps);
}

/* What a run that was shown came to, in words. */
static void
say_shown(struct queue_run *r, const struct queue_totals *t)
{
	struct result *res = r->run->result;
	char wall[HUMAN_TEXT], cpu[HUMAN_TEXT], waited[HUMAN_TEXT];

	result_line(res, "%s: %llu messages put, %llu got, %lld left · %s",
		    r->books->label, (unsigned long long)t->put,
		    (unsigned long long)t->got, (long long)t->left,
		    human_ns(wall, (double)(t->end_ns - t->begin_ns)));
	result_line(res,
		    "waited %s in all, asleep: the CPU was used for %s per message",
		    human_ns(waited, (double)t->waited_ns),
		    human_ns(cpu, t->got ? (double)t->cpu_ns / (double)t->got : 0));
	if (r->deaths > 0)
		result_line(res,
			    "%d killed with kill -9: %lld messages lost with it, "
			    "the others went on",
			    r->deaths, (long long)r->buried);
}

void
queue_report(struct queue_run *r)
{
	struct queue_totals t = queue_total(r);

	keep(r, &t);
	if (!r->stopped)
		check(r, &t);
	if (r->deaths > 0)
		check_deaths(r, &t);
	if (r->abandoned)
		result_check(r->run->result, r->books->label, "a consumer was left",
			     false, "none, while producers had more to put");
	if (t.end_ns > t.begin_ns)
		say_shown(r, &t);
	for (int i = 0; i < r->crew.n; i++)
		sample(r, METRIC_WAIT, (double)r->board->desk[i].waited_ns);
}
