/*
 * How values are spread: counts in buckets that grow with the value, so that a percentile costs no
 * list of all values.
 *
 * Values below 8 have a bucket each; above, each power of two is cut into eight, so a bucket's
 * upper bound is at most 12.5 % above any value in it. What is 2^40 or more shares the last bucket.
 * All zero is an empty histogram. Locks: the owner's; nothing here is atomic.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS   3u
#define HISTOGRAM_VALUE_BITS 40u
#define HISTOGRAM_LAST	     ((HISTOGRAM_VALUE_BITS - HISTOGRAM_SUB_BITS + 1u) << HISTOGRAM_SUB_BITS)

struct histogram {
	uint64_t sum, max;
	uint32_t count;
	uint32_t buckets[HISTOGRAM_LAST + 1];
};

/* At most 2^32 - 1 values. */
void histogram_add(struct histogram *h, uint64_t value);
void histogram_clear(struct histogram *h);

/*
 * The upper bound of the bucket in which the value of that rank lies, never more than max: 500 is
 * the median, 990 the 99th percentile, 1000 the largest.
 * Returns: 0 when it is empty.
 */
uint64_t histogram_percentile(const struct histogram *h, uint32_t permille);

/* Rounded down; 0 when it is empty. */
uint64_t histogram_mean(const struct histogram *h);

#endif
