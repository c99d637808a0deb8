/*
 * lanes.h - events of a worker on their way to the master's trace.
 *
 * A parcel is a head and records of a fixed size, little-endian. Types are numbers of a
 * table that both sides have. Times are those of the worker's clock; the head says how
 * that lies to the clock that both sides share. Pure functions, any thread.
 */
#ifndef CORE_DIST_LANES_H
#define CORE_DIST_LANES_H

#include "core/dist/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lane_head {
	int32_t pid, tid;
	int64_t offset_ns; /* to be added to a time of the worker */
};

struct lane_event {
	uint64_t ts_ns;
	int64_t a, b;
	uint32_t type;
};

void lanes_begin(struct wire *w, const struct lane_head *head);
void lanes_add(struct wire *w, const struct lane_event *event);

/* Reads the head; false for what is no parcel. */
bool lanes_head(const void *parcel, size_t n, struct lane_head *head);

/* The number of its events, and the i-th. */
size_t lanes_count(size_t n);
void lanes_event(const void *parcel, size_t i, struct lane_event *event);

/*
 * How the shared clock lies to ours, by round trips: ours was read before and after
 * the shared one was. The shortest round trip knows best; its half is how wrong it may
 * be. Begin with a zeroed struct.
 */
struct clock_offset {
	uint64_t round_trip_ns; /* 0: nothing known */
	int64_t offset_ns;
};
void clock_offset_add(struct clock_offset *o, uint64_t before_ns, uint64_t shared_ns,
		      uint64_t after_ns);

#endif
