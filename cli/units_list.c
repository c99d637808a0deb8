/*
 * units_list.c - lists and ranges, specs of work, and the CPUs allowed to us.
 */
#include "cli/units_scan.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static int
push_element(struct param_list *l, size_t *room, uint64_t value)
{
	int64_t *bigger;

	if (l->n == UNITS_LIST_MAX)
		return -E2BIG;
	if (l->n == *room) {
		*room = *room == 0 ? 16 : 2 * *room;
		bigger = realloc(l->v, *room * sizeof(*l->v));
		if (bigger == NULL)
			return -ENOMEM;
		l->v = bigger;
	}
	l->v[l->n++] = (int64_t)value;
	return 0;
}

/* "-" or ".." between the ends of a range. */
static bool
scan_range_sign(const char **at)
{
	size_t n = **at == '-' ? 1 : strncmp(*at, "..", 2) == 0 ? 2 : 0;

	*at += n;
	return n > 0;
}

/* NUM, LO-HI, LO..HI or LO..HI*F at *at. */
static int
scan_element(const char **at, struct param_list *l, size_t *room)
{
	uint64_t low, high, factor = 0, v;
	int rc = units_scan_whole(at, units_of_count, &low);

	if (rc != 0)
		return rc;
	high = low;
	if (scan_range_sign(at)) {
		rc = units_scan_whole(at, units_of_count, &high);
		if (rc == 0 && **at == '*') {
			++*at;
			rc = units_scan_whole(at, units_of_count, &factor);
			if (rc == 0 && (factor < 2 || low == 0))
				rc = -EINVAL;
		}
		if (rc != 0 || high < low)
			return rc != 0 ? rc : -EINVAL;
	}
	for (v = low; rc == 0 && v <= high; v = factor == 0 ? v + 1 : v * factor) {
		rc = push_element(l, room, v);
		if (factor != 0 && v > high / factor)
			break; /* v * factor could wrap */
	}
	return rc;
}

int
units_list(const char *text, struct param_list *v)
{
	struct param_list l = { .v = NULL };
	size_t room = 0;
	int rc;

	for (;;) {
		rc = scan_element(&text, &l, &room);
		if (rc == 0 && *text != ',' && *text != '\0')
			rc = -EINVAL;
		if (rc != 0 || *text == '\0')
			break;
		text++;
	}
	if (rc != 0)
		free(l.v);
	else
		*v = l;
	return rc;
}

#define MIXED_DEFAULT_NS 20000000 /* of a bare "mixed" */

const char *const units_work_names[] = { "noop", "echo", "sleep", "cpu",
					 "mem",	 "io",	 "mixed", NULL };

int
units_span(const char *text, const struct unit *units, uint64_t *lo, uint64_t *hi)
{
	const struct unit *low_unit, *high_unit;
	struct decimal low, high;
	int rc;

	if (!units_scan_decimal(&text, &low))
		return -EINVAL;
	high = low;
	low_unit = high_unit = units_scan_unit(&text, units);
	if (scan_range_sign(&text)) {
		if (!units_scan_decimal(&text, &high))
			return -EINVAL;
		high_unit = units_scan_unit(&text, units);
		if (low_unit->text == NULL)
			low_unit = high_unit;
		else if (high_unit->text == NULL)
			return -EINVAL; /* 10ms-50: fifty of what? */
	}
	if (*text != '\0')
		return -EINVAL;
	rc = units_whole(&low, low_unit, lo);
	if (rc == 0)
		rc = units_whole(&high, high_unit, hi);
	return rc == 0 && *lo > *hi ? -EINVAL : rc;
}

int
units_work(const char *text, struct work *v)
{
	size_t n = strcspn(text, ":");
	struct work w = { WORK_NOOP, 0, 0 };
	int i, rc = 0;

	for (i = 0; units_work_names[i] != NULL; i++)
		if (strlen(units_work_names[i]) == n &&
		    strncmp(text, units_work_names[i], n) == 0)
			break;
	if (units_work_names[i] == NULL)
		return -EINVAL;
	w.kind = (enum work_kind)i;
	if (w.kind == WORK_NOOP || w.kind == WORK_ECHO)
		rc = text[n] == '\0' ? 0 : -EINVAL;
	else if (text[n] == '\0' && w.kind == WORK_MIXED)
		w.lo = w.hi = MIXED_DEFAULT_NS;
	else if (text[n] == '\0')
		rc = -EINVAL;
	else
		rc = units_span(text + n + 1,
				w.kind == WORK_MEM ? units_of_size : units_of_duration,
				&w.lo, &w.hi);
	if (rc == 0)
		*v = w;
	return rc;
}

/* Room for 65536 CPUs: the kernel refuses a mask smaller than its own. */
#define CPU_MASK_BYTES 8192

static bool
allowed_mask(cpu_set_t *mask)
{
	return sched_getaffinity(0, CPU_MASK_BYTES, mask) == 0;
}

int
units_cpus_allowed(void)
{
	cpu_set_t mask[CPU_MASK_BYTES / sizeof(cpu_set_t)];
	int n;

	memset(mask, 0, sizeof(mask));
	n = allowed_mask(mask) ? CPU_COUNT_S(CPU_MASK_BYTES, mask) : 1;
	return n > 0 ? n : 1;
}

bool
units_cpu_allowed(int64_t cpu)
{
	cpu_set_t mask[CPU_MASK_BYTES / sizeof(cpu_set_t)];

	memset(mask, 0, sizeof(mask));
	return cpu >= 0 && cpu < 8 * CPU_MASK_BYTES && allowed_mask(mask) &&
	       CPU_ISSET_S((size_t)cpu, CPU_MASK_BYTES, mask);
}
