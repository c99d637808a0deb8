/*
 * test_suggest.c - the nearest right spelling.
 */
#include "cli/suggest.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const names[] = { "fork",  "pool",	 "process", "thread",
				     "tasks", "workers", "work",    NULL };

static const char *
nearest(const char *word)
{
	struct suggest s;
	int i;

	suggest_init(&s, word);
	for (i = 0; names[i] != NULL; i++)
		suggest_offer(&s, names[i]);
	return s.best != NULL ? s.best : "";
}

Test(suggest, distance)
{
	cr_assert_eq(suggest_distance("thread", "thread", 2), 0);
	cr_assert_eq(suggest_distance("tread", "thread", 2), 1);
	cr_assert_eq(suggest_distance("taks", "task", 2), 1, "a swap is one edit");
	cr_assert_eq(suggest_distance("", "ab", 2), 2);
	cr_assert_eq(suggest_distance("ca", "abc", 9), 3, "no edit within a swap");
	cr_assert_eq(suggest_distance("kitten", "sitting", 9), 3);
	cr_assert_eq(suggest_distance("kitten", "sitting", 2), 3, "limit + 1");
	cr_assert_eq(suggest_distance("abc", "xyz", 1), 2, "limit + 1");
}

Test(suggest, distance_is_symmetric)
{
	int i, j;

	for (i = 0; names[i] != NULL; i++)
		for (j = 0; names[j] != NULL; j++)
			cr_assert_eq(suggest_distance(names[i], names[j], 9),
				     suggest_distance(names[j], names[i], 9));
}

Test(suggest, nearest_name)
{
	cr_assert_str_eq(nearest("tread"), "thread");
	cr_assert_str_eq(nearest("taks"), "tasks");
	cr_assert_str_eq(nearest("pol"), "pool");
	cr_assert_str_eq(nearest("worker"), "workers", "one edit beats two");
	cr_assert_str_eq(nearest("thr"), "thread", "the beginning of a name");
	cr_assert_str_eq(nearest("proc"), "process");
	cr_assert_str_eq(nearest("Pool"), "pool");
}

Test(suggest, nothing_near)
{
	char huge[4096];

	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	cr_assert_str_eq(nearest("xyzzy"), "");
	cr_assert_str_eq(nearest(""), "");
	cr_assert_str_eq(nearest("th"), "", "two bytes are not a beginning");
	cr_assert_str_eq(nearest(huge), "");
}
