/*
 * spans.c - events paired into spans.
 */
#include "cli/spans.h"

#include <errno.h>
#include <stdlib.h>

#define POINT_NS 1000

static size_t
hash(const struct event *e, size_t nslots)
{
	uint64_t h = (uint64_t)(uint32_t)e->tid * UINT64_C(0x9e3779b97f4a7c15);

	h ^= ((uint64_t)(uint32_t)e->pid << 20 ^ e->role) *
	     UINT64_C(0xbf58476d1ce4e5b9);
	return (size_t)(h >> 17) & (nslots - 1);
}

static bool
is_of(const struct track *t, const struct event *e)
{
	return t->tid == e->tid && t->pid == e->pid && t->role == e->role;
}

/* Finds the slot of e's track, or the empty one where it belongs. */
static size_t
slot_of(const struct spans *s, const struct event *e)
{
	size_t i = hash(e, s->nslots);

	while (s->slot[i] != 0 && !is_of(&s->track[s->slot[i] - 1], e))
		i = (i + 1) & (s->nslots - 1);
	return i;
}

static int
grow_tracks(struct spans *s)
{
	size_t max = s->max_tracks == 0 ? 64 : s->max_tracks * 2, n = max * 2;
	struct track *track = realloc(s->track, max * sizeof(*track));
	uint32_t *slot;

	if (track == NULL)
		return -ENOMEM;
	s->track = track;
	slot = calloc(n, sizeof(*slot));
	if (slot == NULL)
		return -ENOMEM;
	free(s->slot);
	s->slot = slot;
	s->nslots = n;
	s->max_tracks = max;
	for (size_t i = 0; i < s->ntracks; i++) {
		struct event e = { .pid = track[i].pid,
				   .tid = track[i].tid,
				   .role = track[i].role };

		slot[slot_of(s, &e)] = (uint32_t)i + 1;
	}
	return 0;
}

/* The track of e, made when new; its number, or -ENOMEM. */
static int64_t
track_of(struct spans *s, const struct event *e)
{
	size_t i;

	if (s->ntracks == s->max_tracks && grow_tracks(s) != 0)
		return -ENOMEM;
	i = slot_of(s, e);
	if (s->slot[i] == 0) {
		s->track[s->ntracks] = (struct track){
			.pid = e->pid,
			.tid = e->tid,
			.role = e->role,
			.open = SPAN_NONE,
			.point = SPAN_NONE,
			.first_ns = e->ts_ns,
		};
		s->slot[i] = (uint32_t)++s->ntracks;
	}
	return s->slot[i] - 1;
}

static int
span_begin(struct spans *s, size_t event, uint32_t track, const struct event *e)
{
	struct track *t = &s->track[track];
	struct span *span;

	if (s->nspans == s->max_spans) {
		size_t max = s->max_spans == 0 ? 256 : s->max_spans * 2;

		span = realloc(s->span, max * sizeof(*span));
		if (span == NULL)
			return -ENOMEM;
		s->span = span;
		s->max_spans = max;
	}
	span = &s->span[s->nspans];
	*span = (struct span){
		.begin = event,
		.end = SPAN_NONE,
		.parent = t->open,
		.track = track,
		.wait = event_type_of(e)->phase == EVENT_WAIT,
		.point = event_type_of(e)->phase == EVENT_SEND,
		.begin_ns = e->ts_ns,
		.end_ns = e->ts_ns + POINT_NS,
	};
	if (span->point)
		t->point = s->nspans;
	else
		t->open = s->nspans;
	s->nspans++;
	return 0;
}

static void
span_end(struct spans *s, size_t event, struct track *t, const struct event *e)
{
	struct span *span;

	if (t->open == SPAN_NONE)
		return; /* its beginning was lost */
	span = &s->span[t->open];
	span->end = event;
	span->end_ns = e->ts_ns;
	t->open = span->parent;
}

