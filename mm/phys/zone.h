/*
 * Zones: what kinds of memory there are, where each ends, how low it may run.
 *
 * Four zones in address order, any of them may be empty:
 *   DMA      the first `dma=` bytes, for devices with short arms (none on these boards: empty by
 * default) NORMAL   the rest of what the direct map reaches HIGHMEM  frames that the kernel must
 * map for a moment MOVABLE  the last `movable=` bytes of RAM: movable pages only A request names
 * the highest zone it can use and falls back downwards (zonelist).
 *
 * Locks: (Z) zone->lock, interrupts off; (L) zone->lru_lock, interrupts off; (C) set at boot, then
 * constant; (A) atomic; (K) the run of compaction that owns the zone (compacting).
 *
 * Race: what is (Z) is also read without the lock, to decide whether a zone is worth trying: each
 * field is one word, so what is read was true at some moment. Whoever acts on it looks again under
 * the lock.
 */
#ifndef MM_PHYS_ZONE_H
#define MM_PHYS_ZONE_H

#include "base/spinlock.h"
#include "mm/phys/page.h"
#include "mm/phys/pageblock.h"
#include "mm/phys/vmstat.h"

enum zone_id { ZONE_DMA, ZONE_NORMAL, ZONE_HIGHMEM, ZONE_MOVABLE, ZONE_COUNT };

enum zone_mark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, WMARKS };

struct free_area {
	struct list free[MIGRATE_TYPES]; /* (Z) first frames of free blocks */
	uint32_t blocks;		 /* (Z) on all of the lists */
};

enum lru_list {
	LRU_INACTIVE_ANON,
	LRU_ACTIVE_ANON,
	LRU_INACTIVE_FILE,
	LRU_ACTIVE_FILE,
	LRU_UNEVICTABLE,
	LRU_LISTS
};

/* A cpu's own free frames: pcp.h. */
#define PCP_TYPES                                                                                  \
	3u /* UNMOVABLE, MOVABLE, RECLAIMABLE; a CMA frame waits among the movable ones            \
	    */

struct pcp {
	struct list free[PCP_TYPES]; /* most recently freed first */
	uint32_t pages;		     /* on all of the lists */
	uint32_t unused;	     /* 32 bytes: found by a shift */
};

/* When compaction is not worth trying: mm/move/defer.c owns it. */
struct compact_defer {
	uint32_t considered;   /* attempts passed over since the last failure */
	uint32_t shift;	       /* pass over 1 << shift of them */
	uint32_t order_failed; /* smallest order that failed; MAX_ORDER + 1 when none */
};

struct zone {
	struct spinlock lock;	    /* LOCK_ZONE */
	struct spinlock lru_lock;   /* LOCK_LRU */
	enum zone_id id;	    /* (C) */
	const char *name;	    /* (C) "DMA", "Normal", "HighMem", "Movable" */
	pfn_t start, end;	    /* (C) [start, end); start is pageblock aligned, may be = end */
	uint32_t present_pages;	    /* (C) */
	uint32_t managed_pages;	    /* (C) handed to the allocator at boot */
	uint32_t watermark[WMARKS]; /* (Z) pages; read without */
	uint32_t reserve[ZONE_COUNT]; /* (C) pages kept from requests whose highest zone is this */
	uint32_t free_pages;	      /* (Z) on the free lists, of any type */
	uint32_t free_cma_pages;      /* (Z) of them in CMA pageblocks */
	struct free_area area[ORDERS];
	struct pcp pcp[MAX_CPUS];   /* each by its cpu alone, interrupts off */
	struct list lru[LRU_LISTS]; /* (L) */
	uint32_t stat[ZONE_STATS];  /* (A) enum zone_stat; those of the LRU lists (L) */
	struct capture *capture;    /* (Z) NULL, or who waits for a block: buddy.h */
	uint32_t compacting;	    /* (A) 1: a run of compaction owns the zone */
	uint32_t compact_waiters;   /* (A) runs that wait for it */
	pfn_t compact_migrate[2];   /* (K) where the migrate scanner goes on: [0] async, [1] sync */
	pfn_t compact_free;	    /* (K) where the free scanner goes on */
	struct compact_defer defer; /* (Z) */
};

extern struct zone zones[ZONE_COUNT];

static inline struct zone *page_zone(const struct page *p)
{
	return &zones[page_zone_id(p)];
}

static inline bool zone_is_empty(const struct zone *z)
{
	return z->managed_pages == 0;
}

#define for_each_zone(z)                                                                           \
	for ((z) = zones; (z) < zones + ZONE_COUNT; (z)++)                                         \
		if (!zone_is_empty(z))

/* Sums over all zones: free pages, and one statistic. Racy. */
uint32_t zones_free_pages(void);
uint32_t zones_stat(enum zone_stat s);

struct zone_borders {
	uint32_t dma_pages, movable_pages; /* wished; rounded to pageblocks, cut to what is there */
	pfn_t high_start;		   /* first frame above the direct map */
};

/* Lays out the zones over page_map. Everything in them is still in use (not free). */
void zones_init(const struct zone_borders *wish);

/*
 * Sets the three marks of every zone from its size. The lowest is Linux's rule: sqrt(16 * lowmem
 * kB) kB for DMA and NORMAL together, shared by size; 1/1024 of the zone, 32 to 128 pages, for
 * HIGHMEM and MOVABLE. low = min * 5/4, high = min * 3/2.
 *
 * Also sets the reserves: a request that could have been served higher up leaves in NORMAL 1/256,
 * in DMA 1/32 of the pages of the higher zones it may use, so that user memory does not eat all of
 * low memory. A zone never keeps more than a quarter of itself.
 */
void zone_watermarks_init(void);

/*
 * The lowest marks of DMA and NORMAL together, in kB, and the other marks by it (Linux's
 * min_free_kbytes). Every mark of every zone is computed anew, each zone's under its lock.
 * Returns: 0; -EINVAL for more than a quarter of low memory, which would leave nothing to work
 * with.
 */
int zone_set_min_free_kbytes(uint32_t kbytes);
uint32_t zone_min_free_kbytes(void);

/* The first half of zone_watermark_ok, and the whole of it for order 0. */
static inline bool zone_has_pages(const struct zone *z, unsigned order, uint32_t mark,
				  bool may_use_cma)
{
	uint32_t usable = z->free_pages - (may_use_cma ? 0 : z->free_cma_pages);

	return usable >= mark + (1u << order);
}

/*
 * Would the zone keep `mark` free pages after an allocation of this order, and does it have a free
 * block of that order, CMA aside unless the caller may use it? `mark` is a number of pages, already
 * lowered for the caller's privileges and with its reserve added. Locks: none; the answer may be
 * old when it arrives.
 */
bool zone_watermark_ok(const struct zone *z, unsigned order, uint32_t mark, bool may_use_cma);

/*
 * Why a request of this order fails, in thousandths: toward 0 for lack of memory, toward 1000 for
 * fragmentation; -1000: it would not fail. The unusable-free-space formula of the field. (CO-6)
 */
int zone_fragmentation_index(const struct zone *z, unsigned order);

#endif
