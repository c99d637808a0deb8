/*
 * value.h - plain data as Python has it, and the arena it lives in.
 *
 * Values are made by the reader of pickles (core/dist/pickle.h) and never change
 * afterwards. Texts and bytes point into the message they were read from, or into the
 * arena. One thread an arena.
 */
#ifndef CORE_DIST_VALUE_H
#define CORE_DIST_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type {
	VALUE_NONE,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_BIG, /* an integer of more than 64 bits: bytes, two's complement,
		      little-endian */
	VALUE_FLOAT,
	VALUE_TEXT, /* UTF-8, may hold surrogates and NUL */
	VALUE_BYTES,
	VALUE_BYTEARRAY,
	VALUE_TUPLE,
	VALUE_LIST,
	VALUE_DICT, /* items: key, value, key, value; the last of equal keys holds */
	VALUE_SET,
	VALUE_FROZENSET,
	VALUE_EXCEPTION, /* name, and its arguments as items */
	VALUE_TOKEN,	 /* multiprocessing.managers.Token: items */
	VALUE_NAME,	 /* private to the reader: a class that is allowed */
};

struct value {
	enum value_type type;
	uint32_t name; /* EXCEPTION, NAME: place in pickle_names[] */
	union {
		int64_t integer; /* BOOL, INT */
		double real;
		struct {
			const uint8_t *at;
			size_t n;
		} bytes; /* BIG, TEXT, BYTES, BYTEARRAY */
		struct {
			struct value **item;
			size_t n, room;
		} seq; /* the containers */
	};
};

/* Memory that is given back at once. Zeroed with a limit is empty. */
struct arena {
	struct arena_chunk *chunk;
	size_t used;  /* in all */
	size_t limit; /* of that: more is refused */
};

/* n bytes, aligned for any value; NULL without memory or past the limit. */
void *arena_get(struct arena *a, size_t n);

/* Forgets all of it, keeping one chunk for what comes next; gives all back. */
void arena_reset(struct arena *a);
void arena_fini(struct arena *a);

/* True for a text of exactly these bytes. */
bool value_is_text(const struct value *v, const char *text);

/* The value of a key that is a text; NULL when there is none. */
const struct value *value_get(const struct value *dict, const char *key);

/* Bool, int and float as a number: true. */
bool value_number(const struct value *v, double *number);

/* Of what a pickle may name: "Empty", "ValueError", ...; for EXCEPTION. */
const char *value_exception(const struct value *v);

#endif
