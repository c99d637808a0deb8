/*
 * queue_peer.h - what the programs of other queues have in common: p producers and c
 * consumers in threads, the same messages and the same examination as concbench's.
 *
 * A peer defines peer_init(capacity), peer_put(word) and peer_get() before it includes
 * this; both may wait. A consumer ends with the word PEER_END. C and C++.
 *
 * Usage: PROGRAM PRODUCERS CONSUMERS MESSAGES-OF-EACH CAPACITY
 * A producer stops after five seconds at the latest.
 */
#ifndef BENCH_QUEUE_PEER_H
#define BENCH_QUEUE_PEER_H

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PEER_END UINT64_MAX
#define PEER_BITS 40
#define PEER_MAX 64
/* A queue that nearly stands still is measured by what it did until then. */
#define PEER_LONGEST_NS UINT64_C(5000000000)
#define PEER_STRIDE 256

struct peer_worker {
	_Alignas(128) pthread_t thread;
	int number, producers;
	uint64_t messages, count, sum, disorder, begin_ns, end_ns;
};

static pthread_barrier_t peer_gate;

static uint64_t
peer_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t
peer_mix(uint64_t word)
{
	return (word ^ word >> 29 ^ 0x9E37) * UINT64_C(0xBF58476D1CE4E5B9) >> 7;
}

static void *
peer_produce(void *arg)
{
	struct peer_worker *w = (struct peer_worker *)arg;
	uint64_t sum = 0, i;

	pthread_barrier_wait(&peer_gate);
	w->begin_ns = peer_now_ns();
	for (i = 0; i < w->messages; i++) {
		const uint64_t word = (uint64_t)w->number << PEER_BITS | i;

		if (i % PEER_STRIDE == 0 &&
		    peer_now_ns() - w->begin_ns > PEER_LONGEST_NS)
			break;
		peer_put(word);
		sum += peer_mix(word);
	}
	w->end_ns = peer_now_ns();
	w->sum = sum;
	w->count = i;
	return NULL;
}

static void *
peer_consume(void *arg)
{
	struct peer_worker *w = (struct peer_worker *)arg;
	uint64_t next[PEER_MAX] = { 0 };
	uint64_t sum = 0, count = 0, disorder = 0;

	pthread_barrier_wait(&peer_gate);
	w->begin_ns = peer_now_ns();
	for (;;) {
		const uint64_t word = peer_get();
		const uint64_t number = word & ((UINT64_C(1) << PEER_BITS) - 1);

		if (word == PEER_END)
			break;
		disorder += number < next[word >> PEER_BITS & (PEER_MAX - 1)];
		next[word >> PEER_BITS & (PEER_MAX - 1)] = number + 1;
		sum += peer_mix(word);
		count++;
	}
	w->end_ns = peer_now_ns();
	w->sum = sum;
	w->count = count;
	w->disorder = disorder;
	return NULL;
}

/* Adds up; the status is 1 when a message was lost or came twice. */
static int
peer_report(const struct peer_worker *w, int p, int n)
{
	uint64_t put = 0, got = 0, put_sum = 0, got_sum = 0, disorder = 0;
	uint64_t begin_ns = UINT64_MAX, end_ns = 0;

	for (int i = 0; i < n; i++) {
		*(i < p ? &put : &got) += w[i].count;
		*(i < p ? &put_sum : &got_sum) += w[i].sum;
		disorder += w[i].disorder;
		if (w[i].begin_ns < begin_ns)
			begin_ns = w[i].begin_ns;
		if (w[i].end_ns > end_ns)
			end_ns = w[i].end_ns;
	}
	if (put != got || put_sum != got_sum || disorder != 0) {
		fprintf(stderr, "bench: messages were lost, or came twice or late\n");
		return 1;
	}
	printf("{\"per_s\": %.1f}\n", (double)got * 1e9 / (double)(end_ns - begin_ns));
	return 0;
}

/* Worker number i on the i-th of the CPUs allowed to us, as --pin scatter has it. */
static void
peer_pin(pthread_t thread, int number)
{
	cpu_set_t allowed, one;
	int left;

	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return;
	left = number % CPU_COUNT(&allowed);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && left-- == 0)
			CPU_SET(cpu, &one);
	pthread_setaffinity_np(thread, sizeof(one), &one);
}

int
main(int argc, char **argv)
{
	static struct peer_worker w[2 * PEER_MAX];
	const int p = argc == 5 ? (int)strtol(argv[1], NULL, 10) : 0,
		  c = argc == 5 ? (int)strtol(argv[2], NULL, 10) : 0;

	if (p < 1 || c < 1 || p > PEER_MAX || c > PEER_MAX) {
		fprintf(stderr, "usage: %s PRODUCERS CONSUMERS MESSAGES CAPACITY\n",
			argv[0]);
		return 2;
	}
	peer_init((unsigned)strtoul(argv[4], NULL, 10));
	pthread_barrier_init(&peer_gate, NULL, (unsigned)(p + c) + 1);
	for (int i = 0; i < p + c; i++) {
		w[i].number = i;
		w[i].messages = strtoull(argv[3], NULL, 10);
		pthread_create(&w[i].thread, NULL, i < p ? peer_produce : peer_consume,
			       &w[i]);
		peer_pin(w[i].thread, i);
	}
	pthread_barrier_wait(&peer_gate); /* all stand where they belong */
	for (int i = 0; i < p; i++)
		pthread_join(w[i].thread, NULL);
	for (int i = 0; i < c; i++)
		peer_put(PEER_END);
	for (int i = p; i < p + c; i++)
		pthread_join(w[i].thread, NULL);
	return peer_report(w, p, p + c);
}

#endif
