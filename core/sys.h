/*
 * sys.h - what machine, kernel and build this is, and where workers may run.
 *
 * What cannot be found out says so ("unknown", -1); it is never guessed. Nothing
 * here names the host or its user.
 */
#ifndef CORE_SYS_H
#define CORE_SYS_H

#include "core/param.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYS_TEXT 128

/* Where no limit is set; for counts and sizes. */
#define SYS_UNLIMITED INT64_MAX

struct sys_info {
	char cpu_model[SYS_TEXT];
	char governor[32];     /* of frequency scaling; "unknown" where there is none */
	char kernel[SYS_TEXT]; /* release: "6.1.0-28-amd64" */
	char arch[32];	       /* "x86_64" */
	int cpus_online, cpus_allowed;
	int threads_per_core; /* 2 with SMT; -1 unknown */
	int smt_active;	      /* 1 yes, 0 no, -1 unknown */
	int virtualised;      /* 1 a guest, 0 no sign of it, -1 unknown */
	int64_t steal_ns;     /* since boot, of all CPUs; -1 unknown */
	double cgroup_cpus;   /* CPUs' worth of time allowed; 0: no limit found */
	int64_t cgroup_pids, rlimit_nproc, rlimit_nofile; /* or SYS_UNLIMITED */
	int64_t page_bytes, memory_bytes;
	double load[3]; /* load average of 1, 5, 15 minutes; -1 unknown */
	const char *compiler, *cflags; /* "gcc 12.2.0", "unknown" */
	char libc[32];		       /* "glibc 2.36" */
	const char *link;	       /* "static" or "dynamic" */
};

/* A known hole of the CPU, and what the kernel does about it. */
struct sys_hole {
	char name[40];	 /* "spectre_v2" */
	char state[200]; /* "Mitigation: Retpolines; STIBP: disabled"; "" */
};

#define SYS_HOLES 48

/*
 * Fills hole with those that the kernel below root ("": the machine) knows, by name, at
 * most SYS_HOLES, and returns how many. Any thread.
 */
size_t sys_read_holes(struct sys_hole hole[static SYS_HOLES], const char *root);

/* True when something is done about it, which costs. */
bool sys_is_mitigated(const struct sys_hole *hole);

/*
 * How long the calling thread has waited for a CPU that others had, since its start;
 * 0 where the kernel does not tell. Source: schedstat, sched-stats.rst of the kernel.
 */
uint64_t sys_run_delay_ns(void);

/* Fills si. Reads some files of /proc and /sys; about 1 ms. Any thread. */
void sys_read(struct sys_info *si);

/*
 * The part of sys_read() that sets cgroup_cpus and cgroup_pids: the tightest limits of
 * our group and those above it. self is what /proc/self/cgroup holds, root is where
 * the trees are mounted.
 */
void sys_read_cgroup(struct sys_info *si, const char *self, const char *root);

/* Time stolen from all CPUs by the hypervisor since boot; -1 unknown. Any thread. */
int64_t sys_steal_ns(void);

/*
 * How many CPUs the calling thread may run on (sched_getaffinity(2)); at least 1.
 * The default of -n. Any thread or process.
 */
int sys_cpus_allowed(void);

/*
 * The CPU that worker number `worker` (0...) gets under the policy: -1 for none (pin
 * NULL, PIN_NONE), the first allowed one for PIN_SAME, neighbours (the threads of one
 * core first) for PIN_COMPACT, different cores first for PIN_SCATTER, the list's for
 * PIN_LIST. More workers than CPUs begin anew. The CPUs allowed and their topology
 * are those of the first call: let the owner make one before it pins anybody. Any
 * thread or forked child.
 */
int sys_pin_cpu(const struct param_cpus *pin, int worker);

/*
 * Binds the calling thread to a CPU; -1: to all that were allowed at the first call of
 * sys_pin_cpu(), again. Returns 0 or -errno.
 */
int sys_place(int cpu);

/* A logical CPU and where it is. */
struct sys_cpu {
	int cpu, core, package;
	int rank, core_rank; /* set by sys_order_cpus(): number of the CPU within its
				core, and of the core within its package */
};

/*
 * Puts n CPUs into the order in which workers get them under PIN_COMPACT or
 * PIN_SCATTER. Pure function.
 */
void sys_order_cpus(struct sys_cpu *cpus, size_t n, enum pin_policy policy);

#endif
