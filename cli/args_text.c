/*
 * args_text.c - values back to text: canonical echo, what is accepted, quoting.
 */
#include "cli/args.h"

#include "cli/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const pin_names[] = { "none", "same", "compact", "scatter" };
static const char *const when_names[] = { "auto", "always", "never" };

/* Numbers, or the names of kinds, with commas between. */
static void
put_list(FILE *out, const struct param *row, const struct param_list *l)
{
	char size[UNITS_TEXT];
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (i > 0)
			fputc(',', out);
		if (row->type == PARAM_SIZES)
			fputs(units_size_text((uint64_t)l->v[i], size, sizeof(size)),
			      out);
		else if (row->type == PARAM_KINDS)
			fputs(row->kinds[l->v[i]]->file != NULL
				      ? row->kinds[l->v[i]]->file
				      : row->kinds[l->v[i]]->name,
			      out);
		else
			fprintf(out, "%" PRId64, l->v[i]);
	}
}

static void
put_places(FILE *out, const struct param_cpus *c)
{
	for (size_t i = 0; i < c->nplaces; i++)
		fprintf(out, "%s%s", i > 0 ? "," : "", pin_names[c->place[i]]);
}

/* Everything but texts. */
static void
put_value(FILE *out, const struct param *row, const void *field)
{
	const struct param_cpus *cpus = field;
	char buf[UNITS_TEXT];

	switch (row->type) {
	case PARAM_FLAG:
		fputs(*(const bool *)field ? "true" : "false", out);
		break;
	case PARAM_COUNT:
		fprintf(out, "%" PRId64, *(const int64_t *)field);
		break;
	case PARAM_COUNTS:
	case PARAM_SIZES:
	case PARAM_KINDS:
		put_list(out, row, field);
		break;
	case PARAM_DURATION:
		units_duration_text(*(const uint64_t *)field, buf, sizeof(buf));
		fputs(buf, out);
		break;
	case PARAM_SIZE:
		units_size_text(*(const uint64_t *)field, buf, sizeof(buf));
		fputs(buf, out);
		break;
	case PARAM_REAL:
		fputs(units_real_text(*(const double *)field, buf, sizeof(buf)), out);
		break;
	case PARAM_PERCENT:
		fputs(units_percent_text(*(const double *)field, buf, sizeof(buf)),
		      out);
		break;
	case PARAM_CHOICE:
		fputs(row->choices[*(const int *)field].name, out);
		break;
	case PARAM_WHEN:
		fputs(when_names[*(const int *)field], out);
		break;
	case PARAM_WORK:
		fputs(units_work_text(field, buf, sizeof(buf)), out);
		break;
	case PARAM_AMOUNT:
		fputs(units_amount_text(field, buf, sizeof(buf)), out);
		break;
	case PARAM_CPUS:
		if (cpus->policy == PIN_LIST)
			put_list(out, row, &cpus->cpus);
		else if (cpus->nplaces > 1)
			put_places(out, cpus);
		else
			fputs(pin_names[cpus->policy], out);
		break;
	case PARAM_TEXT:
	case PARAM_TEXTS:
		break;
	}
}

void
args_echo(const struct param *table, const void *opts,
	  void (*put)(void *arg, const char *name, const char *value), void *arg)
{
	const struct param *row;

	for (row = table; row->name != NULL; row++) {
		const void *field = (const char *)opts + row->offset;
		const struct param_texts *texts = field;
		char *text = NULL;
		size_t size, i;
		FILE *out;

		if (row->type == PARAM_TEXT) {
			if (*(const char *const *)field != NULL)
				put(arg, row->name, *(const char *const *)field);
			continue;
		}
		if (row->type == PARAM_TEXTS) {
			for (i = 0; i < texts->n; i++)
				put(arg, row->name, texts->v[i]);
			continue;
		}
		out = open_memstream(&text, &size);
		if (out == NULL)
			continue;
		put_value(out, row, field);
		if (fclose(out) == 0)
			put(arg, row->name, text);
		free(text);
	}
}

/* Length of the UTF-8 character at s, or 0 when it is none; its number in *c. */
static size_t
decode(const unsigned char *s, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *s < 0x80		 ? 1
		   : (*s & 0xe0) == 0xc0 ? 2
		   : (*s & 0xf0) == 0xe0 ? 3
		   : (*s & 0xf8) == 0xf0 ? 4
					 : 0;
	size_t i;

	if (n <= 1) {
		*c = *s;
		return n;
	}
	*c = *s & (0xffU >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3fU);
	}
	return *c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ? 0 : n;
}

