/*
 * measure_report.h - what the parts of measure_report() share; for them alone.
 *
 * All read a measurement that has ended and add to its result. Main thread.
 */
#ifndef CORE_MEASURE_REPORT_H
#define CORE_MEASURE_REPORT_H

#include "core/measure.h"

/* "mutex acquire n=2 pin=same" in buf, which is returned. */
const char *measure_place_text(const struct measure_subject *s, char *buf, size_t size);

/* How much the CPU's pace differed over the rounds of s, as a share. */
double measure_drift(const struct measure_subject *s);

/* Tables: each round; the figures over time; the USL for each sweep of sizes. Times
 * count from begin_ns. */
void measure_add_rounds(struct result *r, const struct measure_subject *s,
			uint64_t begin_ns);
void measure_add_intervals(const struct measure *m, struct result *r,
			   const struct measure_subject *s, uint64_t begin_ns);
void measure_add_usl(const struct measure *m, struct result *r);

/* Lines and warnings: why it ended, what the machine did, what timing costs. */
void measure_say(const struct measure *m, struct result *r);

#endif
