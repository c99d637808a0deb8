/*
 * spans.h - events paired into spans, for pictures and trace files.
 *
 * A track is one (pid, tid, role): a worker that was replaced goes on as another
 * track of the same role. A span that nobody ended (its writer was killed) ends with
 * the last sign of its track: its last event, or the last event elsewhere that names
 * its PID, which is when its end was noticed.
 */
#ifndef CLI_SPANS_H
#define CLI_SPANS_H

#include "core/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPAN_NONE SIZE_MAX

struct track {
	int32_t pid, tid;
	uint32_t role;
	bool shares_tid;   /* another role was seen on this TID before */
	size_t open;	   /* while building: the innermost open span */
	size_t point;	   /* while building: a SEND that awaits the next event */
	uint64_t first_ns; /* first event */
	uint64_t last_ns;  /* last sign */
};

struct span {
	size_t begin, end; /* indexes of the events; end SPAN_NONE: nobody ended it */
	size_t parent;	   /* the span around it in the same track, or SPAN_NONE */
	uint32_t track;
	bool wait;  /* began with EVENT_WAIT */
	bool point; /* an EVENT_SEND: a moment, up to 1 us or the next event */
	uint64_t begin_ns, end_ns;
};

struct spans {
	struct track *track;
	size_t ntracks;
	struct span *span; /* in the order of their beginnings */
	size_t nspans, max_spans;
	uint32_t *track_of; /* by event: its track */
	uint32_t *slot;	    /* hash of the tracks: number + 1, 0 empty */
	size_t nslots, max_tracks;
	uint64_t last_ns; /* of all events; 0 when there are none */
};

/*
 * Builds the spans of n events in order of time. Returns 0, or -ENOMEM with nothing
 * held. Costs time and memory linear in n.
 */
int spans_init(struct spans *s, const struct event *events, size_t n);

/* Gives the memory back. Accepts a zeroed s. */
void spans_fini(struct spans *s);

#endif
