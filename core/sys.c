/*
 * sys.c - what machine, kernel and build this is.
 *
 * Sources: proc(5), cgroups(7), the kernel's admin-guide/cgroup-v2 and
 * scheduler/sched-bwc.
 */
#include "core/sys.h"

#include <ctype.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#if defined(__clang__)
#define TEXT_OF(x) #x
#define VERSION(a, b, c) TEXT_OF(a) "." TEXT_OF(b) "." TEXT_OF(c)
#define COMPILER                                                                       \
	"clang " VERSION(__clang_major__, __clang_minor__, __clang_patchlevel__)
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

#ifndef CONCBENCH_CFLAGS
#define CONCBENCH_CFLAGS "unknown"
#endif

enum { PATH_BYTES = 512 };

/* Reads the first line of a file, without its newline; "" when that fails. */
static bool
read_line(const char *path, char *to, size_t size)
{
	FILE *f = fopen(path, "re");

	to[0] = '\0';
	if (f == NULL)
		return false;
	if (fgets(to, (int)size, f) == NULL)
		to[0] = '\0';
	fclose(f);
	to[strcspn(to, "\n")] = '\0';
	return to[0] != '\0';
}

/* Reads a whole number out of a file of /sys; -1 when that fails. */
static int
read_int(const char *path)
{
	char line[32];

	if (!read_line(path, line, sizeof(line)) || !isdigit((unsigned char)line[0]))
		return -1;
	return (int)strtol(line, NULL, 10);
}

/* The first line of /proc/cpuinfo that begins with key: its value. */
static bool
read_cpuinfo(const char *key, char *to, size_t size)
{
	char line[4096], *colon;
	FILE *f = fopen("/proc/cpuinfo", "re");
	bool found = false;

	if (f == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), f) != NULL) {
		colon = strchr(line, ':');
		if (colon == NULL || strncmp(line, key, strlen(key)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		colon += strspn(colon, ": ");
		snprintf(to, size, "%s", colon);
		found = true;
	}
	fclose(f);
	return found;
}

static void
find_cpu(struct sys_info *si)
{
	char flags[4096];

	if (!read_cpuinfo("model name", si->cpu_model, sizeof(si->cpu_model)))
		snprintf(si->cpu_model, sizeof(si->cpu_model), "unknown");
	/* x86 tells a guest so by CPUID; elsewhere only Xen does, here. */
	si->virtualised = -1;
	if (read_cpuinfo("flags", flags, sizeof(flags)))
		si->virtualised = strstr(flags, " hypervisor") != NULL;
	else if (access("/sys/hypervisor/type", F_OK) == 0)
		si->virtualised = 1;
}

int64_t
sys_steal_ns(void)
{
	unsigned long long steal;
	long tick = sysconf(_SC_CLK_TCK);
	FILE *f = fopen("/proc/stat", "re");
	int n;

	if (f == NULL)
		return -1;
	n = fscanf(f, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &steal);
	fclose(f);
	return n != 1 || tick <= 0
		       ? -1
		       : (int64_t)(steal * (1000000000ULL / (unsigned long)tick));
}

/* Quota over period of a cgroup folder, in CPUs; 0: none. */
static double
cgroup_cpus(const char *folder)
{
	char path[PATH_BYTES + 32], line[64];
	double quota, period;

	snprintf(path, sizeof(path), "%s/cpu.max", folder);
	if (read_line(path, line, sizeof(line)))
		return sscanf(line, "%lf %lf", &quota, &period) == 2 && period > 0
			       ? quota / period
			       : 0;
	snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", folder);
	quota = read_int(path);
	snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", folder);
	period = read_int(path);
	return quota > 0 && period > 0 ? quota / period : 0;
}

static int64_t
cgroup_pids(const char *folder)
{
	char path[PATH_BYTES + 32];
	int pids;

	snprintf(path, sizeof(path), "%s/pids.max", folder);
	pids = read_int(path); /* "max" is no number */
	return pids < 0 ? SYS_UNLIMITED : pids;
}

/* Takes the tightest limits of the folder root/path and of those above it. */
static void
tighten(struct sys_info *si, const char *root, const char *path)
{
	char folder[PATH_BYTES], *slash;
	size_t top = strlen(root);
	int n = snprintf(folder, sizeof(folder), "%s%s", root, path);

	if (n < 0 || (size_t)n >= sizeof(folder))
		return;
	for (;;) {
		double cpus = cgroup_cpus(folder);
		int64_t pids = cgroup_pids(folder);

		if (cpus > 0 && (si->cgroup_cpus <= 0 || cpus < si->cgroup_cpus))
			si->cgroup_cpus = cpus;
		if (pids < si->cgroup_pids)
			si->cgroup_pids = pids;
		slash = strrchr(folder + top, '/');
		if (slash == NULL)
			return;
		*slash = '\0';
	}
}

/* Version 2 has one tree, version 1 a tree a controller; both may be there. */
void
sys_read_cgroup(struct sys_info *si, const char *self, const char *root)
{
	char line[PATH_BYTES], tree[PATH_BYTES], *list, *path;
	FILE *f = fopen(self, "re");

	si->cgroup_cpus = 0;
	si->cgroup_pids = SYS_UNLIMITED;
	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		list = strchr(line, ':');
		path = list == NULL ? NULL : strchr(++list, ':');
		if (path == NULL)
			continue;
		*path++ = '\0';
		if (*list == '\0')
			tighten(si, root, path);
		else if (strcmp(list, "pids") == 0 || strncmp(list, "cpu", 3) == 0) {
			snprintf(tree, sizeof(tree), "%s/%s", root, list);
			tighten(si, tree, path);
		}
	}
	fclose(f);
}

