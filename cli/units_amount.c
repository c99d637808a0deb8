/*
 * units_amount.c - an amount of work in a round, as text and back.
 */
#include "cli/units_scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BY_CHANCE "exp:"

static const struct unit units_of_lines[] = {
	{ "lines", 1, 0 },
	{ "line", 1, 0 },
	{ NULL, 1, 0 },
};

int
units_amount(const char *text, struct param_amount *v)
{
	struct param_amount a = { .form = AMOUNT_FIXED };
	int rc;

	if (strncmp(text, BY_CHANCE, strlen(BY_CHANCE)) == 0) {
		a.form = AMOUNT_EXP;
		text += strlen(BY_CHANCE);
	}
	a.lines = strstr(text, "line") != NULL;
	rc = units_span(text, a.lines ? units_of_lines : units_of_duration, &a.lo,
			&a.hi);
	if (rc == 0 && a.lo != a.hi) {
		if (a.form == AMOUNT_EXP)
			return -EINVAL;
		a.form = AMOUNT_UNIFORM;
	}
	if (rc == 0)
		*v = a;
	return rc;
}

static const char *
one(const struct param_amount *a, uint64_t x, char *buf, size_t size)
{
	if (a->lines)
		snprintf(buf, size, "%" PRIu64 "%s", x, x == 1 ? "line" : "lines");
	else if (x == 0)
		snprintf(buf, size, "0");
	else
		units_duration_text(x, buf, size);
	return buf;
}

const char *
units_amount_text(const struct param_amount *a, char *buf, size_t size)
{
	char low[UNITS_TEXT / 2 - 4], high[UNITS_TEXT / 2 - 4];

	one(a, a->lo, low, sizeof(low));
	one(a, a->hi, high, sizeof(high));
	if (a->form == AMOUNT_UNIFORM)
		snprintf(buf, size, "%s-%s", low, high);
	else
		snprintf(buf, size, "%s%s", a->form == AMOUNT_EXP ? BY_CHANCE : "",
			 low);
	return buf;
}
