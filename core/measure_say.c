/*
 * measure_say.c - how a measurement went, in lines: why it ended, what the machine did.
 */
#include "core/measure_report.h"

#include "core/human.h"
#include "core/pace.h"
#include "core/stat.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *
measure_place_text(const struct measure_subject *s, char *buf, size_t size)
{
	char n[32] = "";

	if (s->workers > 0)
		snprintf(n, sizeof(n), " n=%" PRId64, s->workers);
	snprintf(buf, size, "%s%s%s%s%s%s", s->kind, *s->kind != '\0' ? " " : "",
		 s->body->name, n, *s->params != '\0' ? " " : "", s->params);
	return buf;
}

double
measure_drift(const struct measure_subject *s)
{
	double *pace = calloc(s->nrounds == 0 ? 1 : s->nrounds, sizeof(*pace));
	double drift = 0;

	for (size_t i = 0; pace != NULL && i < s->nrounds; i++)
		pace[i] = s->round[i].pace_ns;
	if (pace != NULL)
		drift = pace_drift(pace, s->nrounds);
	free(pace);
	return drift;
}

/* What the machine did meanwhile, in a line; a warning where it did much. */
static void
say_machine(const struct measure *m, struct result *r)
{
	double drift = 0, steal = 0, wall = 0;
	char moved[HUMAN_TEXT], stolen[HUMAN_TEXT];

	for (size_t i = 0; i < m->n; i++) {
		const struct measure_subject *s = m->subject[i];

		drift = fmax(drift, measure_drift(s));
		for (size_t j = 0; j < s->nrounds; j++) {
			wall += (double)s->round[j].real_ns;
			steal += fmax(0, (double)s->round[j].steal_ns);
		}
	}
	if (wall <= 0)
		return;
	result_line(r, "machine: its speed moved by %s, %s was stolen",
		    human_percent(moved, 100 * drift),
		    human_percent(stolen, 100 * steal / wall));
}

/* Where timing single operations changes them. */
static void
say_timing(const struct measure *m, struct result *r)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct measure_subject *s = m->subject[i];
		char name[160];

		if (s->ntimed == 0 || s->status != RESULT_OK)
			continue;
		result_line(r,
			    "%s: timing each operation changes it by %+.2g %%, so "
			    "rounds are not timed, latencies come from batches beside "
			    "them",
			    measure_place_text(s, name, sizeof(name)),
			    100 * (stat_median(s->timed, s->ntimed) - 1));
	}
}

/* One warning for all whose warm-up did not settle. */
static void
warn_unsettled(const struct measure *m, struct result *r)
{
	const struct measure_subject *worst = NULL;
	size_t count = 0, n = 0;
	char name[160];

	for (size_t i = 0; i < m->n; i++) {
		const struct measure_subject *s = m->subject[i];

		n += s->nrounds > 0;
		if (s->nrounds == 0 || s->warm_spread <= 0.25)
			continue;
		count++;
		if (worst == NULL || s->warm_spread > worst->warm_spread)
			worst = s;
	}
	if (worst != NULL)
		result_warn(r,
			    "%zu of %zu had not settled after the warm-up; the last "
			    "batches of %s differed by %.0f %%",
			    count, n, measure_place_text(worst, name, sizeof(name)),
			    100 * worst->warm_spread);
}

static void
say_end(const struct measure *m, struct result *r)
{
	char spent[HUMAN_TEXT], time[HUMAN_TEXT];
	char wide[HUMAN_TEXT];
	const bool paired = m->n > 0 && m->subject[0]->body->flags & MEASURE_PAIRED;
	const char *what = paired ? "ratio" : "median";

	human_percent(wide, 100 * m->widest);
	human_ns(spent, (double)m->spent_ns);
	human_ns(time, (double)m->config.time_ns);
	switch (m->end) {
	case MEASURE_PRECISE:
		result_line(r,
			    "ended by --precision: every %s is known to +-%s "
			    "or better after %zu rounds, %s",
			    what, wide, m->rounds, spent);
		break;
	case MEASURE_TIME:
		result_line(r,
			    "ended by --time %s: %zu rounds, the widest %s is "
			    "known to +-%s",
			    time, m->rounds, what, wide);
		break;
	case MEASURE_ROUNDS:
		result_line(r,
			    "ended by --rounds: %zu rounds in %s, the widest %s is "
			    "known to +-%s",
			    m->rounds, spent, what, wide);
		break;
	case MEASURE_STOPPED:
		result_line(r, "incomplete: stopped after %zu rounds, %s", m->rounds,
			    spent);
		break;
	}
}

void
measure_say(const struct measure *m, struct result *r)
{
	warn_unsettled(m, r);
	if (m->rounds > 0 || m->end == MEASURE_STOPPED)
		say_end(m, r);
	say_timing(m, r);
	say_machine(m, r);
}
