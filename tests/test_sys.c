/*
 * test_sys - what is said about the machine is true; workers get their CPUs.
 */
#include "core/sys.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The first CPU that we may run on. */
static int
first_cpu(void)
{
	cpu_set_t set;

	cr_assert_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	for (size_t i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &set))
			return (int)i;
	}
	cr_assert_fail("no CPU at all");
	return -1;
}

static void
allow_only(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	cr_assert_eq(sched_setaffinity(0, sizeof(set), &set), 0);
}

Test(sys, tells_the_truth)
{
	struct rlimit limit = { 200, 300 };
	struct sys_info si;
	struct utsname u;

	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	sys_read(&si);
	cr_assert_eq(uname(&u), 0);
	cr_assert_str_eq(si.kernel, u.release);
	cr_assert_str_eq(si.arch, u.machine);
	cr_assert_eq(si.rlimit_nofile, 200);
	cr_assert_eq(si.page_bytes, sysconf(_SC_PAGESIZE));
	cr_assert_gt(si.memory_bytes, si.page_bytes);
	cr_assert_eq(si.cpus_online, sysconf(_SC_NPROCESSORS_ONLN));
	cr_assert_eq(si.cpus_allowed, sys_cpus_allowed());
	cr_assert_gt(si.rlimit_nproc, 0);
	cr_assert_gt(si.cgroup_pids, 0);
	cr_assert_geq(si.cgroup_cpus, 0);
	cr_assert_geq(si.steal_ns, -1);
	cr_assert(si.virtualised >= -1 && si.virtualised <= 1);
	cr_assert(si.smt_active >= -1 && si.smt_active <= 1);
	cr_assert(si.threads_per_core == -1 || si.threads_per_core >= 1);
}

Test(sys, leaves_no_text_empty)
{
	struct sys_info si;

	sys_read(&si);
	cr_assert_neq(si.cpu_model[0], '\0');
	cr_assert_neq(si.governor[0], '\0');
	cr_assert_neq(si.libc[0], '\0');
	cr_assert_neq(si.cflags[0], '\0');
#ifdef __clang__
	cr_assert_eq(strncmp(si.compiler, "clang ", 6), 0);
#else
	cr_assert_eq(strncmp(si.compiler, "gcc ", 4), 0);
#endif
}

Test(sys, knows_how_it_was_linked)
{
	struct sys_info si;
	char maps[256];
	FILE *f = fopen("/proc/self/maps", "re");
	bool has_libc = false;

	while (fgets(maps, sizeof(maps), f) != NULL)
		has_libc |= strstr(maps, "/libc.so") != NULL ||
			    strstr(maps, "/ld-musl") != NULL;
	fclose(f);
	sys_read(&si);
	cr_assert_str_eq(si.link, has_libc ? "dynamic" : "static");
}

Test(sys, an_unset_limit_is_unlimited)
{
	struct rlimit limit;
	struct sys_info si;

	cr_assert_eq(getrlimit(RLIMIT_NPROC, &limit), 0);
	sys_read(&si);
	if (limit.rlim_cur == RLIM_INFINITY)
		cr_assert_eq(si.rlimit_nproc, SYS_UNLIMITED);
	else
		cr_assert_eq(si.rlimit_nproc, (int64_t)limit.rlim_cur);
}

/* A folder of our own for made-up control groups, removed at the end. */
static char root[] = "/tmp/test-sys-XXXXXX";

