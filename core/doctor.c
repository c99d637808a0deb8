/*
 * doctor.c - what of this machine makes measured numbers doubtful.
 *
 * Sources: the kernel's admin-guide (pm/cpufreq, pm/intel_pstate, hw-vuln, cgroup-v2,
 * mm/transhuge), accounting/psi; proc(5).
 */
#include "core/doctor_look.h"

#include "core/clock.h"
#include "core/commit.h"
#include "core/pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PACES = 200 };

void
doctor_set(struct doctor_finding *f, enum doctor_level level, const char *why,
	   const char *advice)
{
	f->level = level;
	f->why = why;
	f->advice = advice;
}

const char *
doctor_line(const struct doctor_look *l, const char *path, char *buf, size_t size)
{
	char whole[256];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s%s", l->root, path);
	buf[0] = '\0';
	f = fopen(whole, "re");
	if (f == NULL)
		return buf;
	if (fgets(buf, (int)size, f) == NULL)
		buf[0] = '\0';
	fclose(f);
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

int
doctor_number(const struct doctor_look *l, const char *path)
{
	char line[64], *end;
	long n;

	doctor_line(l, path, line, sizeof(line));
	n = strtol(line, &end, 10);
	return end == line ? -1 : (int)n;
}

double
doctor_value(const struct doctor_look *l, const char *path, const char *key)
{
	char whole[256], line[256];
	double value = -1;
	FILE *f;

	snprintf(whole, sizeof(whole), "%s%s", l->root, path);
	f = fopen(whole, "re");
	if (f == NULL)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), f) != NULL) {
		const char *at = strstr(line, key);

		if (at != NULL)
			value = strtod(at + strlen(key), NULL);
	}
	fclose(f);
	return value;
}

static void
mitigations(const struct doctor_look *l, struct doctor_finding *f)
{
	struct sys_hole hole[SYS_HOLES];
	const size_t known = sys_read_holes(hole, l->root);
	size_t n = 0;

	for (size_t i = 0; i < known; i++)
		n += sys_is_mitigated(&hole[i]);
	snprintf(f->seen, sizeof(f->seen), "%zu at work, of %zu known holes", n, known);
	if (n > 0)
		doctor_set(
			f, DOCTOR_NOTE,
			"system calls and switches cost more than without; figures of "
			"other "
			"kernels differ",
			NULL);
}

static void
memory(const struct doctor_look *l, struct doctor_finding *f)
{
	const double total = doctor_value(l, "/proc/meminfo", "MemTotal:"),
		     free_kib = doctor_value(l, "/proc/meminfo", "MemAvailable:"),
		     swap = doctor_value(l, "/proc/meminfo", "SwapTotal:"),
		     swap_free = doctor_value(l, "/proc/meminfo", "SwapFree:");

	snprintf(f->seen, sizeof(f->seen),
		 "%.0f %% of the memory available, %.0f MiB swapped out",
		 total > 0 ? 100 * free_kib / total : 0, (swap - swap_free) / 1024);
	if (total > 0 && free_kib < total / 10)
		doctor_set(f, DOCTOR_DOUBT, "pages are taken away and fetched again",
			   "end what holds the memory");
	else if (swap - swap_free > 64 * 1024)
		doctor_set(f, DOCTOR_NOTE, "what was swapped out comes back late",
			   "swapoff -a");
	else if (total <= 0)
		doctor_set(f, DOCTOR_UNKNOWN, NULL, NULL);
}

static void
aslr(const struct doctor_look *l, struct doctor_finding *f)
{
	const int on = doctor_number(l, "/proc/sys/kernel/randomize_va_space");

	snprintf(f->seen, sizeof(f->seen), "%s",
		 on < 0	  ? "not told"
		 : on > 0 ? "on"
			  : "off");
	if (on > 0)
		doctor_set(
			f, DOCTOR_NOTE,
			"where code and data lie differs from run to run, by a few "
			"percent "
			"of very short operations",
			"several runs a side: concbench compare --base a.json --base "
			"b.json");
}

