/*
 * pickle_read.c - the opcodes of a pickle, which is a program for a stack machine.
 *
 * Every opcode that is accepted is a case below; there is no other way in. Source:
 * Lib/pickletools.py of CPython for what the opcodes mean.
 */
#include "core/dist/pickle_stack.h"

#include <errno.h>
#include <string.h>

static int
push_tuple_n(struct reader *r, size_t n)
{
	struct value *item[3] = { NULL };

	for (size_t i = n; i-- > 0;) {
		item[i] = reader_pop(r);
		if (item[i] == NULL)
			return -EBADMSG;
	}
	return reader_push_seq(r, VALUE_TUPLE, item, n);
}

/* Keys and members must not change; what is in a tuple is looked at, too. */
static bool
is_hashable(const struct value *v, int depth)
{
	if (v->type == VALUE_TUPLE) {
		for (size_t i = 0; i < v->seq.n; i++)
			if (depth == 0 || !is_hashable(v->seq.item[i], depth - 1))
				return false;
		return true;
	}
	return v->type < VALUE_BYTEARRAY || v->type == VALUE_FROZENSET;
}

static int
check_keys(struct reader *r, struct value *const *item, size_t n, size_t step)
{
	for (size_t i = 0; i < n; i += step)
		if (!is_hashable(item[i], 8))
			return reader_malformed(r, "a key that can change");
	return 0;
}

/* APPENDS, SETITEMS, ADDITEMS. */
static int
extend(struct reader *r, enum value_type type, size_t step)
{
	struct value *to, **item;
	size_t n;

	item = reader_marked(r, &n);
	to = item != NULL ? reader_top(r, type) : NULL;
	if (to == NULL)
		return -EBADMSG;
	if (n % step != 0)
		return reader_malformed(r, "a key without a value");
	if (type != VALUE_LIST && check_keys(r, item, n, step) != 0)
		return -EBADMSG;
	return reader_append(r, to, item, n);
}

/* APPEND, SETITEM: with n values on the stack. */
static int
extend_n(struct reader *r, enum value_type type, size_t n)
{
	struct value *item[2] = { NULL }, *to;

	for (size_t i = n; i-- > 0;) {
		item[i] = reader_pop(r);
		if (item[i] == NULL)
			return -EBADMSG;
	}
	to = reader_top(r, type);
	if (to == NULL || (type == VALUE_DICT && check_keys(r, item, 1, 1) != 0))
		return -EBADMSG;
	return reader_append(r, to, item, n);
}

static int
push_frozenset(struct reader *r)
{
	struct value **item;
	size_t n;

	item = reader_marked(r, &n);
	if (item == NULL || check_keys(r, item, n, 1) != 0)
		return -EBADMSG;
	return reader_push_seq(r, VALUE_FROZENSET, item, n);
}

/* Entries are made in order; a pickle that skips places is none. */
static int
memoize(struct reader *r, uint64_t place)
{
	if (r->depth == 0 || r->stack[r->depth - 1] == NULL)
		return reader_malformed(r, "the stack is empty");
	if (place > r->nmemo + 1)
		return reader_malformed(r, "a memo index out of order");
	while (r->nmemo <= place) {
		struct value **memo = reader_grown(r, r->memo, r->nmemo, &r->memo_room);

		if (memo == NULL)
			return -r->e->code;
		r->memo = memo;
		r->memo[r->nmemo++] = NULL;
	}
	r->memo[place] = r->stack[r->depth - 1];
	return 0;
}

static int
recall(struct reader *r, uint64_t place)
{
	if (place >= r->nmemo || r->memo[place] == NULL)
		return reader_malformed(r, "a memo index that was never set");
	return reader_push(r, r->memo[place]);
}

/* Text that came from a stranger, cut and with nothing but printable ASCII. */
static const char *
shown(const uint8_t *at, size_t n, char buf[static 48])
{
	size_t i;

	for (i = 0; i < n && i < 47; i++)
		buf[i] = at[i] > ' ' && at[i] < 0x7f ? (char)at[i] : '?';
	buf[i] = '\0';
	return buf;
}

