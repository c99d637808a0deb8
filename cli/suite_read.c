/*
 * suite_read.c - the file of a suite: NAME: WORDS; LIMIT; LIMIT...
 *
 * A backslash at the end of a line joins it with the next; '#' at the beginning of a
 * word begins a comment. Words are parted by blanks; quotes and backslashes keep them
 * together, as a shell does, and nothing is replaced.
 */
#include "cli/args.h"
#include "cli/help.h"
#include "cli/suite.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where reading is. */
struct reader {
	struct suite *suite;
	const char *file;
	int line;
	struct err *e;
};

static int
refuse(const struct reader *r, const char *fmt, const char *what)
{
	char name[ARGS_QUOTE], quoted[ARGS_QUOTE], text[160];

	args_quote(what, quoted, sizeof(quoted));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), fmt, quoted);
#pragma GCC diagnostic pop
	return err_set(r->e, EINVAL, "%s, line %d: %s",
		       args_quote(r->file, name, sizeof(name)), r->line, text);
}

/* Cuts text at the first ';' or comment outside of quotes; returns what is behind a
 * ';', or NULL. *open: a quote has no end. */
static char *
cut(char *text, bool *open)
{
	char quote = '\0', before = ' ';

	for (char *p = text; *p != '\0'; before = *p++) {
		if (quote != '\0') {
			if (*p == '\\' && quote == '"' && p[1] != '\0')
				p++;
			else if (*p == quote)
				quote = '\0';
		} else if (*p == '\\' && p[1] != '\0') {
			p++;
		} else if (*p == '\'' || *p == '"') {
			quote = *p;
		} else if (*p == ';') {
			*p = '\0';
			return p + 1;
		} else if (*p == '#' && isspace((unsigned char)before)) {
			*p = '\0';
			break;
		}
	}
	*open = quote != '\0';
	return NULL;
}

static char *
trim(char *s)
{
	char *end;

	s += strspn(s, " \t\r\n");
	for (end = s + strlen(s); end > s && isspace((unsigned char)end[-1]); end--)
		end[-1] = '\0';
	return s;
}

/* Takes the next word off *at, unquoted in place; NULL at the end. */
static char *
next_word(char **at)
{
	char *from = *at + strspn(*at, " \t\r\n"), *word = from, *to = from;
	char quote = '\0';

	if (*from == '\0')
		return NULL;
	for (; *from != '\0' && (quote != '\0' || !isspace((unsigned char)*from));
	     from++) {
		if (quote == '\0' && (*from == '\'' || *from == '"'))
			quote = *from;
		else if (*from == quote)
			quote = '\0';
		else if (*from == '\\' && quote != '\'' && from[1] != '\0')
			*to++ = *++from;
		else
			*to++ = *from;
	}
	*at = *from == '\0' ? from : from + 1;
	*to = '\0';
	return word;
}

static int
add_word(const struct reader *r, struct suite_entry *x, const char *word)
{
	char **all = reallocarray(x->word, x->nwords + 2, sizeof(*all));

	if (all == NULL)
		return err_set(r->e, ENOMEM, "no memory for the suite");
	x->word = all;
	all[x->nwords] = strdup(word);
	all[x->nwords + 1] = NULL;
	if (all[x->nwords] == NULL)
		return err_set(r->e, ENOMEM, "no memory for the suite");
	x->nwords++;
	return 0;
}

