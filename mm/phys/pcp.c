/*
 * A cpu's own free frames. The lists of a cpu are touched by that cpu alone, with interrupts off;
 * only pcp_pages and check look from outside.
 */
#include "mm/phys/pcp.h"

#include "mm/phys/alloc.h"
#include "mm/phys/buddy.h"

static void drain_this_cpu(void)
{
	pcp_drain();
}

void pcp_init(void)
{
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		for (unsigned zone = 0; zone < ZONE_COUNT; zone++) {
			struct pcp *pcp = &zones[zone].pcp[cpu];

			pcp->pages = 0;
			for (unsigned type = 0; type < PCP_TYPES; type++)
				list_init(&pcp->free[type]);
		}
	}
	alloc_add_drain(drain_this_cpu);
}

void pcp_refill(struct zone *z, struct pcp *pcp, enum migratetype type)
{
	spin_lock(&z->lock, LOCK_ZONE);
	for (unsigned i = 0; i < PCP_BATCH; i++) {
		struct page *p = buddy_alloc(z, 0, type);

		if (!p)
			break;
		if (type != MIGRATE_MOVABLE)
			buddy_mark_unmovable(z, p, 0);
		p->flags |= PG_PCP;
		list_add_tail(&pcp->free[type], &p->lru);
		pcp->pages++;
	}
	spin_unlock(&z->lock);
}

/* Gives up to `most` frames of a list back, oldest first. Locks: the zone's. */
static uint32_t give_back(struct zone *z, struct pcp *pcp, struct list *free, uint32_t most)
{
	uint32_t given = 0;

	while (given < most && !list_is_empty(free)) {
		struct page *p = list_last(free, struct page, lru);

		list_del(&p->lru);
		p->flags &= ~(uint32_t)PG_PCP;
		buddy_free(z, p, 0);
		given++;
	}
	pcp->pages -= given;
	return given;
}

/* The ways to the buddy, kept out of line so that freeing to a list saves few registers. */
#define OFF_THE_FAST_PATH __attribute__((noinline))

/* Gives `pages` frames back, from the longest-unused end of the list that is in turn first. */
static OFF_THE_FAST_PATH void shrink(struct zone *z, struct pcp *pcp, unsigned first_type,
				     uint32_t pages)
{
	spin_lock(&z->lock, LOCK_ZONE);
	for (unsigned i = 0; i < PCP_TYPES && pages; i++)
		pages -= give_back(z, pcp, &pcp->free[(first_type + i) % PCP_TYPES], pages);
	spin_unlock(&z->lock);
}

static OFF_THE_FAST_PATH void free_to_buddy(struct zone *z, struct page *p)
{
	spin_lock(&z->lock, LOCK_ZONE);
	buddy_free(z, p, 0);
	spin_unlock(&z->lock);
}

static enum migratetype list_for(const struct page *p, enum migratetype block_type)
{
	if (!(p->flags & PG_UNMOVABLE))
		return MIGRATE_MOVABLE;
	return block_type == MIGRATE_RECLAIMABLE ? MIGRATE_RECLAIMABLE : MIGRATE_UNMOVABLE;
}

void pcp_free(struct page *p)
{
	uint32_t saved = cpu_irq_save();
	struct zone *z = page_zone(p);
	enum migratetype block_type = pageblock_type(page_to_pfn(p));
	struct pcp *pcp = &z->pcp[cpu_id()];

	if (__builtin_expect(block_type == MIGRATE_ISOLATE, 0)) {
		free_to_buddy(z, p);
	} else {
		enum migratetype type = list_for(p, block_type);

		p->flags |= PG_PCP;
		list_add(&pcp->free[type], &p->lru);
		if (__builtin_expect(++pcp->pages > PCP_HIGH, 0))
			shrink(z, pcp, type, PCP_BATCH);
	}
	cpu_irq_restore(saved);
}

uint32_t pcp_drain(void)
{
	uint32_t saved = cpu_irq_save();
	uint32_t given = 0;
	struct zone *z;

	for_each_zone(z) {
		struct pcp *pcp = &z->pcp[cpu_id()];

		given += pcp->pages;
		if (pcp->pages)
			shrink(z, pcp, 0, pcp->pages);
	}
	cpu_irq_restore(saved);
	vm_event_add(PCP_DRAIN, 1);
	return given;
}

uint32_t pcp_pages(const struct zone *z)
{
	uint32_t pages = 0;

	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		pages += atomic_load_relaxed(&z->pcp[cpu].pages);
	return pages;
}

/*
 * Race: another cpu's list changes while it is walked: the walk stays among descriptors, but may
 * stray to another list, so it is no longer than a list can be.
 */
static bool list_has(const struct list *head, const struct page *p)
{
	const struct list *at = head->next;

	for (unsigned n = 0; at != head && n <= PCP_HIGH + PCP_BATCH; n++, at = at->next)
		if (at == &p->lru)
			return true;
	return false;
}

int pcp_cpu_of(const struct page *p)
{
	for (int cpu = 0; cpu < (int)MAX_CPUS; cpu++)
		for (unsigned type = 0; type < PCP_TYPES; type++)
			if (list_has(&page_zone(p)->pcp[cpu].free[type], p))
				return cpu;
	return -1;
}
