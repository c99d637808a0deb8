/*
 * report.c - did every message arrive whole and in order.
 */
#include "scenarios/pipe/pipe_run.h"

const struct metric pipe_metrics[] = {
	[METRIC_CPU] = { "cpu_per_message", "ns", BETTER_LOWER,
			 "CPU time of both sides per message received" },
	{ 0 },
};

void
pipe_report(struct pipe_run *r)
{
	const struct pipe_desk *d = r->board->desk;
	const uint64_t ways = r->opts->way == WAY_TWO ? 2 : 1;
	const uint64_t asked = ways * r->messages + (ways == 1);
	const char *label = r->books->label;
	struct result *res = r->run->result;
	uint64_t sent = 0, received = 0, wrong = 0, cpu_ns = 0;
	int failed = 0;

	if (r->stopped)
		return;
	for (int i = 0; i < 2; i++) {
		sent += atom_load_rlx(&d[i].sent);
		received += atom_load_rlx(&d[i].received);
		cpu_ns += atom_load_rlx(&d[i].cpu_ns);
		wrong += atom_load_rlx(&d[i].wrong);
		if (atom_load_rlx(&d[i].rc) != 0)
			failed = atom_load_rlx(&d[i].rc);
	}
	if (received != 0 && r->deaths == 0)
		result_sample(res,
			      result_series(res, label, 2, &pipe_metrics[METRIC_CPU]),
			      (double)cpu_ns / (double)received);
	result_line(res,
		    "%s: %llu messages sent, %llu received%s · polls that "
		    "found nothing: %u",
		    label, (unsigned long long)sent, (unsigned long long)received,
		    r->deaths ? " · one end was killed, the other saw EOF" : "",
		    atom_load_rlx(&d[LEFT].nothing) + atom_load_rlx(&d[RIGHT].nothing));
	result_check(res, label, "every message arrived whole, in order",
		     wrong == 0 && failed == 0 &&
			     (r->opts->crash || (received == asked && sent == asked)),
		     "%llu of %llu sent, %llu received, %llu wrong",
		     (unsigned long long)sent, (unsigned long long)asked,
		     (unsigned long long)received, (unsigned long long)wrong);
	/* Who was left behind must see the end: the right one, or after a death the
	 * other one. */
	result_check(res, label, "the end is seen when the other side closes",
		     atom_load_rlx(&d[LEFT].eof) || atom_load_rlx(&d[RIGHT].eof),
		     "by the %s one", atom_load_rlx(&d[LEFT].eof) ? "left" : "right");
}
