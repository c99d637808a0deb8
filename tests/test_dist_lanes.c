/*
 * test_dist_lanes - events on their way, and the clocks they are stamped by.
 */
#include "core/dist/lanes.h"

#include <criterion/criterion.h>

Test(dist_lanes, events_come_as_they_went)
{
	const struct lane_head head = { .pid = 4711, .tid = -2, .offset_ns = -5 };
	const struct lane_event sent = {
		.ts_ns = 1, .a = -1, .b = INT64_MIN, .type = 3
	};
	struct lane_head got_head;
	struct lane_event got;
	struct wire w = { 0 };

	lanes_begin(&w, &head);
	lanes_add(&w, &(struct lane_event){ .ts_ns = 7 });
	lanes_add(&w, &sent);
	cr_assert(lanes_head(w.at, w.n, &got_head));
	cr_assert_eq(got_head.pid, 4711);
	cr_assert_eq(got_head.tid, -2);
	cr_assert_eq(got_head.offset_ns, -5);
	cr_assert_eq(lanes_count(w.n), 2);
	lanes_event(w.at, 1, &got);
	cr_assert_eq(got.ts_ns, 1);
	cr_assert_eq(got.a, -1);
	cr_assert_eq(got.b, INT64_MIN);
	cr_assert_eq(got.type, 3);
	cr_assert_not(lanes_head(w.at, w.n - 1, &got_head));
	w.at[0] ^= 1;
	cr_assert_not(lanes_head(w.at, w.n, &got_head));
	wire_fini(&w);
}

Test(dist_lanes, the_shortest_round_trip_tells_the_offset)
{
	struct clock_offset o = { .round_trip_ns = 0 };

	/* The shared clock is 1000 ahead; the first look was delayed on its way back.
	 */
	clock_offset_add(&o, 100, 1105, 300);
	cr_assert_neq(o.offset_ns, 1000);
	clock_offset_add(&o, 400, 1405, 410);
	cr_assert_eq(o.offset_ns, 1000);
	clock_offset_add(&o, 500, 1590, 600);
	cr_assert_eq(o.offset_ns, 1000);
}
