/*
 * doctor_look.h - what the parts of core/doctor.h share; for them alone.
 */
#ifndef CORE_DOCTOR_LOOK_H
#define CORE_DOCTOR_LOOK_H

#include "core/doctor.h"
#include "core/sys.h"

struct doctor_look {
	const char *root;
	struct sys_info si;
	double drift, steal; /* seen while it looked */
};

/* Says how well it is; all is well unless this is called. */
void doctor_set(struct doctor_finding *f, enum doctor_level level, const char *why,
		const char *advice);

/* The first line of a file below the root, without its newline; "" when not there. */
const char *doctor_line(const struct doctor_look *l, const char *path, char *buf,
			size_t size);

/* The number in it; -1: not there. */
int doctor_number(const struct doctor_look *l, const char *path);

/* The number behind key in a file; -1: not there. */
double doctor_value(const struct doctor_look *l, const char *path, const char *key);

/* Findings about CPUs (doctor_cpu.c). */
void doctor_governor(const struct doctor_look *l, struct doctor_finding *f);
void doctor_turbo(const struct doctor_look *l, struct doctor_finding *f);
void doctor_smt(const struct doctor_look *l, struct doctor_finding *f);
void doctor_cpus(const struct doctor_look *l, struct doctor_finding *f);
void doctor_quota(const struct doctor_look *l, struct doctor_finding *f);
void doctor_load(const struct doctor_look *l, struct doctor_finding *f);
void doctor_pressure(const struct doctor_look *l, struct doctor_finding *f);
void doctor_steal(const struct doctor_look *l, struct doctor_finding *f);
void doctor_pace(const struct doctor_look *l, struct doctor_finding *f);
void doctor_clock_source(const struct doctor_look *l, struct doctor_finding *f);
void doctor_virtualised(const struct doctor_look *l, struct doctor_finding *f);

#endif
