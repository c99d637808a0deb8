/*
 * units_scan.h - pieces that the readers of units.h are made of; for them alone.
 *
 * Each reads at *at and moves it behind what it took.
 */
#ifndef CLI_UNITS_SCAN_H
#define CLI_UNITS_SCAN_H

#include "cli/units.h"

#include <stdbool.h>

/* A spelling and what it stands for: factor * 10^power. */
struct unit {
	const char *text; /* NULL in the last row: what a bare number is */
	uint64_t factor;
	int power;
};

extern const struct unit units_of_count[], units_of_duration[], units_of_size[];

/* m * 10^power; cut: more digits than fit stood behind. */
struct decimal {
	uint64_t m;
	int power;
	bool cut;
};

/* Reads digits[.digits][e[+-]digits]; false, and *at stays, when there is none. */
bool units_scan_decimal(const char **at, struct decimal *d);

/* The unit at *at; the last row when none is there. */
const struct unit *units_scan_unit(const char **at, const struct unit *units);

/* d units as a whole number up to UNITS_MAX; errors as in units.h. */
int units_whole(const struct decimal *d, const struct unit *unit, uint64_t *v);

/* Reads a number with its unit. */
int units_scan_whole(const char **at, const struct unit *units, uint64_t *v);

/* NUM or LO-HI, to the end of text; the unit may be missing at LO, where HI's is
 * meant. -EINVAL also for LO > HI. */
int units_span(const char *text, const struct unit *units, uint64_t *lo, uint64_t *hi);

#endif
