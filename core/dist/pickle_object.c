/*
 * pickle_object.c - the classes that a pickle may name, and the bounds of a value.
 */
#include "core/dist/pickle.h"

#include <errno.h>
#include <string.h>

#define BUILTIN(name)                                                                  \
	{ "builtins", name, PICKLE_EXCEPTION },                                        \
	{                                                                              \
		"exceptions", name, PICKLE_EXCEPTION                                   \
	}

const struct pickle_name pickle_names[] = {
	{ "_queue", "Empty", PICKLE_EXCEPTION },
	{ "queue", "Empty", PICKLE_EXCEPTION },
	{ "Queue", "Empty", PICKLE_EXCEPTION },
	{ "queue", "Full", PICKLE_EXCEPTION },
	{ "Queue", "Full", PICKLE_EXCEPTION },
	{ "queue", "ShutDown", PICKLE_EXCEPTION },
	BUILTIN("ValueError"),
	BUILTIN("TypeError"),
	BUILTIN("KeyError"),
	BUILTIN("IndexError"),
	BUILTIN("RuntimeError"),
	BUILTIN("AttributeError"),
	BUILTIN("NotImplementedError"),
	BUILTIN("OSError"),
	BUILTIN("MemoryError"),
	BUILTIN("OverflowError"),
	BUILTIN("ZeroDivisionError"),
	BUILTIN("AssertionError"),
	BUILTIN("EOFError"),
	{ "multiprocessing.managers", "Token", PICKLE_TOKEN },
	{ "builtins", "bytearray", PICKLE_BYTEARRAY },
	{ "__builtin__", "bytearray", PICKLE_BYTEARRAY },
	{ "builtins", "set", PICKLE_SET },
	{ "__builtin__", "set", PICKLE_SET },
	{ "builtins", "frozenset", PICKLE_FROZENSET },
	{ "__builtin__", "frozenset", PICKLE_FROZENSET },
	{ "__builtin__", "bytes", PICKLE_BYTES },
	{ "_codecs", "encode", PICKLE_ENCODE },
	{ NULL, NULL, PICKLE_EXCEPTION },
};

const char *
value_exception(const struct value *v)
{
	return v->type == VALUE_EXCEPTION ? pickle_names[v->name].name : "";
}

/* A text of characters up to U+00FF as the bytes that they stand for. */
static struct value *
encode(struct arena *a, struct value *v, const struct value *text, struct err *e)
{
	const uint8_t *from = text->bytes.at;
	uint8_t *to = arena_get(a, text->bytes.n + 1);
	size_t n = 0;

	if (to == NULL) {
		err_set(e, ENOMEM, "pickle: it needs too much memory");
		return NULL;
	}
	for (size_t i = 0; i < text->bytes.n; i++) {
		if (from[i] > 0xc3) {
			err_set(e, EBADMSG, "malformed pickle: bytes that are none");
			return NULL;
		}
		if (from[i] >= 0xc2 && i + 1 < text->bytes.n) {
			to[n++] = (uint8_t)(from[i] << 6 | (from[i + 1] & 0x3f));
			i++;
		} else {
			to[n++] = from[i];
		}
	}
	v->type = VALUE_BYTES;
	v->bytes.at = to;
	v->bytes.n = n;
	return v;
}

/* The only argument, if it has one of these types (bits). */
static const struct value *
only(const struct value *args, unsigned types)
{
	const struct value *v = args->seq.n >= 1 ? args->seq.item[0] : NULL;

	return v != NULL && args->seq.n <= 2 && types & 1u << v->type ? v : NULL;
}

#define BIT(type) (1u << (type))

