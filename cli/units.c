/*
 * units.c - numbers with units: reading.
 *
 * A number is read by hand into a whole mantissa and a power of ten, so that no
 * locale and no rounding stands between the text and the value: 2.5k is exactly
 * 2500, and 0.3K is refused because no number of bytes is that.
 */
#include "cli/units_scan.h"

#include <errno.h>
#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

/* Longer spellings before their beginnings: the first that fits is taken. */
const struct unit units_of_count[] = {
	{ "k", 1, 3 },
	{ "M", 1, 6 },
	{ "G", 1, 9 },
	{ NULL, 1, 0 }, /* what a bare number is */
};

/* One unit a line. clang-format 14 would put three of them. */
/* clang-format off */
/* Micro is U+00B5 MICRO SIGN or U+03BC GREEK SMALL LETTER MU. */
const struct unit units_of_duration[] = {
	{ "ns", 1, 0 },
	{ "us", 1, 3 },
	{ "\xc2\xb5s", 1, 3 },
	{ "\xce\xbcs", 1, 3 },
	{ "ms", 1, 6 },
	{ "s", 1, 9 },
	{ "m", 60, 9 },
	{ "h", 3600, 9 },
	{ NULL, 1, 9 },
};
/* clang-format on */

const struct unit units_of_size[] = {
	{ "KiB", UINT64_C(1) << 10, 0 },
	{ "MiB", UINT64_C(1) << 20, 0 },
	{ "GiB", UINT64_C(1) << 30, 0 },
	{ "TiB", UINT64_C(1) << 40, 0 },
	{ "kB", 1, 3 },
	{ "MB", 1, 6 },
	{ "GB", 1, 9 },
	{ "TB", 1, 12 },
	{ "K", UINT64_C(1) << 10, 0 },
	{ "M", UINT64_C(1) << 20, 0 },
	{ "G", UINT64_C(1) << 30, 0 },
	{ "T", UINT64_C(1) << 40, 0 },
	{ "B", 1, 0 },
	{ NULL, 1, 0 },
};

#define POWER_MAX 100000 /* beyond any type; keeps sums of powers small */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Appends `zeros` noughts and a digit to the mantissa. */
static void
push_digit(struct decimal *d, int zeros, int digit)
{
	u128 m = d->m;

	for (; zeros >= 0 && m <= UINT64_MAX; zeros--)
		m *= 10;
	m += (unsigned)digit;
	if (zeros >= 0 || m > UINT64_MAX)
		d->cut = true;
	else
		d->m = (uint64_t)m;
}

static int
scan_exponent(const char **at)
{
	const char *p = *at;
	bool negative = false;
	int power = 0;

	if (*p != 'e' && *p != 'E')
		return 0;
	p++;
	if (*p == '+' || *p == '-')
		negative = *p++ == '-';
	if (!is_digit(*p))
		return 0;
	for (; is_digit(*p); p++)
		if (power < POWER_MAX)
			power = power * 10 + (*p - '0');
	*at = p;
	return negative ? -power : power;
}

bool
units_scan_decimal(const char **at, struct decimal *d)
{
	const char *p = *at;
	int zeros = 0; /* since the last digit that is not 0 */
	bool point = false;
	int power = 0;

	if (!is_digit(*p) && !(*p == '.' && is_digit(p[1])))
		return false;
	*d = (struct decimal){ 0 };
	for (;; p++) {
		if (*p == '.' && !point && is_digit(p[1])) {
			point = true;
			continue;
		}
		if (!is_digit(*p))
			break;
		if (point && power > -POWER_MAX)
			power--;
		if (*p == '0' || d->cut) {
			if (zeros < POWER_MAX)
				zeros++;
			continue;
		}
		push_digit(d, zeros, *p - '0');
		zeros = d->cut ? zeros + 1 : 0;
	}
	d->power = power + zeros + scan_exponent(&p);
	*at = p;
	return true;
}

