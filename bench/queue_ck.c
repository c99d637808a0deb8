/*
 * queue_ck.c - Concurrency Kit: ck_ring of pointers, MPMC, or with -DSPSC SPSC calls.
 *
 * It knows no waiting: who finds it full or empty looks 64 times, then offers its CPU.
 */
#include <ck_ring.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

static ck_ring_t ring;
static ck_ring_buffer_t *buffer;

#ifdef SPSC
#define enqueue ck_ring_enqueue_spsc
#define dequeue ck_ring_dequeue_spsc
#else
#define enqueue ck_ring_enqueue_mpmc
#define dequeue ck_ring_dequeue_mpmc
#endif

static void
peer_init(unsigned capacity)
{
	buffer = calloc(capacity, sizeof(*buffer));
	ck_ring_init(&ring, capacity);
}

static inline void
rest(unsigned *looks)
{
	if (++*looks % 64 == 0)
		sched_yield();
	else
		ck_pr_stall();
}

static inline void
peer_put(uint64_t word)
{
	unsigned looks = 0;

	while (!enqueue(&ring, buffer, (void *)(uintptr_t)word))
		rest(&looks);
}

static inline uint64_t
peer_get(void)
{
	unsigned looks = 0;
	void *word;

	while (!dequeue(&ring, buffer, &word))
		rest(&looks);
	return (uint64_t)(uintptr_t)word;
}

#include "bench/queue_peer.h"
