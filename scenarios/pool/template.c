/*
 * template.c - the words of a COMMAND with the item of a task put in.
 */
#include "scenarios/pool/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Text that is counted first (to == NULL) and written in a second pass. */
struct sink {
	char *to;
	size_t n;
};

static void
put(struct sink *s, char c)
{
	if (s->to != NULL)
		s->to[s->n] = c;
	s->n++;
}

static void
put_text(struct sink *s, const char *text, size_t n, bool quoted)
{
	if (quoted)
		put(s, '\'');
	for (size_t i = 0; i < n; i++) {
		if (quoted && text[i] == '\'')
			for (const char *q = "'\\'"; *q != '\0'; q++)
				put(s, *q);
		put(s, text[i]);
	}
	if (quoted)
		put(s, '\'');
}

/* Length of `item` without its extension, which is none of a leading dot. */
static size_t
stem(const char *item, size_t n)
{
	for (size_t i = n; i-- > 1 && item[i] != '/';)
		if (item[i] == '.' && item[i - 1] != '/')
			return i;
	return n;
}

/* What one placeholder stands for. */
static void
put_item(struct sink *s, const char *which, const char *item, uint64_t number,
	 bool quoted)
{
	const char *slash = strrchr(item, '/');
	const char *last = slash != NULL ? slash + 1 : item;
	const size_t folder = slash == NULL   ? 0
			      : slash == item ? 1
					      : (size_t)(slash - item);
	char digits[24];

	if (strcmp(which, "{}") == 0)
		put_text(s, item, strlen(item), quoted);
	else if (strcmp(which, "{.}") == 0)
		put_text(s, item, stem(item, strlen(item)), quoted);
	else if (strcmp(which, "{/}") == 0)
		put_text(s, last, strlen(last), quoted);
	else if (strcmp(which, "{/.}") == 0)
		put_text(s, last, stem(last, strlen(last)), quoted);
	else if (strcmp(which, "{//}") == 0)
		put_text(s, folder ? item : ".", folder ? folder : 1, quoted);
	else
		put_text(s, digits,
			 (size_t)snprintf(digits, sizeof(digits), "%llu",
					  (unsigned long long)number + 1),
			 false);
}

static const char *const placeholders[] = { "{}", "{.}", "{/}", "{/.}", "{//}", "{#}" };

/* The placeholder at `at`; NULL when there is none. */
static const char *
placeholder_at(const char *at)
{
	for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++)
		if (strncmp(at, placeholders[i], strlen(placeholders[i])) == 0)
			return placeholders[i];
	return NULL;
}

static bool
has_placeholder(const struct template *t)
{
	for (int i = 0; i < t->argc; i++)
		for (const char *c = t->argv[i]; *c != '\0'; c++)
			if (placeholder_at(c) != NULL)
				return true;
	return false;
}

static void
put_word(struct sink *s, const char *word, const char *item, uint64_t number,
	 bool quoted)
{
	while (*word != '\0') {
		const char *which = placeholder_at(word);

		if (which == NULL) {
			put(s, *word++);
			continue;
		}
		put_item(s, which, item, number, quoted);
		word += strlen(which);
	}
}

/* All words, each with its NUL; in a shell's line parted by blanks. */
static void
put_words(struct sink *s, const struct template *t, const char *item, uint64_t number)
{
	const char part = t->shell ? ' ' : '\0';
	const bool add = !t->bare && !has_placeholder(t);

	for (int i = 0; i < t->argc; i++) {
		put_word(s, t->argv[i], item, number, t->shell);
		put(s, i + 1 < t->argc || add ? part : '\0');
	}
	if (add) {
		put_text(s, item, strlen(item), t->shell);
		put(s, '\0');
	}
}

char **
template_words(const struct template *t, const char *item, uint64_t number)
{
	const size_t most = (size_t)t->argc + 5;
	struct sink s = { .to = NULL };
	char **words;
	char *text, *end;
	size_t n = 0;

	put_words(&s, t, item, number);
	words = malloc(most * sizeof(*words) + s.n + 1);
	if (words == NULL)
		return NULL;
	text = (char *)(words + most);
	s = (struct sink){ .to = text };
	put_words(&s, t, item, number);
	end = text + s.n;
	if (t->shell) {
		static char sh[] = "/bin/sh", c[] = "-c";

		words[n++] = sh;
		words[n++] = c;
	}
	for (; text < end; text += strlen(text) + 1)
		words[n++] = text;
	words[n] = NULL;
	return words;
}
