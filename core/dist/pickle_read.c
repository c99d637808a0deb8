/*
 * pickle_read.c - the stack machine that a pickle is a program for.
 *
 * Every opcode that is accepted is a case below; there is no other way in. Sources:
 * Lib/pickletools.py of CPython for what the opcodes mean.
 */
#include "core/dist/pickle.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { STACK_MAX = 1 << 20, LINE_MAX_BYTES = 256 };

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

static int
malformed(struct reader *r, const char *what)
{
	return err_set(r->e, EBADMSG, "malformed pickle: %s", what);
}

/* n bytes of the program; NULL with the error set. */
static const uint8_t *
take(struct reader *r, uint64_t n)
{
	const uint8_t *p = r->at;

	if (n > (uint64_t)(r->end - r->at)) {
		malformed(r, "it is cut short");
		return NULL;
	}
	r->at += n;
	return p;
}

/* A number of n bytes, little-endian. */
static int
take_number(struct reader *r, size_t n, uint64_t *number)
{
	const uint8_t *p = take(r, n);

	if (p == NULL)
		return -EBADMSG;
	*number = 0;
	while (n-- > 0)
		*number = *number << 8 | p[n];
	return 0;
}

/* Room for one more pointer in an array of the arena. */
static struct value **
grown(struct reader *r, struct value **array, size_t n, size_t *room)
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

static int
push(struct reader *r, struct value *v)
{
	struct value **stack;

	if (r->depth >= STACK_MAX || ++r->nodes > PICKLE_NODES_MAX)
		return malformed(r, "it has too many objects");
	stack = grown(r, r->stack, r->depth, &r->stack_room);
	if (stack == NULL)
		return -r->e->code;
	r->stack = stack;
	r->stack[r->depth++] = v;
	return 0;
}

static struct value *
make(struct reader *r, enum value_type type)
{
	struct value *v = arena_get(r->arena, sizeof(*v));

	if (v == NULL) {
		err_set(r->e, ENOMEM, "pickle: it needs too much memory");
		return NULL;
	}
	*v = (struct value){ .type = type };
	return v;
}

static int
push_int(struct reader *r, enum value_type type, int64_t i)
{
	struct value *v = make(r, type);

	if (v == NULL)
		return -r->e->code;
	v->integer = i;
	return push(r, v);
}

/* An integer of n bytes in two's complement; small ones become INT. */
static int
push_long(struct reader *r, uint64_t n)
{
	const uint8_t *p;
	struct value *v;
	uint64_t i = 0;

	if (n > PICKLE_INT_BYTES_MAX)
		return malformed(r, "an integer is too long");
	p = take(r, n);
	if (p == NULL)
		return -EBADMSG;
	if (n <= sizeof(i)) {
		if (n > 0 && p[n - 1] & 0x80)
			i = ~UINT64_C(0);
		for (size_t k = (size_t)n; k-- > 0;)
			i = i << 8 | p[k];
		return push_int(r, VALUE_INT, (int64_t)i);
	}
	v = make(r, VALUE_BIG);
	if (v == NULL)
		return -r->e->code;
	v->bytes.at = p;
	v->bytes.n = (size_t)n;
	return push(r, v);
}

/* True for UTF-8, lone surrogates allowed, as Python's "surrogatepass". */
static bool
is_utf8(const uint8_t *p, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	while (n > 0) {
		const size_t length = *p < 0x80		    ? 1
				      : (*p & 0xe0) == 0xc0 ? 2
				      : (*p & 0xf0) == 0xe0 ? 3
				      : (*p & 0xf8) == 0xf0 ? 4
							    : 0;
		uint32_t c = length == 1 ? *p : *p & (0xffu >> (length + 1));

		if (length == 0 || length > n)
			return false;
		for (size_t i = 1; i < length; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return false;
			c = c << 6 | (p[i] & 0x3f);
		}
		if (c < least[length] || c > 0x10ffff)
			return false;
		p += length;
		n -= length;
	}
	return true;
}

static int
push_bytes(struct reader *r, enum value_type type, uint64_t n)
{
	const uint8_t *p = take(r, n);
	struct value *v;

	if (p == NULL)
		return -EBADMSG;
	if (type == VALUE_TEXT && !is_utf8(p, (size_t)n))
		return malformed(r, "a text is not UTF-8");
	v = make(r, type);
	if (v == NULL)
		return -r->e->code;
	v->bytes.at = p;
	v->bytes.n = (size_t)n;
	return push(r, v);
}

