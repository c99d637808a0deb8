/*
 * bench.c - --bench: plan by the scenario, engine of the core, a progress line.
 */
#include "cli/bench.h"

#include "cli/args.h"
#include "cli/term.h"
#include "core/clock.h"
#include "core/human.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PRECISION_DEFAULT 0.01
#define PROGRESS_NS (100 * NS_PER_MS)

int
bench_refuse(const struct scenario *s, bool command, struct err *e)
{
	char known[120] = "";
	size_t used = 0;

	if (command)
		return err_set(e, EINVAL,
			       "--bench measures the primitive, not a COMMAND");
	if (s->bench != NULL)
		return 0;
	for (size_t i = 0; scenario_table[i] != NULL; i++) {
		if (scenario_table[i]->bench == NULL ||
		    used + strlen(scenario_table[i]->name) + 3 > sizeof(known))
			continue;
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
					 used > 0 ? ", " : "", scenario_table[i]->name);
	}
	err_set(e, EINVAL, "'--bench': %s has nothing that can be measured", s->name);
	err_hint(e, "measured are %s", known);
	return -EINVAL;
}

/* The line that vanishes when done. */
struct progress {
	bool shown;
	uint64_t next_ns;
};

static void
show_progress(void *arg, const struct measure_progress *p)
{
	struct progress *line = arg;
	const uint64_t now_ns = clock_ns();
	const double left =
		p->spent_ns < p->time_ns ? (double)(p->time_ns - p->spent_ns) / 1e9 : 0;
	char wide[HUMAN_TEXT];

	if (now_ns < line->next_ns)
		return;
	line->next_ns = now_ns + PROGRESS_NS;
	line->shown = true;
	human_percent(wide, 100 * p->widest);
	if (p->subject != NULL)
		fprintf(stderr, "\r\033[Kwarming up %s %s", p->subject->kind,
			p->subject->body->name);
	else if (p->widest > 0)
		fprintf(stderr, "\r\033[K%zu rounds, at most %.1f s left, +-%s",
			p->rounds, left, wide);
	else
		fprintf(stderr, "\r\033[K%zu rounds, at most %.1f s left", p->rounds,
			left);
	fflush(stderr);
}

static void
echo(void *arg, const char *name, const char *value)
{
	/* Where the workers ran belongs to the result; how long it took does not. */
	if (strcmp(name, "pin") == 0 || strcmp(name, "rate") == 0)
		result_param(arg, name, value);
}

/* Lets the scenario see the place of the subject that comes. */
static void
enter(void *arg, const struct measure_subject *s)
{
	struct run *run = arg;

	if (s->pin != NULL)
		run->pin = s->pin;
}

/* Where subjects cannot be placed as asked. */
static int
check_place(const struct measure_subject *s, struct err *e)
{
	const bool one = s->pin->policy == PIN_SAME ||
			 (s->pin->policy == PIN_LIST && s->pin->cpus.n == 1);

	if (!(s->body->flags & MEASURE_INHERITS) || s->pin->policy == PIN_NONE || one)
		return 0;
	err_set(e, EINVAL,
		"'--pin': '%s' runs where who started it runs: 'same' or one CPU",
		s->body->name);
	return -EINVAL;
}

/* The scenario's subjects, at one place. */
static int
plan_place(struct measure *m, struct run *run, const struct scenario *s,
	   const void *opts, const struct param_cpus *pin, const char *name,
	   struct err *e)
{
	const size_t before = m->n;
	int rc;

	run->pin = pin;
	rc = s->bench(run, opts, m, e);
	for (size_t i = before; rc == 0 && i < m->n; i++) {
		struct measure_subject *x = m->subject[i];
		const size_t used = strlen(x->params);

		x->pin = pin;
		rc = check_place(x, e);
		if (name != NULL)
			snprintf(x->params + used, sizeof(x->params) - used, "%spin=%s",
				 used > 0 ? " " : "", name);
	}
	return rc;
}

static int
plan_places(struct measure *m, struct run *run, const struct scenario *s,
	    const void *opts, const struct param_cpus *pin, struct err *e)
{
	static const char *const name[] = { "none", "same", "compact", "scatter" };
	/* Subjects refer to them until all is done. */
	static struct param_cpus place[PIN_LIST];
	int rc = 0;

	if (pin->nplaces < 2)
		return plan_place(m, run, s, opts, pin,
				  pin->policy == PIN_NONE   ? NULL
				  : pin->policy == PIN_LIST ? "list"
							    : name[pin->policy],
				  e);
	for (size_t i = 0; rc == 0 && i < pin->nplaces; i++) {
		place[i] = (struct param_cpus){ .policy = pin->place[i] };
		rc = plan_place(m, run, s, opts, &place[i], name[pin->place[i]], e);
	}
	return rc;
}

/* What cannot be begun one by one is skipped under --rate; all of it is refused. */
static int
skip_unscheduled(struct measure *m, struct err *e)
{
	size_t left = 0;

	for (size_t i = 0; i < m->n; i++) {
		struct measure_subject *s = m->subject[i];

		if (s->body->flags & MEASURE_SINGLE) {
			left++;
			continue;
		}
		s->status = RESULT_SKIPPED;
		snprintf(s->why, sizeof(s->why),
			 "--rate: it does not begin single operations");
	}
	if (left > 0 || m->n == 0)
		return 0;
	return err_set(e, EINVAL, "'--rate': '%s' does not begin single operations",
		       m->subject[0]->body->name);
}

int
bench_plan(struct measure *m, struct run *run, const struct scenario *s,
	   const void *opts, const struct common_opts *o, struct err *e)
{
	int rc;

	m->config = (struct measure_config){
		.time_ns = o->time_ns,
		.warmup_ns = o->warmup_ns,
		.rounds = (uint64_t)o->rounds,
		.precision = o->precision >= 0 ? o->precision
			     : o->rounds > 0   ? 0
					       : PRECISION_DEFAULT,
		.rate = o->rate,
		.interval_ns = o->interval_ns,
		.samples = o->samples,
		.seed = run->seed,
		.stop = run->stop,
	};
	args_echo(common_params(), o, echo, run->result);
	m->config.enter = enter;
	m->config.enter_arg = run;
	rc = plan_places(m, run, s, opts, &o->pin, e);
	if (rc == 0 && o->rate > 0)
		rc = skip_unscheduled(m, e);
	return rc == 0 ? measure_check(m, e) : rc;
}

int
bench_run(struct measure *m, struct run *run, const struct scenario *s,
	  const void *opts, struct err *e)
{
	struct progress line = { 0 };
	int rc;

	if (isatty(2) && !run->quiet) {
		m->config.progress = show_progress;
		m->config.progress_arg = &line;
	}
	rc = measure_run(m, e);
	if (rc == 0 && m->end != MEASURE_STOPPED && s->doubt != NULL &&
	    s->doubt(run, opts, m)) {
		measure_again(m);
		rc = measure_run(m, e);
	}
	if (line.shown) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	if (rc == 0)
		measure_report(m, run->result);
	if (rc == 0 && s->judge != NULL)
		s->judge(run, opts, m);
	return rc;
}
