/*
 * items.c - the items of a COMMAND.
 */
#include "scenarios/pool/items.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES (64 * 1024)

int
items_choose(struct items *it, int argc, char *const *argv, uint64_t count,
	     bool null_ends)
{
	int i = 0;

	while (i < argc && strcmp(argv[i], ":::") != 0)
		i++;
	*it = (struct items){ .fd = -1, .ends = null_ends ? '\0' : '\n' };
	if (i < argc)
		it->word = argv + i + 1;
	else if (count != 0)
		it->count = count;
	else
		it->fd = STDIN_FILENO;
	return i;
}

/* Room for one more read behind what is there; room for a number. */
static int
make_room(struct items *it, struct err *e)
{
	char *buf;

	if (it->buf != NULL && it->from != 0) {
		memmove(it->buf, it->buf + it->from, it->n - it->from);
		it->n -= it->from;
		it->from = 0;
	}
	if (it->size - it->n > READ_BYTES)
		return 0;
	buf = realloc(it->buf, it->size + 2 * READ_BYTES);
	if (buf == NULL)
		return err_set(e, ENOMEM, "no memory for the input");
	it->buf = buf;
	it->size += 2 * READ_BYTES;
	return 0;
}

static int
next_number(struct items *it, const char **item, struct err *e)
{
	int rc = it->buf == NULL ? make_room(it, e) : 0;

	if (rc != 0)
		return rc;
	snprintf(it->buf, it->size, "%llu", (unsigned long long)it->given++);
	*item = it->buf;
	return ITEM_GIVEN;
}

/* Cuts an item out of what was read. */
static int
next_line(struct items *it, const char **item, struct err *e)
{
	char *begin = it->buf + it->from;
	const size_t left = it->n - it->from;
	char *end = left == 0 ? NULL : memchr(begin, it->ends, left);
	const size_t n = end != NULL ? (size_t)(end - begin) : left;

	if (n >= ITEM_MAX)
		return err_set(e, E2BIG,
			       "item %llu of the input is longer than %d bytes",
			       (unsigned long long)it->given + 1, ITEM_MAX - 1);
	if (end == NULL && !it->at_end)
		return ITEM_LATER;
	if (left == 0)
		return ITEM_NONE;
	if (memchr(begin, '\0', n) != NULL)
		return err_set(e, EILSEQ,
			       "item %llu of the input has a NUL byte (where items end "
			       "in NUL, say -0)",
			       (unsigned long long)it->given + 1);
	begin[n] = '\0'; /* there is always room for one more */
	it->from += end != NULL ? n + 1 : n;
	it->given++;
	*item = begin;
	return ITEM_GIVEN;
}

int
items_next(struct items *it, const char **item, struct err *e)
{
	if (it->word != NULL) {
		*item = it->word[it->given];
		return *item == NULL ? ITEM_NONE : (it->given++, ITEM_GIVEN);
	}
	if (it->fd >= 0)
		return next_line(it, item, e);
	return it->given < it->count ? next_number(it, item, e) : ITEM_NONE;
}

int
items_read(struct items *it, struct err *e)
{
	ssize_t n;
	int rc = make_room(it, e);

	if (rc != 0)
		return rc;
	n = read(it->fd, it->buf + it->n, READ_BYTES);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN
			       ? 0
			       : err_set(e, errno, "cannot read the input");
	it->at_end = n == 0;
	it->n += (size_t)n;
	return 0;
}

void
items_fini(struct items *it)
{
	free(it->buf);
	it->buf = NULL;
}
