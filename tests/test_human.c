/*
 * test_human - quantities for people: three or four digits, the right unit.
 */
#include "core/human.h"

#include <criterion/criterion.h>
#include <float.h>
#include <string.h>

struct row {
	double value;
	const char *text;
};

static void
check(const char *(*scale)(char *, double), const struct row *row)
{
	char buf[HUMAN_TEXT];

	for (; row->text != NULL; row++) {
		cr_assert_str_eq(scale(buf, row->value), row->text, "%g: %s, not %s",
				 row->value, buf, row->text);
	}
	/* Whatever comes, it ends. */
	cr_assert_lt(strlen(scale(buf, DBL_MAX)), HUMAN_TEXT);
	cr_assert_lt(strlen(scale(buf, -DBL_MAX)), HUMAN_TEXT);
	cr_assert_lt(strlen(scale(buf, -1)), HUMAN_TEXT);
}

Test(human, durations)
{
	static const struct row rows[] = {
		{ 0, "0 ns" },		{ 417, "417 ns" },
		{ 999.4, "999 ns" },	{ 999.6, "1.00 us" },
		{ 1000, "1.00 us" },	{ 1500, "1.50 us" },
		{ 9994, "9.99 us" },	{ 9996, "10.0 us" },
		{ 99949, "99.9 us" },	{ 999949, "999.9 us" },
		{ 999951, "1.00 ms" },	{ 110.5e6, "110.5 ms" },
		{ 3.02e9, "3.02 s" },	{ 125e9, "125.0 s" },
		{ 999.95e6, "1.00 s" }, { 12345e9, "12345.0 s" },
		{ -51415, "-51.4 us" }, { 0, NULL },
	};

	check(human_ns, rows);
}

Test(human, sizes)
{
	static const struct row rows[] = {
		{ 0, "0 B" },
		{ 64, "64 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.00 KiB" },
		{ 1536, "1.50 KiB" },
		{ 12.0 * 1024 * 1024, "12.0 MiB" },
		{ 1024.0 * 1024 * 1024 * 5, "5.00 GiB" },
		{ 0, NULL },
	};

	check(human_bytes, rows);
}

Test(human, percents)
{
	static const struct row rows[] = {
		{ 0, "0 %" },	  { 0.78, "0.78 %" },	{ 12.4, "12 %" },
		{ 99.4, "99 %" }, { 99.7, "100 %" },	{ 163.2, "163 %" },
		{ -3, "-3 %" },	  { 1.9e4, "19000 %" }, { 0, NULL },
	};

	check(human_percent, rows);
}

Test(human, counts)
{
	static const struct row rows[] = {
		{ 0, "0" },	    { 950, "950" },	    { 999, "999" },
		{ 1000, "1.00 k" }, { 14400, "14.4 k" },    { 83.1e6, "83.1 M" },
		{ 2e9, "2.00 G" },  { 999.96e3, "1.00 M" }, { 0, NULL },
	};

	check(human_count, rows);
}
