/*
 * test_units.c - numbers with units, both ways.
 */
#include "cli/units.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))

struct good {
	const char *text;
	uint64_t v;
};

Test(units, counts_read_exactly)
{
	static const struct good t[] = { { "0", 0 },
					 { "4", 4 },
					 { "007", 7 },
					 { "10k", 10000 },
					 { "2.5k", 2500 },
					 { "1e6", 1000000 },
					 { "1E+3", 1000 },
					 { "1500e-2", 15 },
					 { "1.000000000000000000000000", 1 },
					 { "0e999999999", 0 },
					 { "3G", 3000000000 },
					 { "9007199254740992", UINT64_C(1) << 53 } };
	size_t i;

	for (i = 0; i < N(t); i++) {
		int64_t v = -7;

		cr_assert_eq(units_count(t[i].text, &v), 0, "%s", t[i].text);
		cr_assert_eq((uint64_t)v, t[i].v, "%s: %lld", t[i].text, (long long)v);
	}
}

Test(units, counts_refuse)
{
	static const struct {
		const char *text;
		int rc;
	} t[] = { { "", -EINVAL },
		  { " 4", -EINVAL },
		  { "4 ", -EINVAL },
		  { "4x", -EINVAL },
		  { "0x10", -EINVAL },
		  { "-1", -EINVAL },
		  { "+1", -EINVAL },
		  { "nan", -EINVAL },
		  { "inf", -EINVAL },
		  { "1.", -EINVAL },
		  { "1,5", -EINVAL },
		  { "1.2.3", -EINVAL },
		  { "k", -EINVAL },
		  { "1K", -EINVAL },
		  { "1e", -EINVAL },
		  { "1.5", -EDOM },
		  { "1e-3", -EDOM },
		  { "0.33333333333333333333333333333333333", -EDOM },
		  { "1e30", -ERANGE },
		  { "1e999999999999", -ERANGE },
		  { "99999999999999999999", -ERANGE },
		  { "9007199254740993", -ERANGE },
		  { "18446744073709551617", -ERANGE } };
	size_t i;

	for (i = 0; i < N(t); i++) {
		int64_t v = -7;

		cr_assert_eq(units_count(t[i].text, &v), t[i].rc, "'%s': %d", t[i].text,
			     units_count(t[i].text, &v));
		cr_assert_eq(v, -7, "'%s' changed the value", t[i].text);
	}
}

Test(units, a_megabyte_of_digits_is_refused)
{
	size_t n = 1 << 20;
	char *s = malloc(n + 1);
	int64_t v;

	cr_assert_not_null(s);
	memset(s, '7', n);
	s[n] = '\0';
	cr_assert_eq(units_count(s, &v), -ERANGE);
	memset(s, '0', n - 1);
	cr_assert_eq(units_count(s, &v), 0);
	cr_assert_eq(v, 7);
	memset(s, 'x', n);
	cr_assert_eq(units_count(s, &v), -EINVAL);
	free(s);
}

Test(units, durations)
{
	static const struct good t[] = {
		{ "50ns", 50 },		 { "1.5ms", 1500000 },
		{ "2s", 2000000000 },	 { "1m", 60000000000 },
		{ "1h", 3600000000000 }, { "3us", 3000 },
		{ "3\xc2\xb5s", 3000 },	 { "3\xce\xbcs", 3000 },
		{ "2", 2000000000 },	 { "0", 0 },
		{ ".5s", 500000000 },	 { "0.1m", 6000000000 },
		{ "1e3ms", 1000000000 },
	};
	uint64_t v;
	size_t i;

	for (i = 0; i < N(t); i++) {
		cr_assert_eq(units_duration(t[i].text, &v), 0, "%s", t[i].text);
		cr_assert_eq(v, t[i].v, "%s", t[i].text);
	}
	cr_assert_eq(units_duration("1.5ns", &v), -EDOM);
	cr_assert_eq(units_duration("1e9h", &v), -ERANGE);
	cr_assert_eq(units_duration("5 s", &v), -EINVAL);
	cr_assert_eq(units_duration("5S", &v), -EINVAL);
	cr_assert_eq(units_duration("5sec", &v), -EINVAL);
	cr_assert_eq(units_duration("s", &v), -EINVAL);
}

