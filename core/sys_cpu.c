/*
 * sys_cpu.c - where workers may run.
 *
 * Source: sched_setaffinity(2), the kernel's admin-guide/cputopology.
 */
#include "core/sys.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CPUS_MAX = 1 << 16 };

/*
 * The CPUs allowed to the calling thread, in *n; the caller frees the set by
 * CPU_FREE(). NULL when memory ran out or the kernel has more than CPUS_MAX.
 */
static cpu_set_t *
allowed_set(size_t *n)
{
	/* The kernel refuses a set smaller than its own. */
	for (*n = 1024; *n <= CPUS_MAX; *n *= 2) {
		cpu_set_t *set = CPU_ALLOC(*n);

		if (set == NULL)
			return NULL;
		if (sched_getaffinity(0, CPU_ALLOC_SIZE(*n), set) == 0)
			return set;
		CPU_FREE(set);
		if (errno != EINVAL)
			return NULL;
	}
	return NULL;
}

int
sys_cpus_allowed(void)
{
	size_t n;
	int count = 0;
	cpu_set_t *set = allowed_set(&n);

	if (set != NULL) {
		count = CPU_COUNT_S(CPU_ALLOC_SIZE(n), set);
		CPU_FREE(set);
	}
	return count < 1 ? 1 : count;
}

static int
compare_place(const void *a, const void *b)
{
	const struct sys_cpu *x = a, *y = b;

	if (x->package != y->package)
		return x->package < y->package ? -1 : 1;
	if (x->core != y->core)
		return x->core < y->core ? -1 : 1;
	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static int
compare_rank(const void *a, const void *b)
{
	const struct sys_cpu *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->core_rank != y->core_rank)
		return x->core_rank < y->core_rank ? -1 : 1;
	return compare_place(a, b);
}

void
sys_order_cpus(struct sys_cpu *cpus, size_t n, enum pin_policy policy)
{
	qsort(cpus, n, sizeof(*cpus), compare_place);
	for (size_t i = 0; i < n; i++) {
		struct sys_cpu *c = &cpus[i];
		const struct sys_cpu *before = i == 0 ? NULL : c - 1;

		c->rank = c->core_rank = 0;
		if (before == NULL || before->package != c->package)
			continue;
		c->core_rank = before->core_rank + (before->core != c->core);
		c->rank = before->core == c->core ? before->rank + 1 : 0;
	}
	if (policy == PIN_SCATTER)
		qsort(cpus, n, sizeof(*cpus), compare_rank);
}

/* The CPUs allowed at the first call, in both orders; kept to the end. */
static struct {
	pthread_once_t once;
	size_t n;
	int first; /* lowest number */
	struct sys_cpu *compact, *scatter;
} places = { .once = PTHREAD_ONCE_INIT };

/* A number from a file of CPU `cpu`; -1 when that fails. */
static int
read_topology(int cpu, const char *file)
{
	char path[96];
	FILE *f;
	int value, n;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/%s", cpu,
		 file);
	f = fopen(path, "re");
	if (f == NULL)
		return -1;
	n = fscanf(f, "%d", &value);
	fclose(f);
	return n == 1 ? value : -1;
}

static struct sys_cpu
find_place(int cpu)
{
	struct sys_cpu c = { .cpu = cpu,
			     .core = read_topology(cpu, "core_id"),
			     .package = read_topology(cpu, "physical_package_id") };

	/* Not known: a core of its own, which shares nothing with others. */
	if (c.core < 0)
		c.core = cpu;
	return c;
}

static void
find_places(void)
{
	size_t max, n = 0, bytes;
	cpu_set_t *set = allowed_set(&max);

	if (set == NULL)
		return;
	bytes = (size_t)CPU_COUNT_S(CPU_ALLOC_SIZE(max), set) * sizeof(struct sys_cpu);
	places.compact = malloc(bytes);
	places.scatter = malloc(bytes);
	if (places.compact != NULL && places.scatter != NULL) {
		for (size_t cpu = 0; cpu < max; cpu++) {
			if (CPU_ISSET_S(cpu, CPU_ALLOC_SIZE(max), set))
				places.compact[n++] = find_place((int)cpu);
		}
		places.first = n > 0 ? places.compact[0].cpu : 0;
		memcpy(places.scatter, places.compact, bytes);
		sys_order_cpus(places.compact, n, PIN_COMPACT);
		sys_order_cpus(places.scatter, n, PIN_SCATTER);
		places.n = n;
	}
	CPU_FREE(set);
}

int
sys_place(int cpu)
{
	size_t max = (size_t)(cpu < 0 ? 0 : cpu) + 1;
	cpu_set_t *set;
	int rc;

	pthread_once(&places.once, find_places);
	for (size_t i = 0; cpu < 0 && i < places.n; i++)
		if ((size_t)places.compact[i].cpu >= max)
			max = (size_t)places.compact[i].cpu + 1;
	set = CPU_ALLOC(max);
	if (set == NULL)
		return -ENOMEM;
	CPU_ZERO_S(CPU_ALLOC_SIZE(max), set);
	if (cpu >= 0)
		CPU_SET_S((size_t)cpu, CPU_ALLOC_SIZE(max), set);
	for (size_t i = 0; cpu < 0 && i < places.n; i++)
		CPU_SET_S((size_t)places.compact[i].cpu, CPU_ALLOC_SIZE(max), set);
	rc = sched_setaffinity(0, CPU_ALLOC_SIZE(max), set) != 0 ? -errno : 0;
	CPU_FREE(set);
	return rc;
}

int
sys_pin_cpu(const struct param_cpus *pin, int worker)
{
	size_t i = (size_t)worker;

	if (pin == NULL || pin->policy == PIN_NONE)
		return -1;
	if (pin->policy == PIN_LIST)
		return pin->cpus.n == 0 ? -1 : (int)pin->cpus.v[i % pin->cpus.n];
	pthread_once(&places.once, find_places);
	if (places.n == 0)
		return -1;
	switch (pin->policy) {
	case PIN_SAME:
		return places.first;
	case PIN_SCATTER:
		return places.scatter[i % places.n].cpu;
	default:
		return places.compact[i % places.n].cpu;
	}
}
