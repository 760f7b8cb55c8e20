/*
 * The buddy allocator of one zone: free blocks by order and migratetype.
 *
 * A free block's first frame has PG_BUDDY, its order, and is on area[order].free[type], where type
 * is the type of the pageblock that holds it. Blocks merge with their buddy as long as both are
 * free, across pageblocks up to MAX_ORDER, and the pageblocks of a merged block then have one type;
 * ISOLATE and CMA merge with their own only. Where there is a choice between whole pageblocks, what
 * can not move is taken from the lowest address and what can from the highest, so that each gathers
 * at its end: lists of these orders are kept sorted. Locks: every function is called with
 * zone->lock held and interrupts off.
 */
#ifndef MM_PHYS_BUDDY_H
#define MM_PHYS_BUDDY_H

#include "mm/phys/zone.h"

/*
 * Takes a block of this order for this type, from its own lists or, failing that, from another
 * type's: the largest block is taken, and with it its whole pageblock's type if that is mostly free
 * (stealing). Never from ISOLATE; from CMA only for MOVABLE. Returns NULL when there is none. The
 * frames come with refs 0, flags cleared but for the zone.
 */
struct page *buddy_alloc(struct zone *z, unsigned order, enum migratetype type);

/* Gives a block back and merges it. refs is 0 on every frame of it. */
void buddy_free(struct zone *z, struct page *first, unsigned order);

/*
 * Counts a block as one that can not move, in its pageblocks and by PG_UNMOVABLE on each frame,
 * until it is freed. For blocks handed out for a type other than MOVABLE and CMA. (CO-14)
 */
void buddy_mark_unmovable(struct zone *z, struct page *first, unsigned order);

/*
 * Takes this very free block (PG_BUDDY, any order) off its list; its frames are the caller's.
 * Returns its order.
 */
unsigned buddy_take(struct zone *z, struct page *first);

/*
 * Changes a pageblock's type and moves its free blocks to the new lists. Returns the free pages
 * moved.
 */
uint32_t buddy_set_type(struct zone *z, pfn_t block, enum migratetype type);

/* The free block that contains the frame, or NULL. */
struct page *buddy_find_free(const struct zone *z, pfn_t f);

/*
 * Whether the zone has a free block of at least this order that `type` may take without stealing.
 */
bool buddy_has_block(const struct zone *z, unsigned order, enum migratetype type);

/*
 * A request that waits for a block. The next one of exactly its order that comes free in the zone,
 * whoever frees it, is put here instead of on a list, so that nobody else can take it on the way
 * (CO-11). A block counts as in use from then on, and not as unmovable yet.
 */
struct capture {
	unsigned order;
	enum migratetype type; /* of the request */
	uint32_t leave;	       /* free pages that the zone keeps: its mark and reserve */
	struct page *page;     /* NULL, or the block: refs 0, on no list */
};

/* From now on blocks go to `c`; NULL: to the lists again. One waits at a time. */
void buddy_set_capture(struct zone *z, struct capture *c);

#endif
