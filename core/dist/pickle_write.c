/*
 * pickle_write.c - pickles of protocol 2, without memo and frames.
 */
#include "core/dist/pickle.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

static void
op(struct wire *w, uint8_t code)
{
	wire_add(w, &code, 1);
}

/* An opcode and a number of n bytes behind it, little-endian. */
static void
op_number(struct wire *w, uint8_t code, uint64_t number, size_t n)
{
	uint8_t buf[9] = { code };

	for (size_t i = 0; i < n; i++)
		buf[1 + i] = (uint8_t)(number >> (8 * i));
	wire_add(w, buf, 1 + n);
}

void
pickle_begin(struct wire *w)
{
	op_number(w, 0x80, 2, 1);
}

void
pickle_end(struct wire *w)
{
	op(w, '.');
}

void
pickle_none(struct wire *w)
{
	op(w, 'N');
}

void
pickle_bool(struct wire *w, bool b)
{
	op(w, b ? 0x88 : 0x89);
}

void
pickle_int(struct wire *w, int64_t i)
{
	if (i >= 0 && i <= UINT8_MAX)
		op_number(w, 'K', (uint64_t)i, 1);
	else if (i >= 0 && i <= UINT16_MAX)
		op_number(w, 'M', (uint64_t)i, 2);
	else if (i >= INT32_MIN && i <= INT32_MAX)
		op_number(w, 'J', (uint64_t)i, 4);
	else {
		op_number(w, 0x8a, 8, 1);
		i = (int64_t)htole64((uint64_t)i);
		wire_add(w, &i, sizeof(i));
	}
}

void
pickle_uint(struct wire *w, uint64_t i)
{
	uint8_t big[9] = { 0 };

	if (i <= INT64_MAX) {
		pickle_int(w, (int64_t)i);
		return;
	}
	op_number(w, 0x8a, sizeof(big), 1);
	i = htole64(i);
	memcpy(big, &i, sizeof(i));
	wire_add(w, big, sizeof(big));
}

void
pickle_float(struct wire *w, double d)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof(bits));
	bits = htobe64(bits);
	op(w, 'G');
	wire_add(w, &bits, sizeof(bits));
}

void
pickle_text_n(struct wire *w, const void *text, size_t n)
{
	op_number(w, 'X', n, 4);
	wire_add(w, text, n);
}

void
pickle_text(struct wire *w, const char *text)
{
	pickle_text_n(w, text, strlen(text));
}

void
pickle_bytes(struct wire *w, const void *at, size_t n)
{
	if (n <= UINT8_MAX)
		op_number(w, 'C', n, 1);
	else
		op_number(w, 'B', n, 4);
	wire_add(w, at, n);
}

void
pickle_old_text(struct wire *w, const char *text)
{
	op_number(w, 'T', strlen(text), 4);
	wire_add(w, text, strlen(text));
}

void
pickle_mark(struct wire *w)
{
	op(w, '(');
}

void
pickle_tuple(struct wire *w)
{
	op(w, 't');
}

void
pickle_tuple_n(struct wire *w, int n)
{
	op(w, n == 0 ? ')' : (uint8_t)(0x84 + n));
}

void
pickle_list_begin(struct wire *w)
{
	op(w, ']');
	op(w, '(');
}

void
pickle_list_end(struct wire *w)
{
	op(w, 'e');
}

void
pickle_empty_dict(struct wire *w)
{
	op(w, '}');
}

static void
global(struct wire *w, const char *module, const char *name)
{
	op(w, 'c');
	wire_add(w, module, strlen(module));
	op(w, '\n');
	wire_add(w, name, strlen(name));
	op(w, '\n');
}

/* By the names of Python 2, which Python 3 maps to its own. */
static void
exception_class(struct wire *w, const char *name)
{
	if (strcmp(name, "Empty") == 0 || strcmp(name, "Full") == 0)
		global(w, "Queue", name);
	else if (strcmp(name, "ShutDown") == 0)
		global(w, "queue", name);
	else
		global(w, "exceptions", name);
}

void
pickle_exception(struct wire *w, const char *name, const char *text)
{
	exception_class(w, name);
	if (text != NULL)
		pickle_text(w, text);
	pickle_tuple_n(w, text != NULL);
	op(w, 'R');
}

/* What goes before and behind the items of a container; NULL: it is no such. */
struct brackets {
	const char *class; /* of the module __builtin__, called with a list */
	const char *open, *close, *empty;
};

static const struct brackets brackets[] = {
	[VALUE_TUPLE] = { NULL, "(", "t", ")" },
	[VALUE_LIST] = { NULL, "](", "e", "]" },
	[VALUE_DICT] = { NULL, "}(", "u", "}" },
	[VALUE_SET] = { "set", "](", "e", "]" },
	[VALUE_FROZENSET] = { "frozenset", "](", "e", "]" },
};

static int
scalar(struct wire *w, const struct value *v)
{
	switch (v->type) {
	case VALUE_NONE:
		pickle_none(w);
		return 0;
	case VALUE_BOOL:
		pickle_bool(w, v->integer != 0);
		return 0;
	case VALUE_INT:
		pickle_int(w, v->integer);
		return 0;
	case VALUE_BIG:
		if (v->bytes.n <= UINT8_MAX)
			op_number(w, 0x8a, v->bytes.n, 1);
		else
			op_number(w, 0x8b, v->bytes.n, 4);
		wire_add(w, v->bytes.at, v->bytes.n);
		return 0;
	case VALUE_FLOAT:
		pickle_float(w, v->real);
		return 0;
	case VALUE_TEXT:
		pickle_text_n(w, v->bytes.at, v->bytes.n);
		return 0;
	case VALUE_BYTES:
		pickle_bytes(w, v->bytes.at, v->bytes.n);
		return 0;
	case VALUE_BYTEARRAY:
		global(w, "__builtin__", "bytearray");
		pickle_bytes(w, v->bytes.at, v->bytes.n);
		pickle_tuple_n(w, 1);
		op(w, 'R');
		return 0;
	default:
		return -ENOTSUP;
	}
}

int
pickle_value(struct wire *w, const struct value *v)
{
	const struct brackets *b;
	int rc = 0;

	if (v->type < VALUE_TUPLE)
		return scalar(w, v);
	if (v->type > VALUE_EXCEPTION)
		return -ENOTSUP;
	b = &brackets[v->type == VALUE_EXCEPTION ? VALUE_TUPLE : v->type];
	if (v->type == VALUE_EXCEPTION)
		exception_class(w, value_exception(v));
	else if (b->class != NULL)
		global(w, "__builtin__", b->class);
	wire_add(w, v->seq.n > 0 ? b->open : b->empty,
		 strlen(v->seq.n > 0 ? b->open : b->empty));
	for (size_t i = 0; i < v->seq.n && rc == 0; i++)
		rc = pickle_value(w, v->seq.item[i]); /* PICKLE_DEPTH_MAX bounds it */
	if (v->seq.n > 0)
		wire_add(w, b->close, strlen(b->close));
	if (b->class != NULL)
		pickle_tuple_n(w, 1);
	if (b->class != NULL || v->type == VALUE_EXCEPTION)
		op(w, 'R');
	return rc;
}