static struct value *
construct(struct arena *a, enum pickle_what what, struct value *v,
	  const struct value *args, struct err *e)
{
	const struct value *bytes = only(args, BIT(VALUE_BYTES));
	const struct value *text = only(args, BIT(VALUE_TEXT));
	const struct value *items = only(args, BIT(VALUE_LIST) | BIT(VALUE_TUPLE));
	const bool set = what == PICKLE_SET || what == PICKLE_FROZENSET;

	if (set && items != NULL) {
		v->type = what == PICKLE_SET ? VALUE_SET : VALUE_FROZENSET;
		v->seq = items->seq;
		for (size_t i = 0; i < v->seq.n; i++)
			if (v->seq.item[i]->type >= VALUE_BYTEARRAY)
				items = NULL;
		if (items != NULL)
			return v;
	}
	if (what == PICKLE_BYTEARRAY && args->seq.n == 2 && text != NULL) {
		if (encode(a, v, text, e) == NULL)
			return NULL;
		v->type = VALUE_BYTEARRAY;
		return v;
	}
	if (args->seq.n == 0 || (what == PICKLE_BYTEARRAY && bytes != NULL)) {
		v->type = what == PICKLE_BYTES	     ? VALUE_BYTES
			  : what == PICKLE_SET	     ? VALUE_SET
			  : what == PICKLE_FROZENSET ? VALUE_FROZENSET
						     : VALUE_BYTEARRAY;
		if (bytes != NULL)
			v->bytes = bytes->bytes;
		return v;
	}
	if (what == PICKLE_ENCODE && args->seq.n == 2 && text != NULL &&
	    (value_is_text(args->seq.item[1], "latin1") ||
	     value_is_text(args->seq.item[1], "latin-1")))
		return encode(a, v, text, e);
	err_set(e, EBADMSG, "malformed pickle: wrong arguments of a class");
	return NULL;
}

struct value *
pickle_reduce(struct arena *a, const struct value *name, const struct value *args,
	      struct err *e)
{
	const enum pickle_what what = pickle_names[name->name].what;
	struct value *v = arena_get(a, sizeof(*v));

	if (v == NULL) {
		err_set(e, ENOMEM, "pickle: it needs too much memory");
		return NULL;
	}
	*v = (struct value){ .type = VALUE_EXCEPTION, .name = name->name };
	if (what == PICKLE_EXCEPTION) {
		v->seq = args->seq;
		return v;
	}
	if (what == PICKLE_TOKEN) {
		err_set(e, ENOTSUP, "a call of Token is refused");
		return NULL;
	}
	return construct(a, what, v, args, e);
}

int
pickle_read_body(struct arena *a, const void *body, size_t n, struct pickle *p,
		 struct err *e)
{
	uint8_t *at = arena_get(a, n + 1);

	if (at == NULL)
		return err_set(e, ENOMEM, "pickle: it needs too much memory");
	if (n > 0)
		memcpy(at, body, n);
	at[n] = '.';
	return pickle_read(a, at, n + 1, p, e);
}

static bool
has_items(const struct value *v)
{
	return v->type >= VALUE_TUPLE && v->type <= VALUE_TOKEN;
}

int
pickle_check(const struct value *v, struct err *e)
{
	const struct value *open[PICKLE_DEPTH_MAX];
	size_t next[PICKLE_DEPTH_MAX], nodes = 1;
	int depth = 0;

	if (v->type == VALUE_NAME)
		return err_set(e, ENOTSUP, "a class is refused as a value");
	if (!has_items(v))
		return 0;
	open[0] = v;
	next[0] = 0;
	while (depth >= 0) {
		const struct value *item;

		if (next[depth] == open[depth]->seq.n) {
			depth--;
			continue;
		}
		item = open[depth]->seq.item[next[depth]++];
		if (++nodes > PICKLE_NODES_MAX)
			return err_set(e, EBADMSG,
				       "malformed pickle: it has too many objects");
		if (item->type == VALUE_NAME)
			return err_set(e, ENOTSUP, "a class is refused as a value");
		if (!has_items(item))
			continue;
		if (++depth == PICKLE_DEPTH_MAX)
			return err_set(e, EBADMSG,
				       "malformed pickle: nested more than %d deep, or "
				       "in itself",
				       PICKLE_DEPTH_MAX);
		open[depth] = item;
		next[depth] = 0;
	}
	return 0;
}
