/*
 * test_doctor.c - what is doubtful about a machine that is made up of files.
 */
#include "core/clock.h"
#include "core/doctor.h"
#include "core/pace.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/doctor-XXXXXX";

/* Writes a file below the root, with the folders above it. */
static void
put(const char *path, const char *text)
{
	char whole[256];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *p = whole + strlen(root) + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		mkdir(whole, 0700);
		*p = '/';
	}
	f = fopen(whole, "w");
	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static int
forget(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static const struct doctor_finding *
find(const struct doctor_finding *f, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(f[i].name, name) == 0)
			return &f[i];
	cr_assert_fail("there is no finding '%s'", name);
	return NULL;
}

Test(doctor, sees_what_is_doubtful)
{
	static const struct {
		const char *name;
		enum doctor_level level;
		const char *seen;
	} want[] = {
		{ "governor", DOCTOR_DOUBT, "powersave" },
		{ "turbo", DOCTOR_DOUBT, "on" },
		{ "smt", DOCTOR_NOTE, "on" },
		{ "pressure", DOCTOR_DOUBT, "12.5 %" },
		{ "mitigations", DOCTOR_NOTE, "1 at work, of 2" },
		{ "memory", DOCTOR_DOUBT, "5 % of the memory" },
		{ "huge pages", DOCTOR_NOTE, "always" },
		{ "numa", DOCTOR_NOTE, "nodes 0-1, balancing on" },
		{ "aslr", DOCTOR_NOTE, "on" },
	};
	struct doctor_finding f[DOCTOR_MAX];
	size_t n;

	clock_init();
	cr_assert_not_null(mkdtemp(root));
	put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
	put("/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
	put("/sys/devices/system/cpu/smt/active", "1\n");
	put("/proc/pressure/cpu", "some avg10=12.50 avg60=1.00 avg300=0 total=1\n");
	put("/sys/devices/system/cpu/vulnerabilities/spectre", "Mitigation: x\n");
	put("/sys/devices/system/cpu/vulnerabilities/other", "Not affected\n");
	put("/proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 50 kB\n"
			     "SwapTotal: 0 kB\nSwapFree: 0 kB\n");
	put("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
	put("/sys/devices/system/node/online", "0-1\n");
	put("/proc/sys/kernel/numa_balancing", "1\n");
	put("/proc/sys/kernel/randomize_va_space", "2\n");
	n = doctor_look(f, root);
	cr_assert_leq(n, DOCTOR_MAX);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		const struct doctor_finding *seen = find(f, n, want[i].name);

		cr_expect_eq(seen->level, want[i].level, "%s: %s", want[i].name,
			     doctor_level_name(seen->level));
		cr_expect_not_null(strstr(seen->seen, want[i].seen), "%s: %s",
				   want[i].name, seen->seen);
		cr_expect_not_null(seen->why, "%s", want[i].name);
	}
	nftw(root, forget, 8, FTW_DEPTH | FTW_PHYS);
}

Test(doctor, is_content_with_a_good_machine)
{
	static const char *const fine[] = { "governor",	  "turbo", "smt",    "pressure",
					    "huge pages", "numa",  "memory", "aslr" };
	char good[] = "/tmp/doctor-XXXXXX";
	struct doctor_finding f[DOCTOR_MAX];
	size_t n;

	clock_init();
	cr_assert_not_null(mkdtemp(good));
	memcpy(root, good, sizeof(good));
	put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
	put("/sys/devices/system/cpu/cpufreq/boost", "0\n");
	put("/sys/devices/system/cpu/smt/active", "0\n");
	put("/proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0 total=1\n");
	put("/proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 900 kB\n"
			     "SwapTotal: 0 kB\nSwapFree: 0 kB\n");
	put("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	put("/sys/devices/system/node/online", "0\n");
	put("/proc/sys/kernel/randomize_va_space", "0\n");
	n = doctor_look(f, root);
	for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++)
		cr_expect_eq(find(f, n, fine[i])->level, DOCTOR_OK, "%s", fine[i]);
	nftw(root, forget, 8, FTW_DEPTH | FTW_PHYS);
}

Test(doctor, pace_moves_with_the_speed_alone)
{
	enum { N = 40 };
	double step[N];

	for (int i = 0; i < N; i++)
		step[i] = 1;
	step[7] = 100; /* one that was displaced */
	cr_expect_float_eq(pace_drift(step, N), 0, 1e-9);
	for (int i = N / 2; i < N; i++)
		step[i] = 1.25; /* a slower half */
	cr_expect_float_eq(pace_drift(step, N), 0.25, 1e-9);
	cr_expect_float_eq(pace_drift(step, 5), 0, 1e-9);
	clock_init();
	cr_expect_gt(pace_step_ns(), 0);
}
