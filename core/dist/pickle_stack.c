/*
 * pickle_stack.c - the stack of the reader of pickles.
 */
#include "core/dist/pickle_stack.h"

#include <errno.h>
#include <string.h>

enum { STACK_MAX = 1 << 20 };

int
reader_malformed(struct reader *r, const char *what)
{
	return err_set(r->e, EBADMSG, "malformed pickle: %s", what);
}

/* n bytes of the program; NULL with the error set. */
const uint8_t *
reader_take(struct reader *r, uint64_t n)
{
	const uint8_t *p = r->at;

	if (n > (uint64_t)(r->end - r->at)) {
		reader_malformed(r, "it is cut short");
		return NULL;
	}
	r->at += n;
	return p;
}

/* A number of n bytes, little-endian. */
int
reader_take_number(struct reader *r, size_t n, uint64_t *number)
{
	const uint8_t *p = reader_take(r, n);

	if (p == NULL)
		return -EBADMSG;
	*number = 0;
	while (n-- > 0)
		*number = *number << 8 | p[n];
	return 0;
}

/* Room for one more pointer in an array of the arena. */
struct value **
reader_grown(struct reader *r, struct value **array, size_t n, size_t *room)
{
	const size_t more = *room == 0 ? 32 : 2 * *room;
	struct value **wider;

	if (n < *room)
		return array;
	wider = arena_get(r->arena, more * sizeof(struct value *));
	if (wider == NULL) {
		err_set(r->e, ENOMEM, "pickle: it needs too much memory");
		return NULL;
	}
	if (n > 0)
		memcpy(wider, array, n * sizeof(struct value *));
	*room = more;
	return wider;
}

int
reader_push(struct reader *r, struct value *v)
{
	struct value **stack;

	if (r->depth >= STACK_MAX || ++r->nodes > PICKLE_NODES_MAX)
		return reader_malformed(r, "it has too many objects");
	stack = reader_grown(r, r->stack, r->depth, &r->stack_room);
	if (stack == NULL)
		return -r->e->code;
	r->stack = stack;
	r->stack[r->depth++] = v;
	return 0;
}

struct value *
reader_make(struct reader *r, enum value_type type)
{
	struct value *v = arena_get(r->arena, sizeof(*v));

	if (v == NULL) {
		err_set(r->e, ENOMEM, "pickle: it needs too much memory");
		return NULL;
	}
	*v = (struct value){ .type = type };
	return v;
}

int
reader_push_int(struct reader *r, enum value_type type, int64_t i)
{
	struct value *v = reader_make(r, type);

	if (v == NULL)
		return -r->e->code;
	v->integer = i;
	return reader_push(r, v);
}

struct value *
reader_pop(struct reader *r)
{
	if (r->depth == 0 || r->stack[r->depth - 1] == NULL) {
		reader_malformed(r, "the stack is empty");
		return NULL;
	}
	return r->stack[--r->depth];
}

/* The value on top, if it is of this type. */
struct value *
reader_top(struct reader *r, enum value_type type)
{
	if (r->depth == 0 || r->stack[r->depth - 1] == NULL ||
	    r->stack[r->depth - 1]->type != type) {
		reader_malformed(r, "an opcode meets the wrong type");
		return NULL;
	}
	return r->stack[r->depth - 1];
}

/* What stands above the last mark, which goes: *n values at the result. */
struct value **
reader_marked(struct reader *r, size_t *n)
{
	size_t i = r->depth;

	while (i > 0 && r->stack[i - 1] != NULL)
		i--;
	if (i == 0) {
		reader_malformed(r, "there is no mark");
		return NULL;
	}
	*n = r->depth - i;
	r->depth = i - 1;
	return r->stack + i;
}

int
reader_append(struct reader *r, struct value *to, struct value *const *item, size_t n)
{
	while (to->seq.room - to->seq.n < n) {
		struct value **wider =
			reader_grown(r, to->seq.item, to->seq.room, &to->seq.room);

		if (wider == NULL)
			return -r->e->code;
		to->seq.item = wider;
	}
	if (n > 0)
		memcpy(to->seq.item + to->seq.n, item, n * sizeof(struct value *));
	to->seq.n += n;
	return 0;
}

/* Makes a container of n values that were on the stack, and pushes it. */
int
reader_push_seq(struct reader *r, enum value_type type, struct value *const *item,
		size_t n)
{
	struct value *v = reader_make(r, type);

	if (v == NULL)
		return -r->e->code;
	if (n > 0) {
		v->seq.item = arena_get(r->arena, n * sizeof(struct value *));
		if (v->seq.item == NULL)
			return err_set(r->e, ENOMEM,
				       "pickle: it needs too much memory");
		memcpy(v->seq.item, item, n * sizeof(struct value *));
		v->seq.n = v->seq.room = n;
	}
	return reader_push(r, v);
}
