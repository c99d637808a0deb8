/*
 * pace.h - how fast the CPU runs right now.
 *
 * A chain of instructions that wait for one another takes the same number of cycles
 * each time, so its time moves with the frequency alone (and with what shares the
 * core, or takes it away). Steal is what the hypervisor admits; this is what is seen.
 */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include <stddef.h>

/*
 * Nanoseconds of one step, the least of three tries of about 3 us each, so that one
 * that was interrupted does not count. The calling thread's CPU, now. Any thread.
 */
double pace_step_ns(void);

/*
 * How much n paces differ, relative: the 95th percentile over the 5th, less 1; 0 for
 * fewer than 6. A frequency that moved between two rounds shows here, a single odd
 * one does not. Pure function.
 */
double pace_drift(const double *step_ns, size_t n);

#endif
