/*
 * test_err - an error as a value: code, message, advice, and the text of all three.
 */
#include "core/err.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(err, set_returns_the_negative_code)
{
	struct err e;

	cr_assert_eq(err_set(&e, ENOENT, "cannot open '%s'", "x"), -ENOENT);
	cr_assert_eq(e.code, ENOENT);
	cr_assert_str_eq(e.msg, "cannot open 'x'");
	cr_assert_eq(err_set(NULL, EIO, "nobody listens"), -EIO);
}

Test(err, set_clears_the_hint_of_an_older_error)
{
	struct err e;
	char text[512];

	err_set(&e, EAGAIN, "cannot fork");
	err_hint(&e, "raise %s", "ulimit -u");
	cr_assert_str_eq(err_text(&e, text, sizeof(text)),
			 "cannot fork: Resource temporarily unavailable "
			 "(raise ulimit -u)");
	err_set(&e, ENOENT, "cannot open 'x'");
	cr_assert_str_eq(err_text(&e, text, sizeof(text)),
			 "cannot open 'x': No such file or directory");
	err_hint(NULL, "nobody listens");
}

Test(err, einval_and_zero_are_not_spelled_out)
{
	struct err e;
	char text[512];

	err_set(&e, EINVAL, "-n '0' is too small");
	cr_assert_str_eq(err_text(&e, text, sizeof(text)), "-n '0' is too small");
	err_hint(&e, "at least 1");
	cr_assert_str_eq(err_text(&e, text, sizeof(text)),
			 "-n '0' is too small (at least 1)");
	err_set(&e, 0, "all is well");
	cr_assert_str_eq(err_text(&e, text, sizeof(text)), "all is well");
}

Test(err, long_texts_are_cut_and_end)
{
	struct err e;
	char longer[1000], small[8];

	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	err_set(&e, EINVAL, "%s", longer);
	err_hint(&e, "%s", longer);
	cr_assert_eq(strlen(e.msg), sizeof(e.msg) - 1);
	cr_assert_eq(strlen(e.hint), sizeof(e.hint) - 1);
	cr_assert_str_eq(err_text(&e, small, sizeof(small)), "xxxxxxx");
}
