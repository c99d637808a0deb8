/*
 * lock_peer.h - what the programs of other locks have in common: n threads, the same
 * section and the same window as concbench's `lock --bench`.
 *
 * A peer defines peer_acquire() and peer_release() before it includes this. C and C++.
 *
 * Usage: PROGRAM THREADS MILLISECONDS HOLD-STEPS
 */
#ifndef BENCH_LOCK_PEER_H
#define BENCH_LOCK_PEER_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PEER_MAX 64

struct peer_worker {
	_Alignas(128) pthread_t thread;
	int64_t number;
	uint64_t rounds, hold, begin_ns, end_ns;
};

/* What the lock protects, on lines of its own. */
static struct {
	_Alignas(128) uint64_t value;
	uint64_t handovers, streak, longest;
	int64_t last;
	_Alignas(128) int stop;
} peer;

static pthread_barrier_t peer_gate;

static uint64_t
peer_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void
peer_change(int64_t self, uint64_t hold)
{
	if (peer.last != self) {
		peer.handovers += peer.last >= 0;
		peer.last = self;
		peer.streak = 0;
	}
	if (++peer.streak > peer.longest)
		peer.longest = peer.streak;
	peer.value++;
	for (; hold > 0; hold--)
		__asm__ __volatile__("");
}

static void *
peer_contend(void *arg)
{
	struct peer_worker *w = (struct peer_worker *)arg;
	uint64_t i;

	pthread_barrier_wait(&peer_gate);
	w->begin_ns = peer_now_ns();
	for (i = 0; i % 64 != 0 || !__atomic_load_n(&peer.stop, __ATOMIC_RELAXED);
	     i++) {
		peer_acquire();
		peer_change(w->number, w->hold);
		peer_release();
	}
	w->end_ns = peer_now_ns();
	w->rounds = i;
	return NULL;
}

/* The status is 1 when a change was lost. */
static int
peer_report(const struct peer_worker *w, int n)
{
	uint64_t sum = 0, begin_ns = UINT64_MAX, end_ns = 0;

	for (int i = 0; i < n; i++) {
		sum += w[i].rounds;
		begin_ns = w[i].begin_ns < begin_ns ? w[i].begin_ns : begin_ns;
		end_ns = w[i].end_ns > end_ns ? w[i].end_ns : end_ns;
	}
	if (sum != peer.value) {
		fprintf(stderr, "bench: changes were lost\n");
		return 1;
	}
	printf("{\"per_s\": %.1f, \"handovers\": %.6f}\n",
	       (double)sum * 1e9 / (double)(end_ns - begin_ns),
	       (double)peer.handovers / (double)sum);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct peer_worker w[PEER_MAX];
	const int n = argc == 4 ? (int)strtol(argv[1], NULL, 10) : 0;
	const long ms = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
	const struct timespec window = { .tv_sec = ms / 1000,
					 .tv_nsec = ms % 1000 * 1000000 };

	if (n < 1 || n > PEER_MAX || ms < 1) {
		fprintf(stderr, "usage: %s THREADS MILLISECONDS HOLD-STEPS\n", argv[0]);
		return 2;
	}
	peer.last = -1;
	pthread_barrier_init(&peer_gate, NULL, (unsigned)n);
	for (int i = 0; i < n; i++) {
		w[i].number = i;
		w[i].hold = strtoull(argv[3], NULL, 10);
		if (pthread_create(&w[i].thread, NULL, peer_contend, &w[i]) != 0) {
			fprintf(stderr, "bench: cannot start a thread\n");
			return 1;
		}
	}
	nanosleep(&window, NULL);
	__atomic_store_n(&peer.stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < n; i++)
		pthread_join(w[i].thread, NULL);
	return peer_report(w, n);
}

#endif
