/*
 * rng.h - seeded random numbers, the same on every machine.
 *
 * Every random choice of a run comes from --seed through here. Streams with
 * different numbers are independent, so that a worker or a task has its own and
 * the order of execution does not change what is drawn. Source: xoshiro256** 1.0
 * and SplitMix64, D. Blackman and S. Vigna, 2018 (prng.di.unimi.it).
 */
#ifndef CORE_RNG_H
#define CORE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t s[4];
};

/* Starts stream number `stream` of `seed`. Never fails; the caller's memory. */
void rng_init(struct rng *r, uint64_t seed, uint64_t stream);

/* 64 random bits. One thread a generator. */
uint64_t rng_u64(struct rng *r);

/* Uniform in 0..n-1, without bias (Lemire 2019); n == 0 gives 0. */
uint64_t rng_below(struct rng *r, uint64_t n);

/* Uniform in lo..hi, both included; lo <= hi. */
uint64_t rng_range(struct rng *r, uint64_t lo, uint64_t hi);

/* Uniform in [0, 1), 53 bits. */
double rng_unit(struct rng *r);

/* Puts n indexes 0..n-1 into order[] shuffled (Fisher and Yates; Durstenfeld 1964). */
void rng_shuffle(struct rng *r, size_t *order, size_t n);

/* A seed from the kernel (getrandom); below 2^53, so that it survives JSON. */
uint64_t rng_fresh_seed(void);

#endif
