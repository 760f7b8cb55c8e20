/*
 * Atomics: one 32-bit word, sequentially consistent unless the name says otherwise.
 *
 * On ARMv7-A these become LDREX/STREX loops with DMB (ARM DDI 0406C A3.4, A3.8.3); on the host, the
 * host's own. `_relaxed` forms promise atomicity alone, no order: counters, and words that a lock
 * guards against everybody but a reader who tolerates the past.
 */
#ifndef ARCH_ATOMIC_H
#define ARCH_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#include "impl/atomic.h"

static inline uint32_t atomic_load(const uint32_t *p)
{
	atomic_point();
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void atomic_store(uint32_t *p, uint32_t v)
{
	atomic_point();
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static inline uint32_t atomic_load_relaxed(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline void atomic_store_relaxed(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELAXED);
}

/* Each returns the value before the change. */
static inline uint32_t atomic_fetch_add(uint32_t *p, uint32_t v)
{
	atomic_point();
	return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
}

static inline uint32_t atomic_fetch_or(uint32_t *p, uint32_t v)
{
	atomic_point();
	return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);
}

static inline uint32_t atomic_fetch_and(uint32_t *p, uint32_t v)
{
	atomic_point();
	return __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST);
}

static inline uint32_t atomic_exchange(uint32_t *p, uint32_t v)
{
	atomic_point();
	return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
}

static inline void atomic_add_relaxed(uint32_t *p, uint32_t v)
{
	__atomic_fetch_add(p, v, __ATOMIC_RELAXED);
}

/* True if *p was `expected` and is now `desired`; else nothing changed. */
static inline bool atomic_cas(uint32_t *p, uint32_t expected, uint32_t desired)
{
	atomic_point();
	return __atomic_compare_exchange_n(p, &expected, desired, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

/* Full barrier: every access before it is seen before every access after it. */
static inline void atomic_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
