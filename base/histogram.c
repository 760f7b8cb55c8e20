/*
 * Buckets by the highest bit of a value and the three below it.
 */
#include "base/histogram.h"

#include <string.h>

#define SUBS (1u << HISTOGRAM_SUB_BITS)

static unsigned highest_bit(uint64_t value)
{
	return 63u - (unsigned)__builtin_clzll(value);
}

static unsigned bucket_of(uint64_t value)
{
	unsigned shift;

	if (value < SUBS)
		return (unsigned)value;
	if (value >> HISTOGRAM_VALUE_BITS)
		return HISTOGRAM_LAST;
	shift = highest_bit(value) - HISTOGRAM_SUB_BITS;
	return (shift + 1) * SUBS + ((unsigned)(value >> shift) & (SUBS - 1));
}

/* The largest value that falls into it. */
static uint64_t bucket_bound(unsigned bucket)
{
	if (bucket < SUBS)
		return bucket;
	if (bucket == HISTOGRAM_LAST)
		return UINT64_MAX;
	return ((uint64_t)(SUBS + bucket % SUBS + 1) << (bucket / SUBS - 1)) - 1;
}

void histogram_add(struct histogram *h, uint64_t value)
{
	h->buckets[bucket_of(value)]++;
	h->count++;
	h->sum += value;
	if (value > h->max)
		h->max = value;
}

void histogram_clear(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
}

/* How many values are at or below that percentile: rounded up, at least one. */
static uint64_t rank_of(const struct histogram *h, uint32_t permille)
{
	uint64_t rank = ((uint64_t)h->count * permille + 999) / 1000;

	return rank ? rank : 1;
}

uint64_t histogram_percentile(const struct histogram *h, uint32_t permille)
{
	uint64_t rank = rank_of(h, permille), seen = 0;

	for (unsigned i = 0; i < HISTOGRAM_LAST; i++) {
		seen += h->buckets[i];
		if (seen >= rank)
			return bucket_bound(i) < h->max ? bucket_bound(i) : h->max;
	}
	return h->max;
}

uint64_t histogram_mean(const struct histogram *h)
{
	return h->count ? h->sum / h->count : 0;
}
