/*
 * The invariants of the physical room, recounted from the descriptors in one pass over the frames
 * of each zone and one over its lists.
 *
 * No lock is taken: a finding is only worth something while the other cpus are quiet, and a panic
 * wants to know too.
 */
#include "mm/check.h"
#include "mm/phys/pcp.h"
#include "mm/phys/phys.h"

/* What a walk over the frames of one zone finds. */
struct recount {
	struct check *check;
	const struct zone *zone;
	uint32_t free_pages, cma_pages, pcp_pages;
	uint32_t blocks[ORDERS];
	uint32_t free_until;		      /* the free block passed last ends here */
	uint32_t block_free, block_unmovable; /* of the pageblock that is being passed */
};

static bool types_are_joined(const struct page *first, unsigned order)
{
	const struct pageblock *block = pageblock_of(page_to_pfn(first));

	for (unsigned i = 1; order > PAGEBLOCK_ORDER && i < 1u << (order - PAGEBLOCK_ORDER); i++) {
		if (block[i].type != block[0].type)
			return false;
	}
	return true;
}

/* True for two free blocks that should be one. */
static bool should_have_merged(const struct recount *rc, const struct page *p, uint32_t n)
{
	uint32_t other = buddy_pfn(n, p->order);
	const struct page *buddy = pfn_to_page(pfn(other));
	enum migratetype a = pageblock_type(pfn(n)), b = pageblock_type(pfn(other));

	if (p->order == MAX_ORDER || !page_has(buddy, PG_BUDDY) || buddy->order != p->order)
		return false;
	return page_zone(buddy) == rc->zone &&
	       (a == b || (a <= MIGRATE_RECLAIMABLE && b <= MIGRATE_RECLAIMABLE));
}

static void enter_free_block(struct recount *rc, const struct page *p, uint32_t n)
{
	struct check *c = rc->check;
	uint32_t pages = 1u << p->order;

	if (n < rc->free_until)
		check_broken(c, "free block at 0x%x lies in one that ends at 0x%x", (unsigned)n,
			     (unsigned)rc->free_until);
	if (p->order > MAX_ORDER || n % pages || n + pages > rc->zone->end.n) {
		check_broken(c, "free block at 0x%x of order %u: misplaced", (unsigned)n,
			     (unsigned)p->order);
		return;
	}
	if (!types_are_joined(p, p->order))
		check_broken(c, "free block at 0x%x spans pageblocks of several types",
			     (unsigned)n);
	if (should_have_merged(rc, p, n))
		check_broken(c, "free block at 0x%x of order %u has not merged", (unsigned)n,
			     (unsigned)p->order);
	rc->blocks[p->order]++;
	rc->free_until = n + pages;
}

static void look_at_frame(struct recount *rc, const struct page *p, uint32_t n)
{
	uint32_t flags = page_flags(p);
	bool is_free;

	if (page_zone(p) != rc->zone)
		check_broken(rc->check, "frame 0x%x: its flags say zone %u, it lies in %u",
			     (unsigned)n, page_zone_id(p), (unsigned)rc->zone->id);
	if (flags & PG_BUDDY)
		enter_free_block(rc, p, n);
	is_free = n < rc->free_until;
	if ((is_free || (flags & PG_PCP)) && (p->refs || (flags & ~PG_KEPT_WHEN_FREE)))
		check_broken(rc->check, "free frame 0x%x: refs %u flags 0x%x", (unsigned)n,
			     (unsigned)p->refs, (unsigned)flags);
	if (is_free && (flags & (PG_PCP | PG_UNMOVABLE)))
		check_broken(rc->check, "frame 0x%x is in two places: flags 0x%x", (unsigned)n,
			     (unsigned)flags);
	rc->block_free += is_free;
	rc->pcp_pages += (flags & PG_PCP) != 0;
	rc->block_unmovable += (flags & PG_UNMOVABLE) != 0;
}

/*
 * `seen` of the pageblock's frames belong to the zone; the rest is beyond its end and counts as
 * reserved.
 */
static void leave_pageblock(struct recount *rc, uint32_t start, uint32_t seen)
{
	const struct pageblock *block = pageblock_of(pfn(start));
	uint32_t unmovable = rc->block_unmovable + PAGEBLOCK_PAGES - seen;

	if (rc->block_free != block->free_pages)
		check_broken(rc->check, "pageblock 0x%x: %u frames free, %u claimed",
			     (unsigned)start, (unsigned)rc->block_free, block->free_pages);
	if (unmovable != block->unmovable_pages)
		check_broken(rc->check, "pageblock 0x%x: %u frames unmovable, %u claimed",
			     (unsigned)start, (unsigned)unmovable, block->unmovable_pages);
	if (block->type == MIGRATE_CMA)
		rc->cma_pages += rc->block_free;
	rc->free_pages += rc->block_free;
	rc->block_free = rc->block_unmovable = 0;
}

