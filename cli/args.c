/*
 * args.c - command line -> options structs: the words.
 */
#include "cli/args.h"

#include "cli/suggest.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_SHOWN 40

struct parser {
	const struct param *const *tables;
	void *const *opts;
	int argc;
	char **argv;
	int at;	      /* the word that is read next */
	bool command; /* the first operand ends the options */
	struct args_rest *rest;
	struct err *e;
};

/* A row that was found, the struct that its value goes to, and its position. */
struct place {
	const struct param *row;
	void *opts;
	size_t index;
};

/* Finds an option by its long name (n bytes of it) or, with name NULL, its letter. */
static bool
find(const struct parser *p, const char *name, size_t n, char letter, struct place *f)
{
	const struct param *row;
	size_t i, index = 0;

	for (i = 0; p->tables[i] != NULL; i++)
		for (row = p->tables[i]; row->name != NULL; row++, index++) {
			assert(index < ARGS_ROWS_MAX);
			if (name != NULL ? strlen(row->name) != n ||
						   strncmp(row->name, name, n) != 0
					 : row->letter == 0 || row->letter != letter)
				continue;
			*f = (struct place){ row, p->opts[i], index };
			return true;
		}
	return false;
}

/* "unknown option 'shown'", and the long name that is nearest to `name`. */
static int
refuse_unknown(const struct parser *p, const char *shown, const char *name)
{
	char quoted[ARGS_QUOTE];
	const struct param *row;
	struct suggest s;
	size_t i;
	int rc;

	rc = err_set(p->e, EINVAL, "unknown option '%s'",
		     args_quote(shown, quoted, sizeof(quoted)));
	suggest_init(&s, name);
	for (i = 0; p->tables[i] != NULL; i++)
		for (row = p->tables[i]; row->name != NULL; row++)
			if (!(row->flags & PARAM_HIDDEN))
				suggest_offer(&s, row->name);
	if (s.best != NULL)
		err_hint(p->e, "did you mean '--%s'?", s.best);
	return rc;
}

/* Stores a value, or the presence of a flag (text NULL). */
static int
take(struct parser *p, const struct place *f, const char *as, const char *text)
{
	int rc;

	if (p->rest->given[f->index] && f->row->type != PARAM_TEXTS)
		return err_set(p->e, EINVAL, "%s: given twice", as);
	p->rest->given[f->index] = true;
	if (f->row->type == PARAM_FLAG) {
		*(bool *)((char *)f->opts + f->row->offset) = true;
		return strcmp(f->row->name, "help") == 0 ? ARGS_HELP : 0;
	}
	rc = args_value(f->row, f->opts, as, text, p->e);
	if (rc == ARGS_LIST_KINDS)
		p->rest->kinds = f->row;
	return rc;
}

/* The next word as the value of an option that must have one. */
static int
take_next(struct parser *p, const struct place *f, const char *as)
{
	if (p->at >= p->argc)
		return err_set(p->e, EINVAL, "%s: needs a value (%s)", as,
			       f->row->arg != NULL ? f->row->arg : "VALUE");
	return take(p, f, as, p->argv[p->at++]);
}

/* --name, --name=value, --name value. */
static int
read_long(struct parser *p, const char *word)
{
	const char *name = word + 2, *value = strchr(name, '=');
	size_t n = value != NULL ? (size_t)(value - name) : strlen(name);
	char as[NAME_MAX_SHOWN + 3];
	struct place f;

	if (!find(p, name, n, 0, &f)) {
		char *bare = strndup(name, n), *shown = strndup(word, n + 2);
		int rc = bare == NULL || shown == NULL
				 ? err_set(p->e, ENOMEM, "reading options")
				 : refuse_unknown(p, shown, bare);

		free(bare);
		free(shown);
		return rc;
	}
	snprintf(as, sizeof(as), "--%s", f.row->name);
	if (value != NULL && f.row->type == PARAM_FLAG)
		return err_set(p->e, EINVAL, "%s: takes no value", as);
	if (value != NULL)
		return take(p, &f, as, value + 1);
	if (f.row->type == PARAM_FLAG)
		return take(p, &f, as, NULL);
	if (f.row->flags & PARAM_OPTIONAL_ARG)
		return take(p, &f, as, f.row->bare);
	return take_next(p, &f, as);
}

/* -q, -qv, -n4, -n 4. */
static int
read_short(struct parser *p, const char *word)
{
	const char *c;
	struct place f;
	int rc = 0;

	for (c = word + 1; *c != '\0' && rc == 0; c++) {
		char as[3] = { '-', *c, '\0' };

		if (!find(p, NULL, 0, *c, &f)) {
			/* A byte of a longer character is shown with all of it. */
			bool whole = c == word + 1 && (unsigned char)*c >= 0x80;

			return refuse_unknown(p, whole ? word : as, word + 1);
		}
		if (f.row->type == PARAM_FLAG)
			rc = take(p, &f, as, NULL);
		else if (f.row->flags & PARAM_OPTIONAL_ARG)
			rc = take(p, &f, as, f.row->bare);
		else if (c[1] != '\0')
			return take(p, &f, as, c + 1);
		else
			return take_next(p, &f, as);
	}
	return rc;
}

