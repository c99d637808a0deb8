/*
 * advice.c - which model to take, and why, by rule from the numbers.
 */
#include "core/human.h"
#include "scenarios/versus/versus_run.h"

#include <stdio.h>
#include <string.h>

#define NEAR 1.10	     /* no slower than this times the fastest: as fast */
#define LIGHT 1.25	     /* no heavier than this times the lightest: as light */
#define LIGHT_BYTES 262144.0 /* nor is a difference below this one */
#define LITTLE_CPU 1.10	     /* no more than this times the least: as little */
#define BUSY 0.25	     /* waiting this much for a CPU, the machine is busy */
#define COMPUTES 0.8	     /* share of its time on a CPU, from here: computes */
#define WAITS 0.2	     /* up to here: waits */

enum { NONE = -1 };

static int
find(const struct versus_case *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->fact[i].name, name) == 0)
			return (int)i;
	return NONE;
}

/* True when i is as fast as the fastest, and, if that gains anything, gains, too. */
static bool
is_near(const struct versus_case *c, size_t i, size_t fastest)
{
	const int base = find(c, "sequential");
	const struct versus_fact *f = c->fact;

	if (f[i].wall_ns > NEAR * f[fastest].wall_ns)
		return false;
	return base == NONE || f[base].wall_ns <= NEAR * f[fastest].wall_ns ||
	       f[i].wall_ns * NEAR < f[base].wall_ns || i == fastest;
}

static double
least_bytes(const struct versus_case *c, size_t fastest)
{
	double least = c->fact[fastest].memory_bytes;

	for (size_t i = 0; i < c->n; i++)
		if (is_near(c, i, fastest) && c->fact[i].memory_bytes < least)
			least = c->fact[i].memory_bytes;
	return least;
}

/* The rule; *near gets how many are as fast as the fastest. */
static size_t
choose(const struct versus_case *c, size_t *fastest, size_t *near)
{
	const struct versus_fact *f = c->fact;
	double bytes, cpu_ns = -1;
	size_t best = c->n;

	*fastest = 0;
	*near = 0;
	for (size_t i = 1; i < c->n; i++)
		if (f[i].wall_ns < f[*fastest].wall_ns)
			*fastest = i;
	bytes = least_bytes(c, *fastest);
	bytes = LIGHT * bytes > bytes + LIGHT_BYTES ? LIGHT * bytes
						    : bytes + LIGHT_BYTES;
	for (size_t i = 0; i < c->n; i++) {
		*near += is_near(c, i, *fastest);
		if (is_near(c, i, *fastest) && f[i].memory_bytes <= bytes &&
		    (cpu_ns < 0 || f[i].cpu_ns < cpu_ns))
			cpu_ns = f[i].cpu_ns;
	}
	for (size_t i = 0; i < c->n; i++)
		if (is_near(c, i, *fastest) && f[i].memory_bytes <= bytes &&
		    f[i].cpu_ns <= LITTLE_CPU * cpu_ns &&
		    (best == c->n || f[i].order < f[best].order))
			best = i;
	return best;
}

/* What was gained: against one after the other, or against the slowest. */
static void
say_gain(const struct versus_case *c, size_t best, size_t fastest, size_t near,
	 char *text, size_t size)
{
	const struct versus_fact *f = c->fact;
	char a[HUMAN_TEXT], b[HUMAN_TEXT];
	int base = find(c, "sequential");
	size_t n;

	if (base == (int)best) {
		snprintf(text, size, "nothing is faster by more than a tenth");
		return;
	}
	if (base != NONE)
		n = (size_t)snprintf(text, size, "%.2f× as fast as sequential",
				     f[best].speed_up);
	else
		n = (size_t)snprintf(text, size, "done in %s",
				     human_ns(a, f[best].wall_ns));
	if (n >= size)
		return;
	if (near == 1)
		snprintf(text + n, size - n, ", no other comes within a tenth of it");
	else if (fastest == best)
		snprintf(text + n, size - n,
			 ", the fastest, and what comes within a tenth of it (%zu "
			 "more) costs no less",
			 near - 1);
	else if (f[best].memory_bytes * LIGHT < f[fastest].memory_bytes)
		snprintf(text + n, size - n,
			 ", as fast as %s within a tenth, with %s of memory against %s",
			 f[fastest].name, human_bytes(a, f[best].memory_bytes),
			 human_bytes(b, f[fastest].memory_bytes));
	else if (f[best].cpu_ns * LITTLE_CPU < f[fastest].cpu_ns)
		snprintf(text + n, size - n,
			 ", as fast as %s within a tenth, with %s of CPU time against "
			 "%s",
			 f[fastest].name, human_ns(a, f[best].cpu_ns),
			 human_ns(b, f[fastest].cpu_ns));
	else
		snprintf(text + n, size - n,
			 ", as fast as %s within a tenth, no dearer, and simpler",
			 f[fastest].name);
}