const struct unit *
units_scan_unit(const char **at, const struct unit *units)
{
	for (; units->text != NULL; units++) {
		size_t n = strlen(units->text);

		if (strncmp(*at, units->text, n) == 0) {
			*at += n;
			return units;
		}
	}
	return units;
}

int
units_whole(const struct decimal *d, const struct unit *unit, uint64_t *v)
{
	u128 x = (u128)d->m * unit->factor;
	int power = d->power + unit->power;

	if (d->cut)
		return power >= 0 ? -ERANGE : -EDOM;
	for (; x != 0 && power > 0; power--) {
		if (x > (uint64_t)UNITS_MAX)
			return -ERANGE;
		x *= 10;
	}
	for (; x != 0 && power < 0; power++) {
		if (x % 10 != 0)
			return -EDOM;
		x /= 10;
	}
	if (x > (uint64_t)UNITS_MAX)
		return -ERANGE;
	*v = (uint64_t)x;
	return 0;
}

int
units_scan_whole(const char **at, const struct unit *units, uint64_t *v)
{
	struct decimal d;

	if (!units_scan_decimal(at, &d))
		return -EINVAL;
	return units_whole(&d, units_scan_unit(at, units), v);
}

static int
read_whole(const char *text, const struct unit *units, uint64_t *v)
{
	uint64_t value = 0;
	int rc = units_scan_whole(&text, units, &value);

	if (*text != '\0')
		return -EINVAL;
	if (rc == 0)
		*v = value;
	return rc;
}

int
units_count(const char *text, int64_t *v)
{
	uint64_t value;
	int rc = read_whole(text, units_of_count, &value);

	if (rc == 0)
		*v = (int64_t)value;
	return rc;
}

int
units_duration(const char *text, uint64_t *v)
{
	return read_whole(text, units_of_duration, v);
}

int
units_size(const char *text, uint64_t *v)
{
	return read_whole(text, units_of_size, v);
}

/* Within 1 ulp; exact for up to 15 digits and small powers (W. Clinger 1990). */
static double
real_value(const struct decimal *d)
{
	static const double ten[] = { 1e0,  1e1,  1e2,	1e3,  1e4,  1e5,  1e6,	1e7,
				      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

	if (d->m == 0)
		return 0;
	if (d->m <= (uint64_t)UNITS_MAX && d->power >= -22 && d->power <= 22)
		return d->power < 0 ? (double)d->m / ten[-d->power]
				    : (double)d->m * ten[d->power];
	return (double)((long double)d->m * powl(10, (long double)d->power));
}

static int
read_real(const char *text, const char *unit, int power, double *v)
{
	bool negative = *text == '-';
	struct decimal d;
	double value;

	text += negative;
	if (!units_scan_decimal(&text, &d) || strcmp(text, unit) != 0)
		return -EINVAL;
	d.power += power;
	value = real_value(&d);
	if (!isfinite(value))
		return -ERANGE;
	*v = negative ? -value : value;
	return 0;
}

int
units_real(const char *text, double *v)
{
	const struct unit *u = units_of_count;
	int rc = read_real(text, "", 0, v);

	for (; rc == -EINVAL && u->text != NULL; u++)
		rc = read_real(text, u->text, u->power, v);
	return rc;
}

int
units_nanoseconds(const char *text, double *v)
{
	const struct unit *u = units_of_duration;
	int rc = -EINVAL;

	for (; rc == -EINVAL && u->text != NULL; u++) {
		rc = read_real(text, u->text, u->power, v);
		if (rc == 0)
			*v *= (double)u->factor;
	}
	return rc;
}

int
units_percent(const char *text, double *v)
{
	double value;
	int rc = read_real(text, "%", 0, &value);

	if (rc == -EINVAL)
		return read_real(text, "", 0, v);
	if (rc == 0)
		*v = value / 100;
	return rc;
}
