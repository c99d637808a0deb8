/*
 * trace_pump.c - events in shared memory: the owner drains, merges, hands out.
 *
 * Edge T: append() in core/trace.c stores head = n + 1 -> drain_ring() sees
 * it, hence the event in slot n, and a name given before it.
 * Edge F: drain_ring() stores tail = n + 1 -> has_room() in core/trace.c sees it,
 * hence slot n was copied and may be written again.
 */
#include "core/trace.h"

#include "core/clock.h"
#include "core/trace_ring.h"

#include <stdlib.h>
#include <string.h>

#define HOLD_NS (2 * NS_PER_MS) /* how long a late event is waited for */

/* Merges the sorted runs from[0..mid) and from[mid..n) into to, earlier first. */
static void
merge_runs(struct event *to, const struct event *from, size_t mid, size_t n)
{
	size_t i = 0, j = mid;

	for (size_t k = 0; k < n; k++)
		to[k] = j >= n || (i < mid && from[i].ts_ns <= from[j].ts_ns)
				? from[i++]
				: from[j++];
}

/*
 * Sorts by time; events of the same time stay as they are, so that a role's own
 * order is kept. Merge sort, since qsort() promises neither this nor its memory.
 */
static void
sort_events(struct event *e, struct event *spare, size_t n)
{
	struct event *from = e, *to = spare, *swap;
	size_t sorted = 1;

	while (sorted < n && e[sorted - 1].ts_ns <= e[sorted].ts_ns)
		sorted++;
	if (sorted >= n)
		return;
	for (size_t run = 1; run < n; run *= 2) {
		for (size_t i = 0; i < n; i += 2 * run) {
			size_t left = n - i;

			merge_runs(to + i, from + i, left < run ? left : run,
				   left < 2 * run ? left : 2 * run);
		}
		swap = from;
		from = to;
		to = swap;
	}
	if (from != e)
		memcpy(e, from, n * sizeof(*e));
}

/*
 * Hands out what is pending and older than before_ns, in order of time. Returns how
 * many events that were.
 */
static size_t
hand_out(struct trace *t, uint64_t before_ns)
{
	size_t n = 0;

	sort_events(t->pending, t->pending + t->pending_max, t->npending);
	while (n < t->npending && t->pending[n].ts_ns < before_ns) {
		if (t->sink != NULL)
			t->sink(t->sink_arg, &t->pending[n]);
		n++;
	}
	t->npending -= n;
	memmove(t->pending, t->pending + n, t->npending * sizeof(*t->pending));
	return n;
}

/* Makes room for one more pending event. */
static void
grow_pending(struct trace *t)
{
	size_t max = 2 * t->pending_max;
	struct event *more = realloc(t->pending, 2 * max * sizeof(*more));

	if (more == NULL) {
		/* No memory: better out of order than not at all. */
		hand_out(t, UINT64_MAX);
		return;
	}
	t->pending = more;
	t->pending_max = max;
}

static void
drain_ring(struct trace *t, int role)
{
	struct ring *r = &t->shared->ring[role];
	const struct event *slot = ring_slots(t->shared, role);
	uint64_t tail = atom_load_rlx(&r->tail);
	uint64_t head = atom_load_acq(&r->head); /* T */

	if (tail == head)
		return;
	for (; tail != head; tail++) {
		if (t->npending == t->pending_max)
			grow_pending(t);
		t->pending[t->npending++] = slot[tail & (t->capacity - 1)];
	}
	atom_store_rel(&r->tail, head); /* F */
}

void
trace_pump(struct trace *t, bool all)
{
	uint64_t before_ns, lost = 0;

	if (t->shared == NULL || t->pumping)
		return;
	t->pumping = true;
	before_ns = all ? UINT64_MAX : clock_ns() - HOLD_NS;
	for (int role = 0; role < t->nroles; role++) {
		drain_ring(t, role);
		lost += atom_load_rlx(&t->shared->ring[role].lost);
	}
	t->lost = lost;
	if (hand_out(t, before_ns) != 0 && t->sink_end != NULL)
		t->sink_end(t->sink_arg);
	t->pumping = false;
}