static void
huge_pages(const struct doctor_look *l, struct doctor_finding *f)
{
	char line[64];

	doctor_line(l, "/sys/kernel/mm/transparent_hugepage/enabled", line,
		    sizeof(line));
	snprintf(f->seen, sizeof(f->seen), "%s",
		 strstr(line, "[always]") != NULL    ? "always"
		 : strstr(line, "[madvise]") != NULL ? "where asked for"
		 : strstr(line, "[never]") != NULL   ? "never"
						     : "not told");
	if (strstr(line, "[always]") != NULL)
		doctor_set(f, DOCTOR_NOTE,
			   "the kernel makes and breaks them when it likes: memory and "
			   "fork "
			   "vary",
			   "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled");
}

static void
numa(const struct doctor_look *l, struct doctor_finding *f)
{
	char line[64];
	const int balancing = doctor_number(l, "/proc/sys/kernel/numa_balancing");

	doctor_line(l, "/sys/devices/system/node/online", line, sizeof(line));
	snprintf(f->seen, sizeof(f->seen), "nodes %.32s%s",
		 line[0] != '\0' ? line : "not told",
		 balancing > 0 ? ", balancing on" : "");
	if (strpbrk(line, ",-") != NULL)
		doctor_set(f, DOCTOR_NOTE, "memory of another node is slower",
			   balancing > 0
				   ? "--pin compact; sysctl kernel.numa_balancing=0"
				   : "--pin compact stays within one");
}

static void
build(const struct doctor_look *l, struct doctor_finding *f)
{
	snprintf(f->seen, sizeof(f->seen), "%s, %.70s, commit %.40s", l->si.compiler,
		 l->si.cflags, commit_text);
	if (strstr(l->si.cflags, "-fsanitize") != NULL ||
	    strstr(l->si.cflags, "-O") == NULL || strstr(l->si.cflags, "-O0") != NULL)
		doctor_set(f, DOCTOR_DOUBT,
			   "this build of concbench is made to find faults",
			   "make clean; make");
	else if (strstr(commit_text, "-dirty") != NULL)
		doctor_set(f, DOCTOR_NOTE,
			   "it was built from files that no commit has: its figures "
			   "cannot be made again",
			   "commit, then build");
}

/* Reads the CPU's pace and the host's appetite for a while. */
static void
watch(struct doctor_look *l)
{
	const struct timespec rest = { .tv_nsec = 1000000 };
	const int64_t steal_ns = sys_steal_ns();
	const uint64_t begin_ns = clock_ns();
	double step[PACES];
	double spent_ns;

	for (int i = 0; i < PACES; i++) {
		step[i] = pace_step_ns();
		nanosleep(&rest, NULL);
	}
	l->drift = pace_drift(step, PACES);
	spent_ns = (double)(clock_ns() - begin_ns) * l->si.cpus_online;
	l->steal = steal_ns < 0 ? -1 : (double)(sys_steal_ns() - steal_ns) / spent_ns;
}

size_t
doctor_look(struct doctor_finding finding[static DOCTOR_MAX], const char *root)
{
	static const struct {
		const char *name;
		void (*look)(const struct doctor_look *l, struct doctor_finding *f);
	} all[] = {
		{ "cpus", doctor_cpus },
		{ "load", doctor_load },
		{ "pressure", doctor_pressure },
		{ "quota", doctor_quota },
		{ "virtualised", doctor_virtualised },
		{ "steal", doctor_steal },
		{ "pace", doctor_pace },
		{ "governor", doctor_governor },
		{ "turbo", doctor_turbo },
		{ "smt", doctor_smt },
		{ "clock", doctor_clock_source },
		{ "mitigations", mitigations },
		{ "memory", memory },
		{ "huge pages", huge_pages },
		{ "numa", numa },
		{ "aslr", aslr },
		{ "build", build },
	};
	const size_t n = sizeof(all) / sizeof(*all);
	struct doctor_look l = { .root = root };

	sys_read(&l.si);
	watch(&l);
	for (size_t i = 0; i < n; i++) {
		finding[i] = (struct doctor_finding){ .name = all[i].name };
		all[i].look(&l, &finding[i]);
	}
	return n;
}

const char *
doctor_level_name(enum doctor_level level)
{
	static const char *const name[] = { [DOCTOR_OK] = "ok",
					    [DOCTOR_NOTE] = "note",
					    [DOCTOR_DOUBT] = "doubt",
					    [DOCTOR_UNKNOWN] = "unknown" };

	return name[level];
}
