/*
 * hist.c - log-linear histogram of 64-bit values.
 */
#include "core/hist.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define SUB (UINT64_C(1) << HIST_BITS)

/* How many low bits of value its bucket does not tell apart. */
static inline unsigned
dropped_bits(uint64_t value)
{
	/* | SUB: values below SUB have no leading bit to keep bits below of. */
	return 63 - HIST_BITS - (unsigned)__builtin_clzll(value | SUB);
}

static inline size_t
bucket_index(uint64_t value)
{
	unsigned shift = dropped_bits(value);

	return (size_t)(shift * SUB + (value >> shift));
}

uint64_t
hist_bucket_low(uint64_t value)
{
	unsigned shift = dropped_bits(value);

	return value >> shift << shift;
}

uint64_t
hist_bucket_high(uint64_t value)
{
	return value | ((UINT64_C(1) << dropped_bits(value)) - 1);
}

void
hist_init(struct hist *h)
{
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

void
hist_add(struct hist *h, uint64_t value)
{
	h->count++;
	h->sum += value;
	h->carry += h->sum < value;
	/* Hardly ever: a branch that is foreseen costs nothing, a store does. */
	if (__builtin_expect(value < h->min, 0))
		h->min = value;
	if (__builtin_expect(value > h->max, 0))
		h->max = value;
	h->bucket[bucket_index(value)]++;
}

void
hist_merge(struct hist *into, const struct hist *from)
{
	into->count += from->count;
	into->sum += from->sum;
	into->carry += from->carry + (into->sum < from->sum);
	into->min = from->min < into->min ? from->min : into->min;
	into->max = from->max > into->max ? from->max : into->max;
	for (size_t i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

/* The largest value of bucket i: bucket_index() backwards. */
static uint64_t
bucket_last(size_t i)
{
	unsigned shift = i < 2 * SUB ? 0 : (unsigned)(i / SUB) - 1;
	uint64_t first = (i - shift * SUB) << shift;

	return hist_bucket_high(first);
}

void
hist_add_many(struct hist *h, uint64_t value, uint64_t n)
{
	/* value * n in 128 bits, by halves. */
	const uint64_t vl = value & UINT32_MAX, vh = value >> 32;
	const uint64_t nl = n & UINT32_MAX, nh = n >> 32;
	const uint64_t low = vl * nl, cross = vh * nl + (low >> 32);
	const uint64_t other = vl * nh + (cross & UINT32_MAX);
	const uint64_t sum = other << 32 | (low & UINT32_MAX);

	if (n == 0)
		return;
	h->count += n;
	h->sum += sum;
	h->carry += vh * nh + (cross >> 32) + (other >> 32) + (h->sum < sum);
	h->min = value < h->min ? value : h->min;
	h->max = value > h->max ? value : h->max;
	h->bucket[bucket_index(value)] += n;
}

void
hist_refine(struct hist *h, uint64_t min, uint64_t max, double mean)
{
	const double sum = mean * (double)h->count;

	if (h->count == 0 || min > max || !(sum >= 0 && sum < ldexp(1, 127)))
		return;
	h->min = min;
	h->max = max;
	h->carry = (uint64_t)ldexp(sum, -64);
	h->sum = (uint64_t)(sum - ldexp((double)h->carry, 64));
}

bool
hist_next(const struct hist *h, size_t *i, uint64_t *value, uint64_t *n)
{
	while (*i < HIST_BUCKETS && h->bucket[*i] == 0)
		++*i;
	if (*i == HIST_BUCKETS)
		return false;
	*value = bucket_last(*i);
	*n = h->bucket[(*i)++];
	return true;
}

uint64_t
hist_quantile(const struct hist *h, double q)
{
	double n = (double)h->count;
	/* The rounding of q * n must not lift a whole number to the next. */
	double rank = ceil(q * n - n * DBL_EPSILON);
	uint64_t seen = 0, value = h->max;

	if (h->count == 0)
		return 0;
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen != 0 && (double)seen >= rank) {
			value = bucket_last(i);
			break;
		}
	}
	value = value > h->max ? h->max : value;
	return value < h->min ? h->min : value;
}

double
hist_mean(const struct hist *h)
{
	return h->count == 0 ? 0
			     : (ldexp((double)h->carry, 64) + (double)h->sum) /
				       (double)h->count;
}

uint64_t
hist_rank(const struct hist *h, uint64_t value)
{
	uint64_t n = 0;

	for (size_t i = 0; i <= bucket_index(value); i++)
		n += h->bucket[i];
	return n;
}

double
hist_stddev(const struct hist *h)
{
	const double mean = hist_mean(h);
	double squares = 0, off;
	uint64_t low = 0, high = 0;

	if (h->count == 0)
		return 0;
	for (size_t i = 0; i <= bucket_index(h->max); i++) {
		high = hist_bucket_high(low);
		off = (double)low / 2 + (double)high / 2 - mean;
		squares += (double)h->bucket[i] * off * off;
		low = high + 1;
	}
	return sqrt(squares / (double)h->count);
}