/* The str of Python 2: bytes, read as Latin-1 so that nothing is lost. */
static int
push_old_text(struct reader *r, uint64_t n)
{
	const uint8_t *p = take(r, n);
	struct value *v = p != NULL ? make(r, VALUE_TEXT) : NULL;
	size_t used = 0, high = 0;
	uint8_t *to;

	if (v == NULL)
		return -r->e->code;
	for (size_t i = 0; i < n; i++)
		high += p[i] >> 7;
	v->bytes.at = p;
	v->bytes.n = (size_t)n + high;
	if (high == 0)
		return push(r, v);
	to = arena_get(r->arena, v->bytes.n);
	if (to == NULL)
		return err_set(r->e, ENOMEM, "pickle: it needs too much memory");
	for (size_t i = 0; i < n; i++) {
		if (p[i] & 0x80)
			to[used++] = (uint8_t)(0xc0 | p[i] >> 6);
		to[used++] = p[i] & 0x80 ? (uint8_t)(0x80 | (p[i] & 0x3f)) : p[i];
	}
	v->bytes.at = to;
	return push(r, v);
}

static struct value *
pop(struct reader *r)
{
	if (r->depth == 0 || r->stack[r->depth - 1] == NULL) {
		malformed(r, "the stack is empty");
		return NULL;
	}
	return r->stack[--r->depth];
}

/* The value on top, if it is of this type. */
static struct value *
top(struct reader *r, enum value_type type)
{
	if (r->depth == 0 || r->stack[r->depth - 1] == NULL ||
	    r->stack[r->depth - 1]->type != type) {
		malformed(r, "an opcode meets the wrong type");
		return NULL;
	}
	return r->stack[r->depth - 1];
}

/* What stands above the last mark, which goes: *n values at the result. */
static struct value **
marked(struct reader *r, size_t *n)
{
	size_t i = r->depth;

	while (i > 0 && r->stack[i - 1] != NULL)
		i--;
	if (i == 0) {
		malformed(r, "there is no mark");
		return NULL;
	}
	*n = r->depth - i;
	r->depth = i - 1;
	return r->stack + i;
}