static int
add(struct spans *s, size_t i, const struct event *e)
{
	int64_t number = track_of(s, e);
	struct track *t;

	if (number < 0)
		return (int)number;
	t = &s->track[number];
	s->track_of[i] = (uint32_t)number;
	t->last_ns = e->ts_ns;
	s->last_ns = e->ts_ns > s->last_ns ? e->ts_ns : s->last_ns;
	if (t->point != SPAN_NONE) {
		struct span *p = &s->span[t->point];

		p->end_ns = e->ts_ns < p->end_ns ? e->ts_ns : p->end_ns;
		t->point = SPAN_NONE;
	}
	switch (event_type_of(e)->phase) {
	case EVENT_BEGIN:
	case EVENT_WAIT:
	case EVENT_SEND:
		return span_begin(s, i, (uint32_t)number, e);
	case EVENT_END:
		span_end(s, i, t, e);
		break;
	case EVENT_INSTANT:
	case EVENT_COUNTER:
	case EVENT_RECEIVE:
		break;
	}
	return 0;
}

/* An event that names pid at ts_ns: of the tracks with something open, its main
 * thread's lived until then at most. */
static void
sign_of(struct spans *s, const uint32_t *open, size_t nopen, int64_t pid,
	uint64_t ts_ns)
{
	for (size_t i = 0; i < nopen; i++) {
		struct track *t = &s->track[open[i]];

		if (t->pid == pid && t->tid == pid && ts_ns > t->last_ns)
			t->last_ns = ts_ns;
	}
}

static int
close_open(struct spans *s, const struct event *events, size_t n)
{
	uint32_t *open = calloc(s->ntracks + 1, sizeof(*open));
	size_t nopen = 0;

	if (open == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->ntracks; i++) {
		if (s->track[i].open != SPAN_NONE)
			open[nopen++] = (uint32_t)i;
	}
	for (size_t i = 0; nopen > 0 && i < n; i++) {
		const struct event_type *type = event_type_of(&events[i]);

		if (type->unit_a == EVENT_PID)
			sign_of(s, open, nopen, events[i].a, events[i].ts_ns);
		if (type->unit_b == EVENT_PID)
			sign_of(s, open, nopen, events[i].b, events[i].ts_ns);
	}
	for (size_t i = 0; i < s->nspans; i++) {
		if (!s->span[i].point && s->span[i].end == SPAN_NONE)
			s->span[i].end_ns = s->track[s->span[i].track].last_ns;
	}
	free(open);
	return 0;
}

/* Coroutines: many roles on one TID. All but the first on it are marked. */
static int
mark_shared(struct spans *s)
{
	size_t n = 64;
	uint32_t *seen;

	while (n < s->ntracks * 2)
		n *= 2;
	seen = calloc(n, sizeof(*seen));
	if (seen == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->ntracks; i++) {
		struct track *t = &s->track[i];
		size_t j = (uint32_t)t->tid & (n - 1);

		while (seen[j] != 0 && s->track[seen[j] - 1].tid != t->tid)
			j = (j + 1) & (n - 1);
		if (seen[j] == 0)
			seen[j] = (uint32_t)i + 1;
		else
			t->shares_tid = s->track[seen[j] - 1].role != t->role;
	}
	free(seen);
	return 0;
}

int
spans_init(struct spans *s, const struct event *events, size_t n)
{
	int rc = 0;

	*s = (struct spans){ 0 };
	s->track_of = calloc(n + 1, sizeof(*s->track_of));
	if (s->track_of == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add(s, i, &events[i]);
	if (rc == 0)
		rc = mark_shared(s);
	if (rc == 0)
		rc = close_open(s, events, n);
	if (rc != 0)
		spans_fini(s);
	return rc;
}

void
spans_fini(struct spans *s)
{
	free(s->track);
	free(s->span);
	free(s->track_of);
	free(s->slot);
	*s = (struct spans){ 0 };
}
