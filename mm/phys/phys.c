/*
 * From RAM ranges to zones with free memory.
 *
 * Every frame starts as reserved and counted as unmovable; what nobody has taken loses both, and
 * goes to its zone in the largest aligned blocks. The work on each single frame is two stores; all
 * else is done by pageblock, so that a boot stays short.
 */
#include "mm/phys/phys.h"

#include "arch/frame.h"
#include "mm/phys/alloc.h"
#include "mm/phys/blame.h"
#include "mm/phys/buddy.h"
#include "mm/phys/early.h"
#include "mm/phys/pcp.h"
#include "mm/phys/trace_names.h"

/* Of page_map, pageblock_map and blame_map, which are as long as RAM wants. */
static void *alloc_map(uint32_t bytes, const char *what)
{
	void *map = early_alloc(bytes, 64);
	uint32_t skip = (uint32_t)((uintptr_t)map % PAGE_SIZE);

	early_label(paddr(pfn_to_paddr(frame_of_address(map)).a + skip), bytes, what);
	return map;
}

static void page_map_init(void)
{
	struct early_range ram = early_ram();
	uint32_t start = paddr_to_pfn(ram.start).n;
	uint32_t frames, blocks;

	page_map_start = pfn(round_down(start, MAX_ORDER_PAGES));
	page_map_end = pfn(round_up(start + ram.pages, MAX_ORDER_PAGES));
	frames = page_map_end.n - page_map_start.n;
	blocks = frames / PAGEBLOCK_PAGES;
	page_map = alloc_map(frames * (uint32_t)sizeof(struct page), "page descriptors");
	pageblock_map = alloc_map(blocks * (uint32_t)sizeof(struct pageblock), "pageblocks");
	blame_map = alloc_map(frames, "places of allocation");
	for (uint32_t i = 0; i < blocks; i++)
		pageblock_map[i] = (struct pageblock){ .unmovable_pages = PAGEBLOCK_PAGES };
}

static void set_flags(pfn_t start, uint32_t count, uint32_t flags)
{
	struct page *p = pfn_to_page(start), *end = p + count;

	for (; p < end; p++)
		p->flags = flags;
}

static void reserve_all(void)
{
	struct zone *z;

	set_flags(page_map_start, page_map_end.n - page_map_start.n, PG_RESERVED | PG_UNMOVABLE);
	for (z = zones; z < zones + ZONE_COUNT; z++)
		set_flags(z->start, z->end.n - z->start.n,
			  (uint32_t)z->id << PG_ZONE_SHIFT | PG_RESERVED | PG_UNMOVABLE);
}

/* Calls `give` for each part of a range that lies in one zone. */
static void each_zone_part(pfn_t start, pfn_t end, void (*give)(struct zone *, uint32_t, uint32_t))
{
	for (struct zone *z = zones; z < zones + ZONE_COUNT; z++) {
		uint32_t from = start.n > z->start.n ? start.n : z->start.n;
		uint32_t to = end.n < z->end.n ? end.n : z->end.n;

		if (from < to)
			give(z, from, to);
	}
}

static void release_part(struct zone *z, uint32_t start, uint32_t end)
{
	set_flags(pfn(start), end - start, (uint32_t)z->id << PG_ZONE_SHIFT);
	z->managed_pages += end - start;
	for (uint32_t n = start; n < end;) {
		uint32_t next = pageblock_end(n) < end ? pageblock_end(n) : end;
		struct pageblock *block = pageblock_of(pfn(n));

		block->unmovable_pages = (uint16_t)(block->unmovable_pages - (next - n));
		n = next;
	}
}

static void release_range(pfn_t start, pfn_t end)
{
	each_zone_part(start, end, release_part);
}

/*
 * A pageblock with a reserved frame can never be emptied, so what can not move may as well begin
 * there; all others are movable until somebody needs them otherwise.
 */
static void set_block_types(void)
{
	for (uint32_t n = page_map_start.n; n < page_map_end.n; n += PAGEBLOCK_PAGES) {
		struct pageblock *block = pageblock_of(pfn(n));
		bool spoiled = block->unmovable_pages && n < zones[ZONE_MOVABLE].start.n;

		block->type = spoiled ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE;
	}
}

static unsigned largest_order(uint32_t start, uint32_t end)
{
	unsigned order = 0;

	while (order < MAX_ORDER && !(start & 1u << order) && start + (2u << order) <= end)
		order++;
	return order;
}

static void free_part(struct zone *z, uint32_t start, uint32_t end)
{
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);

	while (start < end) {
		unsigned order = largest_order(start, end);

		buddy_free(z, pfn_to_page(pfn(start)), order);
		start += 1u << order;
	}
	spin_unlock_irq(&z->lock, saved);
}

static void free_range(pfn_t start, pfn_t end)
{
	each_zone_part(start, end, free_part);
}

void phys_init(const struct zone_borders *wish)
{
	phys_name_trace_values();
	page_map_init();
	zones_init(wish);
	reserve_all();
	early_each_free(release_range);
	set_block_types();
	early_each_free(free_range);
	zone_watermarks_init();
	alloc_init();
	pcp_init();
}
