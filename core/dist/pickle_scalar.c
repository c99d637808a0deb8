/*
 * pickle_scalar.c - opcodes that push a number, a text or bytes.
 */
#include "core/dist/pickle_stack.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

enum { LINE_MAX_BYTES = 256 };

/* An integer of n bytes in two's complement; small ones become INT. */
int
reader_push_long(struct reader *r, uint64_t n)
{
	const uint8_t *p;
	struct value *v;
	uint64_t i = 0;

	if (n > PICKLE_INT_BYTES_MAX)
		return reader_malformed(r, "an integer is too long");
	p = reader_take(r, n);
	if (p == NULL)
		return -EBADMSG;
	if (n <= sizeof(i)) {
		if (n > 0 && p[n - 1] & 0x80)
			i = ~UINT64_C(0);
		for (size_t k = (size_t)n; k-- > 0;)
			i = i << 8 | p[k];
		return reader_push_int(r, VALUE_INT, (int64_t)i);
	}
	v = reader_make(r, VALUE_BIG);
	if (v == NULL)
		return -r->e->code;
	v->bytes.at = p;
	v->bytes.n = (size_t)n;
	return reader_push(r, v);
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

int
reader_push_bytes(struct reader *r, enum value_type type, uint64_t n)
{
	const uint8_t *p = reader_take(r, n);
	struct value *v;

	if (p == NULL)
		return -EBADMSG;
	if (type == VALUE_TEXT && !is_utf8(p, (size_t)n))
		return reader_malformed(r, "a text is not UTF-8");
	v = reader_make(r, type);
	if (v == NULL)
		return -r->e->code;
	v->bytes.at = p;
	v->bytes.n = (size_t)n;
	return reader_push(r, v);
}

/* The str of Python 2: bytes, read as Latin-1 so that nothing is lost. */
int
reader_push_old_text(struct reader *r, uint64_t n)
{
	const uint8_t *p = reader_take(r, n);
	struct value *v = p != NULL ? reader_make(r, VALUE_TEXT) : NULL;
	size_t used = 0, high = 0;
	uint8_t *to;

	if (v == NULL)
		return -r->e->code;
	for (size_t i = 0; i < n; i++)
		high += p[i] >> 7;
	v->bytes.at = p;
	v->bytes.n = (size_t)n + high;
	if (high == 0)
		return reader_push(r, v);
	to = arena_get(r->arena, v->bytes.n);
	if (to == NULL)
		return err_set(r->e, ENOMEM, "pickle: it needs too much memory");
	for (size_t i = 0; i < n; i++) {
		if (p[i] & 0x80)
			to[used++] = (uint8_t)(0xc0 | p[i] >> 6);
		to[used++] = p[i] & 0x80 ? (uint8_t)(0x80 | (p[i] & 0x3f)) : p[i];
	}
	v->bytes.at = to;
	return reader_push(r, v);
}

/* INT: text; only Python 2 writes it, for integers over 32 bits and for bools. */
int
reader_push_int_line(struct reader *r)
{
	const uint8_t *line = NULL;
	uint64_t i = 0;
	size_t n = 0, at;

	if (reader_take_line(r, &line, &n) != 0)
		return -EBADMSG;
	if (n == 2 && line[0] == '0' && (line[1] == '0' || line[1] == '1'))
		return reader_push_int(r, VALUE_BOOL, line[1] == '1');
	at = n > 0 && line[0] == '-';
	if (n == at || n - at > 18)
		return reader_malformed(r, "a bad integer");
	for (; at < n; at++) {
		if (line[at] < '0' || line[at] > '9')
			return reader_malformed(r, "a bad integer");
		i = 10 * i + (uint64_t)(line[at] - '0');
	}
	return reader_push_int(r, VALUE_INT, line[0] == '-' ? -(int64_t)i : (int64_t)i);
}

int
reader_push_float(struct reader *r)
{
	const uint8_t *p = reader_take(r, 8);
	struct value *v = p != NULL ? reader_make(r, VALUE_FLOAT) : NULL;
	uint64_t bits;

	if (v == NULL)
		return -r->e->code;
	memcpy(&bits, p, sizeof(bits));
	bits = be64toh(bits);
	memcpy(&v->real, &bits, sizeof(bits));
	return reader_push(r, v);
}

/* A line of a text opcode, its newline taken. */
int
reader_take_line(struct reader *r, const uint8_t **line, size_t *n)
{
	const size_t left = (size_t)(r->end - r->at);
	const size_t most = left < LINE_MAX_BYTES ? left : LINE_MAX_BYTES;
	const uint8_t *end = most > 0 ? memchr(r->at, '\n', most) : NULL;

	if (end == NULL)
		return reader_malformed(r, "a line without an end");
	*line = r->at;
	*n = (size_t)(end - r->at);
	r->at = end + 1;
	return 0;
}
