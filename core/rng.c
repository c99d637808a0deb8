/*
 * rng.c - seeded random numbers.
 */
#include "core/rng.h"

#include "core/clock.h"

#include <sys/random.h>
#include <unistd.h>

__extension__ typedef unsigned __int128 u128;

/* The golden ratio times 2^64: step of SplitMix64's sequence. */
#define STEP UINT64_C(0x9e3779b97f4a7c15)

static uint64_t
mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
rng_init(struct rng *r, uint64_t seed, uint64_t stream)
{
	/* Both are mixed before they meet: seed + stream would make stream 1 of
	 * seed 0 the same as stream 0 of seed 1. */
	uint64_t z = mix(seed + STEP) ^ mix(mix(stream + STEP));

	for (int i = 0; i < 4; i++)
		r->s[i] = mix(z += STEP);
	/* All zero is the one state that gives nothing but zeros. */
	r->s[0] |= (r->s[0] | r->s[1] | r->s[2] | r->s[3]) == 0;
}

static uint64_t
rotate_left(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

uint64_t
rng_u64(struct rng *r)
{
	uint64_t *s = r->s, result = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint64_t
rng_below(struct rng *r, uint64_t n)
{
	u128 product = (u128)rng_u64(r) * n;

	if ((uint64_t)product < n) {
		/* The first 2^64 mod n low halves would be drawn once too often. */
		uint64_t refuse = -n % n;

		while ((uint64_t)product < refuse)
			product = (u128)rng_u64(r) * n;
	}
	return (uint64_t)(product >> 64);
}

uint64_t
rng_range(struct rng *r, uint64_t lo, uint64_t hi)
{
	uint64_t n = hi - lo + 1;

	return n == 0 ? rng_u64(r) : lo + rng_below(r, n);
}

double
rng_unit(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

void
rng_shuffle(struct rng *r, size_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = (size_t)rng_below(r, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
}

uint64_t
rng_fresh_seed(void)
{
	uint64_t seed;

	/* Never waits for entropy: early at boot a guess will do, it is no secret. */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = mix(clock_ns() ^ (uint64_t)getpid() << 32);
	return seed & ((UINT64_C(1) << 53) - 1);
}
