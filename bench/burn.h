/*
 * burn.h - the work of a task that is not empty: the same in every peer.
 *
 * A chain of dependent steps, so that neither the compiler nor the core can do two
 * at once; nothing is read from or written to memory. How many steps make a
 * microsecond is measured once by build/bench/calibrate and given to every peer.
 * Source of the step: G. Marsaglia, "Xorshift RNGs", 2003.
 */
#ifndef BENCH_BURN_H
#define BENCH_BURN_H

#include <stdint.h>

static inline void
burn(uint64_t iters)
{
	uint64_t x = 88172645463325252ULL;

	for (uint64_t i = 0; i < iters; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		__asm__ __volatile__("" : "+r"(x)); /* the value is wanted: keep it */
	}
}

#endif