/* Share of its time that it waited for a CPU that others had. */
static double
busy(const struct versus_fact *f)
{
	return f->wall_ns > 0 ? f->delay_ns / f->wall_ns : 0;
}

/* Share of its time that it is on a CPU, others left out. */
static double
share_on_cpu(const struct versus_fact *f)
{
	const double own_ns = f->wall_ns - f->delay_ns;

	return own_ns > f->cpu_ns ? f->cpu_ns / own_ns : 1;
}

/* Why nothing beats doing one after the other. */
static void
say_no_gain(const struct versus_case *c, char *text, size_t size)
{
	const struct versus_fact *f = c->fact;
	const double task_ns = f[find(c, "sequential")].wall_ns / c->tasks;
	double start_ns = -1;
	char a[HUMAN_TEXT], b[HUMAN_TEXT];

	for (size_t i = 0; i < c->n; i++)
		if (f[i].order != 0 && (start_ns < 0 || f[i].startup_ns < start_ns))
			start_ns = f[i].startup_ns;
	if (start_ns > 0 && start_ns > task_ns / 4)
		snprintf(text, size,
			 "a task takes %s, and to hand one out costs %s at least",
			 human_ns(a, task_ns), human_ns(b, start_ns));
	else if (c->cpus == 1)
		snprintf(text, size, "there is one CPU, which is busy already");
	else if (busy(&f[find(c, "sequential")]) > BUSY)
		snprintf(text, size,
			 "others have the CPUs: sequential waited for one for %.0f %% "
			 "of its time",
			 100 * busy(&f[find(c, "sequential")]));
	else
		snprintf(text, size,
			 "the tasks hinder each other: they do not run any faster "
			 "side by side");
}

/* What the work is like, by the share of its time that it is on a CPU. */
static void
say_work(const struct versus_case *c, char *text, size_t size)
{
	const struct versus_fact *f = c->fact;
	const int base = find(c, "sequential"), coro = find(c, "coro");
	double share;
	char gain[48] = "";

	if (base == NONE) {
		snprintf(text, size,
			 "run 'sequential', too, to see what the work is like");
		return;
	}
	share = share_on_cpu(&f[base]);
	if (coro != NONE)
		snprintf(gain, sizeof(gain), " (%.2f×)", f[coro].speed_up);
	if (share >= COMPUTES)
		snprintf(text, size,
			 "the work computes (%.0f %% of its time on a CPU): what it "
			 "needs are CPUs, of which there %s %d, and coroutines of "
			 "one thread share one%s",
			 100 * share, c->cpus == 1 ? "is" : "are", c->cpus, gain);
	else if (share <= WAITS)
		snprintf(text, size,
			 "the work waits (%.0f %% of its time on a CPU): what counts "
			 "is how many wait at once, all %d here, %d with a pool of %d; "
			 "CPUs do not matter",
			 100 * share, c->tasks, c->workers, c->workers);
	else
		snprintf(text, size,
			 "the work does both (%.0f %% of its time on a CPU): waits "
			 "overlap, as many as are begun; computing does, as far as "
			 "%d CPU%s go",
			 100 * share, c->cpus, c->cpus == 1 ? "" : "s");
}

size_t
versus_advise(const struct versus_case *c, char *text, size_t size)
{
	size_t fastest, near;
	const size_t best = choose(c, &fastest, &near);
	char gain[256], why[256];

	say_gain(c, best, fastest, near, gain, sizeof(gain));
	if (find(c, "sequential") == (int)best)
		say_no_gain(c, why, sizeof(why));
	else
		say_work(c, why, sizeof(why));
	snprintf(text, size, "take %s: %s; %s", c->fact[best].name, gain, why);
	return best;
}
