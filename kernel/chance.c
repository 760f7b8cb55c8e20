/*
 * One generator for all, under a lock.
 */
#include "kernel/chance.h"
#include "base/rng.h"
#include "base/spinlock.h"

static struct {
	struct spinlock lock; /* LOCK_DEVICE: a leaf */
	struct rng rng;
} chance = { .rng = { 1 } };

void chance_seed(uint32_t seed)
{
	rng_seed(&chance.rng, seed);
}

void chance_fill(void *to, uint32_t bytes)
{
	uint8_t *at = to;

	spin_lock(&chance.lock, LOCK_DEVICE);
	for (uint32_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(rng_next(&chance.rng) >> 24);
	spin_unlock(&chance.lock);
}
