/*
 * report.c - did every message arrive whole and in order, and how fast.
 */
#include "scenarios/pipe/pipe_run.h"

#include "core/human.h"
#include "core/stat.h"

#include <stdio.h>

const struct metric pipe_metrics[] = {
	[METRIC_ROUND_TRIP] = { "round_trip", "ns", BETTER_LOWER,
				"a message there and back, seen by the left side" },
	[METRIC_THROUGHPUT] = { "throughput", "1/s", BETTER_HIGHER,
				"messages received per second, one way" },
	[METRIC_BYTES] = { "bandwidth", "bytes/s", BETTER_HIGHER,
			   "payload received per second, one way" },
	[METRIC_CPU] = { "cpu_per_message", "ns", BETTER_LOWER,
			 "CPU time of both sides per message sent" },
	{ 0 },
};

static void
sample(struct pipe_run *r, int metric, double value)
{
	struct result *res = r->run->result;

	result_sample(res,
		      result_series(res, r->books->label, 2, &pipe_metrics[metric]),
		      value);
}

static void
keep_speed(struct pipe_run *r, uint64_t received, uint64_t cpu_ns)
{
	const struct pipe_desk *d = r->board->desk;
	struct pipe_books *b = r->books;
	const struct hist *h = &r->board->round_trip;
	const double seconds = (double)(atom_load_rlx(&d[LEFT].end_ns) -
					atom_load_rlx(&d[LEFT].begin_ns)) /
			       1e9;
	const int64_t i = b->rounds;

	b->cpu_ns[i] = (double)cpu_ns / (double)received;
	sample(r, METRIC_CPU, b->cpu_ns[i]);
	if (r->opts->way == WAY_TWO) {
		b->figure[i] = (double)hist_quantile(h, 0.5);
		hist_merge(b->round_trip, h);
		result_hist(r->run->result,
			    result_series(r->run->result, b->label, 2,
					  &pipe_metrics[METRIC_ROUND_TRIP]),
			    h);
	} else if (seconds > 0) {
		b->figure[i] = (double)r->messages / seconds;
		sample(r, METRIC_THROUGHPUT, b->figure[i]);
		sample(r, METRIC_BYTES, b->figure[i] * (double)b->size_bytes);
	}
	b->rounds++;
}

void
pipe_report_once(struct pipe_run *r)
{
	struct pipe_desk *d = r->board->desk;
	struct pipe_books *b = r->books;
	const uint64_t ways = r->opts->way == WAY_TWO ? 2 : 1;
	uint64_t received = 0, cpu_ns = 0;

	if (r->stopped)
		return;
	b->asked += ways * r->messages + (ways == 1);
	for (int i = 0; i < 2; i++) {
		b->sent += atom_load_rlx(&d[i].sent);
		received += atom_load_rlx(&d[i].received);
		cpu_ns += atom_load_rlx(&d[i].cpu_ns);
		b->wrong += atom_load_rlx(&d[i].wrong);
		if (atom_load_rlx(&d[i].rc) != 0)
			b->failed = atom_load_rlx(&d[i].rc);
	}
	b->received += received;
	/* Who was left behind must see the end: the right one, or after a death the
	 * other one. */
	b->no_eof += !atom_load_rlx(&d[LEFT].eof) && !atom_load_rlx(&d[RIGHT].eof);
	if (r->opts->bench && r->deaths == 0 && received != 0)
		keep_speed(r, received, cpu_ns);
	if (!r->opts->bench)
		result_line(r->run->result,
			    "%s: %llu messages sent, %llu received%s · polls that "
			    "found nothing: %u",
			    b->label, (unsigned long long)b->sent,
			    (unsigned long long)b->received,
			    r->deaths ? " · one end was killed, the other saw EOF" : "",
			    atom_load_rlx(&d[LEFT].nothing) +
				    atom_load_rlx(&d[RIGHT].nothing));
}

static void
check(struct run *run, const struct pipe_opts *o, const struct pipe_books *b)
{
	struct result *res = run->result;

	result_check(
		res, b->label, "every message arrived whole, in order",
		b->wrong == 0 && b->failed == 0 &&
			(o->crash || (b->received == b->asked && b->sent == b->asked)),
		"%llu of %llu sent, %llu received, %llu wrong",
		(unsigned long long)b->sent, (unsigned long long)b->asked,
		(unsigned long long)b->received, (unsigned long long)b->wrong);
	result_check(res, b->label, "the end is seen when the other side closes",
		     b->no_eof == 0, "%llu times not seen",
		     (unsigned long long)b->no_eof);
}

#define BAR 24

static void
draw_bar(char *buf, size_t size, double share)
{
	const int full = (int)(share * BAR + 0.5);
	size_t at = 0;

	buf[0] = '\0';
	for (int i = 0; i < BAR && at + 4 < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s",
				       i < full || i == 0 ? "█" : "·");
}

static void
say_books(struct run *run, const struct pipe_opts *o, struct pipe_books *b, double most,
	  const struct pipe_books *first)
{
	const size_t n = (size_t)b->rounds;
	const double figure = stat_median(b->figure, n);
	char bar[BAR * 4 + 1], a[HUMAN_TEXT], c[HUMAN_TEXT], p99[HUMAN_TEXT];
	char versus[80] = "";
	double ratios[64];
	size_t nratios = 0;

	draw_bar(bar, sizeof(bar), figure / most);
	for (size_t i = 0; i < n && (int64_t)i < first->rounds && i < 64; i++)
		if (first->figure[i] > 0)
			ratios[nratios++] = o->way == WAY_TWO
						    ? first->figure[i] / b->figure[i]
						    : b->figure[i] / first->figure[i];
	if (b != first && nratios > 0)
		snprintf(versus, sizeof(versus), "  %.2f× as fast as %s",
			 stat_median(ratios, nratios), first->label);
	if (o->way == WAY_TWO)
		result_line(run->result, "%-18s %s %8s  p99 %8s  CPU %8s%s", b->label,
			    bar, human_ns(a, figure),
			    human_ns(p99, (double)hist_quantile(b->round_trip, 0.99)),
			    human_ns(c, stat_median(b->cpu_ns, n)), versus);
	else
		result_line(run->result, "%-18s %s %8s/s %10s/s  CPU %8s%s", b->label,
			    bar, human_count(a, figure),
			    human_bytes(p99, figure * (double)b->size_bytes),
			    human_ns(c, stat_median(b->cpu_ns, n)), versus);
}

void
pipe_report_all(struct run *run, const struct pipe_opts *o, struct pipe_books *books,
		size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++) {
		const double x = stat_median(books[i].figure, (size_t)books[i].rounds);

		if (books[i].asked != 0)
			check(run, o, &books[i]);
		most = x > most ? x : most;
	}
	if (!o->bench || most <= 0)
		return;
	result_line(run->result, "%s, %lld rounds by turns; the longer bar is %s",
		    o->way == WAY_TWO ? "a message there and back, median"
				      : "messages one way",
		    (long long)o->rounds, o->way == WAY_TWO ? "slower" : "faster");
	for (size_t i = 0; i < n; i++)
		if (books[i].rounds > 0)
			say_books(run, o, &books[i], most, &books[0]);
}
