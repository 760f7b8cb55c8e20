/*
 * A cpu's own free frames (order 0), by type, so that most allocations and frees take no zone lock.
 * A frame here has PG_PCP and refs 0; it counts as in use for the buddy, so compaction drains
 * first. Locks: interrupts off on the cpu whose lists they are.
 */
#ifndef MM_PHYS_PCP_H
#define MM_PHYS_PCP_H

#include "mm/phys/zone.h"

#define PCP_BATCH 31u  /* frames moved to or from the buddy at once */
#define PCP_HIGH  186u /* more than that, and a batch goes back */

void pcp_init(void);

/* A batch from the buddy, if it has one. Context: interrupts off. */
void pcp_refill(struct zone *z, struct pcp *pcp, enum migratetype type);

/* One frame or NULL; refills from the buddy of the zone. */
static inline struct page *pcp_alloc(struct zone *z, enum migratetype type)
{
	uint32_t saved = cpu_irq_save();
	struct pcp *pcp = &z->pcp[cpu_id()];
	struct list *free = &pcp->free[type];
	struct page *p = NULL;

	if (__builtin_expect(list_is_empty(free), 0))
		pcp_refill(z, pcp, type);
	if (__builtin_expect(!list_is_empty(free), 1)) {
		p = list_first(free, struct page, lru);
		list_del(&p->lru);
		pcp->pages--;
		p->flags &= ~(uint32_t)PG_PCP;
	}
	cpu_irq_restore(saved);
	return p;
}

/*
 * Takes a frame with refs 0 and no flag but its zone and PG_UNMOVABLE. One of an ISOLATE block goes
 * on to the buddy.
 */
void pcp_free(struct page *p);

/* Gives every frame on this cpu's lists back to the buddy. Returns how many. */
uint32_t pcp_drain(void);

/* The cpu on whose list a frame is, or -1. Racy: for people. */
int pcp_cpu_of(const struct page *p);

/* Frames on all cpus' lists for this zone. Racy. */
uint32_t pcp_pages(const struct zone *z);

#endif
