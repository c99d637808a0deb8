/*
 * lock_tbb.cc - oneTBB's spin_mutex, or with -DSLEEPS its mutex, which sleeps.
 */
#include <cstdint>
#include <oneapi/tbb/mutex.h>
#include <oneapi/tbb/spin_mutex.h>

#ifdef SLEEPS
static tbb::mutex lock;
#else
static tbb::spin_mutex lock;
#endif

static inline void
peer_acquire(void)
{
	lock.lock();
}

static inline void
peer_release(void)
{
	lock.unlock();
}

#define _Alignas(n) alignas(n)
#include "bench/lock_peer.h"