Test(units, sizes)
{
	static const struct good t[] = {
		{ "64", 64 },
		{ "64B", 64 },
		{ "64K", 65536 },
		{ "64KiB", 65536 },
		{ "1kB", 1000 },
		{ "1MiB", 1 << 20 },
		{ "1MB", 1000000 },
		{ "1.5K", 1536 },
		{ "2G", UINT64_C(2) << 30 },
		{ "1T", UINT64_C(1) << 40 },
	};
	uint64_t v;
	size_t i;

	for (i = 0; i < N(t); i++) {
		cr_assert_eq(units_size(t[i].text, &v), 0, "%s", t[i].text);
		cr_assert_eq(v, t[i].v, "%s", t[i].text);
	}
	cr_assert_eq(units_size("0.3K", &v), -EDOM);
	cr_assert_eq(units_size("1k", &v), -EINVAL);
	cr_assert_eq(units_size("9000T", &v), -ERANGE);
	cr_assert_eq(units_size("1KB", &v), -EINVAL);
}

Test(units, reals_and_percents)
{
	double v = 0;

	cr_assert_eq(units_real("-1.25e2", &v), 0);
	cr_assert_float_eq(v, -125.0, 0);
	cr_assert_eq(units_real("0.1", &v), 0);
	cr_assert_float_eq(v, 0.1, 0);
	cr_assert_eq(units_nanoseconds("0.25ns", &v), 0);
	cr_assert_float_eq(v, 0.25, 0);
	cr_assert_eq(units_nanoseconds("1.5us", &v), 0);
	cr_assert_float_eq(v, 1500, 0);
	cr_assert_eq(units_nanoseconds("2m", &v), 0);
	cr_assert_float_eq(v, 120e9, 0);
	cr_assert_eq(units_nanoseconds("2", &v), -EINVAL);
	cr_assert_eq(units_nanoseconds("2x", &v), -EINVAL);
	cr_assert_eq(units_real("2.5k", &v), 0);
	cr_assert_float_eq(v, 2500, 0);
	cr_assert_eq(units_real("-1e-3M", &v), 0);
	cr_assert_float_eq(v, -1000, 0);
	cr_assert_eq(units_real("1m", &v), -EINVAL);
	cr_assert_eq(units_real("1e400", &v), -ERANGE);
	cr_assert_eq(units_real("nan", &v), -EINVAL);
	cr_assert_eq(units_real("0x1p3", &v), -EINVAL);
	cr_assert_eq(units_percent("5%", &v), 0);
	cr_assert_float_eq(v, 0.05, 0);
	cr_assert_eq(units_percent("0.05", &v), 0);
	cr_assert_float_eq(v, 0.05, 0);
	cr_assert_eq(units_percent("%", &v), -EINVAL);
	cr_assert_eq(units_percent("5%%", &v), -EINVAL);
}

/* The list in one line of text. */
static const char *
list_text(const char *text, char *buf, size_t size)
{
	struct param_list l = { .v = NULL };
	size_t i, used = 0;
	int rc = units_list(text, &l);

	buf[0] = '\0';
	if (rc != 0)
		snprintf(buf, size, "%s", strerrorname_np(-rc));
	for (i = 0; i < l.n; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%lld",
					 i > 0 ? " " : "", (long long)l.v[i]);
	free(l.v);
	return buf;
}

Test(units, lists_and_ranges)
{
	static const struct {
		const char *text, *elements;
	} t[] = { { "4", "4" },
		  { "1,2,4-8", "1 2 4 5 6 7 8" },
		  { "8,1", "8 1" },
		  { "1..4", "1 2 3 4" },
		  { "1..64*2", "1 2 4 8 16 32 64" },
		  { "1-10*3", "1 3 9" },
		  { "1k-1.002k", "1000 1001 1002" },
		  { "3-3", "3" },
		  { "9007199254740991..9007199254740992*2", "9007199254740991" },
		  { "", "EINVAL" },
		  { "1,", "EINVAL" },
		  { ",1", "EINVAL" },
		  { "1,,2", "EINVAL" },
		  { "4-1", "EINVAL" },
		  { "1-", "EINVAL" },
		  { "1..8*1", "EINVAL" },
		  { "0..8*2", "EINVAL" },
		  { "1.5", "EDOM" },
		  { "1,2 ", "EINVAL" },
		  { "1-5000", "E2BIG" },
		  { "1,1e30", "ERANGE" } };
	char buf[256];
	size_t i;

	for (i = 0; i < N(t); i++)
		cr_assert_str_eq(list_text(t[i].text, buf, sizeof(buf)), t[i].elements,
				 "%s: %s", t[i].text, buf);
}

