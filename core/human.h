/*
 * human.h - quantities as people read them: three or four digits and a unit.
 *
 * For summaries and narration; machine formats never scale. All write at most
 * HUMAN_TEXT bytes into buf, end it in NUL and return it. Any thread.
 */
#ifndef CORE_HUMAN_H
#define CORE_HUMAN_H

#include <stdint.h>

#define HUMAN_TEXT 32

/* "0 ns", "417 ns", "1.50 us", "110.5 ms", "3.02 s", "125.0 s"; rounded. */
const char *human_ns(char buf[static HUMAN_TEXT], double ns);

/* "64 B", "1.50 KiB", "12.0 MiB". */
const char *human_bytes(char buf[static HUMAN_TEXT], double bytes);

/* "950", "14.4 k", "83.1 M", "2.00 G": counts and rates. */
const char *human_count(char buf[static HUMAN_TEXT], double count);

/* Two digits of a share in percent: "0.78 %", "12 %", "160 %". */
const char *human_percent(char buf[static HUMAN_TEXT], double percent);

/*
 * A measured figure with three digits at least, in a metric's unit ("ns", "bytes",
 * "1/s", "1", "%"): "3.02 ns", "47.1 us", "20.9 M/s", "0.95".
 */
const char *human_figure(char buf[static HUMAN_TEXT], const char *unit, double x);

#endif
