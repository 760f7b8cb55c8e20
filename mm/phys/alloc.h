/*
 * alloc_pages: the way to memory for everybody.
 *
 * Fast path: the zones of the request in order, each down to its low watermark: per-cpu list for
 * order 0, buddy otherwise. Slow path, for requests that may sleep: wake background work, try down
 * to the min mark, then ask relief (relief.h), retry, a bounded number of times; then NULL.
 * Requests that may not sleep may dig deeper into the reserve (GFP_ATOMIC) and end there.
 */
#ifndef MM_PHYS_ALLOC_H
#define MM_PHYS_ALLOC_H

#include "base/spread.h"
#include "mm/phys/zone.h"

enum gfp_flags {
	GFP_ZONE_DMA = 1u << 0,	    /* only the DMA zone */
	GFP_ZONE_HIGHMEM = 1u << 1, /* may use HIGHMEM: reached by frame_map */
	GFP_MOVE = 1u << 2,	 /* can move: MOVABLE pageblocks; with HIGHMEM also zone MOVABLE */
	GFP_RECLAIM = 1u << 3,	 /* can be dropped: RECLAIMABLE pageblocks */
	GFP_WAIT = 1u << 4,	 /* may sleep: relief may be asked */
	GFP_HIGH = 1u << 5,	 /* may use half of the min reserve */
	GFP_MEMALLOC = 1u << 6,	 /* frees more than it takes: no marks at all */
	GFP_ZERO = 1u << 7,	 /* cleared */
	GFP_NOWARN = 1u << 8,	 /* failure is normal here */
	GFP_NOCOMPACT = 1u << 9, /* do not compact for it */
	GFP_NORETRY = 1u << 10,	 /* one round of relief, then fail */
};

#define GFP_KERNEL GFP_WAIT
#define GFP_ATOMIC GFP_HIGH
#define GFP_USER   (GFP_WAIT | GFP_ZONE_HIGHMEM | GFP_MOVE)

typedef uint32_t gfp_t;

struct alloc_request {
	gfp_t gfp;
	unsigned order;
	uint64_t limit_insns; /* what the slow path may spend, within a batch; 0: no limit. CO-16 */
	enum migratetype type; /* from gfp */
	enum zone_id highest;  /* from gfp */
	struct page *page;     /* set by relief when it captured the block */
	uint64_t until_insns;  /* cpu_insns that are the limit; 0: none */
	uint64_t spent_insns;  /* in the slow path; 0 when that was not needed */
	char why_failed[72];   /* in words, when it failed */
};

/*
 * Who asks for what can not move is noted by the place of the call, here and in
 * alloc_kernel_pages: mm/phys/blame.h.
 *
 * A block of 1 << order frames, aligned to its size, first frame with refs 1, the others 0; kind
 * KIND_KERNEL. Context: may sleep if GFP_WAIT. Returns NULL when there is none.
 */
struct page *alloc_pages(gfp_t gfp, unsigned order);

/* The same for who wants to know how it went; fill in gfp, order and limit_insns. */
struct page *alloc_pages_request(struct alloc_request *r);

/*
 * Gives back a block from alloc_pages of that order. refs of the first frame must be 1. Any
 * context.
 */
void free_pages(struct page *first, unsigned order);

/* A frame whose last hold is gone already (refs 0), order 0. */
void free_frozen_page(struct page *p);

/* Kernel memory by address: low frames, one call each way. NULL when there is none. */
void *alloc_kernel_pages(gfp_t gfp, unsigned order);
void free_kernel_pages(void *address, unsigned order);

/* How long requests were in the slow path, in cpu_insns: relief and what others ran meanwhile
 * included. */
extern struct spread alloc_waits;

/* Who would take this request: the highest zone, then downwards; ends with NULL. */
struct zone *zonelist_first(enum zone_id highest);
struct zone *zonelist_next(struct zone *z);

/*
 * Whether any zone for such a request is at its high mark for this order: background work that a
 * low mark woke is done then.
 */
bool zonelist_is_balanced(enum zone_id highest, unsigned order);

enum migratetype gfp_migratetype(gfp_t gfp);
enum zone_id gfp_highest_zone(gfp_t gfp);

/*
 * Per-cpu caches of free and of LRU pages are given back; `drain` empties this cpu's and is
 * registered by who has one. alloc_drain_all reaches the other cpus through the function that
 * `others` names: it makes each of them call alloc_drain_local and returns when all have. None is
 * needed with one cpu. Context: no spinlock held; alloc_drain_local also from an interrupt, and
 * then a cache keeps what it could not let go of there.
 */
void alloc_add_drain(void (*drain)(void));
void alloc_set_drain_others(void (*others)(void));
void alloc_drain_local(void);
void alloc_drain_all(void);

/* Which zones a request tries, once the zones have their memory. Called by phys_init. */
void alloc_init(void);

#endif
