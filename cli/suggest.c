/*
 * suggest.c - the nearest right spelling of a wrong word.
 */
#include "cli/suggest.h"

#include <limits.h>
#include <string.h>

#define SUGGEST_LIMIT 2
#define SUGGEST_PREFIX 3

static int
least(int a, int b)
{
	return a < b ? a : b;
}

int
suggest_distance(const char *a, const char *b, int limit)
{
	int rows[3][SUGGEST_MAX + 1];
	int *older = rows[0], *old = rows[1], *row = rows[2], *spare;
	size_t na = strnlen(a, SUGGEST_MAX + 1), nb = strnlen(b, SUGGEST_MAX + 1);
	size_t i, j;

	if (na > SUGGEST_MAX || nb > SUGGEST_MAX)
		return limit + 1;
	for (j = 0; j <= nb; j++)
		old[j] = (int)j;
	for (i = 1; i <= na; i++) {
		row[0] = (int)i;
		for (j = 1; j <= nb; j++) {
			row[j] = least(old[j], row[j - 1]) + 1;
			row[j] = least(row[j], old[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], older[j - 2] + 1);
		}
		spare = older;
		older = old;
		old = row;
		row = spare;
	}
	return least(old[nb], limit + 1);
}

void
suggest_init(struct suggest *s, const char *word)
{
	s->word = word;
	s->best = NULL;
	s->rank = 0;
}

void
suggest_offer(struct suggest *s, const char *name)
{
	size_t n = strnlen(s->word, SUGGEST_MAX + 1);
	int limit = n <= 3 ? 1 : SUGGEST_LIMIT;
	int rank = suggest_distance(s->word, name, limit);

	/* One edit, then a beginning, then two edits: proc is process, not pool. */
	rank = rank > limit ? INT_MAX : 2 * rank;
	if (rank > 3 && n >= SUGGEST_PREFIX && strncmp(s->word, name, n) == 0)
		rank = 3;
	if (rank == INT_MAX || (s->best != NULL && rank >= s->rank))
		return;
	s->best = name;
	s->rank = rank;
}
