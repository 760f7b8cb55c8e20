/*
 * Pageblocks: 1 MiB each, the unit in which memory keeps a type and the scanners decide.
 *
 * Locks: (Z) the zone's lock; (R) racy hint, read and written without a lock.
 */
#ifndef MM_PHYS_PAGEBLOCK_H
#define MM_PHYS_PAGEBLOCK_H

#include "mm/phys/pfn.h"

enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_CMA,	 /* movable only; whole ranges are taken from it */
	MIGRATE_ISOLATE, /* nothing is allocated from here */
	MIGRATE_TYPES
};

struct pageblock {
	uint16_t unmovable_pages; /* (Z) frames in use that can not move (PG_UNMOVABLE) */
	uint16_t free_pages;	  /* (Z) frames on the buddy's free lists */
	uint8_t type;		  /* (Z) enum migratetype; read racily by scanners */
	uint8_t skip;		  /* (R) 1: gave no page to move (CO-10) */
	uint16_t unused;
};

#define PAGEBLOCK_SKIP_MIGRATE 1u

extern struct pageblock *pageblock_map;

static inline struct pageblock *pageblock_of(pfn_t f)
{
	return &pageblock_map[(f.n - page_map_start.n) >> PAGEBLOCK_ORDER];
}

static inline enum migratetype pageblock_type(pfn_t f)
{
	return (enum migratetype)pageblock_of(f)->type;
}

const char *migratetype_name(enum migratetype t); /* as pagetypeinfo prints it */

#endif
