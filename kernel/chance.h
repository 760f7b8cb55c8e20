/*
 * The kernel's generator of chance, for what programs get: AT_RANDOM, getrandom, /dev/urandom. The
 * one of base/rng.h, seeded by `seed=`, so that a run can be had again. Not for secrets.
 */
#ifndef KERNEL_CHANCE_H
#define KERNEL_CHANCE_H

#include <stdint.h>

/* Before the first program starts. */
void chance_seed(uint32_t seed);

/* Any context but interrupts. */
void chance_fill(void *to, uint32_t bytes);

#endif
