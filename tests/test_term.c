/*
 * test_term.c - amounts, characters and colours for people.
 */
#include "cli/term.h"
#include "core/param.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *
time_of(double ns)
{
	static char buf[64];

	return term_time(ns, buf, sizeof(buf));
}

Test(term, times_have_three_or_four_digits_and_the_right_unit)
{
	cr_assert_str_eq(time_of(0), "0 ns");
	cr_assert_str_eq(time_of(999), "999 ns");
	cr_assert_str_eq(time_of(1000), "1 us");
	cr_assert_str_eq(time_of(1234), "1.23 us");
	cr_assert_str_eq(time_of(79093000), "79.1 ms");
	cr_assert_str_eq(time_of(110512345), "110.5 ms");
	cr_assert_str_eq(time_of(3e9), "3 s");
	cr_assert_str_eq(time_of(7200e9), "7200 s");
}

Test(term, no_unit_is_left_at_a_thousand)
{
	cr_assert_str_eq(time_of(999949999), "999.9 ms");
	cr_assert_str_eq(time_of(999990000), "1.00 s");
}

Test(term, sizes_are_binary)
{
	char buf[64];

	cr_assert_str_eq(term_size(1023, buf, sizeof(buf)), "1023 B");
	cr_assert_str_eq(term_size(64 << 20, buf, sizeof(buf)), "64 MiB");
	cr_assert_str_eq(term_size(1536, buf, sizeof(buf)), "1.50 KiB");
}

Test(term, one_unit_fits_a_column)
{
	cr_assert_str_eq(term_time_unit(2.5e6).name, "ms");
	cr_assert_float_eq(term_time_unit(2.5e6).scale, 1e6, 0);
}

Test(term, well_formed_utf8_alone_is_utf8)
{
	cr_assert(term_is_utf8("", 0));
	cr_assert(term_is_utf8("a\xc3\xa9\xe2\x9c\x94\xf0\x9f\x98\x80", 10));
	cr_assert_not(term_is_utf8("\xff", 1));
	cr_assert_not(term_is_utf8("\xc0\x80", 2), "overlong");
	cr_assert_not(term_is_utf8("\xe0\x80\x80", 3), "overlong");
	cr_assert_not(term_is_utf8("\xed\xa0\x80", 3), "surrogate");
	cr_assert_not(term_is_utf8("\xf4\x90\x80\x80", 4), "above U+10FFFF");
	cr_assert_not(term_is_utf8("\xe2\x9c", 2), "cut");
	cr_assert_not(term_is_utf8("\x80", 1));
}

Test(term, hostile_bytes_are_shown_not_obeyed)
{
	char buf[128];

	cr_assert_str_eq(term_clean("a\033[31m\tb\n", true, buf, sizeof(buf)),
			 "a\\x1b[31m\\x09b\\x0a");
	cr_assert_str_eq(term_clean("\xff\x7f", true, buf, sizeof(buf)), "\\xff\\x7f");
	cr_assert_str_eq(term_clean("\xe2\x80\xae"
				    "evil",
				    true, buf, sizeof(buf)),
			 "\\xe2\\x80\\xaeevil");
}

Test(term, glyphs_have_ascii_stand_ins)
{
	char buf[128];

	term_clean("● ├─ → ▶ ✔ ✖ ■ · × … é", false, buf, sizeof(buf));
	cr_assert_str_eq(buf, "* +- -> > ok !! # . x ... ?");
	for (const char *p = buf; *p != '\0'; p++)
		cr_assert_lt((unsigned char)*p, 0x80);
	cr_assert_str_eq(term_clean("✔ é", true, buf, sizeof(buf)), "✔ é");
}

Test(term, a_small_buffer_never_holds_half_a_character)
{
	char buf[128];

	for (size_t size = 1; size < 12; size++) {
		term_clean("ab✔✔✔", true, buf, size);
		cr_assert_lt(strlen(buf), size);
		cr_assert(term_is_utf8(buf, strlen(buf)));
	}
}

static bool
colored(int when)
{
	struct style st = { 0 };
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	term_style(&st, fd, when, false);
	close(fd);
	cr_assert_not(st.tty);
	return st.color;
}

Test(term, colour_is_off_but_where_wanted)
{
	unsetenv("NO_COLOR");
	unsetenv("FORCE_COLOR");
	unsetenv("CLICOLOR_FORCE");
	cr_assert_not(colored(WHEN_AUTO));
	cr_assert(colored(WHEN_ALWAYS));
	setenv("FORCE_COLOR", "1", 1);
	cr_assert(colored(WHEN_AUTO));
	cr_assert_not(colored(WHEN_NEVER));
	setenv("NO_COLOR", "1", 1);
	cr_assert_not(colored(WHEN_AUTO));
	setenv("NO_COLOR", "", 1);
	cr_assert(colored(WHEN_AUTO), "an empty NO_COLOR says nothing");
}

Test(term, width_comes_from_the_environment_when_sane)
{
	struct style st = { 0 };

	setenv("COLUMNS", "123", 1);
	term_style(&st, -1, WHEN_AUTO, false);
	cr_assert_eq(st.width, 123);
	setenv("COLUMNS", "-7", 1);
	term_style(&st, -1, WHEN_AUTO, false);
	cr_assert_eq(st.width, 80);
}
