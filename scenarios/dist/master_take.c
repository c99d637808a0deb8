/*
 * master_take.c - what the master makes of results: it checks them, tells them, and
 * counts them.
 */
#include "scenarios/dist/master.h"

#include "core/clock.h"
#include "core/human.h"

#include <inttypes.h>
#include <stdio.h>

enum { TOLD_MAX = 20 };

static const struct event_type event_result = {
	.name = "result",
	.phase = EVENT_INSTANT,
	.say = "Result: {a} * {a} = {b}",
	.key_a = "n",
	.key_b = "square",
};

static const struct event_type event_result_other = {
	.name = "result",
	.phase = EVENT_INSTANT,
	.say = "Result of task {a}: {b} {s}",
	.key_a = "task",
	.key_b = "status",
	.key_s = "value",
};

static const struct event_type event_dead = {
	.name = "dead",
	.phase = EVENT_INSTANT,
	.say = "task {a} was given up after {b} attempts",
	.key_a = "task",
	.key_b = "attempts",
};

static void
take_dead(struct master *x, const struct dist_result *r)
{
	trace_emit(&event_dead, (int64_t)r->number, r->attempt, NULL);
	if (x->dead++ < TOLD_MAX && !x->commands)
		result_warn(x->run->result, "task %" PRIu64 ": %.*s", r->number,
			    (int)r->bytes, (const char *)r->payload);
}

static void
take_number(struct master *x, const struct dist_result *r, const struct value *v)
{
	int64_t number, square;
	char text[EVENT_TEXT] = "";

	x->done++;
	if (r->status == 0 && dist_read_square(v, &number, &square)) {
		trace_emit(&event_result, number, square, NULL);
		return;
	}
	x->wrong++;
	if (v->type == VALUE_TEXT)
		snprintf(text, sizeof(text), "%.*s", (int)(v->bytes.n & 0xff),
			 (const char *)v->bytes.at);
	trace_emit(&event_result_other, (int64_t)r->number, r->status, text);
}

static int
take_result(struct master *x, const struct dist_result *r, struct err *e)
{
	struct pickle p = { .value = NULL };
	int rc = 0;

	if (x->taken++ == 0)
		x->first_ns = clock_ns();
	arena_reset(&x->arena);
	if (r->dead)
		take_dead(x, r);
	else
		rc = pickle_read_body(&x->arena, r->payload, r->bytes, &p, e);
	if (rc != 0)
		return rc;
	if (x->commands) {
		x->done += !r->dead;
		if (!r->dead)
			trace_emit(&event_result_other, (int64_t)r->number, r->status,
				   r->who);
		rc = outputs_take(&x->outputs, r, p.value, e);
		return rc == 0 ? x->outputs.rc : rc;
	}
	if (!r->dead)
		take_number(x, r, p.value);
	return 0;
}

int
master_take(struct master *x, struct err *e)
{
	struct dist_result r;
	int rc;

	while ((rc = x->engine->result(x->m, &r, e)) == 1) {
		rc = take_result(x, &r, e);
		if (rc != 0)
			break;
	}
	return rc;
}

void
master_report(struct master *x)
{
	struct result *res = x->run->result;
	const double wall_ns = (double)(x->end_ns - x->begin_ns);
	struct dist_counts n;
	char a[HUMAN_TEXT], b[HUMAN_TEXT];

	x->engine->counts(x->m, &n);
	result_sample(res, result_series(res, NULL, 0, &dist_metrics[DIST_M_WALL]),
		      wall_ns);
	if (wall_ns > 0)
		result_sample(
			res,
			result_series(res, NULL, 0, &dist_metrics[DIST_M_THROUGHPUT]),
			(double)x->done * 1e9 / wall_ns);
	result_sample(res,
		      result_series(res, NULL, 0, &dist_metrics[DIST_M_REDELIVERED]),
		      (double)n.redelivered);
	result_check(res, NULL, "each task has one result",
		     x->at_end && x->done + x->dead == x->put && n.put == x->put,
		     "%" PRIu64 " put, %" PRIu64 " results, %" PRIu64
		     " given up, %" PRIu64 " came twice and were dropped",
		     x->put, x->done, x->dead, n.duplicates);
	result_check(res, NULL, "no task was given up", x->dead == 0,
		     "%" PRIu64 " of %" PRIu64 " were, after %" PRId64 " attempts each",
		     x->dead, x->put, x->o->retries + 1);
	if (x->commands)
		result_check(res, NULL, "no command failed",
			     x->outputs.failed == x->dead,
			     "%" PRIu64 " of %" PRIu64 " failed",
			     x->outputs.failed - x->dead, x->done);
	else
		result_check(res, NULL, "results are right", x->wrong == 0,
			     "%" PRIu64 " of %" PRIu64 " are no square of their number",
			     x->wrong, x->done);
	if (x->lanes.homeless > 0)
		result_warn(res,
			    "events of more than %d workers are not in the trace; say "
			    "--lanes",
			    x->lanes.most);
	result_line(res,
		    "%" PRIu64 " tasks in %s · %s tasks/s · %" PRIu64
		    " redelivered, %" PRIu64 " given up",
		    x->done + x->dead, human_ns(a, wall_ns),
		    human_count(b, wall_ns > 0 ? (double)x->done * 1e9 / wall_ns : 0),
		    n.redelivered, x->dead);
}