static int
push_name(struct reader *r, const uint8_t *module, size_t nm, const uint8_t *name,
	  size_t nn)
{
	char m[48], c[48];

	for (uint32_t i = 0; pickle_names[i].module != NULL; i++) {
		const struct pickle_name *p = &pickle_names[i];

		if (strlen(p->module) == nm && memcmp(p->module, module, nm) == 0 &&
		    strlen(p->name) == nn && memcmp(p->name, name, nn) == 0) {
			struct value *v = reader_make(r, VALUE_NAME);

			if (v == NULL)
				return -r->e->code;
			v->name = i;
			return reader_push(r, v);
		}
	}
	return err_set(r->e, ENOTSUP, "an object of class %s.%s is refused",
		       shown(module, nm, m), shown(name, nn, c));
}

static int
global(struct reader *r)
{
	const uint8_t *module = NULL, *name = NULL;
	size_t nm = 0, nn = 0;

	if (reader_take_line(r, &module, &nm) != 0 ||
	    reader_take_line(r, &name, &nn) != 0)
		return -EBADMSG;
	return push_name(r, module, nm, name, nn);
}

static int
stack_global(struct reader *r)
{
	const struct value *name = reader_pop(r);
	const struct value *module = name != NULL ? reader_pop(r) : NULL;

	if (module == NULL)
		return -EBADMSG;
	if (module->type != VALUE_TEXT || name->type != VALUE_TEXT)
		return reader_malformed(r, "a class without a name");
	return push_name(r, module->bytes.at, module->bytes.n, name->bytes.at,
			 name->bytes.n);
}

static int
reduce(struct reader *r)
{
	const struct value *args = reader_pop(r);
	const struct value *name = args != NULL ? reader_pop(r) : NULL;
	struct value *v;

	if (name == NULL)
		return -EBADMSG;
	if (name->type != VALUE_NAME || args->type != VALUE_TUPLE)
		return reader_malformed(r, "a call of what is no class");
	v = pickle_reduce(r->arena, name, args, r->e);
	return v != NULL ? reader_push(r, v) : -r->e->code;
}

static int
new_object(struct reader *r)
{
	const struct value *args = reader_pop(r);
	const struct value *name = args != NULL ? reader_pop(r) : NULL;

	if (name == NULL)
		return -EBADMSG;
	if (name->type != VALUE_NAME || args->type != VALUE_TUPLE || args->seq.n != 0 ||
	    pickle_names[name->name].what != PICKLE_TOKEN)
		return err_set(r->e, ENOTSUP, "an object made by NEWOBJ is refused");
	return reader_push_seq(r, VALUE_TOKEN, NULL, 0);
}

/* The state of a Token; that of an exception is dropped. */
static int
build(struct reader *r)
{
	const struct value *state = reader_pop(r);
	struct value *v = state != NULL && r->depth > 0 ? r->stack[r->depth - 1] : NULL;

	if (state == NULL || v == NULL)
		return reader_malformed(r, "the stack is empty");
	if (v->type == VALUE_EXCEPTION &&
	    (state->type == VALUE_NONE || state->type == VALUE_DICT))
		return 0;
	if (v->type != VALUE_TOKEN || state->type != VALUE_TUPLE || state->seq.n != 3)
		return err_set(r->e, ENOTSUP, "an object made by BUILD is refused");
	v->seq = state->seq;
	return 0;
}

static int
declare(struct reader *r)
{
	uint64_t n;

	if (reader_take_number(r, 1, &n) != 0)
		return -EBADMSG;
	if (n < 2 || n > 5)
		return err_set(r->e, ENOTSUP, "pickle protocol %d is refused", (int)n);
	r->protocol = (int)n;
	return 0;
}

static int
frame(struct reader *r)
{
	uint64_t n;

	if (reader_take_number(r, 8, &n) != 0)
		return -EBADMSG;
	if (n > (uint64_t)(r->end - r->at))
		return reader_malformed(r, "a frame is longer than the message");
	return 0;
}