Test(units, a_list_holds_4096)
{
	struct param_list l = { .v = NULL };

	cr_assert_eq(units_list("1-4096", &l), 0);
	cr_assert_eq(l.n, 4096);
	cr_assert_eq(l.v[4095], 4096);
	free(l.v);
	cr_assert_eq(units_list("0-4096", &l), -E2BIG);
}

Test(units, works)
{
	static const struct {
		const char *text;
		struct work w;
		const char *back;
	} t[] = {
		{ "noop", { WORK_NOOP, 0, 0 }, "noop" },
		{ "echo", { WORK_ECHO, 0, 0 }, "echo" },
		{ "sleep:0-3s", { WORK_SLEEP, 0, 3000000000 }, "sleep:0-3s" },
		{ "sleep:10ms-1s",
		  { WORK_SLEEP, 10000000, 1000000000 },
		  "sleep:10ms-1s" },
		{ "sleep:1-3ms", { WORK_SLEEP, 1000000, 3000000 }, "sleep:1ms-3ms" },
		{ "cpu:10ms", { WORK_CPU, 10000000, 10000000 }, "cpu:10ms" },
		{ "cpu:1us..2us", { WORK_CPU, 1000, 2000 }, "cpu:1us-2us" },
		{ "cpu:2", { WORK_CPU, 2000000000, 2000000000 }, "cpu:2s" },
		{ "mem:64M", { WORK_MEM, 64 << 20, 64 << 20 }, "mem:64M" },
		{ "mem:1-2K", { WORK_MEM, 1024, 2048 }, "mem:1K-2K" },
		{ "mem:10B-2K", { WORK_MEM, 10, 2048 }, "mem:10B-2K" },
		{ "io:1-3ms", { WORK_IO, 1000000, 3000000 }, "io:1ms-3ms" },
		{ "mixed:4ms", { WORK_MIXED, 4000000, 4000000 }, "mixed:4ms" },
		{ "mixed", { WORK_MIXED, 20000000, 20000000 }, "mixed:20ms" },
	};
	static const char *const bad[] = {
		"",	   "nop",	 "noop:1",    "sleep",	       "sleep:",
		"sleep:x", "sleep:3-1s", "sleep:1s-", "sleep:10ms-50", "cpu:-1s",
		"mem:1ms", "cpu:1K",	 "sleep:1s ", "sleep:1-2-3s",  "io",
		"io:1K",   "mixed:"
	};
	char buf[UNITS_TEXT];
	struct work w;
	size_t i;

	for (i = 0; i < N(t); i++) {
		cr_assert_eq(units_work(t[i].text, &w), 0, "%s", t[i].text);
		cr_assert(w.kind == t[i].w.kind && w.lo == t[i].w.lo &&
				  w.hi == t[i].w.hi,
			  "%s: %d %llu %llu", t[i].text, (int)w.kind,
			  (unsigned long long)w.lo, (unsigned long long)w.hi);
		cr_assert_str_eq(units_work_text(&w, buf, sizeof(buf)), t[i].back);
	}
	for (i = 0; i < N(bad); i++)
		cr_assert_eq(units_work(bad[i], &w), -EINVAL, "%s", bad[i]);
	cr_assert_eq(units_work("mem:1e30G", &w), -ERANGE);
	cr_assert_eq(units_work("sleep:0.1ns", &w), -EDOM);
}

