/*
 * The one generator of chance: xorshift32 (Marsaglia 2003), seeded by `seed=`. Not for secrets.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
	uint32_t x; /* never 0 */
};

static inline void rng_seed(struct rng *r, uint32_t seed)
{
	r->x = seed * 2654435761u | 1u;
}

static inline uint32_t rng_next(struct rng *r)
{
	r->x ^= r->x << 13;
	r->x ^= r->x >> 17;
	r->x ^= r->x << 5;
	return r->x;
}

/* Uniform enough in 0 .. n-1. */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((uint64_t)rng_next(r) * n >> 32);
}

#endif
