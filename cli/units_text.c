/*
 * units_text.c - numbers with units: canonical text, which reads back unchanged.
 */
#include "cli/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct step {
	uint64_t size;
	const char *unit;
};

const char *
units_duration_text(uint64_t ns, char *buf, size_t size)
{
	static const struct step steps[] = {
		{ 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" }
	};
	const struct step *s = steps;
	char fraction[16];
	size_t n;

	if (ns != 0 && ns % UINT64_C(3600000000000) == 0) {
		snprintf(buf, size, "%" PRIu64 "h", ns / UINT64_C(3600000000000));
		return buf;
	}
	if (ns != 0 && ns % UINT64_C(60000000000) == 0) {
		snprintf(buf, size, "%" PRIu64 "m", ns / UINT64_C(60000000000));
		return buf;
	}
	while (ns != 0 && ns < s->size)
		s++;
	/* The fraction of 1.5ms is 500000 of 1000000: print it behind a 1. */
	n = (size_t)snprintf(fraction, sizeof(fraction), "%" PRIu64,
			     s->size + ns % s->size);
	while (n > 1 && fraction[n - 1] == '0')
		fraction[--n] = '\0';
	fraction[0] = '.';
	snprintf(buf, size, "%" PRIu64 "%s%s", ns / s->size,
		 n > 1 && s->size > 1 ? fraction : "", s->unit);
	return buf;
}

const char *
units_size_text(uint64_t bytes, char *buf, size_t size)
{
	static const struct step steps[] = { { UINT64_C(1) << 40, "T" },
					     { 1 << 30, "G" },
					     { 1 << 20, "M" },
					     { 1 << 10, "K" },
					     { 1, "" } };
	const struct step *s = steps;

	while (s->size > 1 && (bytes == 0 || bytes % s->size != 0))
		s++;
	snprintf(buf, size, "%" PRIu64 "%s", bytes / s->size, s->unit);
	return buf;
}

/* 0.1 and 100 rather than 1e-01 and 1e+02. */
static bool
is_plain(const char *text, double v)
{
	return strchr(text, 'e') == NULL || fabs(v) < 1e-4 || fabs(v) >= 1e15;
}

const char *
units_real_text(double v, char *buf, size_t size)
{
	double back;
	int digits;

	for (digits = 1; digits < 17; digits++) {
		snprintf(buf, size, "%.*g", digits, v);
		if (is_plain(buf, v) && units_real(buf, &back) == 0 && !(back < v) &&
		    !(back > v))
			return buf;
	}
	snprintf(buf, size, "%.17g", v);
	return buf;
}

const char *
units_percent_text(double v, char *buf, size_t size)
{
	double back;
	int digits;

	/* As %, unless the division by 100 does not give v again. */
	for (digits = 1; digits < 17; digits++) {
		snprintf(buf, size, "%.*g%%", digits, v * 100);
		if (is_plain(buf, v * 100) && units_percent(buf, &back) == 0 &&
		    !(back < v) && !(back > v))
			return buf;
	}
	return units_real_text(v, buf, size);
}

/* One end of the amounts of a work. */
static const char *
amount_text(const struct work *w, uint64_t amount, char *buf, size_t size)
{
	if (w->kind == WORK_MEM && amount % 1024 == 0)
		return units_size_text(amount, buf, size);
	if (w->kind == WORK_MEM) /* with its unit, for a bare LO would take HI's */
		snprintf(buf, size, "%" PRIu64 "B", amount);
	else if (amount == 0)
		snprintf(buf, size, "0");
	else
		units_duration_text(amount, buf, size);
	return buf;
}

const char *
units_work_text(const struct work *w, char *buf, size_t size)
{
	char low[UNITS_TEXT / 2 - 4], high[UNITS_TEXT / 2 - 4];
	const char *name = units_work_names[w->kind];

	amount_text(w, w->lo, low, sizeof(low));
	amount_text(w, w->hi, high, sizeof(high));
	if (w->kind == WORK_NOOP || w->kind == WORK_ECHO)
		snprintf(buf, size, "%s", name);
	else if (w->lo == w->hi)
		snprintf(buf, size, "%s:%s", name, high);
	else
		snprintf(buf, size, "%s:%s-%s", name, low, high);
	return buf;
}
