/*
 * say.c - events in words.
 */
#include "cli/say.h"

#include "cli/term.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *
say_role(const struct view *v, int64_t role)
{
	const char *name = NULL;

	if (v->trace != NULL && role >= 0 && role < v->trace->nroles)
		name = trace_role_name(v->trace, (int)role);
	if (name == NULL || *name == '\0')
		return role == 0 ? "main" : "?";
	return name;
}

static const char *
argument(const struct view *v, int64_t x, enum event_unit unit, char *buf, size_t size)
{
	switch (unit) {
	case EVENT_NS:
		return term_time((double)x, buf, size);
	case EVENT_BYTES:
		return term_size((double)x, buf, size);
	case EVENT_ROLE:
		return say_role(v, x);
	case EVENT_NUMBER:
	case EVENT_PID:
		break;
	}
	snprintf(buf, size, "%" PRId64, x);
	return buf;
}

/* The text for the placeholder that begins at p, and its length there; NULL when it
 * is none. */
static const char *
placeholder(const struct view *v, const struct event *e, const struct event_type *type,
	    const char *p, size_t *len, char *buf, size_t size)
{
	if (strncmp(p, "{a}", 3) == 0 || strncmp(p, "{b}", 3) == 0) {
		*len = 3;
		return p[1] == 'a' ? argument(v, e->a, type->unit_a, buf, size)
				   : argument(v, e->b, type->unit_b, buf, size);
	}
	if (strncmp(p, "{s}", 3) == 0) {
		*len = 3;
		return event_text(e);
	}
	if (strncmp(p, "{pid}", 5) == 0 || strncmp(p, "{tid}", 5) == 0) {
		*len = 5;
		snprintf(buf, size, "%" PRId32, p[1] == 'p' ? e->pid : e->tid);
		return buf;
	}
	return NULL;
}

static const char *
fill(const struct view *v, const struct event *e, const struct event_type *type,
     const char *form, char *buf, size_t size)
{
	bool unicode = v->style == NULL || v->style->unicode;
	char raw[SAY_MAX], number[64];
	size_t used = 0, len = 1;
	const char *with;

	for (; *form != '\0' && used + 1 < sizeof(raw); form += len) {
		with = *form == '{' ? placeholder(v, e, type, form, &len, number,
						  sizeof(number))
				    : NULL;
		if (with == NULL) {
			raw[used++] = *form;
			len = 1;
			continue;
		}
		snprintf(raw + used, sizeof(raw) - used, "%s", with);
		used += strlen(raw + used);
	}
	raw[used] = '\0';
	return term_clean(raw, unicode, buf, size);
}

const char *
say_event(const struct view *v, const struct event *e, char *buf, size_t size)
{
	const struct event_type *type = event_type_of(e);

	if (type->say == NULL) {
		buf[0] = '\0';
		return buf;
	}
	return fill(v, e, type, type->say, buf, size);
}

const char *
say_span(const struct view *v, const struct event *e, char *buf, size_t size)
{
	const struct event_type *type = event_type_of(e);

	return fill(v, e, type, type->span != NULL ? type->span : type->name, buf,
		    size);
}

bool
say_is_numbered(const struct event_type *type)
{
	return type->span != NULL && strstr(type->span, "{a}") != NULL;
}

const char *
say_place(const struct view *v, const struct event *e, char *buf, size_t size)
{
	if (v->trace != NULL && trace_is_coroutine(v->trace, (int)e->role))
		snprintf(buf, size, "%" PRId32 "/%" PRId32 "%s%s", e->pid, e->tid,
			 v->style == NULL || v->style->unicode ? "·" : ".",
			 say_role(v, e->role));
	else if (e->pid == e->tid)
		snprintf(buf, size, "%" PRId32, e->pid);
	else
		snprintf(buf, size, "%" PRId32 "/%" PRId32, e->pid, e->tid);
	return buf;
}

const char *
say_escaped(const char *text, char *buf, size_t size)
{
	static const char plain[] = "\t\n\r\\", letter[] = "tnr\\";
	size_t used = 0, add;
	char piece[8];
	const char *at;

	for (; *text != '\0'; text++) {
		at = strchr(plain, *text);
		if (at != NULL)
			add = (size_t)snprintf(piece, sizeof(piece), "\\%c",
					       letter[at - plain]);
		else if ((unsigned char)*text < 0x20 || *text == 0x7f)
			add = (size_t)snprintf(piece, sizeof(piece), "\\x%02x",
					       (unsigned)(unsigned char)*text);
		else
			add = (size_t)snprintf(piece, sizeof(piece), "%c", *text);
		if (used + add >= size)
			break;
		memcpy(buf + used, piece, add);
		used += add;
	}
	if (size > 0)
		buf[used] = '\0';
	return buf;
}
