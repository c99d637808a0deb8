/*
 * work.c - what a task does.
 */
#include "core/work.h"

#include "core/clock.h"
#include "core/futex.h"
#include "core/hub.h"
#include "core/rng.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS (5 * NS_PER_MS)	  /* how long at most without a look at cancel */
#define SHORT_NS (10 * NS_PER_US) /* below, asking for CPU time costs too much */
#define SEED UINT64_C(0x6b726f77) /* "work": no other draw uses these streams */

enum { LOOK_PAGES = 1024, ROUNDS = 8 };

uint64_t
work_amount(const struct work *w, uint64_t seed, uint64_t task)
{
	struct rng r;

	if (w->lo >= w->hi)
		return w->lo;
	rng_init(&r, seed ^ SEED, task);
	return rng_range(&r, w->lo, w->hi);
}

static _Thread_local const struct stop *heeded;

void
work_heed(const struct stop *s)
{
	heeded = s;
}

static bool
is_cancelled(atom_u32 *cancel)
{
	return (cancel != NULL && atom_load_rlx(cancel) != 0) ||
	       stop_reason(heeded) != STOP_NONE;
}

static int
work_sleep(uint64_t ns, atom_u32 *cancel)
{
	uint64_t deadline_ns = clock_deadline_ns(ns);
	struct timespec ts = { .tv_sec = (time_t)(deadline_ns / NS_PER_S),
			       .tv_nsec = (long)(deadline_ns % NS_PER_S) };

	if (hub_getcurrent() != NULL && cancel == NULL)
		return hub_sleep_until(deadline_ns);
	if (cancel == NULL) {
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) != 0)
			;
		return 0;
	}
	while (!is_cancelled(cancel)) {
		if (clock_ns() >= deadline_ns)
			return 0;
		if (hub_getcurrent() != NULL) {
			if (hub_sleep_until(deadline_ns) == -ECANCELED)
				return -ECANCELED;
			continue;
		}
		futex_wait(cancel, 0, deadline_ns);
	}
	return -ECANCELED;
}

/* Computes until clock_ns() has gone on by ns. */
static void
compute(uint64_t ns)
{
	uint64_t begin = clock_ns(), x = begin | 1;

	do {
		for (int i = 0; i < ROUNDS; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
		}
		/* Makes the compiler believe that somebody wants x. */
		__asm__ __volatile__("" : "+r"(x));
	} while (clock_ns() - begin < ns);
}

int
work_burn(uint64_t ns, atom_u32 *cancel)
{
	uint64_t begin, used = 0;

	if (ns < SHORT_NS) {
		compute(ns);
		return 0;
	}
	/* CPU time never runs faster than the clock, so computing by the clock for
	 * what is left never does too much; what was lost to others is left still. */
	begin = clock_thread_cpu_ns();
	while (used < ns) {
		if (is_cancelled(cancel))
			return -ECANCELED;
		compute(ns - used < LOOK_NS ? ns - used : LOOK_NS);
		used = clock_thread_cpu_ns() - begin;
	}
	return 0;
}

static int
work_memory(uint64_t bytes, atom_u32 *cancel)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), n = (size_t)bytes;
	volatile unsigned char *p;
	int rc = 0;

	if (bytes == 0)
		return 0;
	if (bytes > SIZE_MAX)
		return -ENOMEM;
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i += page) {
			if (i / page % LOOK_PAGES == 0 && is_cancelled(cancel)) {
				rc = -ECANCELED;
				goto out;
			}
			if (pass == 0)
				p[i] = (unsigned char)(i / page);
			else
				(void)p[i];
		}
	}
out:
	munmap((void *)p, n);
	return rc;
}

static int
work_mixed(uint64_t ns, atom_u32 *cancel, work_wait *wait)
{
	const int rc = work_burn(ns / 2, cancel);

	return rc != 0 ? rc : wait(ns - ns / 2, cancel);
}

int
work_do_by(const struct work *w, uint64_t amount, atom_u32 *cancel, work_wait *wait)
{
	switch (w->kind) {
	case WORK_NOOP:
	case WORK_ECHO:
		break;
	case WORK_SLEEP:
	case WORK_IO:
		return wait(amount, cancel);
	case WORK_MIXED:
		return work_mixed(amount, cancel, wait);
	case WORK_CPU:
		return work_burn(amount, cancel);
	case WORK_MEM:
		return work_memory(amount, cancel);
	}
	return 0;
}

int
work_do(const struct work *w, uint64_t amount, atom_u32 *cancel)
{
	return work_do_by(w, amount, cancel, work_sleep);
}