static void
make_root(void)
{
	cr_assert_not_null(mkdtemp(root));
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void
remove_root(void)
{
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes root/path, and the folders on the way. */
static void
put(const char *path, const char *text)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *p = full + sizeof(root); (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		mkdir(full, 0700);
	}
	f = fopen(full, "we");
	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static struct sys_info
read_groups(void)
{
	struct sys_info si = { .cgroup_cpus = -5 };
	char self[64];

	snprintf(self, sizeof(self), "%s/self", root);
	sys_read_cgroup(&si, self, root);
	return si;
}

Test(sys, cgroup_2_takes_the_tightest_above, .init = make_root, .fini = remove_root)
{
	struct sys_info si;

	put("self", "0::/a/b/c\n");
	put("a/cpu.max", "150000 100000\n");
	put("a/pids.max", "100\n");
	put("a/b/cpu.max", "max 100000\n");
	put("a/b/pids.max", "max\n");
	put("a/b/c/cpu.max", "300000 100000\n");
	put("a/b/c/pids.max", "5000\n");
	put("other/pids.max", "1\n");
	si = read_groups();
	cr_assert_eq(si.cgroup_cpus, 1.5);
	cr_assert_eq(si.cgroup_pids, 100);
}

Test(sys, cgroup_1_has_a_tree_a_controller, .init = make_root, .fini = remove_root)
{
	struct sys_info si;

	put("self", "8:pids:/x\n4:memory:/m\n1:cpu,cpuacct:/y\n0::/\n");
	put("pids/x/pids.max", "77\n");
	put("memory/m/pids.max", "1\n");
	put("cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
	put("cpu,cpuacct/cpu.cfs_period_us", "100000\n");
	put("cpu,cpuacct/y/cpu.cfs_quota_us", "50000\n");
	put("cpu,cpuacct/y/cpu.cfs_period_us", "100000\n");
	si = read_groups();
	cr_assert_eq(si.cgroup_cpus, 0.5);
	cr_assert_eq(si.cgroup_pids, 77);
}

Test(sys, cgroup_without_limits_or_files, .init = make_root, .fini = remove_root)
{
	struct sys_info si = read_groups();

	cr_assert_eq(si.cgroup_cpus, 0);
	cr_assert_eq(si.cgroup_pids, SYS_UNLIMITED);
	put("self", "0::/\nrubbish\n");
	si = read_groups();
	cr_assert_eq(si.cgroup_cpus, 0);
	cr_assert_eq(si.cgroup_pids, SYS_UNLIMITED);
}

Test(sys, cpus_allowed_follows_the_affinity)
{
	cpu_set_t set;

	cr_assert_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	cr_assert_eq(sys_cpus_allowed(), CPU_COUNT(&set));
	allow_only(first_cpu());
	cr_assert_eq(sys_cpus_allowed(), 1);
}

Test(sys, stolen_time_never_shrinks)
{
	int64_t before = sys_steal_ns();

	cr_assert_geq(sys_steal_ns(), before);
}

Test(sys, pin_none_is_nowhere)
{
	const struct param_cpus none = { .policy = PIN_NONE },
				empty = { .policy = PIN_LIST };

	cr_assert_eq(sys_pin_cpu(NULL, 0), -1);
	cr_assert_eq(sys_pin_cpu(&none, 3), -1);
	cr_assert_eq(sys_pin_cpu(&empty, 0), -1);
}

Test(sys, pin_list_goes_round)
{
	int64_t cpus[] = { 4, 2, 9 };
	const struct param_cpus list = { .policy = PIN_LIST, .cpus = { 3, cpus } };

	for (int i = 0; i < 9; i++)
		cr_assert_eq(sys_pin_cpu(&list, i), cpus[i % 3]);
}

Test(sys, policies_use_each_allowed_cpu_once_before_again)
{
	static const enum pin_policy policy[] = { PIN_COMPACT, PIN_SCATTER };
	cpu_set_t set;
	int n = sys_cpus_allowed();

	for (size_t p = 0; p < 2; p++) {
		const struct param_cpus pin = { .policy = policy[p] };

		cr_assert_eq(sched_getaffinity(0, sizeof(set), &set), 0);
		for (int i = 0; i < n; i++) {
			int cpu = sys_pin_cpu(&pin, i);

			cr_assert(cpu >= 0 && cpu < CPU_SETSIZE);
			cr_assert(CPU_ISSET((size_t)cpu, &set),
				  "CPU %d twice or not ours", cpu);
			CPU_CLR((size_t)cpu, &set);
			cr_assert_eq(sys_pin_cpu(&pin, i + n), cpu);
		}
	}
}

Test(sys, pin_same_is_the_first)
{
	const struct param_cpus same = { .policy = PIN_SAME };

	for (int i = 0; i < 3; i++)
		cr_assert_eq(sys_pin_cpu(&same, i), first_cpu());
}

Test(sys, a_pinned_caller_does_not_change_the_places)
{
	const struct param_cpus compact = { .policy = PIN_COMPACT };
	int n = sys_cpus_allowed(), last = sys_pin_cpu(&compact, n - 1);

	allow_only(first_cpu());
	cr_assert_eq(sys_pin_cpu(&compact, n - 1), last);
}

/* Two packages of two cores of two threads, numbered as Linux does: the first
 * threads of all cores, then the second ones. */
static void
two_packages(struct sys_cpu c[8])
{
	for (int i = 0; i < 8; i++)
		c[7 - i] = (struct sys_cpu){ .cpu = i,
					     .core = i % 4 % 2,
					     .package = i % 4 / 2 };
}

Test(sys, compact_fills_cores_then_packages)
{
	static const int expected[] = { 0, 4, 1, 5, 2, 6, 3, 7 };
	struct sys_cpu c[8];

	two_packages(c);
	sys_order_cpus(c, 8, PIN_COMPACT);
	for (int i = 0; i < 8; i++)
		cr_assert_eq(c[i].cpu, expected[i], "place %d: %d", i, c[i].cpu);
}

Test(sys, scatter_takes_packages_then_cores_then_threads)
{
	static const int expected[] = { 0, 2, 1, 3, 4, 6, 5, 7 };
	struct sys_cpu c[8];

	two_packages(c);
	sys_order_cpus(c, 8, PIN_SCATTER);
	for (int i = 0; i < 8; i++)
		cr_assert_eq(c[i].cpu, expected[i], "place %d: %d", i, c[i].cpu);
}

Test(sys, order_copes_with_holes)
{
	/* Core numbers with gaps, one core with one allowed thread. */
	struct sys_cpu c[] = { { .cpu = 9, .core = 12 },
			       { .cpu = 3, .core = 4 },
			       { .cpu = 1, .core = 12 } };

	sys_order_cpus(c, 3, PIN_SCATTER);
	cr_assert(c[0].cpu == 3 && c[1].cpu == 1 && c[2].cpu == 9);
	sys_order_cpus(c, 3, PIN_COMPACT);
	cr_assert(c[0].cpu == 3 && c[1].cpu == 1 && c[2].cpu == 9);
	sys_order_cpus(c, 0, PIN_COMPACT);
}
