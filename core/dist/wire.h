/*
 * wire.h - bytes on their way, and the messages of multiprocessing.connection.
 *
 * A message is its length, 4 bytes big-endian and signed, and so many bytes; for more
 * than 2^31 - 1 the length is -1 and 8 bytes follow. Whatever a peer claims, no more
 * than the limit is ever kept. One thread a buffer.
 */
#ifndef CORE_DIST_WIRE_H
#define CORE_DIST_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that grow at the end and are taken from the front. Zeroed is empty. */
struct wire {
	uint8_t *at;	      /* owned */
	size_t from, n, size; /* at[from .. n) is there */
	bool lacks_memory;    /* something could not be added: the rest is worthless */
};

void wire_fini(struct wire *w);

/* Room for n more bytes at the end; NULL (and lacks_memory) without memory. What is
 * written there counts after wire_added(). */
uint8_t *wire_room(struct wire *w, size_t n);
void wire_added(struct wire *w, size_t n);

/* Adds n bytes. Without memory lacks_memory is set. */
void wire_add(struct wire *w, const void *from, size_t n);

/* Takes n bytes from the front. */
void wire_taken(struct wire *w, size_t n);

static inline size_t
wire_bytes(const struct wire *w)
{
	return w->n - w->from;
}

/*
 * The next whole message of w: 1 with *message and *n, which are valid until w
 * changes and are taken by wire_taken(w, *whole); 0 while it is not complete;
 * -EMSGSIZE when it claims to be longer than limit or has a length that none has.
 */
int wire_message(const struct wire *w, size_t limit, const uint8_t **message, size_t *n,
		 size_t *whole);

/* Begins a message: returns what wire_end() needs. It is closed before another. */
size_t wire_begin(struct wire *w);
void wire_end(struct wire *w, size_t begin);

/* Adds a whole message. */
void wire_add_message(struct wire *w, const void *from, size_t n);

#endif
