/*
 * term.h - the terminal: what a stream can show, and amounts for people.
 *
 * Only what people read goes through here; machine formats print plain numbers.
 */
#ifndef CLI_TERM_H
#define CLI_TERM_H

#include "cli/render.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Sets the locale's character set (LC_CTYPE alone: a decimal point stays a point)
 * and reads whether it is UTF-8. Once, at the start of the program.
 */
void term_init(void);

/* True when the locale's character set is UTF-8; after term_init(). */
bool term_unicode(void);

/*
 * Fills tty, color, unicode and width of st for the stream fd; the other members are
 * left alone. color is an enum param_when. Under "auto", colour needs a terminal
 * that is not "dumb" and NO_COLOR empty; FORCE_COLOR and CLICOLOR_FORCE want it
 * everywhere. Each stream is decided on its own.
 */
void term_style(struct style *st, int fd, int color, bool ascii);

/*
 * Length in bytes of the well-formed UTF-8 character at s (at most n bytes), with its
 * code point in *cp; 0 when there is none: invalid, overlong, surrogate, cut.
 */
int term_utf8(const char *s, size_t n, uint32_t *cp);

/* True when all n bytes are well-formed UTF-8. */
bool term_is_utf8(const char *s, size_t n);

/* Columns that text takes; invalid bytes count one each. */
int term_columns(const char *text);

/*
 * Text as it may be shown: control bytes, invalid UTF-8 and direction marks as \xNN;
 * without `unicode` our glyphs by their ASCII stand-ins and other characters as '?'.
 * Writes at most size bytes, never a cut character, ends in NUL; returns buf.
 */
const char *term_clean(const char *text, bool unicode, char *buf, size_t size);

/* A unit: what to divide by, and its name. */
struct term_unit {
	double scale;
	const char *name;
};

/* The unit in which the largest of several amounts reads well. */
struct term_unit term_time_unit(double max_ns);	   /* ns us ms s */
struct term_unit term_size_unit(double max_bytes); /* B KiB MiB GiB TiB */

/* Number with three or four significant digits; whole numbers stay whole. */
const char *term_number(double x, char *buf, size_t size);

/* Amount with its unit: "110.5 ms", "64 MiB". size >= 32 is enough. Returns buf. */
const char *term_time(double ns, char *buf, size_t size);
const char *term_size(double bytes, char *buf, size_t size);

#endif
