/*
 * lock_loop.c - a loop around a pthread mutex that has nothing of concbench in it but
 * the names of atomics: what the figures of mutex and pi are held against.
 *
 * lock_loop THREADS MILLISECONDS [draw] [beside] [pi] [sleep] [pin]: all threads lock
 * one mutex, add to a number, unlock, until the time is over. `draw` draws a random
 * number before each round, as sysbench does to choose a mutex; `beside` finds the
 * mutex by a pointer on the cache line of the number, where sysbench has its own; `pi`
 * takes a mutex with priority inheritance; `sleep` holds it for usleep(1) and `pin`
 * gives each thread a CPU, as perf does. Prints {"per_s": rounds a second of all,
 * "threads": ...}.
 */
#include "core/atom.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 256 };

static pthread_mutex_t mutex;
static pthread_barrier_t start;
static struct {
	_Alignas(128) unsigned long long number; /* under the mutex */
	pthread_mutex_t *volatile mutex; /* set once, on the line of the number */
} beside = { .mutex = &mutex };
static _Alignas(128) atom_u32 stop;
static bool draws, looks_up, sleeps, pins;

struct worker {
	_Alignas(128) pthread_t thread;
	unsigned long long rounds;
	double seconds;
	unsigned long long random,
		drawn; /* of a generator; so that it is not dropped */
	int cpu;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* 0 to 1; xorshift by G. Marsaglia, 2003. */
static double
draw(unsigned long long *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (double)(*x >> 11) / (double)(1ull << 53);
}

/* The worker's place among the CPUs allowed to us. */
static void
pin(int which)
{
	cpu_set_t allowed, one;
	int left;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return;
	left = which % CPU_COUNT(&allowed);
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &allowed) && left-- == 0) {
			CPU_ZERO(&one);
			CPU_SET(i, &one);
			pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
			return;
		}
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	unsigned long long rounds = 0;
	double begin;

	if (pins)
		pin(w->cpu);
	pthread_barrier_wait(&start);
	begin = now();
	while (atom_load_rlx(&stop) == 0) {
		/* Seldom, so that looking costs nothing. */
		for (int i = sleeps ? 63 : 0; i < 64; i++, rounds++) {
			if (draws)
				w->drawn += (unsigned)(draw(&w->random) * 3);
			pthread_mutex_lock(looks_up ? beside.mutex : &mutex);
			beside.number++;
			if (sleeps)
				usleep(1);
			pthread_mutex_unlock(looks_up ? beside.mutex : &mutex);
		}
	}
	w->seconds = now() - begin;
	w->rounds = rounds;
	return NULL;
}

int
main(int argc, char **argv)
{
	static struct worker worker[THREADS_MAX];
	pthread_mutexattr_t attr;
	unsigned long long rounds = 0;
	double seconds = 0;
	const long n = argc > 2 ? strtol(argv[1], NULL, 10) : 0;

	if (n < 1 || n > THREADS_MAX) {
		fputs("usage: lock_loop THREADS MILLISECONDS [draw] [beside] [pi] "
		      "[sleep] [pin]\n",
		      stderr);
		return 2;
	}
	pthread_mutexattr_init(&attr);
	for (int i = 3; i < argc; i++) {
		draws |= strcmp(argv[i], "draw") == 0;
		looks_up |= strcmp(argv[i], "beside") == 0;
		pins |= strcmp(argv[i], "pin") == 0;
		sleeps |= strcmp(argv[i], "sleep") == 0;
		if (strcmp(argv[i], "pi") == 0)
			pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	}
	pthread_mutex_init(&mutex, &attr);
	pthread_barrier_init(&start, NULL, (unsigned)n);
	for (int i = 0; i < n; i++) {
		worker[i].cpu = i;
		worker[i].random = (unsigned)i + 1;
		if (pthread_create(&worker[i].thread, NULL, work, &worker[i]) != 0)
			return 1;
	}
	usleep((useconds_t)strtoul(argv[2], NULL, 10) * 1000);
	atom_store_rlx(&stop, 1);
	for (int i = 0; i < n; i++) {
		pthread_join(worker[i].thread, NULL);
		rounds += worker[i].rounds;
		seconds += worker[i].seconds / (double)n;
	}
	printf("{\"per_s\": %f, \"threads\": %ld}\n", (double)rounds / seconds, n);
	return beside.number != rounds;
}
