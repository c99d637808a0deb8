/*
 * test_items - items from words, numbers and descriptors, however they come.
 */
#include "scenarios/pool/items.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The next item of a descriptor, read as often as is needed. */
static int
next(struct items *it, const char **item, struct err *e)
{
	int rc;

	while ((rc = items_next(it, item, e)) == ITEM_LATER) {
		rc = items_read(it, e);
		if (rc != 0)
			break;
	}
	return rc;
}

static int
file_of(const char *bytes, size_t n)
{
	int fd = memfd_create("items", MFD_CLOEXEC);

	cr_assert_eq(write(fd, bytes, n), (ssize_t)n);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void
check(const char *bytes, size_t n, char ends, const char *const *expected)
{
	struct items it = { .fd = file_of(bytes, n), .ends = ends };
	const char *item;
	struct err e;
	uint64_t count = 0;

	for (; *expected != NULL; expected++, count++) {
		cr_assert_eq(next(&it, &item, &e), ITEM_GIVEN, "item %d", (int)count);
		cr_assert_str_eq(item, *expected);
	}
	cr_assert_eq(next(&it, &item, &e), ITEM_NONE);
	cr_assert_eq(next(&it, &item, &e), ITEM_NONE, "and so it stays");
	cr_assert_eq(it.given, count);
	close(it.fd);
	items_fini(&it);
	items_fini(&it);
}

#define CHECK(bytes, ends, ...)                                                        \
	check(bytes, sizeof(bytes) - 1, ends,                                          \
	      (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

Test(items, lines)
{
	CHECK("", '\n');
	CHECK("\n", '\n', "");
	CHECK("a\n", '\n', "a");
	CHECK("a", '\n', "a");
	CHECK("a\nb", '\n', "a", "b");
	CHECK("a\n\nb\n", '\n', "a", "", "b");
	CHECK(" a  b\t\n-x\r\n", '\n', " a  b\t", "-x\r");
}

Test(items, a_nul_in_a_line_is_refused)
{
	int ends[2];
	const char *item;
	struct err e = { 0 };

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	struct items it = { .fd = ends[0], .ends = '\n' };
	cr_assert_eq(write(ends[1], "a\nb\0c\nd\n", 8), 8);
	close(ends[1]);
	cr_assert_eq(items_next(&it, &item, &e), ITEM_LATER);
	cr_assert_eq(items_read(&it, &e), 0);
	cr_assert_eq(items_next(&it, &item, &e), ITEM_GIVEN);
	cr_assert_str_eq(item, "a");
	cr_assert_eq(items_next(&it, &item, &e), -EILSEQ);
	cr_assert(strstr(e.msg, "item 2 ") != NULL, "%s", e.msg);
	items_fini(&it);
	close(ends[0]);
}

Test(items, nul_ends)
{
	CHECK("", '\0');
	CHECK("a\0b\nc\0", '\0', "a", "b\nc");
	CHECK("a\0\0b", '\0', "a", "", "b");
	CHECK("\n", '\0', "\n");
}

Test(items, words_and_numbers)
{
	char a[] = "a", empty[] = "", c[] = "c";
	char *words[] = { a, empty, c, NULL };
	struct items it = { .word = words, .fd = -1 };
	const char *item;
	struct err e;

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(items_next(&it, &item, &e), ITEM_GIVEN);
		cr_assert_eq(item, words[i]);
	}
	cr_assert_eq(items_next(&it, &item, &e), ITEM_NONE);
	cr_assert_eq(items_next(&it, &item, &e), ITEM_NONE);
	items_fini(&it);
	it = (struct items){ .count = 12, .fd = -1 };
	for (int i = 0; i < 12; i++) {
		cr_assert_eq(items_next(&it, &item, &e), ITEM_GIVEN);
		cr_assert_eq(strtol(item, NULL, 10), i);
	}
	cr_assert_eq(items_next(&it, &item, &e), ITEM_NONE);
	items_fini(&it);
}

Test(items, as_they_come_through_a_pipe)
{
	struct items it = { .ends = '\n' };
	const char *item;
	struct err e;
	int fd[2];

	cr_assert_eq(pipe2(fd, O_CLOEXEC), 0);
	it.fd = fd[0];
	cr_assert_eq(items_next(&it, &item, &e), ITEM_LATER);
	cr_assert_eq(write(fd[1], "ab", 2), 2);
	cr_assert_eq(items_read(&it, &e), 0);
	cr_assert_eq(items_next(&it, &item, &e), ITEM_LATER, "half a line");
	cr_assert_eq(write(fd[1], "c\nd", 3), 3);
	cr_assert_eq(items_read(&it, &e), 0);
	cr_assert_eq(items_next(&it, &item, &e), ITEM_GIVEN);
	cr_assert_str_eq(item, "abc");
	cr_assert_eq(items_next(&it, &item, &e), ITEM_LATER);
	close(fd[1]);
	cr_assert_eq(items_read(&it, &e), 0);
	cr_assert_eq(items_next(&it, &item, &e), ITEM_GIVEN);
	cr_assert_str_eq(item, "d");
	cr_assert_eq(items_next(&it, &item, &e), ITEM_NONE);
	close(fd[0]);
	items_fini(&it);
	/* Nothing to read yet is no error; a folder is. */
	cr_assert_eq(pipe2(fd, O_CLOEXEC | O_NONBLOCK), 0);
	it = (struct items){ .fd = fd[0], .ends = '\n' };
	cr_assert_eq(items_read(&it, &e), 0);
	cr_assert_eq(items_next(&it, &item, &e), ITEM_LATER);
	items_fini(&it);
	it = (struct items){ .fd = open("/", O_RDONLY | O_CLOEXEC), .ends = '\n' };
	cr_assert_eq(items_read(&it, &e), -EISDIR);
	close(it.fd);
	items_fini(&it);
	close(fd[0]);
	close(fd[1]);
}

/* One item of n bytes, with or without its end, then a short one. */
static void
check_long(size_t n, bool ended, bool fits)
{
	char *bytes = malloc(n + 3);
	struct items it = { .ends = '\n' };
	const char *item;
	struct err e;

	memset(bytes, 'x', n);
	memcpy(bytes + n, "\nz\n", 3);
	it.fd = file_of(bytes, ended ? n + 3 : n);
	if (fits) {
		cr_assert_eq(next(&it, &item, &e), ITEM_GIVEN);
		cr_assert_eq(strlen(item), n);
		cr_assert_eq(next(&it, &item, &e), ended ? ITEM_GIVEN : ITEM_NONE);
	} else {
		cr_assert_eq(next(&it, &item, &e), -E2BIG);
		cr_assert_eq(next(&it, &item, &e), -E2BIG);
	}
	close(it.fd);
	items_fini(&it);
	free(bytes);
}

Test(items, the_longest)
{
	for (int ended = 0; ended < 2; ended++) {
		check_long(ITEM_MAX - 2, ended, true);
		check_long(ITEM_MAX - 1, ended, true);
		check_long(ITEM_MAX, ended, false);
		check_long(ITEM_MAX + 1, ended, false);
		check_long((size_t)ITEM_MAX * 5, ended, false);
	}
}

Test(items, many_of_all_lengths)
{
	char *bytes = malloc(8 << 20), *at = bytes;
	struct items it = { .ends = '\n' };
	const char *item;
	struct err e;

	for (size_t i = 0; i < 3000; i++) {
		const size_t n = i * 7919 % 5000;

		memset(at, 'a' + (int)(i % 26), n);
		at[n] = '\n';
		at += n + 1;
	}
	it.fd = file_of(bytes, (size_t)(at - bytes));
	free(bytes);
	for (size_t i = 0; i < 3000; i++) {
		const size_t n = i * 7919 % 5000;

		cr_assert_eq(next(&it, &item, &e), ITEM_GIVEN);
		cr_assert_eq(strlen(item), n);
		for (size_t k = 0; k < n; k += 97)
			cr_assert_eq(item[k], 'a' + (char)(i % 26));
	}
	cr_assert_eq(next(&it, &item, &e), ITEM_NONE);
	cr_assert_lt(it.size, (size_t)1 << 20, "what was given is given back");
	close(it.fd);
	items_fini(&it);
}
