/*
 * human.c - quantities as people read them.
 */
#include "core/human.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct scale {
	double from; /* values from here on ... */
	double by;   /* ... are divided by this */
	const char *unit;
};

/* Three or four digits: 9.99, 99.9, 999.9 are the most of each form. */
static const char *
scaled(char *buf, double v, const struct scale *scale)
{
	int digits;

	while (scale[1].unit != NULL && fabs(v) >= scale[1].from)
		scale++;
	v /= scale->by;
	digits = fabs(v) < 9.995 ? 2 : 1;
	if (scale->by == 1)
		digits = 0;
	snprintf(buf, HUMAN_TEXT, "%.*f%s%s", digits, v, *scale->unit ? " " : "",
		 scale->unit);
	return buf;
}

const char *
human_ns(char buf[static HUMAN_TEXT], double ns)
{
	static const struct scale scale[] = {
		{ 0, 1, "ns" },		{ 999.5, 1e3, "us" }, { 999.95e3, 1e6, "ms" },
		{ 999.95e6, 1e9, "s" }, { 0, 0, NULL },
	};

	return scaled(buf, ns, scale);
}

const char *
human_bytes(char buf[static HUMAN_TEXT], double bytes)
{
	static const struct scale scale[] = {
		{ 0, 1, "B" },
		{ 1023.5, 1024, "KiB" },
		{ 1023.95 * 1024, 1024.0 * 1024, "MiB" },
		{ 1023.95 * 1024 * 1024, 1024.0 * 1024 * 1024, "GiB" },
		{ 0, 0, NULL },
	};

	return scaled(buf, bytes, scale);
}

const char *
human_count(char buf[static HUMAN_TEXT], double count)
{
	static const struct scale scale[] = {
		{ 0, 1, "" },		{ 999.5, 1e3, "k" }, { 999.95e3, 1e6, "M" },
		{ 999.95e6, 1e9, "G" }, { 0, 0, NULL },
	};

	return scaled(buf, count, scale);
}

const char *
human_percent(char buf[static HUMAN_TEXT], double percent)
{
	/* %g would write 1.6e+02. */
	snprintf(buf, HUMAN_TEXT,
		 percent > -99.5 && percent < 99.5 ? "%.2g %%" : "%.0f %%", percent);
	return buf;
}

const char *
human_figure(char buf[static HUMAN_TEXT], const char *unit, double x)
{
	const double size = x < 0 ? -x : x;
	char count[HUMAN_TEXT];

	if (strcmp(unit, "ns") == 0 && size > 0 && size < 99.95)
		snprintf(buf, HUMAN_TEXT, "%.3g ns", x);
	else if (strcmp(unit, "ns") == 0)
		return human_ns(buf, x);
	else if (strcmp(unit, "bytes") == 0)
		return human_bytes(buf, x);
	else if (strcmp(unit, "bytes/s") == 0)
		snprintf(buf, HUMAN_TEXT, "%.24s/s", human_bytes(count, x));
	else if (size > 0 && size < 99.95)
		snprintf(buf, HUMAN_TEXT, "%.3g%s%s", x, *unit == '%' ? " " : "",
			 *unit == '%'		    ? "%"
			 : strcmp(unit, "1/s") == 0 ? "/s"
						    : "");
	else
		snprintf(buf, HUMAN_TEXT, "%.24s%s", human_count(count, x),
			 strcmp(unit, "1/s") == 0 ? "/s" : "");
	return buf;
}
