/*
 * suggest.h - the nearest right spelling of a wrong word.
 */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

/*
 * Number of insertions, deletions, replacements and swaps of neighbours that make b
 * out of a, each place touched once (optimal string alignment: F. Damerau 1964,
 * R. Wagner and R. Lowrance 1975); `limit` + 1 when it is more than limit, or a word
 * has more than SUGGEST_MAX bytes. Bytes are compared, case counts.
 */
#define SUGGEST_MAX 63
int suggest_distance(const char *a, const char *b, int limit);

/* A search; the caller's memory, texts are borrowed. */
struct suggest {
	const char *word;
	const char *best; /* NULL: nothing is near enough */
	int rank;	  /* of best; lower is nearer */
};

/* Starts a search for what `word` may have meant. */
void suggest_init(struct suggest *s, const char *word);

/*
 * Offers a right spelling. It becomes the best when it is nearer than the one before:
 * one edit away; or the word (3 bytes at least) is its beginning: --thr for --threads;
 * or two edits away (not for words of up to 3 bytes).
 */
void suggest_offer(struct suggest *s, const char *name);

#endif
