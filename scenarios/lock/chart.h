/*
 * chart.h - pictures of figures, as lines of text that go into the result.
 */
#ifndef SCENARIOS_LOCK_CHART_H
#define SCENARIOS_LOCK_CHART_H

#include "core/result.h"
#include "scenarios/lock/figures.h"

/* A bar a contender: how many of the rounds were its. */
void lock_chart_sharing(struct result *r, const struct lock_figures *f);

/* A bar a doubling of time: how many of the timed rounds waited so long. */
void lock_chart_waits(struct result *r, const struct lock_figures *f);

/* Where each of n kinds stands: rounds a second by fairness over short windows. */
void lock_chart_fairness(struct result *r, const struct lock_figures *f, size_t n);

#endif
