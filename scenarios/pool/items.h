/*
 * items.h - the items of a COMMAND: words after ':::', lines of a descriptor, or
 * numbers.
 */
#ifndef SCENARIOS_POOL_ITEMS_H
#define SCENARIOS_POOL_ITEMS_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest item, its NUL included: what Linux takes as one argument. */
#define ITEM_MAX (128 * 1024)

struct items {
	/* One of the three. */
	char *const *word; /* ended by NULL; borrowed */
	uint64_t count;	   /* numbers 0..count-1 */
	int fd;		   /* borrowed; -1: not this one */

	char ends; /* what ends an item of fd: '\n' or NUL */
	uint64_t given;
	char *buf; /* owned: read and not given yet */
	size_t from, n, size;
	bool at_end;
};

/*
 * The items of a command line: words behind ':::' if it is there, else `count` numbers
 * if that is not 0, else what standard input has. Returns how many words stand before
 * the items: those of the COMMAND.
 */
int items_choose(struct items *it, int argc, char *const *argv, uint64_t count,
		 bool null_ends);

enum { ITEM_NONE, ITEM_GIVEN, ITEM_LATER };

/*
 * The next item as a text, valid until the next call: ITEM_GIVEN; ITEM_NONE at the
 * end; ITEM_LATER when fd must be read first (items_read()). -E2BIG; -EILSEQ
 * for a NUL byte in an item, which no argument of a command can hold.
 */
int items_next(struct items *it, const char **item, struct err *e);

/* Reads once from fd, which must be readable. 0 or -errno. */
int items_read(struct items *it, struct err *e);

void items_fini(struct items *it);

#endif