/* Opcodes that carry a number of `n` bytes. */
static int
numbered(struct reader *r, uint8_t op, size_t n)
{
	uint64_t i;

	if (reader_take_number(r, n, &i) != 0)
		return -EBADMSG;
	switch (op) {
	case 'K':
	case 'M':
		return reader_push_int(r, VALUE_INT, (int64_t)i);
	case 'J':
		return reader_push_int(r, VALUE_INT, (int32_t)(uint32_t)i);
	case 0x8a:
	case 0x8b:
		return reader_push_long(r, i);
	case 0x8c:
	case 'X':
	case 0x8d:
		return reader_push_bytes(r, VALUE_TEXT, i);
	case 'C':
	case 'B':
	case 0x8e:
		return reader_push_bytes(r, VALUE_BYTES, i);
	case 0x96:
		return reader_push_bytes(r, VALUE_BYTEARRAY, i);
	case 'U':
	case 'T':
		return reader_push_old_text(r, i);
	case 'q':
	case 'r':
		return memoize(r, i);
	default:
		return recall(r, i);
	}
}

static int
push_marked(struct reader *r, enum value_type type)
{
	struct value **item;
	size_t n;

	item = reader_marked(r, &n);
	return item != NULL ? reader_push_seq(r, type, item, n) : -EBADMSG;
}

/* Opcodes of containers and objects. */
static int
composed(struct reader *r, uint8_t op)
{
	switch (op) {
	case '(':
		return reader_push(r, NULL);
	case ')':
		return reader_push_seq(r, VALUE_TUPLE, NULL, 0);
	case 0x85:
	case 0x86:
	case 0x87:
		return push_tuple_n(r, op - 0x84u);
	case 't':
		return push_marked(r, VALUE_TUPLE);
	case ']':
		return reader_push_seq(r, VALUE_LIST, NULL, 0);
	case 'a':
		return extend_n(r, VALUE_LIST, 1);
	case 'e':
		return extend(r, VALUE_LIST, 1);
	case '}':
		return reader_push_seq(r, VALUE_DICT, NULL, 0);
	case 's':
		return extend_n(r, VALUE_DICT, 2);
	case 'u':
		return extend(r, VALUE_DICT, 2);
	case 0x8f:
		return reader_push_seq(r, VALUE_SET, NULL, 0);
	case 0x90:
		return extend(r, VALUE_SET, 1);
	case 0x91:
		return push_frozenset(r);
	case 'c':
		return global(r);
	case 0x93:
		return stack_global(r);
	case 'R':
		return reduce(r);
	case 0x81:
		return new_object(r);
	case 'b':
		return build(r);
	default:
		return err_set(r->e, ENOTSUP, "pickle opcode 0x%02x is refused", op);
	}
}

static int
step(struct reader *r, uint8_t op)
{
	switch (op) {
	case 0x80:
		return declare(r);
	case 0x95:
		return frame(r);
	case 'N':
		return reader_push_int(r, VALUE_NONE, 0);
	case 0x88:
	case 0x89:
		return reader_push_int(r, VALUE_BOOL, op == 0x88);
	case 'I':
		return reader_push_int_line(r);
	case 'G':
		return reader_push_float(r);
	case 0x94:
		return memoize(r, r->nmemo);
	case 'K':
	case 'C':
	case 'U':
	case 'q':
	case 'h':
	case 0x8a:
	case 0x8c:
		return numbered(r, op, 1);
	case 'M':
		return numbered(r, op, 2);
	case 'J':
	case 'X':
	case 'B':
	case 'T':
	case 'r':
	case 'j':
	case 0x8b:
		return numbered(r, op, 4);
	case 0x8d:
	case 0x8e:
	case 0x96:
		return numbered(r, op, 8);
	default:
		return composed(r, op);
	}
}

int
pickle_read(struct arena *a, const void *from, size_t n, struct pickle *p,
	    struct err *e)
{
	struct reader r = { .arena = a, .at = from, .e = e };
	int rc = 0;

	r.end = r.at + n;
	for (;;) {
		if (r.at == r.end)
			return reader_malformed(&r, "it has no end");
		if (*r.at == '.')
			break;
		rc = step(&r, *r.at++);
		if (rc != 0)
			return rc;
	}
	p->value = reader_pop(&r);
	p->protocol = r.protocol;
	if (p->value == NULL)
		return -EBADMSG;
	if (r.depth != 0)
		return reader_malformed(&r, "values are left over");
	if (r.at + 1 != r.end)
		return reader_malformed(&r, "bytes behind its end");
	return pickle_check(p->value, e);
}