static int64_t
limit_value(rlim_t limit)
{
	return limit == RLIM_INFINITY || limit > INT64_MAX ? SYS_UNLIMITED
							   : (int64_t)limit;
}

static void
find_limits(struct sys_info *si)
{
	struct rlimit limit;

	/* Cannot fail: the resources are known to every kernel. */
	getrlimit(RLIMIT_NPROC, &limit);
	si->rlimit_nproc = limit_value(limit.rlim_cur);
	getrlimit(RLIMIT_NOFILE, &limit);
	si->rlimit_nofile = limit_value(limit.rlim_cur);
}

/* Called for the program itself first: only a dynamic one asks for a loader. */
static int
find_loader(struct dl_phdr_info *info, size_t size, void *found)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++)
		*(bool *)found |= info->dlpi_phdr[i].p_type == PT_INTERP;
	return 1;
}

static void
find_build(struct sys_info *si)
{
	bool is_dynamic = false;

	si->compiler = COMPILER;
	si->cflags = CONCBENCH_CFLAGS;
	dl_iterate_phdr(find_loader, &is_dynamic);
	si->link = is_dynamic ? "dynamic" : "static";
#ifdef __GLIBC__
	snprintf(si->libc, sizeof(si->libc), "glibc %s", gnu_get_libc_version());
#else
	snprintf(si->libc, sizeof(si->libc), "unknown");
#endif
}

/* How many CPUs a list like "0,64" or "0-3" names; -1 for none. */
static int
count_list(const char *s)
{
	int n = 0;

	while (isdigit((unsigned char)*s)) {
		char *end;
		long first = strtol(s, &end, 10), last = first;

		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		n += (int)(last - first) + 1;
		s = *end == ',' ? end + 1 : end;
	}
	return n == 0 ? -1 : n;
}

void
sys_read(struct sys_info *si)
{
	static const char cpu[] = "/sys/devices/system/cpu";
	char path[PATH_BYTES], line[SYS_TEXT];
	struct utsname u;

	*si = (struct sys_info){ .cpus_online = (int)sysconf(_SC_NPROCESSORS_ONLN),
				 .cpus_allowed = sys_cpus_allowed(),
				 .load = { -1, -1, -1 } };
	find_cpu(si);
	find_build(si);
	sys_read_cgroup(si, "/proc/self/cgroup", "/sys/fs/cgroup");
	find_limits(si);
	si->steal_ns = sys_steal_ns();
	if (uname(&u) == 0) {
		snprintf(si->kernel, sizeof(si->kernel), "%s", u.release);
		snprintf(si->arch, sizeof(si->arch), "%.31s", u.machine);
	}
	snprintf(path, sizeof(path), "%s/cpu0/cpufreq/scaling_governor", cpu);
	if (!read_line(path, si->governor, sizeof(si->governor)))
		snprintf(si->governor, sizeof(si->governor), "unknown");
	snprintf(path, sizeof(path), "%s/cpu0/topology/thread_siblings_list", cpu);
	read_line(path, line, sizeof(line));
	si->threads_per_core = count_list(line);
	snprintf(path, sizeof(path), "%s/smt/active", cpu);
	si->smt_active = read_int(path);
	si->page_bytes = sysconf(_SC_PAGESIZE);
	si->memory_bytes = sysconf(_SC_PHYS_PAGES) * si->page_bytes;
	if (getloadavg(si->load, 3) != 3)
		si->load[0] = si->load[1] = si->load[2] = -1;
}

uint64_t
sys_run_delay_ns(void)
{
	const int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	char text[80], *end;
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	strtoull(text, &end, 10); /* on the CPU; then: waiting for one */
	return strtoull(end, NULL, 10);
}