static int
read_words(const struct reader *r, struct suite_entry *x, char *text)
{
	char *word = next_word(&text);
	struct topic t;
	struct err why = { 0 };
	char all[sizeof(why) + 64];

	if (word != NULL && strcmp(word, "concbench") == 0)
		word = next_word(&text);
	if (word == NULL)
		return refuse(r, "'%s' has no command line", x->name);
	t = topic_find(word);
	if (t.command != NULL)
		return refuse(r, "'%s' is not a command that can be checked", word);
	if (t.scenario == NULL) {
		topic_unknown(word, &why);
		err_text(&why, all, sizeof(all));
		return err_set(r->e, EINVAL, "%.80s, line %d: %.120s", r->file, r->line,
			       all);
	}
	for (; word != NULL; word = next_word(&text)) {
		int rc = add_word(r, x, word);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
read_limit(const struct reader *r, struct suite_entry *x, const char *text)
{
	struct suite_limit *all = reallocarray(x->limit, x->nlimits + 1, sizeof(*all));
	const char *wrong;
	char why[120];

	if (all == NULL)
		return err_set(r->e, ENOMEM, "no memory for the suite");
	x->limit = all;
	wrong = rule_read(text, &all[x->nlimits].rule);
	if (wrong != NULL) {
		snprintf(why, sizeof(why), "limit '%%s': %s", wrong);
		refuse(r, why, text);
		err_hint(r->e, "as in 'ops >= 0.8 x baseline', 'p99 < 50us', "
			       "'jain >= 0.7'");
		return -EINVAL;
	}
	all[x->nlimits].text = strdup(text);
	if (all[x->nlimits].text == NULL)
		return err_set(r->e, ENOMEM, "no memory for the suite");
	x->nlimits++;
	return 0;
}

static int
read_name(const struct reader *r, struct suite_entry *x, const char *name)
{
	const char *known = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_.-";

	if (*name == '\0' || *name == '.' || name[strspn(name, known)] != '\0' ||
	    strlen(name) > 100)
		return refuse(r, "'%s' is no name: letters, digits, '_', '-', '.'",
			      name);
	for (size_t i = 0; i < r->suite->n; i++)
		if (r->suite->entry[i].name != NULL &&
		    strcmp(r->suite->entry[i].name, name) == 0)
			return refuse(r, "'%s' is there already", name);
	x->name = strdup(name);
	return x->name != NULL ? 0 : err_set(r->e, ENOMEM, "no memory for the suite");
}

/* One line, joined: an entry, or nothing. */
static int
read_entry(const struct reader *r, char *text)
{
	struct suite *s = r->suite;
	struct suite_entry *all, *x;
	char *at = trim(text), *colon, *rest;
	bool open = false;
	int rc;

	if (*at == '\0' || *at == '#')
		return 0;
	colon = strchr(at, ':');
	if (colon == NULL)
		return refuse(r, "'%s' is no NAME: COMMAND LINE; LIMIT...", at);
	*colon = '\0';
	all = reallocarray(s->entry, s->n + 1, sizeof(*all));
	if (all == NULL)
		return err_set(r->e, ENOMEM, "no memory for the suite");
	s->entry = all;
	x = &all[s->n];
	*x = (struct suite_entry){ .line = r->line, .outcome = SUITE_NOT_RUN };
	rc = read_name(r, x, trim(at));
	s->n++; /* whatever it holds is given back by suite_fini() */
	rest = cut(colon + 1, &open);
	if (rc == 0)
		rc = read_words(r, x, colon + 1);
	while (rc == 0 && rest != NULL) {
		char *limit = rest;

		rest = cut(limit, &open);
		limit = trim(limit);
		if (*limit != '\0')
			rc = read_limit(r, x, limit);
	}
	return rc == 0 && open ? refuse(r, "'%s' has a quote without end", x->name)
			       : rc;
}

/* Lines that end in a backslash go on in the next. */
static int
read_lines(struct reader *r, FILE *f)
{
	char *line = NULL, *joined = NULL, *more;
	size_t size = 0, used = 0;
	ssize_t n;
	int rc = 0, at = 0;

	while (rc == 0 && (n = getline(&line, &size, f)) >= 0) {
		at++;
		while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = '\0';
		more = realloc(joined, used + (size_t)n + 1);
		if (more == NULL) {
			rc = err_set(r->e, ENOMEM, "no memory for the suite");
			break;
		}
		joined = more;
		memcpy(joined + used, line, (size_t)n + 1);
		if (used == 0)
			r->line = at;
		used += (size_t)n;
		if (n > 0 && line[n - 1] == '\\') {
			joined[used - 1] = ' ';
			continue;
		}
		rc = read_entry(r, joined);
		used = 0;
	}
	/* Also for lack of memory for a line. */
	if (rc == 0 && !feof(f))
		rc = err_set(r->e, errno, "cannot read '%.100s'", r->file);
	if (rc == 0 && used > 0)
		rc = read_entry(r, joined);
	free(line);
	free(joined);
	return rc;
}

int
suite_read(struct suite *s, const char *file, struct err *e)
{
	struct reader r = { .suite = s, .file = file, .e = e };
	const bool is_stdin = strcmp(file, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(file, "re");
	int rc;

	s->file = file;
	if (f == NULL)
		return err_set(e, errno, "cannot read '%.150s'", file);
	rc = read_lines(&r, f);
	if (!is_stdin)
		fclose(f);
	if (rc == 0 && s->n == 0)
		return err_set(e, EINVAL, "'%.150s' holds no command line", file);
	return rc;
}
