/*
 * pickle_stack.h - the stack machine of the reader of pickles; private to its files.
 *
 * Whatever fails fills r->e and returns NULL, or -errno.
 */
#ifndef CORE_DIST_PICKLE_STACK_H
#define CORE_DIST_PICKLE_STACK_H

#include "core/dist/pickle.h"

struct reader {
	struct arena *arena;
	const uint8_t *at, *end;
	struct value **stack; /* NULL entries are marks */
	size_t depth, stack_room;
	struct value **memo;
	size_t nmemo, memo_room;
	size_t nodes;
	int protocol;
	struct err *e;
};

/* --- pickle_stack.c -------------------------------------------------------- */

/* Says what is wrong with the pickle: -EBADMSG. */
int reader_malformed(struct reader *r, const char *what);

/* n bytes of the program. */
const uint8_t *reader_take(struct reader *r, uint64_t n);

/* A number of n bytes, little-endian. 0 or -EBADMSG. */
int reader_take_number(struct reader *r, size_t n, uint64_t *number);

/* The array, with room for one more than n. */
struct value **reader_grown(struct reader *r, struct value **array, size_t n,
			    size_t *room);

/* A new value; pushes one (NULL: a mark), an integer, a container of n values. */
struct value *reader_make(struct reader *r, enum value_type type);
int reader_push(struct reader *r, struct value *v);
int reader_push_int(struct reader *r, enum value_type type, int64_t i);
int reader_push_seq(struct reader *r, enum value_type type, struct value *const *item,
		    size_t n);

/* Takes the value on top; looks at it, if it is of this type. */
struct value *reader_pop(struct reader *r);
struct value *reader_top(struct reader *r, enum value_type type);

/* What stands above the last mark, which goes: *n values. */
struct value **reader_marked(struct reader *r, size_t *n);

/* Adds n values to a container. */
int reader_append(struct reader *r, struct value *to, struct value *const *item,
		  size_t n);

/* --- pickle_scalar.c ------------------------------------------------------- */

/* Each takes its bytes of the program and pushes a value: an integer of n bytes, a text
 * or bytes, the str of Python 2, an integer in digits, a float. */
int reader_push_long(struct reader *r, uint64_t n);
int reader_push_bytes(struct reader *r, enum value_type type, uint64_t n);
int reader_push_old_text(struct reader *r, uint64_t n);
int reader_push_int_line(struct reader *r);
int reader_push_float(struct reader *r);

/* A line of a text opcode, its newline taken. 0 or -EBADMSG. */
int reader_take_line(struct reader *r, const uint8_t **line, size_t *n);

#endif
