/*
 * switch.c - `concbench coro switch`: two coroutines hand over to each other by name.
 */
#include "scenarios/coro/coro_run.h"

#include <errno.h>

struct player {
	struct coro *co;
	struct match *match;
	int64_t turns;
};

struct match {
	struct run *run;
	int64_t rounds;
	struct player player[2];
	intptr_t expected; /* the value that is handed over next */
	int64_t wrong;
};

static const struct event_type turn_event = {
	.name = "turn",
	.phase = EVENT_BEGIN,
	.say = "▶ has {a}",
	.key_a = "value",
	.span = "{a}",
};
static const struct event_type over_event = { .name = "switch",
					      .phase = EVENT_END,
					      .say = "⇢ switch to {s}({a})",
					      .key_a = "value",
					      .key_s = "to" };
static const struct event_type first_event = {
	.name = "switch", .say = "⇢ switch to {s}({a})", .key_a = "value", .key_s = "to"
};
static const struct event_type dead_event = {
	.name = "dead",
	.say = "■ {s} is dead; its parent, main, has {a}",
	.key_a = "value",
	.key_s = "coroutine"
};
static const struct event_type ends_event = {
	.name = "ends", .phase = EVENT_END, .say = "✔ ends with {a}", .key_a = "value"
};

static const char *const names[2] = { "A", "B" };

static intptr_t
play(struct coro *self, void *arg)
{
	struct player *p = arg;
	struct match *m = p->match;
	const int other = p == &m->player[0];
	intptr_t value = self->value;

	for (;;) {
		p->turns++;
		m->wrong += value != m->expected;
		m->expected = value + 1;
		trace_emit(&turn_event, value, 0, NULL);
		if (p->turns >= m->rounds || stop_reason(m->run->stop) != STOP_NONE)
			break;
		trace_emit(&over_event, value + 1, 0, names[other]);
		if (coro_switch(m->player[other].co, value + 1, &value, NULL) != 0)
			break;
	}
	trace_emit(&ends_event, value + 1, 0, NULL);
	return value + 1;
}

/* main hands over to each that is not dead until both are. */
static int
referee(struct match *m, struct err *e)
{
	intptr_t value = 1;
	int rc = 0;

	m->expected = 1;
	for (int i = 0; i < 2 && rc == 0; i++) {
		if (coro_is_dead(m->player[i].co))
			continue;
		trace_emit(&first_event, value, 0, names[i]);
		rc = coro_switch(m->player[i].co, value, &value, e);
		trace_emit(&dead_event, value, 0, names[i]);
	}
	return rc;
}

static void
judge(struct match *m, const char *kind)
{
	struct result *r = m->run->result;
	const int64_t turns = m->player[0].turns + m->player[1].turns;

	result_check(r, kind, "each had its turns",
		     m->player[0].turns == m->rounds && m->player[1].turns == m->rounds,
		     "A %lld, B %lld of %lld", (long long)m->player[0].turns,
		     (long long)m->player[1].turns, (long long)m->rounds);
	result_check(r, kind, "every value came over as it was sent",
		     m->wrong == 0 && m->expected == turns + 1 && turns > 0,
		     "%lld wrong of %lld", (long long)m->wrong, (long long)turns);
	result_check(r, kind, "both are dead at the end",
		     coro_is_dead(m->player[0].co) && coro_is_dead(m->player[1].co),
		     "A %s, B %s", coro_is_dead(m->player[0].co) ? "dead" : "alive",
		     coro_is_dead(m->player[1].co) ? "dead" : "alive");
	result_line(r, "%s: A and B handed over to each other %lld times", kind,
		    (long long)turns);
}

int
coro_switch_by_name(struct run *run, const struct coro_opts *o,
		    const struct coro_kind *kind, int role0, struct err *e)
{
	const struct coro_config c = coro_run_config(run, o, kind);
	struct match m = { .run = run,
			   .rounds = o->iterations != 0 ? o->iterations : 3 };
	struct coro_domain d;
	int rc = coro_domain_init(&d, &c, e);

	if (rc != 0)
		return rc;
	d.main.role = 0;
	for (int i = 0; i < 2 && rc == 0; i++) {
		m.player[i].match = &m;
		m.player[i].co = coro_new(names[i], play, &m.player[i], e);
		if (m.player[i].co == NULL)
			rc = -ENOMEM;
		else
			m.player[i].co->role = role0 + i;
		coro_run_role(run, role0 + i, names[i]);
	}
	if (rc == 0)
		rc = referee(&m, e);
	if (rc == 0 && stop_reason(run->stop) == STOP_NONE)
		judge(&m, kind->kind.name);
	coro_free(m.player[0].co);
	coro_free(m.player[1].co);
	coro_domain_fini(&d);
	return rc;
}
