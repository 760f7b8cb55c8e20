/*
 * Arithmetic on frame numbers: orders, pageblocks, the way between a frame and its descriptor.
 */
#ifndef MM_PHYS_PFN_H
#define MM_PHYS_PFN_H

#include "arch/addr.h"

#define MAX_ORDER	10u /* largest block: 4 MiB */
#define ORDERS		(MAX_ORDER + 1u)
#define PAGEBLOCK_ORDER 8u /* 1 MiB: what a first-level section maps */
#define PAGEBLOCK_PAGES (1u << PAGEBLOCK_ORDER)
#define MAX_ORDER_PAGES (1u << MAX_ORDER)

struct page;

/*
 * Descriptors of all frames, and the first frame number they describe (a multiple of
 * MAX_ORDER_PAGES). Set once by page_map_init; read-only afterwards.
 */
extern struct page *page_map;
extern pfn_t page_map_start, page_map_end;

static inline bool pfn_is_valid(pfn_t f)
{
	return f.n - page_map_start.n < page_map_end.n - page_map_start.n;
}

static inline uint32_t round_down(uint32_t n, uint32_t power_of_two)
{
	return n & ~(power_of_two - 1u);
}

static inline uint32_t round_up(uint32_t n, uint32_t power_of_two)
{
	return round_down(n + power_of_two - 1u, power_of_two);
}

/* The block of the same order with which this one merges. */
static inline uint32_t buddy_pfn(uint32_t n, unsigned order)
{
	return n ^ (1u << order);
}

static inline uint32_t pageblock_start(uint32_t n)
{
	return round_down(n, PAGEBLOCK_PAGES);
}

static inline uint32_t pageblock_end(uint32_t n)
{
	return pageblock_start(n) + PAGEBLOCK_PAGES;
}

/* The smallest order whose block holds so many bytes. */
static inline unsigned order_for_bytes(uint32_t bytes)
{
	unsigned order = 0;

	while ((PAGE_SIZE << order) < bytes)
		order++;
	return order;
}

#endif