static int
read_words(struct parser *p)
{
	int rc = 0;

	while (p->at < p->argc && rc == 0) {
		char *word = p->argv[p->at++];

		const bool dashes = strcmp(word, "--") == 0;

		if (dashes || (p->command && (word[0] != '-' || word[1] == '\0'))) {
			p->at -= !dashes;
			p->rest->dashes = dashes;
			p->rest->word = p->argv + p->at;
			p->rest->nwords = p->argc - p->at;
			break;
		}
		if (word[0] == '-' && word[1] == '-')
			rc = read_long(p, word);
		else if (word[0] == '-' && word[1] != '\0')
			rc = read_short(p, word);
		else
			p->rest->operand[p->rest->noperands++] = word;
	}
	return rc;
}

/* Gives every row of the table that was not given (given may be NULL) its default. */
static int
fill(const struct param *table, void *opts, const bool *given, struct err *e)
{
	char as[NAME_MAX_SHOWN + 3];
	size_t i;
	int rc = 0;

	for (i = 0; table[i].name != NULL && rc == 0; i++) {
		if (table[i].def == NULL || (given != NULL && given[i]))
			continue;
		snprintf(as, sizeof(as), "--%s", table[i].name);
		rc = args_value(&table[i], opts, as, table[i].def, e);
	}
	return rc;
}

static size_t
rows(const struct param *table)
{
	size_t n = 0;

	while (table[n].name != NULL)
		n++;
	return n;
}

static int
parse(const struct param *const *tables, void *const *opts, int argc, char **argv,
      bool command, struct args_rest *rest, struct err *e)
{
	struct parser p = { .tables = tables,
			    .opts = opts,
			    .argc = argc,
			    .argv = argv,
			    .command = command,
			    .rest = rest,
			    .e = e };
	size_t i, index = 0;
	int rc;

	*rest = (struct args_rest){ .word = argv + argc };
	rest->operand = calloc((size_t)argc + 1, sizeof(*rest->operand));
	if (rest->operand == NULL)
		return err_set(e, ENOMEM, "reading options");
	rc = read_words(&p);
	for (i = 0; tables[i] != NULL && rc == 0; i++) {
		rc = fill(tables[i], opts[i], rest->given + index, e);
		index += rows(tables[i]);
	}
	if (rc != 0) {
		for (i = 0; tables[i] != NULL; i++)
			args_free(tables[i], opts[i]);
		args_rest_free(rest);
	}
	return rc;
}

int
args_parse(const struct param *const *tables, void *const *opts, int argc, char **argv,
	   struct args_rest *rest, struct err *e)
{
	return parse(tables, opts, argc, argv, false, rest, e);
}

int
args_parse_command(const struct param *const *tables, void *const *opts, int argc,
		   char **argv, struct args_rest *rest, struct err *e)
{
	return parse(tables, opts, argc, argv, true, rest, e);
}

int
args_defaults(const struct param *table, void *opts, struct err *e)
{
	int rc = fill(table, opts, NULL, e);

	if (rc != 0)
		args_free(table, opts);
	return rc;
}

void
args_free(const struct param *table, void *opts)
{
	const struct param *row;

	for (row = table; row->name != NULL; row++) {
		void *field = (char *)opts + row->offset;
		struct param_list *l = NULL;
		struct param_texts *t = field;

		if (row->type == PARAM_COUNTS || row->type == PARAM_SIZES ||
		    row->type == PARAM_KINDS)
			l = field;
		else if (row->type == PARAM_CPUS)
			l = &((struct param_cpus *)field)->cpus;
		if (l != NULL) {
			free(l->v);
			*l = (struct param_list){ .v = NULL };
		} else if (row->type == PARAM_TEXTS) {
			free(t->v);
			*t = (struct param_texts){ 0, NULL };
		}
	}
}

void
args_rest_free(struct args_rest *rest)
{
	free(rest->operand);
	rest->operand = NULL;
	rest->noperands = 0;
}

int
args_expect(const struct args_rest *rest, int max, bool words, struct err *e)
{
	char quoted[ARGS_QUOTE];
	const char *extra = NULL;

	if (rest->noperands > max)
		extra = rest->operand[max];
	else if (!words && rest->nwords > 0)
		extra = rest->word[0];
	if (extra == NULL)
		return 0;
	return err_set(e, EINVAL, "unexpected operand '%s'",
		       args_quote(extra, quoted, sizeof(quoted)));
}
