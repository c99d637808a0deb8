/*
 * say.h - events in words: the templates of struct event_type, filled in.
 */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "cli/render.h"

#include <stdbool.h>
#include <stddef.h>

#define SAY_MAX 512

/*
 * The sentence of an event for people, "" when its type has none. {a} and {b} are
 * shown by their units, {s} is the text, {pid} and {tid} the writer's; other braces
 * stay as they are. Safe to show: see term_clean(). Returns buf.
 */
const char *say_event(const struct view *v, const struct event *e, char *buf,
		      size_t size);

/* The name of the span that a BEGIN or WAIT begins; any other event's own name. */
const char *say_span(const struct view *v, const struct event *e, char *buf,
		     size_t size);

/* True when the span stands for one numbered thing, a task: its name holds {a}. */
bool say_is_numbered(const struct event_type *type);

/* The writer: "4203" of a process, "4200/4203" of a thread, "4200/4203·c2" of a
 * coroutine. Returns buf. */
const char *say_place(const struct view *v, const struct event *e, char *buf,
		      size_t size);

/* The name of a role; "?" when there is none of that number. */
const char *say_role(const struct view *v, int64_t role);

/*
 * A value for records: tab, newline, carriage return and backslash as \t \n \r \\,
 * other control bytes as \xNN. Returns buf.
 */
const char *say_escaped(const char *text, char *buf, size_t size);

#endif
