/*
 * A histogram that anybody may add to, from any context, and what people ask it: how many, the
 * median, the 99th percentile, the largest.
 *
 * Locks: its own, LOCK_FIGURES, interrupts off: a leaf. All zero is an empty spread.
 */
#ifndef BASE_SPREAD_H
#define BASE_SPREAD_H

#include "base/histogram.h"
#include "base/spinlock.h"

struct spread {
	struct spinlock lock; /* LOCK_FIGURES */
	struct histogram values;
};

struct spread_figures {
	uint32_t count;
	uint64_t p50, p99, max; /* the first two at most an eighth too high: histogram.h */
};

/* Any context. */
void spread_add(struct spread *s, uint64_t value);
void spread_clear(struct spread *s);
struct spread_figures spread_read(struct spread *s);

#endif
