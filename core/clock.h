/*
 * clock.h - the one place that reads a clock.
 *
 * Time is uint64_t nanoseconds of CLOCK_MONOTONIC, the same in every process of
 * the machine, and no jump of the wall clock touches it. On x86-64 with an
 * invariant TSC that the kernel itself uses as its clock source, clock_ns() reads
 * the TSC and scales it (calibrated once by clock_init() against
 * CLOCK_MONOTONIC); elsewhere, and before clock_init(), it calls clock_gettime().
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/* What clock_init() found out. */
struct clock_info {
	const char *source;   /* "tsc" or "clock_gettime" */
	double read_ns;	      /* cost of one clock_ns(), measured (median) */
	double resolution_ns; /* smallest step seen between two reads */
	double tsc_ghz;	      /* 0 where the TSC is not used */
};

/*
 * Chooses and calibrates the clock (takes about 2 ms). Once, at the start of the
 * program, before any thread or child. A second call does nothing.
 */
void clock_init(void);

/* What was chosen; valid after clock_init(). */
const struct clock_info *clock_info(void);

/*
 * Now, in nanoseconds of CLOCK_MONOTONIC (within the error of the calibration,
 * some tens of parts in a million since clock_init()). Any thread or forked
 * child; about 10 ns. Never goes back within one thread.
 */
uint64_t clock_ns(void);

/* CPU time of the calling thread, in nanoseconds (a system call, ~300 ns). */
uint64_t clock_thread_cpu_ns(void);

/* CPU time of the calling process and, with children, its reaped children. */
uint64_t clock_process_cpu_ns(void);

/*
 * The deadline that lies timeout_ns from now; saturates, so that a timeout of
 * UINT64_MAX never comes.
 */
uint64_t clock_deadline_ns(uint64_t timeout_ns);

/*
 * Milliseconds left until deadline_ns for poll(2), rounded up, at most INT_MAX;
 * -1 for UINT64_MAX (for ever), 0 when it has passed.
 */
int clock_poll_ms(uint64_t deadline_ns);

#endif
