/*
 * burn.c - burn() as a shared object, for peers that are not written in C.
 */
#include "bench/burn.h"

void bench_burn(uint64_t iters);

void
bench_burn(uint64_t iters)
{
	burn(iters);
}
