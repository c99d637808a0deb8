/*
 * queue_tbb.cc - oneTBB: concurrent_bounded_queue, push() and pop(), which wait.
 */
#include <cstdint>
#include <tbb/concurrent_queue.h>

static tbb::concurrent_bounded_queue<uint64_t> queue;

static void
peer_init(unsigned capacity)
{
	queue.set_capacity(static_cast<std::ptrdiff_t>(capacity));
}

static inline void
peer_put(uint64_t word)
{
	queue.push(word);
}

static inline uint64_t
peer_get(void)
{
	uint64_t word;

	queue.pop(word);
	return word;
}

#define _Alignas(n) alignas(n)
#include "bench/queue_peer.h"
