/*
 * json_out.c - JSON values that every reader takes.
 */
#include "cli/json_out.h"

#include "cli/term.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_MAX 9007199254740992.0 /* 2^53 */

/* The reader calls a lack of memory many things, "end of file" among them. */
static bool lacked_memory;

static void *
watched_malloc(size_t size)
{
	void *p = malloc(size);

	lacked_memory = lacked_memory || p == NULL;
	return p;
}

void
json_out_init(void)
{
	json_set_alloc_funcs(watched_malloc, free);
}

int
json_out_errno(void)
{
	return lacked_memory ? ENOMEM : EINVAL;
}

const char *
json_out_text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "";
}

json_t *
json_out_number(double x)
{
	if (!isfinite(x))
		return json_null();
	if (x == floor(x) && fabs(x) <= EXACT_MAX)
		return json_integer((json_int_t)x);
	return json_real(x);
}

json_t *
json_out_integer(int64_t x)
{
	if (x > (int64_t)EXACT_MAX || x < -(int64_t)EXACT_MAX)
		return json_real((double)x);
	return json_integer(x);
}

/* A copy of n bytes of text in which U+FFFD stands for what is not UTF-8. */
static char *
repaired(const char *text, size_t n)
{
	char *copy = malloc(3 * n + 1), *to = copy;
	uint32_t cp;
	int len;

	if (copy == NULL)
		return NULL;
	for (; n > 0; text += len, n -= (size_t)len) {
		len = term_utf8(text, n, &cp);
		if (len == 0) {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			len = 1;
			continue;
		}
		memcpy(to, text, (size_t)len);
		to += len;
	}
	*to = '\0';
	return copy;
}

json_t *
json_out_text(const char *text)
{
	json_t *value;
	char *copy;

	if (text == NULL)
		return json_null();
	value = json_string(text);
	if (value != NULL)
		return value;
	copy = repaired(text, strlen(text));
	value = copy == NULL ? json_null() : json_string(copy);
	free(copy);
	return value;
}

static char *
base64(const char *data, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *u = (const unsigned char *)data;
	char *text = watched_malloc((n + 2) / 3 * 4 + 1), *to = text;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < n; i += 3) {
		uint32_t three = (uint32_t)u[i] << 16;

		three |= i + 1 < n ? (uint32_t)u[i + 1] << 8 : 0;
		three |= i + 2 < n ? u[i + 2] : 0;
		*to++ = digit[three >> 18];
		*to++ = digit[three >> 12 & 63];
		*to++ = '=';
		*to++ = '=';
		if (i + 1 < n)
			to[-2] = digit[three >> 6 & 63];
		if (i + 2 < n)
			to[-1] = digit[three & 63];
	}
	*to = '\0';
	return text;
}

void
json_out_bytes(json_t *object, const char *key, const char *data, size_t n)
{
	char name[64], *text;

	if (memchr(data, '\0', n) == NULL && term_is_utf8(data, n)) {
		json_object_set_new(object, key, json_stringn(data, n));
		return;
	}
	snprintf(name, sizeof(name), "%s_base64", key);
	text = base64(data, n);
	json_object_set_new(object, name,
			    text == NULL ? json_null() : json_string(text));
	free(text);
}

void
json_out_value(FILE *out, json_t *value)
{
	size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15);
	char *text = value == NULL ? NULL : json_dumps(value, flags);

	/* As a whole: json_dumpf() could stop in the middle. */
	fputs(text == NULL ? "null" : text, out);
	free(text);
	json_decref(value);
}

void
json_out_key(FILE *out, bool *first, const char *key)
{
	if (!*first)
		fputs(",\n", out);
	*first = false;
	json_out_value(out, json_out_text(key));
	putc(':', out);
}

void
json_out_member(FILE *out, bool *first, const char *key, json_t *value)
{
	json_out_key(out, first, key);
	json_out_value(out, value);
}

void
json_out_place(json_t *o, const char *kind, int64_t workers)
{
	bool has = kind != NULL && *kind != '\0';

	json_object_set_new(o, "kind", has ? json_out_text(kind) : json_null());
	if (workers >= 0)
		json_object_set_new(o, "workers",
				    workers > 0 ? json_out_integer(workers)
						: json_null());
}
