/*
 * doctor_cpu.c - findings about CPUs: who else has them, how fast and evenly they run.
 */
#include "core/doctor_look.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

void
doctor_governor(const struct doctor_look *l, struct doctor_finding *f)
{
	doctor_line(l, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", f->seen,
		    sizeof(f->seen));
	if (f->seen[0] == '\0') {
		snprintf(f->seen, sizeof(f->seen), "not told");
		doctor_set(f, DOCTOR_UNKNOWN,
			   "the host may change the frequency unseen", NULL);
	} else if (strcmp(f->seen, "performance") != 0) {
		doctor_set(f, DOCTOR_DOUBT,
			   "the frequency follows the load, and is late",
			   "cpupower frequency-set -g performance");
	}
}

void
doctor_turbo(const struct doctor_look *l, struct doctor_finding *f)
{
	const int no_turbo =
		doctor_number(l, "/sys/devices/system/cpu/intel_pstate/no_turbo");
	const int boost = doctor_number(l, "/sys/devices/system/cpu/cpufreq/boost");
	const int on = no_turbo >= 0 ? no_turbo == 0 : boost;

	snprintf(f->seen, sizeof(f->seen), "%s",
		 on < 0	  ? "not told"
		 : on > 0 ? "on"
			  : "off");
	if (on > 0)
		doctor_set(f, DOCTOR_DOUBT,
			   "how fast a CPU runs depends on its warmth and on its "
			   "neighbours",
			   no_turbo >= 0
				   ? "echo 1 "
				     ">/sys/devices/system/cpu/intel_pstate/no_turbo"
				   : "echo 0 >/sys/devices/system/cpu/cpufreq/boost");
	else if (on < 0)
		doctor_set(f, DOCTOR_UNKNOWN, NULL, NULL);
}

void
doctor_smt(const struct doctor_look *l, struct doctor_finding *f)
{
	const int on = doctor_number(l, "/sys/devices/system/cpu/smt/active");

	snprintf(f->seen, sizeof(f->seen), "%s",
		 on < 0	  ? "not told"
		 : on > 0 ? "on"
			  : "off");
	if (on > 0)
		doctor_set(f, DOCTOR_NOTE, "two workers on one core share it",
			   "--pin scatter uses different cores first; or echo off "
			   ">/sys/devices/system/cpu/smt/control");
	else if (on < 0)
		doctor_set(f, DOCTOR_UNKNOWN, NULL, NULL);
}

void
doctor_cpus(const struct doctor_look *l, struct doctor_finding *f)
{
	snprintf(f->seen, sizeof(f->seen), "%d of %d allowed", l->si.cpus_allowed,
		 l->si.cpus_online);
	if (l->si.cpus_allowed < 2)
		doctor_set(f, DOCTOR_NOTE, "workers can only take turns", NULL);
	else if (l->si.cpus_allowed < l->si.cpus_online)
		doctor_set(f, DOCTOR_NOTE, "workers have fewer CPUs than the machine",
			   NULL);
}

void
doctor_quota(const struct doctor_look *l, struct doctor_finding *f)
{
	if (l->si.cgroup_cpus <= 0) {
		snprintf(f->seen, sizeof(f->seen), "none found");
		return;
	}
	snprintf(f->seen, sizeof(f->seen), "%.3g CPUs by the cgroup",
		 l->si.cgroup_cpus);
	if (l->si.cgroup_cpus < l->si.cpus_allowed)
		doctor_set(
			f, DOCTOR_DOUBT,
			"who uses it up is stopped for the rest of a period of 100 ms",
			"raise cpu.max of the cgroup, or use fewer workers than it "
			"allows");
}

void
doctor_load(const struct doctor_look *l, struct doctor_finding *f)
{
	snprintf(f->seen, sizeof(f->seen), "%.2f on %d CPUs", l->si.load[0],
		 l->si.cpus_online);
	if (l->si.load[0] < 0)
		doctor_set(f, DOCTOR_UNKNOWN, NULL, NULL);
	else if (l->si.load[0] > 0.5)
		doctor_set(f, DOCTOR_DOUBT,
			   "others are at work, and take CPUs and caches",
			   "end what else runs, or measure at a quieter hour");
}

void
doctor_pressure(const struct doctor_look *l, struct doctor_finding *f)
{
	const double some = doctor_value(l, "/proc/pressure/cpu", "avg10=");

	if (some < 0) {
		snprintf(f->seen, sizeof(f->seen), "not told");
		doctor_set(f, DOCTOR_UNKNOWN, NULL, NULL);
		return;
	}
	snprintf(f->seen, sizeof(f->seen), "%.1f %% of the last 10 s", some);
	if (some > 2)
		doctor_set(f, DOCTOR_DOUBT,
			   "somebody waited for a CPU that another had",
			   "end what else runs, or measure at a quieter hour");
}

void
doctor_steal(const struct doctor_look *l, struct doctor_finding *f)
{
	if (l->steal < 0) {
		snprintf(f->seen, sizeof(f->seen), "not told");
		doctor_set(f, DOCTOR_UNKNOWN, NULL, NULL);
		return;
	}
	snprintf(f->seen, sizeof(f->seen), "%.2f %% of the CPUs' time while looked at",
		 100 * l->steal);
	if (l->steal > 0.005)
		doctor_set(
			f, DOCTOR_DOUBT, "the host gives our CPUs to other guests",
			"a dedicated host; or compare in pairs: concbench ab, several "
			"kinds "
			"in one run");
}

void
doctor_pace(const struct doctor_look *l, struct doctor_finding *f)
{
	snprintf(f->seen, sizeof(f->seen), "the same steps took up to %.1f %% longer",
		 100 * l->drift);
	if (l->drift > 0.05)
		doctor_set(f, DOCTOR_DOUBT,
			   "the CPU's speed changes while it is measured: frequency, "
			   "or what "
			   "shares the core",
			   "compare in pairs: concbench ab, several kinds in one run");
}

void
doctor_clock_source(const struct doctor_look *l, struct doctor_finding *f)
{
	const struct clock_info *c = clock_info();

	(void)l;
	snprintf(f->seen, sizeof(f->seen), "%s, %.0f ns a reading", c->source,
		 c->read_ns);
	if (c->read_ns > 200)
		doctor_set(f, DOCTOR_DOUBT, "reading the clock is a system call",
			   "clocksource=tsc on the kernel's command line, where it is "
			   "stable");
}

void
doctor_virtualised(const struct doctor_look *l, struct doctor_finding *f)
{
	snprintf(f->seen, sizeof(f->seen), "%s",
		 l->si.virtualised < 0	 ? "not told"
		 : l->si.virtualised > 0 ? "a guest"
					 : "no sign of it");
	if (l->si.virtualised > 0)
		doctor_set(f, DOCTOR_NOTE,
			   "the host may move, slow and stop our CPUs unseen",
			   "watch steal and pace; compare in pairs");
	else if (l->si.virtualised < 0)
		doctor_set(f, DOCTOR_UNKNOWN, NULL, NULL);
}
