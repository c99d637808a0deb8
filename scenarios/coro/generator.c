/*
 * generator.c - `concbench coro generator`: producer and consumer by send and yield.
 *
 * The consumer is the generator: it yields its answer to the item before, and gets
 * the next item by that. The producer starts it with send(None), sends its items, and
 * ends it.
 */
#include "scenarios/coro/coro_run.h"

#include <errno.h>

enum { ANSWER_OK = 200, ERROR_THROWN = 7 };

struct factory {
	struct run *run;
	int64_t items;
	int64_t consumed, sum, cleaned, thrown;
	int64_t sent, answered;
};

static const struct event_type start_event = { .name = "start",
					       .say = "→ send(None): start {s}",
					       .key_s = "generator" };
static const struct event_type send_event = { .name = "send",
					      .say = "→ send({a})",
					      .key_a = "item" };
static const struct event_type answer_event = {
	.name = "answer", .say = "← {a} {s}", .key_a = "answer", .key_s = "text"
};
static const struct event_type consume_event = {
	.name = "consume",
	.phase = EVENT_BEGIN,
	.say = "▶ consuming {a}",
	.key_a = "item",
	.span = "{a}",
};
static const struct event_type yield_event = {
	.name = "yield", .phase = EVENT_END, .say = "⇠ yield {a}", .key_a = "answer"
};
static const struct event_type end_event = { .name = "end",
					     .say = "→ {s}",
					     .key_s = "how" };
static const struct event_type clean_event = { .name = "clean_up",
					       .say = "✔ {s}: clean-up",
					       .key_s = "reason" };
static const struct event_type ended_event = { .name = "ended",
					       .say = "■ {s}",
					       .key_s = "outcome" };
static const struct event_type refused_event = { .name = "refused",
						 .say = "→ send after the end: refused",
						 .key_s = "why" };

static intptr_t
consumer(struct coro *self, void *arg)
{
	struct factory *f = arg;
	intptr_t item, answer = 0;

	while (f->consumed < f->items || f->items == 0) {
		f->thrown = coro_yield(answer, &item);
		if (f->thrown != 0)
			break;
		trace_emit(&consume_event, item, 0, NULL);
		f->consumed++;
		f->sum += item;
		answer = ANSWER_OK;
		trace_emit(&yield_event, answer, 0, NULL);
	}
	f->cleaned++;
	trace_emit(&clean_event, 0, 0,
		   f->thrown == CORO_EXIT ? "closed"
		   : f->thrown != 0	  ? "thrown"
					  : "exhausted");
	return f->thrown == 0 || f->thrown == CORO_EXIT
		       ? answer
		       : coro_raise(self, (int)f->thrown);
}

/* Sends 1..n; true when the generator has returned by itself. */
static bool
produce(struct factory *f, struct coro *co, int64_t n, int *rc, struct err *e)
{
	intptr_t answer;

	trace_emit(&start_event, 0, 0, "consumer");
	*rc = coro_send(co, CORO_NONE, &answer, e);
	while (*rc == CORO_YIELDED && f->sent < n &&
	       stop_reason(f->run->stop) == STOP_NONE) {
		trace_emit(&send_event, ++f->sent, 0, NULL);
		*rc = coro_send(co, f->sent, &answer, e);
		if (*rc < 0)
			break;
		f->answered += answer == ANSWER_OK;
		trace_emit(&answer_event, answer, 0,
			   answer == ANSWER_OK ? "OK" : "no answer");
	}
	return *rc == CORO_RETURNED;
}

/* close, or throw, unless it has returned. */
static int
finish(const struct coro_opts *o, struct coro *co, bool returned, struct err *e)
{
	int rc = 0;

	if (!returned && o->ending == ENDING_THROW) {
		trace_emit(&end_event, 0, 0, "throw(ValueError)");
		rc = coro_throw(co, ERROR_THROWN, NULL, e);
		trace_emit(&ended_event, 0, 0,
			   rc == CORO_RAISED ? "raised ValueError" : "went on");
	} else if (!returned) {
		trace_emit(&end_event, 0, 0, "close()");
		rc = coro_close(co, e);
		trace_emit(&ended_event, 0, 0, "closed");
	} else {
		trace_emit(&ended_event, 0, 0, "returned: StopIteration");
	}
	return rc < 0 ? rc : 0;
}

static void
judge(const struct factory *f, const struct coro_opts *o, const struct coro_kind *k,
      bool refused)
{
	const char *kind = k->kind.name;
	struct result *r = f->run->result;
	const int64_t n = f->sent;

	result_check(r, kind, "every item was consumed once, in order",
		     f->consumed == n && f->sum == n * (n + 1) / 2,
		     "%lld sent, %lld consumed, their sum is %lld", (long long)n,
		     (long long)f->consumed, (long long)f->sum);
	result_check(r, kind, "every item was answered", f->answered == n,
		     "%lld of %lld answered by 200 OK", (long long)f->answered,
		     (long long)n);
	result_check(r, kind, "the generator ran its clean-up", f->cleaned == 1,
		     "it ran %lld times", (long long)f->cleaned);
	result_check(r, kind, "a send after the end is refused", refused, "%s",
		     refused ? "it was" : "it was taken");
	result_line(
		r,
		"%s: %lld items sent and consumed, %lld answered by 200 OK; ended by "
		"%s",
		kind, (long long)n, (long long)f->answered,
		o->ending == ENDING_CLOSE   ? "close()"
		: o->ending == ENDING_THROW ? "throw()"
					    : "its return");
}

int
coro_generator(struct run *run, const struct coro_opts *o, const struct coro_kind *kind,
	       int role0, struct err *e)
{
	const int64_t n = o->iterations != 0 ? o->iterations : 5;
	const struct coro_config c = coro_run_config(run, o, kind);
	struct factory f = { .run = run };
	struct coro_domain d;
	struct err refused;
	struct coro *co;
	int rc = coro_domain_init(&d, &c, e);
	bool returned, is_refused;

	if (rc != 0)
		return rc;
	d.main.role = 0;
	/* One that returns by itself does so with the last item. */
	f.items = o->ending == ENDING_RETURN ? n : 0;
	co = coro_new("consumer", consumer, &f, e);
	if (co == NULL) {
		coro_domain_fini(&d);
		return -ENOMEM;
	}
	co->role = role0;
	coro_run_role(run, role0, "consumer");
	returned = produce(&f, co, n, &rc, e);
	if (rc >= 0)
		rc = finish(o, co, returned, e);
	is_refused = coro_send(co, 1, NULL, &refused) == -EINVAL;
	if (is_refused)
		trace_emit(&refused_event, 0, 0, refused.msg);
	if (rc == -EINVAL) {
		/* A kind that does not switch: the answer is no. */
		result_check(run->result, kind->kind.name, "no step was refused", false,
			     "%s", e->msg);
		rc = 0;
	}
	if (rc >= 0)
		judge(&f, o, kind, is_refused);
	coro_free(co);
	coro_domain_fini(&d);
	return rc < 0 ? rc : 0;
}