/* Control characters, and those that hide or turn around what follows. */
static bool
is_unseen(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0xfeff;
}

/* One character (or stray byte) of text as it may be shown; moves *at behind it. */
static size_t
show(const unsigned char **at, char *piece, size_t size)
{
	uint32_t c;
	size_t n = decode(*at, &c), bytes = n == 0 ? 1 : n, used = 0, i;

	if (n == 1 && c == '\\')
		used = (size_t)snprintf(piece, size, "\\\\");
	else if (n == 0 || is_unseen(c))
		for (i = 0; i < bytes; i++)
			used += (size_t)snprintf(piece + used, size - used, "\\x%02x",
						 (*at)[i]);
	else
		used = (size_t)snprintf(piece, size, "%.*s", (int)n, (const char *)*at);
	*at += bytes;
	return used;
}

#define SHOWN_MAX 64

const char *
args_quote(const char *text, char *buf, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t room = size - 1 < SHOWN_MAX ? size - 1 : SHOWN_MAX;
	size_t used = 0, cut = 0; /* where "..." still fits */

	while (*s != '\0') {
		char piece[20];
		size_t n = show(&s, piece, sizeof(piece));

		if (used + n > room) {
			snprintf(buf + cut, size - cut, "...");
			return buf;
		}
		memcpy(buf + used, piece, n);
		used += n;
		if (used + 3 <= room)
			cut = used;
	}
	buf[used] = '\0';
	return buf;
}

/* Bound of a numeric row in its unit. */
static const char *
bound_text(const struct param *row, double bound, char *buf, size_t size)
{
	switch (row->type) {
	case PARAM_DURATION:
		return units_duration_text((uint64_t)bound, buf, size);
	case PARAM_SIZE:
	case PARAM_SIZES:
		return units_size_text((uint64_t)bound, buf, size);
	case PARAM_PERCENT:
		return units_percent_text(bound, buf, size);
	case PARAM_REAL:
		return units_real_text(bound, buf, size);
	default:
		snprintf(buf, size, "%.0f", bound);
		return buf;
	}
}

/* Appends a name to a list in buf; a list that gets too long ends in "...". */
static void
add_name(char *buf, size_t size, const char *name)
{
	size_t used = strlen(buf), need = strlen(name) + (used > 0 ? 2 : 0);

	if (used >= 3 && strcmp(buf + used - 3, "...") == 0)
		return;
	if (used + need + sizeof(", ...") > size)
		name = "...";
	snprintf(buf + used, size - used, "%s%s", used > 0 ? ", " : "", name);
}

static void
add_names(const struct param *row, char *buf, size_t size)
{
	size_t i;

	if (row->type == PARAM_CHOICE)
		for (i = 0; row->choices[i].name != NULL; i++)
			add_name(buf, size, row->choices[i].name);
	else if (row->type == PARAM_KINDS)
		for (i = 0; row->kinds[i] != NULL; i++)
			add_name(buf, size, row->kinds[i]->name);
	else if (row->type == PARAM_WHEN)
		for (i = 0; i < sizeof(when_names) / sizeof(*when_names); i++)
			add_name(buf, size, when_names[i]);
	else if (row->type == PARAM_WORK)
		for (i = 0; units_work_names[i] != NULL; i++)
			add_name(buf, size, units_work_names[i]);
	else if (row->type == PARAM_CPUS) {
		for (i = 0; i < sizeof(pin_names) / sizeof(*pin_names); i++)
			add_name(buf, size, pin_names[i]);
		add_name(buf, size, "a list of CPUs");
	}
}

const char *
args_accepts(const struct param *row, char *buf, size_t size)
{
	char low[UNITS_TEXT], high[UNITS_TEXT];

	buf[0] = '\0';
	if (row->type == PARAM_COUNT || row->type == PARAM_COUNTS ||
	    row->type == PARAM_DURATION || row->type == PARAM_SIZE ||
	    row->type == PARAM_SIZES || row->type == PARAM_REAL ||
	    row->type == PARAM_PERCENT) {
		bound_text(row, row->min, low, sizeof(low));
		bound_text(row, row->max, high, sizeof(high));
		if (row->max > row->min)
			snprintf(buf, size, "%s..%s", low, high);
		else if (row->min > 0 || row->min < 0)
			snprintf(buf, size, "%s or more", low);
	} else {
		add_names(row, buf, size);
	}
	return buf;
}