static void walk_frames(struct recount *rc)
{
	uint32_t end = rc->zone->end.n;

	for (uint32_t block = rc->zone->start.n; block < end; block += PAGEBLOCK_PAGES) {
		uint32_t stop = block + PAGEBLOCK_PAGES < end ? block + PAGEBLOCK_PAGES : end;

		for (uint32_t n = block; n < stop; n++)
			look_at_frame(rc, pfn_to_page(pfn(n)), n);
		leave_pageblock(rc, block, stop - block);
	}
}

/* Length of a free list; an entry that has no business on it ends the walk. */
static uint32_t walk_list(struct recount *rc, unsigned order, enum migratetype type)
{
	const struct list *head = &rc->zone->area[order].free[type];
	uint32_t limit = rc->zone->present_pages, length = 0;
	const struct page *p;

	list_for_each_entry(p, head, lru) {
		bool listed = p->lru.next->prev == &p->lru && length++ < limit;

		if (listed && page_has(p, PG_BUDDY) && p->order == order &&
		    page_zone(p) == rc->zone && pageblock_type(page_to_pfn(p)) == type)
			continue;
		check_broken(rc->check, "list of order %u type %s: entry 0x%x order %u flags 0x%x",
			     order, migratetype_name(type), (unsigned)page_to_pfn(p).n,
			     (unsigned)p->order, (unsigned)page_flags(p));
		break;
	}
	return length;
}

static void check_lists(struct recount *rc)
{
	for (unsigned order = 0; order < ORDERS; order++) {
		uint32_t listed = 0;

		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			listed += walk_list(rc, order, (enum migratetype)type);
		if (listed != rc->blocks[order] || listed != rc->zone->area[order].blocks)
			check_broken(rc->check,
				     "zone %s order %u: %u blocks, %u on lists, %u claimed",
				     rc->zone->name, order, (unsigned)rc->blocks[order],
				     (unsigned)listed, (unsigned)rc->zone->area[order].blocks);
	}
}

static uint32_t walk_pcp_list(struct recount *rc, const struct list *head, unsigned type)
{
	uint32_t length = 0;
	const struct page *p;

	list_for_each_entry(p, head, lru) {
		bool unmovable = type != MIGRATE_MOVABLE;

		if (!page_has(p, PG_PCP) || page_has(p, PG_UNMOVABLE) != unmovable ||
		    page_zone(p) != rc->zone || length > rc->zone->present_pages) {
			check_broken(rc->check, "cpu list %u: entry 0x%x flags 0x%x", type,
				     (unsigned)page_to_pfn(p).n, (unsigned)page_flags(p));
			break;
		}
		length++;
	}
	return length;
}

static void check_pcp(struct recount *rc)
{
	uint32_t total = 0;

	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		const struct pcp *pcp = &rc->zone->pcp[cpu];
		uint32_t listed = 0;

		for (unsigned type = 0; type < PCP_TYPES; type++)
			listed += walk_pcp_list(rc, &pcp->free[type], type);
		check_equal(rc->check, "frames on a cpu's lists", listed, pcp->pages);
		total += listed;
	}
	check_equal(rc->check, "frames marked as on a cpu's list", rc->pcp_pages, total);
}

static void check_marks(struct check *c, const struct zone *z)
{
	const uint32_t *mark = z->watermark;

	if (mark[WMARK_MIN] > mark[WMARK_LOW] || mark[WMARK_LOW] > mark[WMARK_HIGH])
		check_broken(c, "zone %s: marks out of order: min %u low %u high %u", z->name,
			     (unsigned)mark[WMARK_MIN], (unsigned)mark[WMARK_LOW],
			     (unsigned)mark[WMARK_HIGH]);
	if (z->free_pages > z->managed_pages || z->managed_pages > z->present_pages)
		check_broken(c, "zone %s: free %u managed %u present %u", z->name,
			     (unsigned)z->free_pages, (unsigned)z->managed_pages,
			     (unsigned)z->present_pages);
}

void phys_check(struct check *c)
{
	const struct zone *z;

	for_each_zone(z) {
		struct recount rc = { .check = c, .zone = z };

		walk_frames(&rc);
		check_lists(&rc);
		check_pcp(&rc);
		check_equal(c, "free pages of a zone", rc.free_pages, z->free_pages);
		check_equal(c, "free CMA pages of a zone", rc.cma_pages, z->free_cma_pages);
		check_marks(c, z);
	}
}
