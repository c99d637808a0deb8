/*
 * clock.h - the one place that reads a clock.
 *
 * Time is uint64_t nanoseconds of CLOCK_MONOTONIC, the same in every process of
 * the machine, also after exec, and no jump of the wall clock touches it. It may
 * be given to the kernel as an absolute deadline as it is.
 *
 * Why not the TSC by hand: a plain rdtsc is not ordered with the loads before it.
 * Of 20 million stamps taken right after reading another core's stamp, 14 % were
 * earlier than that one, by up to 1 us; an effect would stand before its cause.
 * With the lfence that cures it, it costs 20.5 ns, clock_gettime() 23.9 ns (AMD
 * EPYC guest, 2 vCPUs, gcc 12, 2025-11): the vDSO does just that, and follows the
 * kernel's calibration, too.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>
#include <sys/types.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/* What clock_init() found out. */
struct clock_info {
	char source[32];      /* the kernel's clock source ("tsc"), or "unknown" */
	double read_ns;	      /* cost of one clock_ns(), measured (median) */
	double resolution_ns; /* smallest step seen between two reads */
};

/*
 * Measures the clock (about 0.2 ms); clock_ns() works without it. Once, at
 * the start of the program, before any thread or child. A second call does nothing.
 */
void clock_init(void);

/* What was found; valid after clock_init(). */
const struct clock_info *clock_info(void);

/*
 * Now, in nanoseconds of CLOCK_MONOTONIC. Never goes back, also between threads
 * and processes: what was seen happening has an earlier or the same time. Any
 * thread or process, signal handlers too; 20 to 30 ns where the vDSO serves it.
 */
uint64_t clock_ns(void);

/*
 * The wall clock: nanoseconds since 1970 (UTC). For the stamp of a run alone; it may
 * jump.
 */
int64_t clock_unix_ns(void);

/* CPU time of the calling thread, in nanoseconds (a system call, ~300 ns). */
uint64_t clock_thread_cpu_ns(void);

/* CPU time so far of process pid, which lives or awaits its wait; 0 when it is gone. */
uint64_t clock_cpu_of_ns(pid_t pid);

/* CPU time of the calling process and of the children it has reaped. */
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