static int
append(struct reader *r, struct value *to, struct value *const *item, size_t n)
{
	while (to->seq.room - to->seq.n < n) {
		struct value **wider =
			grown(r, to->seq.item, to->seq.room, &to->seq.room);

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
static int
push_seq(struct reader *r, enum value_type type, struct value *const *item, size_t n)
{
	struct value *v = make(r, type);

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
	return push(r, v);
}

static int
push_tuple_n(struct reader *r, size_t n)
{
	struct value *item[3] = { NULL };

	for (size_t i = n; i-- > 0;) {
		item[i] = pop(r);
		if (item[i] == NULL)
			return -EBADMSG;
	}
	return push_seq(r, VALUE_TUPLE, item, n);
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
			return malformed(r, "a key that can change");
	return 0;
}

/* APPENDS, SETITEMS, ADDITEMS. */
static int
extend(struct reader *r, enum value_type type, size_t step)
{
	struct value *to, **item;
	size_t n;

	item = marked(r, &n);
	to = item != NULL ? top(r, type) : NULL;
	if (to == NULL)
		return -EBADMSG;
	if (n % step != 0)
		return malformed(r, "a key without a value");
	if (type != VALUE_LIST && check_keys(r, item, n, step) != 0)
		return -EBADMSG;
	return append(r, to, item, n);
}

/* APPEND, SETITEM: with n values on the stack. */
static int
extend_n(struct reader *r, enum value_type type, size_t n)
{
	struct value *item[2] = { NULL }, *to;

	for (size_t i = n; i-- > 0;) {
		item[i] = pop(r);
		if (item[i] == NULL)
			return -EBADMSG;
	}
	to = top(r, type);
	if (to == NULL || (type == VALUE_DICT && check_keys(r, item, 1, 1) != 0))
		return -EBADMSG;
	return append(r, to, item, n);
}

static int
push_frozenset(struct reader *r)
{
	struct value **item;
	size_t n;

	item = marked(r, &n);
	if (item == NULL || check_keys(r, item, n, 1) != 0)
		return -EBADMSG;
	return push_seq(r, VALUE_FROZENSET, item, n);
}

/* Entries are made in order; a pickle that skips places is none. */
static int
memoize(struct reader *r, uint64_t place)
{
	if (r->depth == 0 || r->stack[r->depth - 1] == NULL)
		return malformed(r, "the stack is empty");
	if (place > r->nmemo + 1)
		return malformed(r, "a memo index out of order");
	while (r->nmemo <= place) {
		struct value **memo = grown(r, r->memo, r->nmemo, &r->memo_room);

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
		return malformed(r, "a memo index that was never set");
	return push(r, r->memo[place]);
}

/* A line of a text opcode, its newline taken. */
static int
take_line(struct reader *r, const uint8_t **line, size_t *n)
{
	const size_t left = (size_t)(r->end - r->at);
	const size_t most = left < LINE_MAX_BYTES ? left : LINE_MAX_BYTES;
	const uint8_t *end = most > 0 ? memchr(r->at, '\n', most) : NULL;

	if (end == NULL)
		return malformed(r, "a line without an end");
	*line = r->at;
	*n = (size_t)(end - r->at);
	r->at = end + 1;
	return 0;
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
			struct value *v = make(r, VALUE_NAME);

			if (v == NULL)
				return -r->e->code;
			v->name = i;
			return push(r, v);
		}
	}
	return err_set(r->e, ENOTSUP, "an object of class %s.%s is refused",
		       shown(module, nm, m), shown(name, nn, c));
}

static int
global(struct reader *r)
{
	const uint8_t *module, *name;
	size_t nm, nn;

	if (take_line(r, &module, &nm) != 0 || take_line(r, &name, &nn) != 0)
		return -EBADMSG;
	return push_name(r, module, nm, name, nn);
}

static int
stack_global(struct reader *r)
{
	const struct value *name = pop(r);
	const struct value *module = name != NULL ? pop(r) : NULL;

	if (module == NULL)
		return -EBADMSG;
	if (module->type != VALUE_TEXT || name->type != VALUE_TEXT)
		return malformed(r, "a class without a name");
	return push_name(r, module->bytes.at, module->bytes.n, name->bytes.at,
			 name->bytes.n);
}

static int
reduce(struct reader *r)
{
	const struct value *args = pop(r);
	const struct value *name = args != NULL ? pop(r) : NULL;
	struct value *v;

	if (name == NULL)
		return -EBADMSG;
	if (name->type != VALUE_NAME || args->type != VALUE_TUPLE)
		return malformed(r, "a call of what is no class");
	v = pickle_reduce(r->arena, name, args, r->e);
	return v != NULL ? push(r, v) : -r->e->code;
}

static int
new_object(struct reader *r)
{
	const struct value *args = pop(r);
	const struct value *name = args != NULL ? pop(r) : NULL;

	if (name == NULL)
		return -EBADMSG;
	if (name->type != VALUE_NAME || args->type != VALUE_TUPLE || args->seq.n != 0 ||
	    pickle_names[name->name].what != PICKLE_TOKEN)
		return err_set(r->e, ENOTSUP, "an object made by NEWOBJ is refused");
	return push_seq(r, VALUE_TOKEN, NULL, 0);
}

/* The state of a Token; that of an exception is dropped. */
static int
build(struct reader *r)
{
	const struct value *state = pop(r);
	struct value *v = state != NULL && r->depth > 0 ? r->stack[r->depth - 1] : NULL;

	if (state == NULL || v == NULL)
		return malformed(r, "the stack is empty");
	if (v->type == VALUE_EXCEPTION &&
	    (state->type == VALUE_NONE || state->type == VALUE_DICT))
		return 0;
	if (v->type != VALUE_TOKEN || state->type != VALUE_TUPLE || state->seq.n != 3)
		return err_set(r->e, ENOTSUP, "an object made by BUILD is refused");
	v->seq = state->seq;
	return 0;
}

/* INT: text; only Python 2 writes it, for integers over 32 bits and for bools. */
static int
push_int_line(struct reader *r)
{
	const uint8_t *line;
	uint64_t i = 0;
	size_t n, at;

	if (take_line(r, &line, &n) != 0)
		return -EBADMSG;
	if (n == 2 && line[0] == '0' && (line[1] == '0' || line[1] == '1'))
		return push_int(r, VALUE_BOOL, line[1] == '1');
	at = n > 0 && line[0] == '-';
	if (n == at || n - at > 18)
		return malformed(r, "a bad integer");
	for (; at < n; at++) {
		if (line[at] < '0' || line[at] > '9')
			return malformed(r, "a bad integer");
		i = 10 * i + (uint64_t)(line[at] - '0');
	}
	return push_int(r, VALUE_INT, line[0] == '-' ? -(int64_t)i : (int64_t)i);
}

static int
push_float(struct reader *r)
{
	const uint8_t *p = take(r, 8);
	struct value *v = p != NULL ? make(r, VALUE_FLOAT) : NULL;
	uint64_t bits;

	if (v == NULL)
		return -r->e->code;
	memcpy(&bits, p, sizeof(bits));
	bits = be64toh(bits);
	memcpy(&v->real, &bits, sizeof(bits));
	return push(r, v);
}

static int
declare(struct reader *r)
{
	uint64_t n;

	if (take_number(r, 1, &n) != 0)
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

	if (take_number(r, 8, &n) != 0)
		return -EBADMSG;
	if (n > (uint64_t)(r->end - r->at))
		return malformed(r, "a frame is longer than the message");
	return 0;
}

/* Opcodes that carry a number of `n` bytes. */
static int
numbered(struct reader *r, uint8_t op, size_t n)
{
	uint64_t i;

	if (take_number(r, n, &i) != 0)
		return -EBADMSG;
	switch (op) {
	case 'K':
	case 'M':
		return push_int(r, VALUE_INT, (int64_t)i);
	case 'J':
		return push_int(r, VALUE_INT, (int32_t)(uint32_t)i);
	case 0x8a:
	case 0x8b:
		return push_long(r, i);
	case 0x8c:
	case 'X':
	case 0x8d:
		return push_bytes(r, VALUE_TEXT, i);
	case 'C':
	case 'B':
	case 0x8e:
		return push_bytes(r, VALUE_BYTES, i);
	case 0x96:
		return push_bytes(r, VALUE_BYTEARRAY, i);
	case 'U':
	case 'T':
		return push_old_text(r, i);
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

	item = marked(r, &n);
	return item != NULL ? push_seq(r, type, item, n) : -EBADMSG;
}

/* Opcodes of containers and objects. */
static int
composed(struct reader *r, uint8_t op)
{
	switch (op) {
	case '(':
		return push(r, NULL);
	case ')':
		return push_seq(r, VALUE_TUPLE, NULL, 0);
	case 0x85:
	case 0x86:
	case 0x87:
		return push_tuple_n(r, op - 0x84u);
	case 't':
		return push_marked(r, VALUE_TUPLE);
	case ']':
		return push_seq(r, VALUE_LIST, NULL, 0);
	case 'a':
		return extend_n(r, VALUE_LIST, 1);
	case 'e':
		return extend(r, VALUE_LIST, 1);
	case '}':
		return push_seq(r, VALUE_DICT, NULL, 0);
	case 's':
		return extend_n(r, VALUE_DICT, 2);
	case 'u':
		return extend(r, VALUE_DICT, 2);
	case 0x8f:
		return push_seq(r, VALUE_SET, NULL, 0);
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
		return push_int(r, VALUE_NONE, 0);
	case 0x88:
	case 0x89:
		return push_int(r, VALUE_BOOL, op == 0x88);
	case 'I':
		return push_int_line(r);
	case 'G':
		return push_float(r);
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
			return malformed(&r, "it has no end");
		if (*r.at == '.')
			break;
		rc = step(&r, *r.at++);
		if (rc != 0)
			return rc;
	}
	p->value = pop(&r);
	p->protocol = r.protocol;
	if (p->value == NULL)
		return -EBADMSG;
	if (r.depth != 0)
		return malformed(&r, "values are left over");
	if (r.at + 1 != r.end)
		return malformed(&r, "bytes behind its end");
	return pickle_check(p->value, e);
}
