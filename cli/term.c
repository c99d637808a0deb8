/*
 * term.c - the terminal: what a stream can show, and amounts for people.
 */
#include "cli/term.h"

#include "core/param.h"

#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

static bool utf8_locale;

void
term_init(void)
{
	setlocale(LC_CTYPE, "");
	utf8_locale = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool
term_unicode(void)
{
	return utf8_locale;
}

static bool
env_set(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && *v != '\0';
}

static bool
want_color(bool tty, int when)
{
	const char *term = getenv("TERM");

	if (when != WHEN_AUTO)
		return when == WHEN_ALWAYS;
	if (env_set("NO_COLOR"))
		return false;
	if (env_set("FORCE_COLOR") || env_set("CLICOLOR_FORCE"))
		return true;
	return tty && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

static int
columns_of(int fd, bool tty)
{
	const char *env = getenv("COLUMNS");
	struct winsize ws;
	long n;

	if (env != NULL) {
		n = strtol(env, NULL, 10);
		if (n > 0 && n <= 10000)
			return (int)n;
	}
	if (tty && ioctl(fd, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0)
		return ws.ws_col;
	return 80;
}

void
term_style(struct style *st, int fd, int color, bool ascii)
{
	st->tty = isatty(fd) == 1;
	st->color = want_color(st->tty, color);
	st->unicode = utf8_locale && !ascii;
	st->width = columns_of(fd, st->tty);
}

int
term_utf8(const char *s, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	int len, i;

	if (n == 0)
		return 0;
	if (u[0] < 0x80) {
		*cp = u[0];
		return 1;
	}
	len = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	if (u[0] < 0xc2 || u[0] > 0xf4 || n < (size_t)len)
		return 0;
	*cp = u[0] & (0x7fU >> len);
	for (i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (u[i] & 0x3fU);
	}
	if (*cp < least[len] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp < 0xe000))
		return 0;
	return len;
}

bool
term_is_utf8(const char *s, size_t n)
{
	uint32_t cp;
	int len;

	for (; n > 0; s += len, n -= (size_t)len) {
		len = term_utf8(s, n, &cp);
		if (len == 0)
			return false;
	}
	return true;
}

int
term_columns(const char *text)
{
	size_t n = strlen(text);
	int columns = 0, len, w;
	uint32_t cp;

	for (; n > 0; text += len, n -= (size_t)len) {
		len = term_utf8(text, n, &cp);
		w = len == 0 ? 1 : wcwidth((wchar_t)cp);
		columns += w < 0 ? 1 : w;
		len = len == 0 ? 1 : len;
	}
	return columns;
}

/* Characters that a terminal obeys or that hide what stands there: C0 and C1
 * controls, line separators, marks of direction, the byte order mark. */
static bool
is_hostile(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x2069) || cp == 0xfeff || cp == 0x061c;
}

static const char *
stand_in(uint32_t cp)
{
	static const struct {
		uint32_t cp;
		const char *ascii;
	} table[] = {
		{ 0x25cf, "*" },   { 0x251c, "+" },  { 0x2514, "`" },  { 0x2500, "-" },
		{ 0x2502, "|" },   { 0x2192, "->" }, { 0x2190, "<-" }, { 0x25b8, ">" },
		{ 0x25b6, ">" },   { 0x25c0, "<" },  { 0x2714, "ok" }, { 0x2716, "!!" },
		{ 0x25a0, "#" },   { 0x00b7, "." },  { 0x2588, "#" },  { 0x2591, "=" },
		{ 0x2593, "%" },   { 0x00d7, "x" },  { 0x2013, "-" },  { 0x2014, "-" },
		{ 0x2026, "..." }, { 0x00b5, "u" },  { 0x03bc, "u" },  { 0x2264, "<=" },
		{ 0x2265, ">=" },  { 0x00b1, "+-" }, { 0x2018, "'" },  { 0x2019, "'" },
		{ 0x201c, "\"" },  { 0x201d, "\"" }, { 0x2260, "!=" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].cp == cp)
			return table[i].ascii;
	}
	return "?";
}

const char *
term_clean(const char *text, bool unicode, char *buf, size_t size)
{
	size_t n = strlen(text), used = 0, add;
	char piece[20];
	uint32_t cp;
	int len;

	for (; n > 0; text += len, n -= (size_t)len) {
		len = term_utf8(text, n, &cp);
		if (len == 0 || is_hostile(cp)) {
			len = len == 0 ? 1 : len;
			for (int i = 0; i < len; i++)
				snprintf(piece + 4 * i, 5, "\\x%02x",
					 (unsigned)(unsigned char)text[i]);
		} else if (len > 1 && !unicode) {
			snprintf(piece, sizeof(piece), "%s", stand_in(cp));
		} else {
			snprintf(piece, sizeof(piece), "%.*s", len, text);
		}
		add = strlen(piece);
		if (used + add >= size)
			break;
		memcpy(buf + used, piece, add);
		used += add;
	}
	if (size > 0)
		buf[used] = '\0';
	return buf;
}

/* 999.95 would print as 1000.0: the next unit reads better. */
static struct term_unit
unit_of(const struct term_unit *units, size_t n, double max)
{
	size_t i = 0;

	while (i + 1 < n &&
	       max / units[i].scale >= 0.99995 * units[i + 1].scale / units[i].scale)
		i++;
	return units[i];
}

struct term_unit
term_time_unit(double max_ns)
{
	static const struct term_unit units[] = {
		{ 1, "ns" }, { 1e3, "us" }, { 1e6, "ms" }, { 1e9, "s" }
	};

	return unit_of(units, 4, max_ns);
}

struct term_unit
term_size_unit(double max_bytes)
{
	static const struct term_unit units[] = { { 1, "B" },
						  { 1024, "KiB" },
						  { 1048576, "MiB" },
						  { 1073741824, "GiB" },
						  { 1099511627776, "TiB" } };

	return unit_of(units, 5, max_bytes);
}

const char *
term_number(double x, char *buf, size_t size)
{
	double m = fabs(x);
	int digits = m >= 999.95 ? 0 : m >= 9.995 ? 1 : 2;

	if (x == floor(x) && m < 1e15)
		digits = 0;
	else if (m > 0 && m < 0.01)
		digits = 6;
	snprintf(buf, size, "%.*f", digits, x);
	return buf;
}

static const char *
amount(double x, struct term_unit u, char *buf, size_t size)
{
	char number[48];

	snprintf(buf, size, "%s %s", term_number(x / u.scale, number, sizeof(number)),
		 u.name);
	return buf;
}

const char *
term_time(double ns, char *buf, size_t size)
{
	return amount(ns, term_time_unit(fabs(ns)), buf, size);
}

const char *
term_size(double bytes, char *buf, size_t size)
{
	return amount(bytes, term_size_unit(fabs(bytes)), buf, size);
}
