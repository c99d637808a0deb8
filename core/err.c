/*
 * err.c - an error as a value.
 */
#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e != NULL) {
		e->code = code;
		e->hint[0] = '\0';
		va_start(ap, fmt);
		vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
		va_end(ap);
	}
	return -code;
}

void
err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
}

const char *
err_text(const struct err *e, char *buf, int size)
{
	const bool silent = e->code == 0 || e->code == EINVAL || e->code == ECHILD ||
			    e->code == EBADMSG;
	const char *why = silent ? "" : strerror(e->code);

	snprintf(buf, (size_t)size, "%s%s%s%s%s%s", e->msg, *why ? ": " : "", why,
		 e->hint[0] ? " (" : "", e->hint, e->hint[0] ? ")" : "");
	return buf;
}