/* What is written reads back to the same value. */
Test(units, amounts)
{
	static const struct {
		const char *text;
		struct param_amount a;
		const char *back;
	} t[] = {
		{ "0", { AMOUNT_FIXED, false, 0, 0 }, "0" },
		{ "100ns", { AMOUNT_FIXED, false, 100, 100 }, "100ns" },
		{ "2", { AMOUNT_FIXED, false, 2000000000, 2000000000 }, "2s" },
		{ "1-5us", { AMOUNT_UNIFORM, false, 1000, 5000 }, "1us-5us" },
		{ "0-1us", { AMOUNT_UNIFORM, false, 0, 1000 }, "0-1us" },
		{ "exp:2us", { AMOUNT_EXP, false, 2000, 2000 }, "exp:2us" },
		{ "1line", { AMOUNT_FIXED, true, 1, 1 }, "1line" },
		{ "4lines", { AMOUNT_FIXED, true, 4, 4 }, "4lines" },
		{ "1-8lines", { AMOUNT_UNIFORM, true, 1, 8 }, "1line-8lines" },
		{ "exp:4lines", { AMOUNT_EXP, true, 4, 4 }, "exp:4lines" },
	};
	static const char *const bad[] = { "",		"x",	     "5us-1us", "exp:",
					   "exp:1-2us", "4line s",   "4 lines", "lines",
					   "-1us",	"1us-2lines" };
	char buf[UNITS_TEXT];
	struct param_amount a;

	for (size_t i = 0; i < N(t); i++) {
		cr_assert_eq(units_amount(t[i].text, &a), 0, "%s", t[i].text);
		cr_assert(a.form == t[i].a.form && a.lines == t[i].a.lines &&
				  a.lo == t[i].a.lo && a.hi == t[i].a.hi,
			  "%s", t[i].text);
		cr_assert_str_eq(units_amount_text(&a, buf, sizeof(buf)), t[i].back);
		cr_assert_eq(units_amount(buf, &a), 0, "%s", buf);
	}
	for (size_t i = 0; i < N(bad); i++)
		cr_assert_eq(units_amount(bad[i], &a), -EINVAL, "%s", bad[i]);
	cr_assert_eq(units_amount("1e30s", &a), -ERANGE);
	cr_assert_eq(units_amount("0.1ns", &a), -EDOM);
}

Test(units, texts_read_back)
{
	uint64_t x = 88172645463325252U; /* xorshift64, G. Marsaglia 2003 */
	char buf[UNITS_TEXT];
	int i;

	for (i = 0; i < 20000; i++) {
		uint64_t v, back = 0;
		struct work w, w2;
		double d, d2;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		v = (x >> 11) >> (x % 53);
		cr_assert_eq(
			units_duration(units_duration_text(v, buf, sizeof(buf)), &back),
			0, "%s", buf);
		cr_assert_eq(back, v, "%s", buf);
		cr_assert_eq(units_size(units_size_text(v, buf, sizeof(buf)), &back),
			     0);
		cr_assert_eq(back, v, "%s", buf);
		d = (double)v / 1024 / 3;
		cr_assert_eq(units_real(units_real_text(d, buf, sizeof(buf)), &d2), 0);
		cr_assert_float_eq(d, d2, d * 1e-15, "%s", buf);
		w = (struct work){ (enum work_kind)(WORK_SLEEP + i % 3), v / 3, v };
		cr_assert_eq(units_work(units_work_text(&w, buf, sizeof(buf)), &w2), 0,
			     "%s", buf);
		cr_assert(w.kind == w2.kind && w.lo == w2.lo && w.hi == w2.hi, "%s",
			  buf);
	}
}

Test(units, texts_are_short)
{
	char buf[UNITS_TEXT];

	cr_assert_str_eq(units_duration_text(1500000, buf, sizeof(buf)), "1.5ms");
	cr_assert_str_eq(units_duration_text(0, buf, sizeof(buf)), "0s");
	cr_assert_str_eq(units_duration_text(999, buf, sizeof(buf)), "999ns");
	cr_assert_str_eq(units_duration_text(90000000000, buf, sizeof(buf)), "90s");
	cr_assert_str_eq(units_duration_text(120000000000, buf, sizeof(buf)), "2m");
	cr_assert_str_eq(units_size_text(65536, buf, sizeof(buf)), "64K");
	cr_assert_str_eq(units_size_text(0, buf, sizeof(buf)), "0");
	cr_assert_str_eq(units_percent_text(0.05, buf, sizeof(buf)), "5%");
	cr_assert_str_eq(units_real_text(0.1, buf, sizeof(buf)), "0.1");
}

Test(units, cpus)
{
	int n = units_cpus_allowed(), found = 0;
	int64_t cpu;

	cr_assert_geq(n, 1);
	for (cpu = 0; cpu < 65536; cpu++)
		found += units_cpu_allowed(cpu);
	cr_assert_eq(found, n);
	cr_assert_not(units_cpu_allowed(-1));
	cr_assert_not(units_cpu_allowed(INT64_MAX));
}
