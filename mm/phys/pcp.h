/*
 * A cpu's own free frames (order 0), by type, so that most allocations and frees take no zone lock.
 * A frame here has PG_PCP and refs 0; it counts as in use for the buddy, so compaction drains first.
 * Locks: interrupts off on the cpu whose lists they are.
 */
#ifndef MM_PHYS_PCP_H
#define MM_PHYS_PCP_H

#include "mm/phys/zone.h"

#define PCP_TYPES 3u  /* UNMOVABLE, MOVABLE, RECLAIMABLE; a CMA frame waits among the movable ones */
#define PCP_BATCH 31u /* frames moved to or from the buddy at once */
#define PCP_HIGH  186u /* more than that, and a batch goes back */

struct pcp {
	uint32_t pages;		      /* on all of the lists */
	struct list free[PCP_TYPES]; /* most recently freed first */
};

/* A cpu's lists for a zone. For pcp.c, check and views. */
struct pcp *pcp_of(unsigned cpu, enum zone_id zone);

void pcp_init(void);

/* One frame or NULL; refills from the buddy of the zone. */
struct page *pcp_alloc(struct zone *z, enum migratetype type);

/* Takes a frame with refs 0 and no flag but its zone and PG_UNMOVABLE. One of an ISOLATE block goes on to the buddy. */
void pcp_free(struct page *p);

/* Gives every frame on this cpu's lists back to the buddy. Returns how many. */
uint32_t pcp_drain(void);

/* Frames on all cpus' lists for this zone. Racy. */
uint32_t pcp_pages(const struct zone *z);

#endif
