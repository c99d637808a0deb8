/*
 * doctor.h - what of this machine makes measured numbers doubtful, and what to do.
 *
 * Each finding is about one thing. What makes figures of today differ from those of
 * tomorrow, or from those of a minute ago, is a doubt; what only shifts them, or has to
 * be known when they are read, is a note.
 */
#ifndef CORE_DOCTOR_H
#define CORE_DOCTOR_H

#include <stddef.h>

enum doctor_level { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_DOUBT, DOCTOR_UNKNOWN };

struct doctor_finding {
	const char *name; /* "governor" */
	enum doctor_level level;
	char seen[160];	    /* "powersave" */
	const char *why;    /* what it does to numbers; NULL where all is well */
	const char *advice; /* NULL: nothing to do */
};

#define DOCTOR_MAX 24

/*
 * Looks at everything, for about a third of a second: files of /proc and /sys below
 * root ("" is the machine itself), the clock, and how evenly the CPU runs. Fills
 * findings, at most DOCTOR_MAX, and returns how many. clock_init() was called before.
 * Any thread.
 */
size_t doctor_look(struct doctor_finding finding[static DOCTOR_MAX], const char *root);

/* "ok", "note", "doubt", "unknown". */
const char *doctor_level_name(enum doctor_level level);

#endif
