/*
 * watch.h - how the owner of a run waits: for a descriptor, a stop, a deadline,
 * while events go on being shown.
 */
#ifndef CORE_WATCH_H
#define CORE_WATCH_H

#include "core/stop.h"
#include "core/trace.h"

#include <stdint.h>

/*
 * Waits until fd (-1: none) is readable, a stop is requested, or deadline_ns of
 * clock_ns() has come (UINT64_MAX: never). Pumps the trace t every t->live_ns
 * meanwhile. t and s may be NULL. Returns 1 when fd is readable, -ECANCELED on a
 * stop, -ETIMEDOUT past the deadline, or -errno; looks at them in this order. The
 * owner's main thread only.
 */
int watch_fd(struct trace *t, const struct stop *s, int fd, uint64_t deadline_ns);

#endif
