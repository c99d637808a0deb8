/*
 * value.c - the arena of values, and what is often asked of them.
 */
#include "core/dist/value.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16 * 1024, ALIGN = 16 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, n;
	_Alignas(ALIGN) uint8_t at[];
};

void *
arena_get(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->chunk;
	size_t size;
	void *p;

	if (n > a->limit || a->limit - n < a->used)
		return NULL;
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (c == NULL || c->size - c->n < n) {
		/* Chunks grow with what was used, so that there are few. */
		size = a->used / 2 > CHUNK ? a->used / 2 : CHUNK;
		size = size > n ? size : n;
		c = malloc(sizeof(*c) + size);
		if (c == NULL)
			return NULL;
		*c = (struct arena_chunk){ .next = a->chunk, .size = size };
		a->chunk = c;
	}
	p = c->at + c->n;
	c->n += n;
	a->used += n;
	return p;
}

static void
free_chunks(struct arena_chunk *c)
{
	while (c != NULL) {
		struct arena_chunk *next = c->next;

		free(c);
		c = next;
	}
}

void
arena_reset(struct arena *a)
{
	struct arena_chunk *c = a->chunk;

	a->used = 0;
	if (c == NULL)
		return;
	free_chunks(c->next);
	c->next = NULL;
	c->n = 0;
	if (c->size > CHUNK) {
		free(c);
		a->chunk = NULL;
	}
}

void
arena_fini(struct arena *a)
{
	free_chunks(a->chunk);
	a->chunk = NULL;
	a->used = 0;
}

bool
value_is_text(const struct value *v, const char *text)
{
	return v->type == VALUE_TEXT && v->bytes.n == strlen(text) &&
	       memcmp(v->bytes.at, text, v->bytes.n) == 0;
}

const struct value *
value_get(const struct value *dict, const char *key)
{
	if (dict->type != VALUE_DICT)
		return NULL;
	for (size_t i = dict->seq.n; i >= 2; i -= 2)
		if (value_is_text(dict->seq.item[i - 2], key))
			return dict->seq.item[i - 1];
	return NULL;
}

bool
value_number(const struct value *v, double *number)
{
	if (v->type == VALUE_FLOAT)
		*number = v->real;
	else if (v->type == VALUE_INT || v->type == VALUE_BOOL)
		*number = (double)v->integer;
	else
		return false;
	return true;
}
