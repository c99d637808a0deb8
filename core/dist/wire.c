/*
 * wire.c - bytes on their way, and messages in them.
 */
#include "core/dist/wire.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_MIN = 1024, HEADER = 4 };

void
wire_fini(struct wire *w)
{
	free(w->at);
	*w = (struct wire){ .at = NULL };
}

uint8_t *
wire_room(struct wire *w, size_t n)
{
	size_t size = w->size == 0 ? SIZE_MIN : w->size;
	uint8_t *at;

	if (w->size - w->n >= n && w->at != NULL)
		return w->at + w->n;
	if (w->from != 0 && w->at != NULL) {
		memmove(w->at, w->at + w->from, w->n - w->from);
		w->n -= w->from;
		w->from = 0;
	}
	while (size - w->n < n)
		size *= 2;
	if (size == w->size)
		return w->at + w->n;
	at = realloc(w->at, size);
	if (at == NULL) {
		w->lacks_memory = true;
		return NULL;
	}
	w->at = at;
	w->size = size;
	return w->at + w->n;
}

void
wire_added(struct wire *w, size_t n)
{
	w->n += n;
}

void
wire_add(struct wire *w, const void *from, size_t n)
{
	uint8_t *to = wire_room(w, n);

	if (to == NULL || n == 0)
		return;
	memcpy(to, from, n);
	w->n += n;
}

void
wire_taken(struct wire *w, size_t n)
{
	w->from += n;
	if (w->from == w->n)
		w->from = w->n = 0;
}

int
wire_message(const struct wire *w, size_t limit, const uint8_t **message, size_t *n,
	     size_t *whole)
{
	size_t header = HEADER;
	uint32_t length;
	uint64_t bytes;

	if (wire_bytes(w) < HEADER)
		return 0;
	memcpy(&length, w->at + w->from, sizeof(length));
	bytes = be32toh(length);
	if (length == UINT32_MAX) {
		header += sizeof(bytes);
		if (wire_bytes(w) < header)
			return 0;
		memcpy(&bytes, w->at + w->from + HEADER, sizeof(bytes));
		bytes = be64toh(bytes);
	} else if (bytes > INT32_MAX) {
		return -EMSGSIZE;
	}
	if (bytes > limit)
		return -EMSGSIZE;
	if (wire_bytes(w) - header < bytes)
		return 0;
	*message = w->at + w->from + header;
	*n = (size_t)bytes;
	*whole = header + (size_t)bytes;
	return 1;
}

size_t
wire_begin(struct wire *w)
{
	static const uint8_t none[HEADER];
	size_t begin;

	wire_add(w, none, HEADER);
	begin = wire_bytes(w);
	return begin;
}

void
wire_end(struct wire *w, size_t begin)
{
	uint32_t length;

	if (w->lacks_memory)
		return;
	length = htobe32((uint32_t)(wire_bytes(w) - begin));
	memcpy(w->at + w->from + begin - HEADER, &length, sizeof(length));
}

void
wire_add_message(struct wire *w, const void *from, size_t n)
{
	const size_t begin = wire_begin(w);

	wire_add(w, from, n);
	wire_end(w, begin);
}
