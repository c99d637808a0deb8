/*
 * lanes.c - events of a worker on their way to the master's trace.
 *
 * Source of the alignment: F. Cristian, "Probabilistic clock synchronization", 1989.
 */
#include "core/dist/lanes.h"

#include <endian.h>
#include <string.h>

#define MAGIC 0x31656e616c6263 /* "cblane1" */

enum { HEAD_WORDS = 3, EVENT_WORDS = 4, WORD = 8 };

static void
add_words(struct wire *w, const uint64_t *word, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const uint64_t le = htole64(word[i]);

		wire_add(w, &le, sizeof(le));
	}
}

static void
read_words(const void *at, uint64_t *word, size_t n)
{
	memcpy(word, at, n * WORD);
	for (size_t i = 0; i < n; i++)
		word[i] = le64toh(word[i]);
}

void
lanes_begin(struct wire *w, const struct lane_head *head)
{
	const uint64_t words[HEAD_WORDS] = {
		MAGIC,
		(uint64_t)(uint32_t)head->pid << 32 | (uint32_t)head->tid,
		(uint64_t)head->offset_ns,
	};

	add_words(w, words, HEAD_WORDS);
}

void
lanes_add(struct wire *w, const struct lane_event *event)
{
	const uint64_t words[EVENT_WORDS] = { event->ts_ns, (uint64_t)event->a,
					      (uint64_t)event->b, event->type };

	add_words(w, words, EVENT_WORDS);
}

bool
lanes_head(const void *parcel, size_t n, struct lane_head *head)
{
	uint64_t words[HEAD_WORDS];

	if (n < HEAD_WORDS * WORD ||
	    (n - HEAD_WORDS * WORD) % (EVENT_WORDS * WORD) != 0)
		return false;
	read_words(parcel, words, HEAD_WORDS);
	*head = (struct lane_head){ .pid = (int32_t)(words[1] >> 32),
				    .tid = (int32_t)(uint32_t)words[1],
				    .offset_ns = (int64_t)words[2] };
	return words[0] == MAGIC;
}

size_t
lanes_count(size_t n)
{
	return (n - HEAD_WORDS * WORD) / (EVENT_WORDS * WORD);
}

void
lanes_event(const void *parcel, size_t i, struct lane_event *event)
{
	uint64_t words[EVENT_WORDS];

	read_words((const uint8_t *)parcel + WORD * (HEAD_WORDS + i * EVENT_WORDS),
		   words, EVENT_WORDS);
	*event = (struct lane_event){ .ts_ns = words[0],
				      .a = (int64_t)words[1],
				      .b = (int64_t)words[2],
				      .type = (uint32_t)words[3] };
}

void
clock_offset_add(struct clock_offset *o, uint64_t before_ns, uint64_t shared_ns,
		 uint64_t after_ns)
{
	const uint64_t round_trip_ns = after_ns - before_ns + 1;

	if (o->round_trip_ns != 0 && round_trip_ns >= o->round_trip_ns)
		return;
	o->round_trip_ns = round_trip_ns;
	o->offset_ns = (int64_t)(shared_ns - before_ns - (after_ns - before_ns) / 2);
}
