/*
 * units.h - numbers with units, as text and back. Independent of the locale.
 *
 * The readers take the whole text or nothing: no white space, no sign, no hex, no
 * NaN. They return 0, or
 *   -EINVAL  not a number of this sort
 *   -ERANGE  a number, but larger than the type holds; never clamped
 *   -EDOM    a number, but not a whole one (of counts, nanoseconds, bytes)
 *   -ENOMEM
 * and leave *v alone when they fail. Pure functions; any thread.
 */
#ifndef CLI_UNITS_H
#define CLI_UNITS_H

#include "core/param.h"
#include "core/work.h"

#include <stddef.h>
#include <stdint.h>

/* Largest count: every whole number up to here is exact in a double and in JSON. */
#define UNITS_MAX (INT64_C(1) << 53)

/* Most elements of a list or range. */
#define UNITS_LIST_MAX 4096

/* Whole number; suffix k K M G (10^3, 10^6, 10^9) or exponent: 10k, 1e6, 2.5k. */
int units_count(const char *text, int64_t *v);

/* Nanoseconds: 50ns 1.5us (also µs) 2ms 2s 1m 1h; a bare number is seconds. */
int units_duration(const char *text, uint64_t *v);

/* The same as a number, for what was measured: 0.25ns, also negative. Not without unit.
 */
int units_nanoseconds(const char *text, double *v);

/* Bytes: K KiB M MiB G GiB T TiB (1024), kB MB GB TB (1000), B or nothing. */
int units_size(const char *text, uint64_t *v);

/* Decimal number, exponent or suffix k K M G allowed, a leading minus too. Always
 * finite. */
int units_real(const char *text, double *v);

/* A fraction: 5% is 0.05, and so is 0.05. */
int units_percent(const char *text, double *v);

/*
 * Counts separated by commas; LO-HI or LO..HI is a range, LO..HI*F one that grows by
 * the factor F (1..64*2: 1 2 4 8 16 32 64). In the order given. -E2BIG for more than
 * UNITS_LIST_MAX elements, -EINVAL also for a range that falls. v->v is the caller's
 * to free.
 */
int units_list(const char *text, struct param_list *v);

/*
 * noop, echo, sleep:DUR, sleep:LO-HI, cpu:DUR[-DUR], io:DUR[-DUR], mixed[:DUR[-DUR]],
 * mem:SIZE[-SIZE]. The unit may stand at the high end only: sleep:0-3s. -EINVAL also
 * for LO > HI.
 */
int units_work(const char *text, struct work *v);

/*
 * A time or a number of cache lines: 100ns, 1us-5us, exp:2us (by chance, of that mean),
 * 4lines, 1-8lines, exp:4lines. A bare number is seconds. -EINVAL also for LO > HI, and
 * for a mean that is a range.
 */
int units_amount(const char *text, struct param_amount *v);

/* The names of works, for messages: "noop", "echo", ...; ends in NULL. */
extern const char *const units_work_names[];

/*
 * Canonical text, which reads back to the same value; the shortest exact one: 1500000
 * ns is "1.5ms", 65536 bytes is "64K". Each writes at most size bytes and returns buf.
 */
#define UNITS_TEXT 64
const char *units_duration_text(uint64_t ns, char *buf, size_t size);
const char *units_size_text(uint64_t bytes, char *buf, size_t size);
const char *units_real_text(double v, char *buf, size_t size);
const char *units_percent_text(double v, char *buf, size_t size);
const char *units_amount_text(const struct param_amount *a, char *buf, size_t size);
const char *units_work_text(const struct work *w, char *buf, size_t size);

/* CPUs that this process may run on (sched_getaffinity); at least 1. */
int units_cpus_allowed(void);

/* True when this process may run on CPU number cpu. */
bool units_cpu_allowed(int64_t cpu);

#endif
